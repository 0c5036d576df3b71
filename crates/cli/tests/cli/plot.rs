//! `hovera plot` and `hovera figures`, from results to pictures.

use crate::folder::Folder;
use crate::made_up;
use hovera_core::{Engine, Op, Status};

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
        (
            "[[figure]]\nname = \"x\"\nresults = \"r.csv\"\ny_max = -1.0\n",
            "figure x: y_max: \"-1\": want auto or a number",
        ),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\ny = \"speed\"\n", "y = \"speed\": want tflops, "),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\noverlay = \"op\"\n", "overlay"),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\nat_clock = 1000\n", "figure x: at-clock goes with"),
        ("[[figure]]\nname = \"x\"\nresults = \"r.csv\"\n", "r.csv: cannot read"),
    ] {
        folder.write("figures/figures.toml", list);
        let (code, said) = folder.fails(&["figures"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}

#[test]
fn any_metric_can_be_drawn_and_is_named_on_the_axis() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    for (args, stem, label) in [
        (&["--y", "tflops-at-clock"][..], "tflops-at-clock", "Throughput at 1830 MHz (TFLOP/s)"),
        (
            &["--y", "tflops-at-clock", "--at-clock", "1000"],
            "tflops-at-clock",
            "Throughput at 1000 MHz (TFLOP/s)",
        ),
        (&["--y", "percent-of-peak"], "percent-of-peak", "Share of Peak at the True Clock (%)"),
        (&["--y", "flop-per-cycle"], "flop-per-cycle", "FLOP per Cycle and SM"),
    ] {
        let all = [&["plot", "h100.csv", "--format", "svg"][..], args].concat();
        folder.hovera(&all).assert().success();
        let svg = folder.read(&format!("h100-score-a12-tuned-{stem}.svg"));
        assert!(svg.contains(&format!(">{label}</text>")), "no {label} in {svg}");
        assert!(svg.contains("Attention Key Query Score, a=12"));
    }
}

#[test]
fn a_metric_that_the_file_cannot_give_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    folder.measure_tiny("cpu.csv");
    folder.write("h100.csv", &made_up::two_engines());
    let before = folder.files();
    for (args, says) in [
        (
            &["cpu.csv", "--y", "percent-of-peak"][..],
            "cpu.csv: y = percent-of-peak: no row has what it needs",
        ),
        (&["cpu.csv", "--y", "tflops-at-clock"], "the true SM clock was not measured"),
        (&["h100.csv", "--y", "gflops-per-watt"], "no energy was measured (energy_j is empty)"),
        (
            &["h100.csv", "--y", "flop-per-cycle", "--stat", "min"],
            "stat = min: flop-per-cycle is of the median",
        ),
        (&["h100.csv", "--at-clock", "1830"], "at-clock goes with y = tflops-at-clock, not with tflops"),
        (&["h100.csv", "--overlay", "pacing"], "overlay = pacing: want results of several"),
        (&["h100.csv", "--y", "speed"], "want tflops, tflops-at-clock, percent-of-peak"),
        (&["h100.csv", "--y", "tflops-at-clock", "--at-clock", "0"], "--at-clock"),
    ] {
        let (code, said) = folder.fails(&[&["plot"][..], args].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn tuned_is_drawn_over_the_default_by_plot_and_by_figures() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    folder.hovera(&["plot", "h100.csv", "--overlay", "engine", "-o", "charts"]).assert().success();
    let svg = folder.read("charts/h100-score-a12-by-engine.svg");
    for text in [">engine</text>", ">cublas</text>", ">tuned</text>", "engine cublas and tuned"] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
    assert!(svg.contains("stroke-dasharray"));

    std::fs::create_dir(folder.path("figures")).unwrap();
    folder.write(
        "figures/figures.toml",
        "[[figure]]\nname = \"t\"\nresults = \"../h100.csv\"\nformats = [\"svg\"]\noverlay = \"engine\"\n\
         y = \"tflops-at-clock\"\nat_clock = 1500\n",
    );
    folder.hovera(&["figures"]).assert().success();
    let svg = folder.read("figures/t-score-a12-tflops-at-clock-by-engine.svg");
    assert!(svg.contains("stroke-dasharray") && svg.contains("Throughput at 1500 MHz (TFLOP/s)"), "{svg}");
}

#[test]
fn issue_12_8_a_chart_without_a_point_is_not_written_and_it_is_said() {
    let folder = Folder::new();
    let mut rows: Vec<_> = [(Op::Score, 64), (Op::Values, 64)]
        .map(|(op, d)| made_up::row(op, d, Engine::Cublas, 300.0))
        .to_vec();
    (rows[0].status, rows[0].timing) = (Status::Failed, None);
    folder.write("some.csv", &made_up::file(rows.clone()));
    let output =
        folder.hovera(&["plot", "some.csv", "--format", "svg"]).assert().success().get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    let why = "some-score-a12: nothing to draw, no file written: 1 point not drawn: 1 failed, 0 skipped";
    assert!(said.contains(why), "{said}");
    assert_eq!(folder.files(), ["some-values-a12.svg", "some.csv"]);

    (rows[1].status, rows[1].timing) = (Status::Failed, None);
    folder.write("none.csv", &made_up::file(rows));
    let before = folder.files();
    let (code, said) = folder.fails(&["plot", "none.csv"]);
    assert_eq!(code, 2, "{said}");
    for op in ["score", "values"] {
        assert!(said.contains(&format!("none-{op}-a12: nothing to draw")), "{said}");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn issue_12_12_axes_fit_small_sweeps_and_their_ends_can_be_chosen() {
    let folder = Folder::new();
    let rows = [32, 64].map(|d| made_up::row(Op::Score, d, Engine::Cublas, 200.0)).to_vec();
    folder.write("small.csv", &made_up::file(rows));
    let drawn = |args: &[&str]| {
        let all = [&["plot", "small.csv", "--format", "svg"][..], args].concat();
        let output = folder.hovera(&all).assert().success().get_output().clone();
        (folder.read("small-score-a12.svg"), String::from_utf8(output.stderr).unwrap())
    };
    let (fitted, said) = drawn(&[]);
    assert!(!fitted.contains(">32768</text>"), "{fitted}");
    assert!(said.contains("the data use less than a quarter of the published 0-32768"), "{said}");
    let (published, said) = drawn(&["--x-max", "32768"]);
    assert!(published.contains(">32768</text>") && !said.contains("hidden size axis"), "{said}");
    let (code, said) = folder.fails(&["plot", "small.csv", "--x-max", "0"]);
    assert_eq!(code, 2);
    assert!(said.contains("want auto or a number from 0.000001 to 1000000000"), "{said}");
}

#[test]
fn issue_12_18_files_of_one_card_model_are_called_by_their_names() {
    let folder = Folder::new();
    for name in ["monday.csv", "tuesday.csv"] {
        folder.write(name, &made_up::two_engines());
    }
    let files = ["plot", "monday.csv", "tuesday.csv", "--overlay", "gpu", "--format", "svg"];
    folder.hovera(&files).assert().success();
    let svg = folder.read("monday-and-tuesday-score-a12-tuned-by-gpu.svg");
    for text in [">monday</text>", ">tuesday</text>", ">NVIDIA H100 80GB HBM3</text>"] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
}

#[test]
fn issue_12_19_plain_is_the_bare_published_look() {
    let folder = Folder::new();
    folder.write("h100.csv", &made_up::two_engines());
    let drawn = |args: &[&str]| {
        folder.hovera(&[&["plot", "h100.csv", "--format", "svg"][..], args].concat()).assert().success();
        let svg = folder.read("h100-score-a12-tuned.svg");
        (svg.contains(">NVIDIA H100 80GB HBM3</text>"), svg.contains(">NVIDIA H100 80GB HBM3, measured: f16"))
    };
    assert_eq!(drawn(&[]), (true, false));
    assert_eq!(drawn(&["--plain"]), (false, true));
    assert_eq!(folder.fails(&["plot", "h100.csv", "--plain", "--markers"]).0, 2);
}

#[test]
fn issue_12_21_several_sweeps_go_into_a_folder_and_a_grid_is_a_heat_map() {
    let folder = Folder::new();
    let output = folder
        .hovera(&["plot", "recorded:nvidia-h100-80gb-hbm3", "--format", "svg"])
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(folder.files(), ["nvidia-h100-80gb-hbm3"]);
    let entries = std::fs::read_dir(folder.path("nvidia-h100-80gb-hbm3")).unwrap();
    let files: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    // Of 13 numbers of heads one sweep has a picture each, of both products; one has eight products on several ranks.
    assert!(files.len() < 112, "{files:?}");
    // Each model has a shape of attention of its own: they are points of one picture.
    let of_models: Vec<_> =
        files.iter().filter(|file| file.contains("models-1024-tokens-attention")).collect();
    assert_eq!(of_models, ["nvidia-h100-80gb-hbm3-models-1024-tokens-attention-over-flop.svg"]);
    assert!(said.contains(&format!("{} files are in nvidia-h100-80gb-hbm3", files.len())), "{said}");
    let grid: Vec<_> = files.iter().filter(|file| file.contains("heads-by-head-dim-")).collect();
    assert_eq!(grid.len(), 2, "{grid:?}");
    assert!(folder.read(&format!("nvidia-h100-80gb-hbm3/{}", grid[0])).contains(">Head Dim</text>"));

    let other = Folder::new();
    let sweep = "recorded:nvidia-h100-80gb-hbm3/heads-by-head-dim";
    other.hovera(&["plot", sweep, "--format", "svg", "--chart", "throughput"]).assert().success();
    assert!(other.files().len() > 2 && other.files().iter().all(|file| file.ends_with(".svg")));
}
