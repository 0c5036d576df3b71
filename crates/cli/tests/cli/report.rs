//! `hovera report`, from results to documents.

use crate::folder::Folder;
use crate::made_up;

#[test]
fn a_cpu_sweep_gives_a_page_markdown_and_latex() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    std::fs::create_dir(folder.path("out")).unwrap();
    for name in ["r.html", "r.md", "r.tex"] {
        folder.hovera(&["report", "cpu.csv", "-o", &format!("out/{name}")]).assert().success();
    }
    let mut names: Vec<String> = std::fs::read_dir(folder.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "r-1-score-a2.pdf",
            "r-1-score-a2.svg",
            "r-1-values-a2.pdf",
            "r-1-values-a2.svg",
            "r.html",
            "r.md",
            "r.tex"
        ]
    );
    let markdown = folder.read("out/r.md");
    assert!(markdown.contains("All 6 points were measured."), "{markdown}");
    assert!(markdown.contains("Attention Key Query Score, a=2 (CPU)"));
    assert!(!markdown.contains("datasheet"), "a CPU has no datasheet here: {markdown}");
    let (html, tex) = (folder.read("out/r.html"), folder.read("out/r.tex"));
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("All 6 points were measured."));
    assert!(tex.contains("\\usepackage{booktabs}") && tex.contains("{r-1-score-a2.pdf}"));
}

#[test]
fn the_same_results_give_the_same_report_from_any_folder() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    std::fs::create_dir(folder.path("there")).unwrap();
    std::fs::copy(folder.path("h100.csv"), folder.path("there/h100.csv")).unwrap();
    folder.hovera(&["report", "h100.csv", "-o", "a.html"]).assert().success();
    folder
        .hovera(&["report", "there/h100.csv", "-o", "b.html"])
        .env("TZ", "Asia/Tokyo")
        .env("LC_ALL", "de_DE.UTF-8")
        .assert()
        .success();
    assert!(folder.read("a.html") == folder.read("b.html"));
    // Two engines are two charts of each op, told apart by name.
    for title in
        ["Attention Key Query Score, a=12: engine cublas", "Attention over Values, a=12: engine tuned"]
    {
        assert!(folder.read("a.html").contains(title), "no {title}");
    }
}

#[test]
fn a_report_of_any_product_is_written_again_over_an_earlier_one() {
    let folder = Folder::new();
    for name in ["r.html", "r.md", "r.tex"] {
        for _ in 0..2 {
            let args = ["report", "recorded:nvidia-h100-80gb-hbm3/logits-vocab", "-o", name];
            folder.hovera(&args).assert().success();
        }
        assert!(folder.read(name).contains("GEMMs on"), "{name}");
    }
}

#[test]
fn what_cannot_be_reported_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    let torn = made_up::two_engines();
    folder.write("torn.csv", &torn[..torn.len() - 20]);
    folder.write("readings.csv", "# gpu = \"A100\"\nreading,op,hidden,tflops\n");
    let before = folder.files();
    for (args, says) in [
        (&["h100.csv", "-o", "r.pdf"][..], "r.pdf: want a name that ends in .html, .md or .tex"),
        (&["h100.csv", "-o", "r"], "r: want a name that ends in .html, .md or .tex"),
        (&["h100.csv", "-o", "my report.tex"], "my report.tex: want letters, digits, '-', '_' and '.'"),
        (&["none.csv", "-o", "r.html"], "none.csv: cannot read"),
        (&["torn.csv", "-o", "r.html"], "torn.csv:"),
        (&["readings.csv", "-o", "r.html"], "readings.csv: published readings, not measurements"),
        (&["h100.csv", "h100.csv", "-o", "r.html"], "h100.csv: the same bytes as h100.csv"),
        (&["h100.csv", "-o", "no/where.html"], "no/where.html: cannot write: No such file or directory"),
        (&["h100.csv"], "--output"),
    ] {
        let (code, said) = folder.fails(&[&["report"][..], args].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn a_report_of_several_files_is_written_whole_or_not_at_all() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    let earlier = "# Attention GEMMs on a card\n\nMade by hovera 0.0.1 from a.csv.\n";
    folder.write("r.md", earlier);
    // In the place of the last picture is a folder.
    std::fs::create_dir(folder.path("r-1-values-a12-engine-tuned.svg")).unwrap();
    let before = folder.files();
    let (code, said) = folder.fails(&["report", "h100.csv", "-o", "r.md"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("r-1-values-a12-engine-tuned.svg: cannot write"), "{said}");
    assert_eq!(folder.files(), before);
    assert_eq!(folder.read("r.md"), earlier);
}

#[test]
fn a_report_can_be_a_figure_of_the_repository_and_go_stale() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    std::fs::create_dir(folder.path("figures")).unwrap();
    let list = |file: &str| format!("[[report]]\nfile = \"{file}\"\nresults = [\"../h100.csv\"]\n");
    folder.write("figures/figures.toml", &list("h100.html"));
    let (code, said) = folder.fails(&["figures", "--check"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("stale: h100.html"), "{said}");
    folder.hovera(&["figures"]).assert().success();
    folder.hovera(&["figures", "--check"]).assert().success();
    // The command makes the same file.
    folder.hovera(&["report", "h100.csv", "-o", "mine.html"]).assert().success();
    assert!(folder.read("mine.html") == folder.read("figures/h100.html"));
    for (file, says) in
        [("../h100.html", "file = \"../h100.html\""), ("h100.doc", "ends in .html, .md or .tex")]
    {
        folder.write("figures/figures.toml", &list(file));
        let (code, said) = folder.fails(&["figures"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "{said}");
    }
}
