//! `hovera plot --chart` and `--overlay gpu`, and the same in figures.toml.

use crate::folder::Folder;
use crate::made_up;
use hovera_core::{Engine, Op};

const GRID: &str = r#"name = "grid"
dtype = "f32"
heads = [1, 2]
batch = 1
seq = 32
head_dim = [8, 16, 24]

[method]
pacing = "none"
min_samples = 6
max_samples = 6
ci_target = 0.9
"#;

/// Files of two cards under the same conditions.
fn two_cards() -> Folder {
    let folder = Folder::new();
    folder.write("base.csv", &made_up::two_engines());
    folder.write("other.csv", &made_up::two_engines().replace("NVIDIA H100 80GB HBM3", "NVIDIA H200"));
    folder
}

#[test]
fn two_files_are_overlaid_in_one_chart_of_each_op_only_when_asked() {
    let folder = two_cards();
    let plot = |args: &[&str]| {
        let all = [&["plot", "base.csv", "other.csv", "--format", "svg"][..], args].concat();
        folder.hovera(&all).assert().success();
    };
    plot(&["--overlay", "gpu", "-o", "overlaid"]);
    let svg = folder.read("overlaid/base-and-other-score-a12-cublas-by-gpu.svg");
    for text in [
        ">NVIDIA H100 80GB HBM3</text>",
        ">NVIDIA H200</text>",
        "NVIDIA H100 80GB HBM3 and NVIDIA H200, measured",
    ] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
    assert!(svg.contains("stroke-dasharray"));
    assert_eq!(std::fs::read_dir(folder.path("overlaid")).unwrap().count(), 4);

    plot(&["-o", "apart"]);
    assert_eq!(std::fs::read_dir(folder.path("apart")).unwrap().count(), 8);
}

#[test]
fn a_ratio_of_two_files_or_of_two_engines_has_a_band() {
    let folder = two_cards();
    folder.hovera(&["plot", "base.csv", "other.csv", "--chart", "ratio", "--markers"]).assert().success();
    let svg = folder.read("base-and-other-values-a12-tuned-ratio-by-gpu.svg");
    assert!(svg.contains(">Throughput, NVIDIA H200 / NVIDIA H100 80GB HBM3</text>"), "{svg}");
    assert!(svg.contains("fill-opacity=\"0.25\"") && svg.contains(">1.00</text>"), "{svg}");
    for ending in ["png", "pdf"] {
        assert!(folder.path(&format!("base-and-other-values-a12-tuned-ratio-by-gpu.{ending}")).exists());
    }
    folder.hovera(&["plot", "base.csv", "--chart", "ratio", "--overlay", "engine"]).assert().success();
    let svg = folder.read("base-score-a12-ratio-by-engine.svg");
    // 500 over 400 TFLOP/s.
    assert!(svg.contains(">Throughput, tuned / cublas</text>") && svg.contains("1.25 times"), "{svg}");
}

#[test]
fn a_measured_grid_is_a_heat_map() {
    let folder = Folder::new();
    folder.write("grid.toml", GRID);
    folder.hovera(&["run", "grid.toml", "--backend", "cpu", "-o", "grid.csv"]).assert().success();
    folder.hovera(&["plot", "grid.csv", "--chart", "heatmap"]).assert().success();
    let svg = folder.read("grid-score-heads-by-head-dim.svg");
    assert!(svg.contains("Attention Key Query Score, b=1, s=32 (CPU)"), "{svg}");
    for text in [">Heads</text>", ">Head Dim</text>", ">24</text>", ">Throughput (TFLOP/s)</text>"] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
}

