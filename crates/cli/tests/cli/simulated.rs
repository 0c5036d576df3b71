//! GPUs that misbehave, and several of them: the binary on the simulated driver of hovera-cuda's tests.

mod advise;
mod fused;
mod gate;
mod kernels;
mod model;
mod predict;
mod wheel;

use crate::folder::Folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// 24 points of one product, which take the simulated card a moment.
const SPEC: &str = r#"name = "s"
dtype = "f16"
op = "score"
heads = 2
batch = 1
seq = 32
head_dim = { from = 1, to = 24 }

[method]
pacing = "burst"
order = "planned"
sentinel_every = 0
"#;
const POINTS: usize = 24;

/// The folder of the compiled libraries.
pub(crate) fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulated-for-cli");
        std::fs::create_dir_all(&folder).unwrap();
        for (source, library) in [
            ("simulated/libcuda.rs", "libcuda.so.1"),
            ("simulated/libcublas.rs", "libcublas.so.12"),
            ("simulated/libcublaslt.rs", "libcublasLt.so.12"),
        ] {
            compile(source, &folder.join(library));
        }
        folder
    })
}

/// Compiles a library of hovera-cuda's tests.
fn compile(source: &str, library: &Path) {
    compile_with(source, library, &[]);
}

/// The same with flags.
fn compile_with(source: &str, library: &Path, flags: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cuda/tests").join(source);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let fresh = library.with_added_extension(std::process::id().to_string());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "-O", "--crate-type", "cdylib", "-o"])
        .args([&fresh, &source])
        .args(flags)
        .status()
        .unwrap();
    assert!(status.success(), "{} does not compile", source.display());
    // Another test run may have the old one open.
    std::fs::rename(fresh, library).unwrap();
}

/// A machine with simulated GPUs.
struct Machine {
    folder: Folder,
    environment: Vec<(&'static str, String)>,
}

impl Machine {
    fn new(cards: u32) -> Machine {
        let folder = Folder::new();
        folder.write("s.toml", SPEC);
        Machine { folder, environment: vec![("SIM_CARDS", cards.to_string())] }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Machine {
        self.environment.push((variable, value.to_owned()));
        self
    }

    /// What the simulated driver does wrong, it does in one process only.
    fn once(self) -> Machine {
        let claim = self.folder.path("claimed").display().to_string();
        self.with("SIM_ONCE", &claim)
    }

    fn command(&self, args: &[&str]) -> Command {
        self.hovera(&[&["run", "s.toml", "-o", "s.csv"], args].concat())
    }

    fn hovera(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("hovera"));
        command
            .current_dir(self.folder.path(""))
            .args(args)
            .env("LD_LIBRARY_PATH", libraries())
            .env_remove("CUDA_VISIBLE_DEVICES")
            .envs(self.environment.iter().map(|(variable, value)| (variable, value)));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn rows(&self) -> Vec<Row> {
        let text = self.folder.read("s.csv");
        let mut table = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let header = table.headers().unwrap().clone();
        table.records().map(|row| Row(header.iter().zip(&row.unwrap()).map(owned).collect())).collect()
    }

    fn head_dims(&self) -> Vec<usize> {
        self.rows().iter().map(|row| row.cell("head_dim").parse().unwrap()).collect()
    }

    /// Every point is a row, and none twice.
    fn assert_complete(&self) {
        let mut head_dims = self.head_dims();
        head_dims.sort_unstable();
        assert_eq!(head_dims, (1..=POINTS).collect::<Vec<_>>(), "{}", self.folder.read("s.csv"));
    }

    /// And all in the order of the plan.
    fn assert_in_order(&self) {
        assert!(self.head_dims().is_sorted(), "{}", self.folder.read("s.csv"));
    }

    fn failed(&self) -> Vec<String> {
        self.rows().iter().filter(|row| row.status() == "failed").map(|row| row.note().to_owned()).collect()
    }
}

/// A row's cells by their columns.
struct Row(BTreeMap<String, String>);

fn owned((column, cell): (&str, &str)) -> (String, String) {
    (column.to_owned(), cell.to_owned())
}

impl Row {
    fn cell(&self, column: &str) -> &str {
        &self.0[column]
    }

    fn device(&self) -> &str {
        self.cell("device")
    }

    fn status(&self) -> &str {
        self.cell("status")
    }

