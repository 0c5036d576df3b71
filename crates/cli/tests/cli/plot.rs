//! `hovera plot` and `hovera figures`, from results to pictures.

use crate::folder::Folder;

#[test]
fn a_cpu_sweep_gives_two_charts_in_three_formats_that_name_the_cpu() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    folder.hovera(&["plot", "cpu.csv", "-o", "charts"]).assert().success();
    let mut names: Vec<String> = std::fs::read_dir(folder.path("charts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "cpu-score-a2.pdf",
            "cpu-score-a2.png",
            "cpu-score-a2.svg",
            "cpu-values-a2.pdf",
            "cpu-values-a2.png",
            "cpu-values-a2.svg"
        ]
    );
    let svg = folder.read("charts/cpu-score-a2.svg");
    assert!(svg.contains("Attention Key Query Score, a=2"));
    assert!(svg.contains("CPU"), "the caption does not say that this is a CPU");
    assert!(folder.read("charts/cpu-values-a2.svg").contains("Attention over Values, a=2"));
    assert!(std::fs::read(folder.path("charts/cpu-score-a2.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(std::fs::read(folder.path("charts/cpu-score-a2.pdf")).unwrap().starts_with(b"%PDF"));
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    for out in ["a", "b"] {
        folder
            .hovera(&["plot", "cpu.csv", "-o", out])
            .env("TZ", "Asia/Tokyo")
            .env("LC_ALL", "de_DE.UTF-8")
            .assert()
            .success();
    }
    for file in ["cpu-score-a2.svg", "cpu-score-a2.png", "cpu-score-a2.pdf"] {
        let read = |out: &str| std::fs::read(folder.path(&format!("{out}/{file}"))).unwrap();
        assert!(read("a") == read("b"), "{file} differs");
    }
}

#[test]
fn markup_in_a_results_file_stays_text() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    let evil = "</text><script>alert(1)</script>&\\u001b[31m";
    let text: String = folder
        .read("cpu.csv")
        .lines()
        .map(|line| match line.strip_prefix("# name = ") {
            Some(_) if !line.contains("tiny") => format!("# name = \"{evil}\"\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(text.contains("script"));
    folder.write("evil.csv", &text);
    folder.hovera(&["plot", "evil.csv", "--format", "svg"]).assert().success();
    let svg = folder.read("evil-score-a2.svg");
    assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
    assert!(!svg.contains('\u{1b}'));
}

#[test]
fn a_stale_figure_is_found_and_nothing_is_written() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    std::fs::create_dir(folder.path("figures")).unwrap();
    folder.write(
        "figures/figures.toml",
        "[[figure]]\nname = \"tiny\"\nresults = \"../cpu.csv\"\nformats = [\"svg\"]\n",
    );
    let (code, said) = folder.fails(&["figures", "--check"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("stale: tiny-score-a2.svg, tiny-values-a2.svg"), "{said}");
    folder.hovera(&["figures"]).assert().success();
    folder.hovera(&["figures", "--check"]).assert().success();
    let touched = folder.read("figures/tiny-score-a2.svg").replacen("Hidden", "hidden", 1);
    folder.write("figures/tiny-score-a2.svg", &touched);
    assert_eq!(folder.fails(&["figures", "--check"]).0, 1);
    assert_eq!(folder.read("figures/tiny-score-a2.svg"), touched);
}

#[test]
fn a_bad_figure_list_is_named() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("figures")).unwrap();
    for (list, says) in [
        ("", "lists no [[figure]]"),
        ("[[figure]]\nname = \"../x\"\nresults = \"r.csv\"\n", "name = \"../x\""),
        ("[[figure]]\nname = \"x\"\nresult = \"r.csv\"\n", "result"),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\ny_max = -1.0\n", "y-max = \"-1\""),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\n", "r.csv: cannot read"),
    ] {
        folder.write("figures/figures.toml", list);
        let (code, said) = folder.fails(&["figures"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}
