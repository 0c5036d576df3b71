//! Commands that write several files: where one of them cannot be written, none is.

use crate::folder::Folder;
use crate::made_up;
use std::path::Path;

/// Names and contents of a folder's files, and the names of its folders.
fn contents(folder: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        entries.map(|path| (path.display().to_string(), std::fs::read(path).ok())).collect();
    all.sort();
    all
}

/// A folder `out` in which every file of `names` is an earlier version, but for `taken`, which is a folder.
fn occupied(names: &[&str], taken: &str) -> Folder {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    std::fs::create_dir(folder.path("out")).unwrap();
    for name in names {
        let earlier = match name.ends_with(".svg") {
            true => EARLIER_CHART,
            false => "level,metric,base,other,op,earlier\n",
        };
        folder.write(&format!("out/{name}"), earlier);
    }
    std::fs::create_dir(folder.path("out").join(taken)).unwrap();
    folder
}

/// A command ends with code 2, names what it cannot write, and leaves `out` as it was.
fn changes_nothing(folder: &Folder, args: &[&str], says: &str) {
    let before = contents(&folder.path("out"));
    let (code, said) = folder.fails(args);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(says), "no {says:?} in {said}");
    assert!(contents(&folder.path("out")) == before, "{args:?} changed {:?}", folder.path("out"));
}

/// What an earlier version of this program drew.
pub(crate) const EARLIER_CHART: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
aria-labelledby=\"c0123456789abcdef-title c0123456789abcdef-desc\">earlier</svg>\n";

const CHARTS: [&str; 2] = ["h100-score-a12-by-engine.svg", "h100-values-a12-by-engine.svg"];

#[test]
fn plot() {
    let folder = occupied(&CHARTS[..1], CHARTS[1]);
    let args = ["plot", "h100.csv", "-o", "out", "--overlay", "engine", "--format", "svg"];
    changes_nothing(&folder, &args, "h100-values-a12-by-engine.svg: cannot write");
    // What stood in the way stood alone in it.
    std::fs::remove_dir(folder.path("out").join(CHARTS[1])).unwrap();
    folder.hovera(&args).assert().success();
    assert_eq!(contents(&folder.path("out")).len(), 2);
    assert!(CHARTS.iter().all(|chart| folder.read(&format!("out/{chart}")).starts_with("<svg")));
}

#[test]
fn figures() {
    let folder = occupied(&["h100-score-a12-by-engine.svg", "h100-values-a12-by-engine.svg"], "h100.html");
    folder.write(
        "out/figures.toml",
        "[[figure]]\nname = \"h100\"\nresults = \"../h100.csv\"\nformats = [\"svg\"]\noverlay = \"engine\"\n\
         [[report]]\nfile = \"h100.html\"\nresults = [\"../h100.csv\"]\n",
    );
    changes_nothing(&folder, &["figures", "--dir", "out"], "h100.html: cannot write");
}

#[test]
fn figures_of_one_name() {
    let folder = occupied(&CHARTS, "elsewhere");
    let entry =
        "[[figure]]\nname = \"h100\"\nresults = \"../h100.csv\"\noverlay = \"engine\"\nformats = [\"svg\"]\n";
    folder.write("out/figures.toml", &format!("{entry}{entry}"));
    changes_nothing(
        &folder,
        &["figures", "--dir", "out"],
        "h100-score-a12-by-engine.svg: two files would have this name",
    );
}

#[test]
fn compare() {
    let folder = occupied(&["c.csv"], "c.md");
    let files = ["compare", "h100.csv", "h100.csv", "--across", "engine"];
    changes_nothing(
        &folder,
        &[&files[..], &["-o", "out/c.csv", "-o", "out/c.md"]].concat(),
        "c.md: cannot write",
    );
}