#[test]
fn a_roofline_says_what_is_the_datasheets() {
    let folder = two_cards();
    folder.hovera(&["plot", "other.csv", "--chart", "roofline", "--format", "svg"]).assert().success();
    let svg = folder.read("other-roofline-tuned.svg");
    for text in [
        "Roofline of the H200 SXM5, f16",
        ">datasheet</text>",
        ">memory: 4800 GB/s</text>",
        ">measured</text>",
        ">op</text>",
        ">values</text>",
    ] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_and_nothing_is_written() {
    let folder = two_cards();
    folder.write("bf16.csv", &made_up::two_engines().replace(",f16,", ",bf16,"));
    let readings = "# gpu = \"A\"\n# dtype = \"f16\"\n# heads = 12\n# batch = 4\n# seq = 2048\n\
                    # source = \"s\"\n# [[reading]]\n# name = \"one\"\n# uncertainty = \"5\"\n\
                    reading,op,series,hidden,tflops\none,score,64,768,61.5\n";
    folder.write("readings.csv", readings);
    let before = folder.files();
    for (args, says) in [
        (&["base.csv", "bf16.csv", "--overlay", "gpu"][..], "they differ in dtype (f16 against bf16)"),
        (&["base.csv", "--overlay", "kernel"], "base.csv: overlay = kernel: no row says which kernel ran"),
        (
            &["base.csv", "readings.csv", "--overlay", "kernel"],
            "overlay = kernel: no row says which kernel ran",
        ),
        (&["base.csv", "--chart", "ratio"], "overlay = gpu: want results of several of them"),
        (
            &["base.csv", "readings.csv", "--chart", "ratio"],
            "readings.csv: published readings cannot be compared",
        ),
        (&["readings.csv", "--chart", "roofline"], "published readings have no times"),
        (
            &["base.csv", "--chart", "heatmap"],
            "chart = heatmap: none of heads, batch, seq and seq_key varies",
        ),
        (
            &["base.csv", "--chart", "pie"],
            "[possible values: throughput, ratio, heatmap, steps, speedup, shares, roofline]",
        ),
        (&["base.csv", "--chart", "roofline", "--y-max", "9"], "chart = roofline: y-max goes with"),
    ] {
        let (code, said) = folder.fails(&[&["plot"][..], args].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn points_are_coloured_by_the_kernels_that_ran() {
    let folder = Folder::new();
    let kernels = [
        (64, "nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_coopA_NTT"),
        (65, "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1"),
    ];
    let rows = kernels.map(|(head_dim, name)| {
        let mut row = made_up::row(Op::Score, head_dim, Engine::Cublas, 100.0);
        row.kernel.name = Some(name.into());
        row
    });
    folder.write("h100.csv", &made_up::file(rows.to_vec()));
    folder.hovera(&["plot", "h100.csv", "--overlay", "kernel", "--format", "svg"]).assert().success();
    let svg = folder.read("h100-score-a12-by-kernel.svg");
    for text in [">kernel</text>", ">Turing cutlass align1</text>", ">Hopper nvjet 256x128</text>"] {
        assert!(svg.contains(text), "no {text} in {svg}");
    }
    std::fs::create_dir(folder.path("figures")).unwrap();
    let list =
        "[[figure]]\nname = \"h100\"\nresults = \"../h100.csv\"\nformats = [\"svg\"]\noverlay = \"kernel\"\n";
    folder.write("figures/figures.toml", list);
    folder.hovera(&["figures"]).assert().success();
    assert_eq!(folder.read("figures/h100-score-a12-by-kernel.svg"), svg);
}

#[test]
fn a_figure_can_be_of_several_results() {
    let folder = two_cards();
    std::fs::create_dir(folder.path("figures")).unwrap();
    let list = |more: &str| {
        let list = "[[figure]]\nname = \"both\"\nresults = [\"../base.csv\", \"../other.csv\"]\nformats = [\"svg\"]\n";
        folder.write("figures/figures.toml", &format!("{list}{more}\n"));
    };
    list("chart = \"ratio\"");
    folder.hovera(&["figures"]).assert().success();
    assert!(folder.read("figures/both-score-a12-cublas-ratio-by-gpu.svg").contains("NVIDIA H200 / "));
    folder.hovera(&["figures", "--check"]).assert().success();

    // Without a comparison both files have charts of the same name, of which one would be lost.
    list("");
    let (code, said) = folder.fails(&["figures"]);
    assert!(code == 2 && said.contains("two charts would be called both-score-a12-cublas.svg"), "{said}");
    list("chart = \"pie\"");
    let (code, said) = folder.fails(&["figures"]);
    assert!(code == 2 && said.contains("pie"), "{said}");
}

#[test]
fn a_ratio_of_different_methods_is_refused_as_compare_refuses_it() {
    let folder = Folder::new();
    folder.write("base.csv", &made_up::two_engines());
    folder.write("other.csv", &made_up::two_engines().replace("# timer = \"event\"", "# timer = \"host\""));
    let plot = ["plot", "base.csv", "other.csv", "--chart", "ratio", "--format", "svg"];
    let (code, said) = folder.fails(&plot);
    assert!(
        code == 2 && said.contains("were measured by different methods: timer is event and host"),
        "{said}"
    );
    let (code, said) = folder.fails(&["compare", "base.csv", "other.csv"]);
    assert!(
        code == 2 && said.contains("were measured by different methods: timer is event and host"),
        "{said}"
    );
    let (code, said) = folder.fails(&[&plot[..], &["--mixed-methods"]].concat());
    assert!(code == 0 && said.contains("measured by different methods: timer is event and host"), "{said}");
    let charts: Vec<String> = folder.files().into_iter().filter(|name| name.ends_with(".svg")).collect();
    assert_eq!(charts.len(), 4, "{charts:?}");
    for name in charts {
        assert!(folder.read(&name).contains("measured by different methods"), "{name}");
    }
}
