//! The LaTeX report, compiled. Skipped, and said so, where there is no pdflatex.

// A test's own functions fail by panicking too, and say so where they skip.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use hovera_report::{Report, ResultsFile};
use std::path::Path;
use std::process::Command;

/// Compiles the report of some files; none where there is no pdflatex, which is an error where
/// `HOVERA_REQUIRE_TOOLS` says that there must be one.
fn compiled(files: &[ResultsFile]) -> Option<String> {
    let installed = Command::new("pdflatex").arg("--version").output().is_ok();
    if !installed {
        assert!(
            std::env::var("HOVERA_REQUIRE_TOOLS").is_err(),
            "no pdflatex, and HOVERA_REQUIRE_TOOLS is set"
        );
        eprintln!("SKIPPED: no pdflatex on this machine");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for file in Report::new(files, "hovera").unwrap().latex("report.tex").unwrap() {
        std::fs::write(folder.path().join(&file.name), &file.bytes).unwrap();
    }
    let output = Command::new("pdflatex")
        .args(["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{log}");
    let pdf = std::fs::read(folder.path().join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    Some(log)
}

fn recorded(gpu: &str) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sweeps/recorded/{gpu}/attention-a12.csv"));
    std::fs::read_to_string(path).unwrap()
}

fn read(text: &str) -> ResultsFile {
    ResultsFile::parse("results.csv", "results_&_more.csv", text.as_bytes()).unwrap()
}

#[test]
fn the_report_of_two_cards_compiles_and_fits_its_page() {
    let files = [read(&recorded("nvidia-h100-80gb-hbm3")), read(&recorded("nvidia-h200"))];
    let Some(log) = compiled(&files) else { return };
    assert!(!log.contains("Overfull"), "{log}");
}

#[test]
fn text_of_strangers_compiles_as_text() {
    // Every character of ASCII and some that pdflatex lacks.
    let ascii: String = ('!'..='~').filter(|c| !matches!(c, '"' | '\\')).collect();
    let evil = format!(
        "{ascii}\\\\input{{x}}\\\\end{{document}}\\\\write18{{ls}}^^M 卡 𝔄 é – µ ± \\u0007 {}",
        "w".repeat(100_000)
    );
    let text: String = recorded("nvidia-h100-80gb-hbm3")
        .lines()
        .map(|line| match line.split_once(" = \"") {
            Some((key @ ("# name" | "# gemm" | "# driver" | "# data" | "# id" | "# point"), value))
                if !value.starts_with("\"\"") && value != "attention-a12\"" =>
            {
                format!("{key} = \"{evil}\"\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(text.matches("write18").count() >= 5);
    compiled(&[read(&text)]);
}
