//! `hovera predict` and `hovera calibrate`: what would be measured, without a GPU.

use crate::folder::{Folder, TINY};

const SPEC: &str = "name = \"p\"\nheads = 12\nbatch = 4\nseq = 2048\nhead_dim = [64, 81, 100, 128]\n";

fn with_spec() -> Folder {
    let folder = Folder::new();
    folder.write("p.toml", SPEC);
    folder
}

/// The values of a column, from the rows of a file.
fn column(file: &str, name: &str) -> Vec<String> {
    let mut table = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(file.as_bytes());
    let place = table.headers().unwrap().iter().position(|header| header == name).unwrap();
    table.records().map(|row| row.unwrap()[place].to_owned()).collect()
}

#[test]
fn a_prediction_is_a_results_file_of_predicted_rows_and_the_same_each_time() {
    let folder = with_spec();
    let output = folder.hovera(&["predict", "p.toml", "--gpu", "H200"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("8 points predicted on H200"), "{said}");
    assert!(said.contains("tier = family"), "{said}");
    let file = folder.read("p-h200-predicted.csv");
    assert!(file.contains("# [prediction]\n"), "{file}");
    assert_eq!(column(&file, "status"), ["predicted"; 8]);
    assert_eq!(column(&file, "tier"), ["family"; 8]);
    for name in [
        "time_median_us",
        "cycles_median",
        "tflops",
        "tile",
        "bound",
        "predicted_low_us",
        "predicted_high_us",
    ] {
        assert!(column(&file, name).iter().all(|value| !value.is_empty()), "{name}: {file}");
    }
    // An earlier prediction may be written over, and reads the same.
    folder.hovera(&["predict", "p.toml", "--gpu", "H200"]).assert().success();
    assert_eq!(folder.read("p-h200-predicted.csv"), file);
}

#[test]
fn a_card_of_results_predicts_and_says_how_far_off_it_was() {
    let folder = with_spec();
    let recorded = folder.hovera(&["recorded", "nvidia-h200/attention-a12"]).output().unwrap();
    assert!(recorded.status.success());
    std::fs::write(folder.path("r.csv"), recorded.stdout).unwrap();
    let made = folder.hovera(&["calibrate", "r.csv", "--points", "20", "-o", "card.toml"]).output().unwrap();
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(made.status.success(), "{said}");
    assert!(said.contains("NVIDIA H200: 20 points, on top of hopper; points left out in turn"), "{said}");
    let card = folder.read("card.toml");
    let output = folder.hovera(&["predict", "p.toml", "--card", "card.toml", "-o", "-"]).output().unwrap();
    let file = String::from_utf8(output.stdout).unwrap();
    assert_eq!(column(&file, "tier"), ["card"; 8]);
    // The same results make the same card, which may be written over.
    folder.hovera(&["calibrate", "r.csv", "--points", "20", "-o", "card.toml"]).assert().success();
    assert_eq!(folder.read("card.toml"), card);
    // And nothing else is.
    let (code, error) = folder.fails(&["predict", "p.toml", "--card", "card.toml", "-o", "r.csv"]);
    assert_eq!(code, 2);
    assert!(error.contains("r.csv: is there already and was measured"), "{error}");
}

#[test]
fn what_cannot_be_predicted_is_refused_and_nothing_is_written() {
    let folder = with_spec();
    folder.write("tiny.toml", TINY);
    folder.write("card.toml", "format = 1\ngpu = \"NVIDIA H200\"\n[[constant]]\nname = \"tensor\"\n");
    folder.write("tf32.toml", &format!("dtype = \"tf32\"\n{SPEC}"));
    let cases: [(&[&str], &str); 8] = [
        (&["predict", "p.toml"], "--card"),
        (&["predict", "p.toml", "--gpu", "H300"], "H300: there is no datasheet of it, by which to predict"),
        (&["predict", "tf32.toml", "--gpu", "H200"], "tf32.toml: no point can be predicted: dtype = tf32"),
        (&["predict", "p.toml", "--card", "card.toml"], "card.toml:3: missing field `value`"),
        (&["predict", "p.toml", "--card", "p.toml"], "p.toml: a sweep's spec; want a card file (TOML)"),
        (&["predict", "p.toml", "--card", "none.toml"], "none.toml"),
        (&["calibrate", "p.toml", "-o", "c.toml"], "p.toml: a sweep's spec; want a results file"),
        (&["calibrate", "--points", "0", "-o", "c.toml"], "want a whole number from 1"),
    ];
    let before = folder.files();
    for (arguments, want) in cases {
        let (code, error) = folder.fails(arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(want), "{arguments:?}: {error}");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn a_run_does_not_go_on_with_a_prediction() {
    let folder = Folder::new();
    folder.write("p.toml", &format!("engine = \"cublas\"\n{SPEC}"));
    folder.hovera(&["predict", "p.toml", "--gpu", "H200", "-o", "r.csv"]).assert().success();
    let file = folder.read("r.csv");
    folder.write("cpu.toml", TINY);
    let (code, error) = folder.fails(&["run", "cpu.toml", "--backend", "cpu", "-o", "r.csv"]);
    assert_eq!(code, 2, "{error}");
    assert_eq!(folder.read("r.csv"), file);
}

/// A card file of an H100, of another library than the recorded rows are of.
const OTHER: [&str; 2] =
    ["library = \"cuBLAS 13.1.0 (libcublas.so.13)\"", "library = \"cuBLAS 12.4.5 (libcublas.so.12)\""];

fn with_another_library() -> Folder {
    let folder = with_spec();
    let recorded = folder.hovera(&["recorded", "nvidia-h100-80gb-hbm3/attention-a12"]).output().unwrap();
    assert!(recorded.status.success());
    std::fs::write(folder.path("measured.csv"), recorded.stdout).unwrap();
    let made = ["calibrate", "measured.csv", "--points", "12", "-o", "same.toml"];
    folder.hovera(&made).assert().success();
    let card = folder.read("same.toml");
    assert!(card.contains(OTHER[0]), "{card}");
    folder.write("other.toml", &card.replace(OTHER[0], OTHER[1]));
    folder
}

#[test]
fn explain_says_that_a_row_is_of_another_library_than_the_constants() {
    let folder = with_another_library();
    let explained = |card: &str| {
        let args = ["explain", "measured.csv", "--op", "score", "--hidden", "768", "--card", card];
        let output = folder.hovera(&args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let says =
        "the constants are of cuBLAS 12.4.5 (libcublas.so.12), the row is of cuBLAS 13.1.0 (libcublas.so.13)";
    assert!(explained("other.toml").contains(says), "{}", explained("other.toml"));
    let same = explained("same.toml");
    assert!(same.contains("us predicted, 80 % interval") && !same.contains("the constants are of"), "{same}");
}

#[test]
fn a_chart_of_predicted_over_measured_says_that_they_are_of_two_libraries() {
    let folder = with_another_library();
    let drawn = |card: &str| {
        let predicted = ["predict", "p.toml", "--card", card, "-o", "predicted.csv"];
        folder.hovera(&predicted).assert().success();
        let args = ["plot", "measured.csv", "predicted.csv", "--overlay", "gpu", "-o", "charts"];
        let output = folder.hovera(&args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    let says = "predicted by kernels of cuBLAS 12.4.5 (libcublas.so.12), measured with cuBLAS 13.1.0 (libcublas.so.13)";
    let other = drawn("other.toml");
    assert_eq!(other.matches(says).count(), 1, "{other}");
    assert!(!drawn("same.toml").contains("predicted by kernels of"));
}

#[test]
fn advice_on_a_file_of_another_library_says_so() {
    let folder = with_another_library();
    let advised = |card: &str| {
        let output = folder.hovera(&["advise", "measured.csv", "--card", card]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let says = "the constants are of cuBLAS 12.4.5 (libcublas.so.12), the file is of cuBLAS 13.1.0";
    assert!(advised("other.toml").contains(says), "{}", advised("other.toml"));
    assert!(!advised("same.toml").contains("another library"));
}

#[test]
fn of_a_large_file_a_calibration_takes_points_that_are_spread() {
    let folder = with_another_library();
    let output = folder.hovera(&["calibrate", "measured.csv", "-o", "all.toml"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("400 of 810 points are taken"), "{said}");
    assert_eq!(folder.read("all.toml").matches("product = [").count(), 400);
}