    fn note(&self) -> &str {
        self.cell("note")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_worker_that_dies_costs_one_point_and_says_its_last_words() {
    let machine = Machine::new(1).with("SIM_DIE", "cuEventSynchronize:9").once();
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    machine.assert_complete();
    assert_eq!(machine.failed(), ["its worker died (signal 6); simulated: a driver's last words"]);
}

#[test]
fn a_device_that_hangs_costs_one_point_and_the_time_that_was_allowed() {
    let machine = Machine::new(1).with("SIM_HANG", "cuEventSynchronize:9").once();
    let output = machine.run(&["--max-point-time", "5"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    machine.assert_complete();
    assert_eq!(machine.failed(), ["the device did not answer within 5 s"]);
}

#[test]
fn an_error_that_spoils_the_context_costs_one_point() {
    let machine = Machine::new(1).with("SIM_FAIL", "cuEventSynchronize:9").once();
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    machine.assert_complete();
    assert_eq!(machine.failed(), ["cuEventSynchronize failed with CUDA_ERROR_SIMULATED (700): simulated"]);
}

/// What `misbehaving.py` does to a real GPU: there it is an illegal address, which here is the worker's own.
#[test]
fn a_launch_that_writes_to_nowhere_costs_one_point() {
    let machine = broken_at(20);
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    machine.assert_complete();
    assert_eq!(machine.failed(), ["its worker died (signal 11)"]);
}

#[test]
fn a_launch_that_breaks_while_the_card_is_run_in_costs_none() {
    let machine = broken_at(3);
    // Replays need no run-in.
    let spec = SPEC.replace("order = \"planned\"", "order = \"shuffled\"\ntimer = \"event\"");
    assert_ne!(spec, SPEC);
    machine.folder.write("s.toml", &spec);
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    machine.assert_complete();
    assert!(machine.folder.files().contains(&"broken".into()));
}

/// A machine on which this product, from 1, writes to nowhere.
fn broken_at(product: u32) -> Machine {
    let machine = Machine::new(1);
    compile("broken/libcublas.rs", &machine.folder.path("libcublas.so.12"));
    let paths = format!("{}:{}", machine.folder.path("").display(), libraries().display());
    machine
        .with("BROKEN_CUBLAS_REAL", &libraries().join("libcublas.so.12").display().to_string())
        .with("BROKEN_CUBLAS_AT", &product.to_string())
        .with("BROKEN_CUBLAS_ONCE", "broken")
        .with("LD_LIBRARY_PATH", &paths)
}

#[test]
fn a_device_that_breaks_again_and_again_ends_the_run_with_what_it_has_and_it_can_be_continued() {
    // The second process claims nothing: it is the first that runs until it breaks.
    let machine = Machine::new(1).with("SIM_FAIL", "cuEventSynchronize:1");
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(
        said(&output).contains("21 points are not measured, because no device is left"),
        "{}",
        said(&output)
    );
    assert_eq!((machine.rows().len(), machine.failed().len()), (3, 3));
    assert!(machine.folder.read("s.csv").contains("# [[session]]\n# points = 3\n"));
    let whole = Machine { environment: vec![], ..machine };
    let output = whole.run(&["--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    whole.assert_complete();
}

#[test]
fn two_cards_share_the_points_and_the_file_tells_which_measured_what() {
    let machine = Machine::new(2);
    let output = machine.run(&["--device", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    machine.assert_complete();
    let of = |device: &str| machine.rows().iter().filter(|row| row.device() == device).count();
    assert!(of("0") > 0 && of("1") > 0 && of("0") + of("1") == POINTS);
    let text = machine.folder.read("s.csv");
    assert_eq!(text.matches("# [[device]]\n").count(), 2);
    assert!(text.contains(&format!("# device = 1\n# points = {}\n", of("1"))), "{text}");
    let output = machine.run(&["--device", "0,1"]);
    assert!(said(&output).contains("nothing left to measure"), "{}", said(&output));
    // Another set of cards is another measurement.
    assert_eq!(machine.run(&["--device", "0"]).status.code(), Some(2));
}

#[test]
fn rows_of_two_cards_are_in_order_however_they_came_and_also_when_the_run_was_killed_after_the_last() {
    let machine = Machine::new(2);
    assert_eq!(machine.run(&["--device", "all"]).status.code(), Some(0));
    machine.assert_complete();
    machine.assert_in_order();
    let text = machine.folder.read("s.csv");
    let said_at_the_end = text.find("# [[session]]").unwrap();
    let (head, rows): (Vec<&str>, Vec<&str>) =
        text[..said_at_the_end].lines().partition(|line| line.starts_with(['#', 'o']));
    let killed = head.into_iter().chain(rows.into_iter().rev()).map(|line| format!("{line}\n"));
    machine.folder.write("s.csv", &killed.collect::<String>());
    let output = machine.run(&["--device", "all", "--resume"]);
    assert!(said(&output).contains("nothing left to measure"), "{}", said(&output));
    machine.assert_complete();
    machine.assert_in_order();
    assert_eq!(machine.folder.read("s.csv"), text[..said_at_the_end]);
}

#[test]
fn that_nvml_is_missing_is_said_once_however_many_cards_there_are() {
    const MISSING: &str = "NVML (libnvidia-ml.so.1) does not start";
    for (cards, which) in [(1, "warning: NVML"), (2, "warning: GPU 0, 1: NVML")] {
        let output = Machine::new(cards).run(&["--device", "all"]);
        let text = said(&output);
        // The tests' machines may have NVML, which then does not know the simulated cards.
        let missing = if text.contains(MISSING) { MISSING } else { "NVML does not know this GPU" };
        assert_eq!(text.matches(missing).count(), 1, "{text}");
        assert!(text.contains(which), "{text}");
        // Each card has a paragraph of its own there.
        let devices = Machine::new(cards).hovera(&["devices"]).output().unwrap();
        let text = String::from_utf8_lossy(&devices.stdout).into_owned();
        assert_eq!(text.matches(missing).count(), cards as usize, "{text}");
    }
}

#[test]
fn when_one_of_two_cards_is_lost_the_other_measures_all() {
    let machine = Machine::new(2).with("SIM_ON", "1").with("SIM_DIE", "cuEventSynchronize:1");
    let output = machine.run(&["--device", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    machine.assert_complete();
    assert!(machine.rows().iter().all(|row| row.device() == "0" && row.status() == "ok"));
    let text = said(&output);
    assert!(text.contains("device 1 (Simulated GPU) was lost: its worker died (signal 6)"), "{text}");
}

#[test]
fn cards_of_different_models_do_not_share_a_sweep() {
    let machine = Machine::new(3).with("SIM_MODELS", "Model A,Model B,Model A");
    let output = machine.run(&["--device", "all"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains(
            "GPU 0 is Model A and GPU 1 is Model B: only GPUs of one model can share a sweep; name those of \
             one model, as in --device 0,2"
        ),
        "{}",
        said(&output)
    );
    assert_eq!(machine.folder.files(), ["s.toml"]);
    assert_eq!(machine.run(&["--device", "0,2"]).status.code(), Some(0));
    machine.assert_complete();
    let missing = machine.run(&["--device", "7"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(said(&missing).contains("no GPU 7: there are 0 to 2"), "{}", said(&missing));
}

#[test]
fn a_point_that_finds_no_memory_is_skipped_with_the_reason_and_the_others_are_measured() {
    // The larger points have 32 MiB each, and all have 32 MiB of workspace; 768 MiB stay free.
    let known_beforehand = ("SIM_MEMORY", 830u64 << 20);
    let found_out = ("SIM_LARGEST", 40u64 << 20);
    for (variable, bytes) in [known_beforehand, found_out] {
        // What fills the L2 must be had, too.
        let machine = Machine::new(1).with(variable, &bytes.to_string()).with("SIM_L2", "1048576");
        let spec = SPEC.replace("seq = 32", "seq = [32, 2900]").replace("to = 24", "to = 12");
        machine.folder.write("s.toml", &spec);
        let output = machine.run(&[]);
        assert_eq!(output.status.code(), Some(0), "{variable}: {}", said(&output));
        let text = machine.folder.read("s.csv");
        let skipped = |seq: &str| {
            let of_seq = text.lines().filter(|line| line.contains(&format!(",2,1,{seq},")));
            of_seq.filter(|line| line.contains(",skipped,\"out of memory: ")).count()
        };
        assert_eq!((machine.rows().len(), skipped("32"), skipped("2900")), (24, 0, 12), "{variable}: {text}");
    }
}

/// Processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let parent_of = |pid: u32| stat(pid).rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok();
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn no_worker_outlives_its_sweep_even_where_the_device_hangs() {
    let machine = Machine::new(2).with("SIM_ON", "1").with("SIM_HANG", "cuEventSynchronize:3");
    let mut sweep = machine.command(&["--device", "all"]).stderr(Stdio::null()).spawn().unwrap();
    until("the start of two workers", || children(sweep.id()).len() == 2);
    let workers = children(sweep.id());
    until("a first row", || machine.folder.path("s.csv").exists() && !machine.rows().is_empty());
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    let is_alive = |pid: &u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.windows(6).any(|bytes| bytes == b"worker")
    };
    until("the end of both workers", || !workers.iter().any(is_alive));
}

#[test]
fn alone_hovera_names_the_gpu_and_says_what_to_do_first() {
    let machine = Machine::new(1);
    let alone = machine.hovera(&[]).output().unwrap();
    assert_eq!(alone.status.code(), Some(0), "{}", said(&alone));
    let said = String::from_utf8(alone.stdout).unwrap();
    assert!(said.contains("This machine has\n  GPU 0: "), "{said}");
    assert!(said.contains("hovera demo                  both published charts of this GPU"), "{said}");
}
