//! A file of the wrong kind is answered with what it is and which command takes it.

use crate::all_or_nothing::EARLIER_CHART;
use crate::folder::{Folder, TINY};
use crate::made_up;

#[test]
fn a_file_of_the_wrong_kind_is_named_with_the_command_that_takes_it() {
    let folder = Folder::new();
    folder.write("my spec.toml", TINY);
    folder.write("r.csv", &made_up::two_engines());
    folder.write("published.csv", "# gpu = \"A100\"\nreading,op,hidden,tflops\n");
    folder.write("figures.toml", "[[figure]]\nname = \"f\"\nresults = \"r.csv\"\n");
    folder.write("map.toml", "time_unit = \"ms\"\n[column]\nm = \"M\"\n");
    folder.write("l.out", "Elapsed time for attention_key_query_prob (8x128x64x128): 0.0001\n");
    folder.write("b.json", "{\"devices\": [], \"benchmarks\": []}");
    folder.write("c.svg", EARLIER_CHART);
    folder.write("c.csv", "level,metric,base,other,op,dtype\n");
    std::fs::write(folder.path("p.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    std::fs::write(folder.path("w.xlsx"), b"PK\x03\x04\0\0").unwrap();
    std::fs::create_dir(folder.path("shards")).unwrap();
    folder.write("shards/1.csv", "");
    let spec =
        "my spec.toml: a sweep's spec; want a results file; measure it with: hovera run 'my spec.toml'";
    let cases: [(&[&str], &str); 21] = [
        (&["plot", "my spec.toml"], spec),
        (&["report", "my spec.toml", "-o", "r.html"], spec),
        (&["compare", "r.csv", "my spec.toml"], spec),
        (&["explain", "my spec.toml", "--op", "score", "--hidden", "8"], spec),
        (&["merge", "my spec.toml", "-o", "m.csv"], spec),
        (
            &["run", "r.csv", "--backend", "cpu"],
            "r.csv: a results file; want a sweep's spec (TOML); draw it with: hovera plot r.csv",
        ),
        (
            &["run", "published.csv"],
            "published.csv: published readings; want a sweep's spec (TOML); draw it with: ",
        ),
        (&["run", "figures.toml"], "figures.toml: a list of figures; want a sweep's spec"),
        (
            &["run", "map.toml"],
            "map.toml: a map of a table's columns; want a sweep's spec (TOML); it goes with: ",
        ),
        (
            &["plot", "figures.toml"],
            "figures.toml: a list of figures; want a results file; draw what it lists with: hovera figures --dir",
        ),
        (
            &["plot", "l.out"],
            "l.out: a log of the original benchmark; want a results file; turn it into results with: hovera import \
             cookbook l.out",
        ),
        (
            &["plot", "b.json"],
            "b.json: a file of nvbench's; want a results file; turn it into results with: ",
        ),
        (&["plot", "c.svg"], "c.svg: a chart that hovera drew (SVG); want a results file"),
        (&["plot", "c.csv"], "c.csv: a comparison that hovera wrote (CSV); want a results file"),
        (&["plot", "p.png"], "p.png: a picture (PNG); want a results file"),
        (
            &["report", "w.xlsx", "-o", "r.html"],
            "w.xlsx: a compressed file or table (zip, or a workbook such as .xlsx)",
        ),
        (
            &["import", "cookbook", "r.csv", "-o", "x.csv"],
            "r.csv: a results file; want a log of the original",
        ),
        (
            &["import", "csv", "r.csv", "--map", "map.toml", "-o", "x.csv"],
            "r.csv: a results file; want a table",
        ),
        (&["import", "nvbench", "p.png", "-o", "x.csv"], "p.png: a picture (PNG); want nvbench's JSON"),
        (&["plot", "shards"], "shards: a folder; want a results file; it holds 1 .csv file: name them"),
        (
            &["plot", "."],
            ".: a folder; want a results file; draw what its figures.toml lists with: hovera figures --dir .",
        ),
    ];
    let before = folder.files();
    for (args, says) in cases {
        let (code, said) = folder.fails(args);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: no {says:?} in {said}");
        assert_eq!(folder.files(), before, "{args:?}");
    }
}
