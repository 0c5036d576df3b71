//! A folder of its own for each test, with the binary at hand.

use assert_cmd::Command;
use std::path::PathBuf;
use tempfile::TempDir;

/// A sweep that any CPU measures in a moment: both ops, three series.
pub(crate) const TINY: &str = r#"name = "tiny"
dtype = "f32"
heads = 2
batch = 1
seq = 32
head_dim = [1, 2, 24]

[method]
pacing = "none"
order = "planned"
min_samples = 6
max_samples = 6
ci_target = 0.9
"#;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// File names, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `hovera ARGS` in this folder, on a machine that shows no GPU.
    pub(crate) fn hovera(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("hovera").unwrap();
        command.current_dir(self.0.path()).args(args).env("CUDA_VISIBLE_DEVICES", "").env_remove("NO_COLOR");
        command
    }

    /// Exit code and stderr of `hovera ARGS`.
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.hovera(args).output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
    }

    /// Measures [`TINY`] on the CPU into a file.
    pub(crate) fn measure_tiny(&self, results: &str) {
        self.write("tiny.toml", TINY);
        self.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", results]).assert().success();
    }
}
