//! A folder where the commands of a page run: a clone's sweeps, results of every name that a page uses, and `hovera` in
//! the path, in whose place nothing is measured.

use super::page::{Block, Page};
use crate::folder::Folder;
use crate::simulated::libraries;
use hovera_core::{Results, Status};
use std::fmt::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The cards of the fleet in `rack/`.
const FLEET: u32 = 8;

pub(super) struct Playground {
    folder: Folder,
    repository: PathBuf,
}

impl Playground {
    pub(super) fn new(repository: &Path, page: &Page) -> Playground {
        let playground = Playground { folder: Folder::new(), repository: repository.to_owned() };
        for (name, program) in PROGRAMS {
            playground.put_program(name, program);
        }
        for folder in ["sweeps", "models"] {
            mirror(&repository.join(folder), &playground.folder.path(folder));
        }
        playground.put_results(page);
        for block in &page.blocks {
            if let Some(file) = block.file() {
                playground.folder.write(file, &block.text);
            }
        }
        playground
    }

    fn put_program(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.folder.path("bin")).unwrap();
        let path = self.folder.path("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// The results files that the page names, of recorded sweeps.
    fn put_results(&self, page: &Page) {
        let recorded = self.repository.join("sweeps/recorded");
        let h100 = recorded.join("nvidia-h100-80gb-hbm3");
        let put = |name: &str, file: &Path| {
            if page.text.contains(name) {
                // A copy: a command that writes over it does not write into the repository.
                std::fs::copy(file, self.folder.path(name)).unwrap();
            }
        };
        for entry in std::fs::read_dir(&h100).unwrap() {
            let file = entry.unwrap().path();
            put(file.file_name().unwrap().to_str().unwrap(), &file);
        }
        let explicit = "sweeps/fused-attention/nvidia-h100-80gb-hbm3/attention-explicit-a12.csv";
        put("attention-explicit-a12.csv", &self.repository.join(explicit));
        let attention = h100.join("attention-a12.csv");
        for name in ["mine.csv", "h100.csv"] {
            put(name, &attention);
        }
        put("h200.csv", &recorded.join("nvidia-h200/attention-a12.csv"));
        // Passes of one card, which are for comparing.
        for (names, pass) in [
            (["before.csv", "base-1.csv"], 1),
            (["after.csv", "other-1.csv"], 2),
            (["again.csv", "base-2.csv"], 3),
        ] {
            let file = format!("sweeps/repeatability/nvidia-h100-80gb-hbm3/burst-{pass}.csv");
            for name in names {
                put(name, &self.repository.join(&file));
            }
        }
        put("other-2.csv", &self.repository.join("sweeps/repeatability/nvidia-h100-80gb-hbm3/burst-4.csv"));
        if page.text.contains("cpu.csv") {
            self.folder.measure_tiny("cpu.csv");
        }
        if page.text.contains("rack/") || page.text.contains("cards.csv") {
            self.put_fleet(&attention);
        }
        if page.text.contains("attention-a12-*-shard-*") {
            self.folder.write("tiny.toml", crate::folder::TINY);
            for part in ["1/2", "2/2"] {
                let name = format!("attention-a12-cpu-shard-{}.csv", &part[..1]);
                let args = ["run", "tiny.toml", "--backend", "cpu", "--shard", part, "-o", &name];
                self.folder.hovera(&args).assert().success();
            }
            std::fs::remove_file(self.folder.path("attention-a12.csv")).unwrap();
        }
    }

    /// A file for each of several cards, each with the rows of one, and a file of two cards.
    fn put_fleet(&self, results: &Path) {
        let text = std::fs::read_to_string(results).unwrap();
        let results = Results::parse("one.csv", &text).unwrap();
        std::fs::create_dir_all(self.folder.path("rack")).unwrap();
        let card = |number: u32| {
            let mut card = results.clone();
            card.front_matter.device[0].id = Some(format!("card-{number}"));
            card
        };
        for number in 0..FLEET {
            self.folder.write(&format!("rack/card-{number}.csv"), &card(number).to_csv());
        }
        let mut two = card(0);
        two.front_matter.device.extend(card(1).front_matter.device);
        two.sessions.clear();
        let mut others = results.rows.clone();
        for row in &mut others {
            row.device = 1;
        }
        two.rows.extend(others);
        self.folder.write("cards.csv", &two.to_csv());
    }

    fn shell(&self, script: &str) -> Output {
        let programs = self.folder.path("bin");
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(self.folder.path(""))
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOVERA", assert_cmd::cargo::cargo_bin("hovera"))
            .env("REPOSITORY", &self.repository)
            .env("SIMULATED", libraries())
            .env("CUDA_VISIBLE_DEVICES", "")
            .env("NO_COLOR", "1")
            .output();
        output.unwrap()
    }

    /// Each command of a block works; of a form, what it has of options is there.
    pub(super) fn succeeds(&self, block: &Block) -> Result<(), String> {
        let mut script = "set -e\nexport QUICK=1\n".to_owned();
        for command in joined(&block.text) {
            match is_form(&command) {
                true => self.has_the_options_of(block, &command)?,
                false => writeln!(script, "{command}").unwrap(),
            }
        }
        let output = self.shell(&script);
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("{block}: {script}{}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    fn has_the_options_of(&self, block: &Block, form: &str) -> Result<(), String> {
        let words: Vec<&str> = form.split([' ', '=']).collect();
        let ["hovera", command, options @ ..] = words.as_slice() else { return Ok(()) };
        if command.starts_with('-') || *command == "COMMAND" {
            return Ok(());
        }
        let output = self.shell(&format!("\"$HOVERA\" {command} --help"));
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        let formats = self.shell(&format!("\"$HOVERA\" {command} help csv"));
        let help = help + &String::from_utf8_lossy(&formats.stdout);
        let known: Vec<&str> = help.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
        let is_option = |word: &&&str| word.starts_with('-') && word.len() > 1;
        match options.iter().filter(is_option).find(|option| !known.contains(option)) {
            _ if !output.status.success() => Err(format!("{block}: {form}: no such command")),
            Some(option) => Err(format!("{block}: {form}: no option {option}")),
            None => Ok(()),
        }
    }

    /// A command prints what the page says, to both streams.
    pub(super) fn prints(&self, block: &Block, command: &str, expected: &str) -> Result<(), String> {
        let output = self.shell(&format!("exec 2>&1\n{command}"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.success() && are_alike(expected.trim_end(), said.trim_end()) {
            true => Ok(()),
            false => Err(format!("{block}: `{command}` prints\n{said}")),
        }
    }

    /// What a sweep of a GPU printed: in the words of a sweep here, with the numbers of the recorded file.
    pub(super) fn prints_as_recorded(
        &self,
        block: &Block,
        command: &str,
        expected: &str,
        sweep: &str,
    ) -> Result<(), String> {
        self.succeeds(&Block::of_command(block, command))?;
        let path = self.repository.join("sweeps/recorded").join(format!("{sweep}.csv"));
        let recorded = Results::parse(sweep, std::fs::read_to_string(path).unwrap()).unwrap();
        let [session] = recorded.sessions.as_slice() else { panic!("{sweep}: want one session") };
        let percent = |share: f64| format!("{:.2}", share * 100.0);
        let mut numbers: Vec<Vec<String>> = session
            .sentinel
            .iter()
            .map(|sentinel| {
                let drifts = [percent(sentinel.time_drift), percent(sentinel.invariant_drift)];
                [numbers_of(&sentinel.point), vec![sentinel.time_us.len().to_string()], drifts.to_vec()]
                    .concat()
            })
            .collect();
        let count = |status| recorded.rows.iter().filter(|row| row.status == status).count();
        let (ok, noisy) = (count(Status::Ok), count(Status::Noisy));
        assert_eq!(ok + noisy, recorded.rows.len(), "{sweep}: the last line has more to say");
        let told = [ok, noisy].into_iter().filter(|count| *count > 0).map(|count| count.to_string());
        numbers.push(told.chain([format!("{:.0}", session.wall_seconds)]).collect());
        let shown: Vec<Vec<String>> = expected.lines().map(numbers_of).collect();
        if shown != numbers {
            return Err(format!("{block}: the numbers of {sweep} are {numbers:?}, and here {shown:?}"));
        }
        self.folder.write("words.toml", WORDS);
        let output = self.shell("exec 2>&1\n\"$HOVERA\" run words.toml --backend cpu -o mine-too.csv");
        let said = String::from_utf8_lossy(&output.stdout).replace("mine-too.csv", "mine.csv");
        let said: Vec<String> = said.lines().map(in_words).collect();
        // What a CPU measures in a moment is not noisy.
        let quiet = |line: &str| in_words(&line.replace(&format!(", {noisy} noisy"), ""));
        match expected.lines().map(quiet).find(|line| !said.contains(line)) {
            Some(line) => Err(format!("{block}: a sweep does not print {line:?}, but {said:#?}")),
            None => Ok(()),
        }
    }

    /// The help of all commands.
    pub(super) fn all_help(&self) -> String {
        let script = "for c in $(\"$HOVERA\" --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'); do \
                      \"$HOVERA\" $c --help; done; for f in cookbook csv nvbench triton aiconfigurator; do \
                      \"$HOVERA\" import $f --help; done";
        let output = self.shell(script);
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.len() > 20_000, "{}", help.len());
        help
    }
}

/// A sweep whose sentinel is measured twice or more.
const WORDS: &str = r#"name = "words"
dtype = "f32"
heads = 2
batch = 1
seq = 32
head_dim = [1, 2, 24]

[method]
min_samples = 6
max_samples = 6
ci_target = 0.9
sentinel_every = 2
"#;

/// What stands in the path ahead of the programs of these names.
const PROGRAMS: [(&str, &str); 8] = [
    ("hovera", HOVERA),
    ("cargo", CARGO),
    ("just", "grep -q \"^$1[ :]\" \"$REPOSITORY/justfile\" || { echo \"no recipe $1\" >&2; exit 1; }\n"),
    ("python3", "test -f \"$REPOSITORY/$1\" || { echo \"no file $1\" >&2; exit 1; }\n"),
    // Tested where the wheel is built: crates/cli/python/test.sh.
    ("pip", "test \"$1\" = install\n"),
    ("uvx", "test \"$1\" = hovera\n"),
    // Tested by `gate` among the tests of hovera-analysis; measures on a GPU.
    ("gate.sh", "test -x \"$REPOSITORY/crates/cli/recipes/gate/gate.sh\"\n"),
    ("bencher", "test \"$1\" = run\n"),
];

const HOVERA: &str = r#"measures=no
case "$1" in
    run) measures=yes ;;
    model) case "$2" in *.csv | recorded:*) ;; *) measures=yes ;; esac ;;
    devices | kernels)
        unset CUDA_VISIBLE_DEVICES
        export LD_LIBRARY_PATH="$SIMULATED" ;;
esac
case " $* " in *" --dry-run "*) measures=no ;; esac
# One format is enough to see that a command works.
if [ "$1" = plot ] && [ -n "${QUICK:-}" ]; then case " $* " in *" --terminal "*) ;; *) set -- "$@" --format svg;; esac; fi
if [ $measures = yes ]; then set -- "$@" --dry-run; fi
exec "$HOVERA" "$@"
"#;

/// What CI runs is not run again; what it has not is refused.
const CARGO: &str = r#"case "$*" in
    "run --release -- figures") grep -q "cargo run --locked -- figures --check" "$REPOSITORY/.ci/run" ;;
    "run --release -- "*) shift 3; exec hovera "$@" ;;
    "test --workspace") grep -q "cargo test --workspace" "$REPOSITORY/.ci/run" ;;
    "install --path "*) grep -q '^\[\[bin\]\]' "$REPOSITORY/$3/Cargo.toml" ;;
    "build --release") ;;
    "install cargo-fuzz") test -d "$REPOSITORY/crates/fuzz" ;;
    *" -p hovera-"*)
        crate=$(echo "$*" | sed 's/.* -p hovera-\([a-z]*\).*/\1/')
        test -f "$REPOSITORY/crates/$crate/Cargo.toml" ;;
    *) echo "nothing tests cargo $*" >&2; exit 1 ;;
esac
"#;

/// The same folders, whose files are links.
fn mirror(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => mirror(&path, &copy),
            false => symlink(&path, copy).unwrap(),
        }
    }
}

/// The commands of a script, each one line, without comments.
fn joined(script: &str) -> Vec<String> {
    let script = script.replace("\\\n", " ");
    let bare = script.lines().map(|line| line.split_once("  #").map_or(line, |(command, _)| command).trim());
    bare.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Whether a command has a word to be filled in, `SPEC` or `…`, or is named without what it works on.
fn is_form(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    if let ["hovera", name, operands @ ..] = words.as_slice()
        && !["devices", "specs", "recorded"].contains(name)
        && operands.first().is_none_or(|first| first.starts_with('-'))
    {
        return true;
    }
    let outside_quotes: String = command.split('"').step_by(2).collect();
    let bytes = outside_quotes.as_bytes();
    let capitals = bytes.windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase));
    capitals || outside_quotes.contains(['…', '<']) || outside_quotes.contains("I/N")
}

/// Whether a text is as another, in which a line `…` stands for any lines.
fn are_alike(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split("\n…\n");
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(&format!("\n{part}\n")) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(&format!("\n{last}"))
}

/// The numbers of a line.
fn numbers_of(line: &str) -> Vec<String> {
    let words = line.split([' ', ',', ')', '(']);
    words.filter(|word| word.parse::<f64>().is_ok()).map(str::to_owned).collect()
}

/// A line of a sweep without its numbers and without the point that it is about.
fn in_words(line: &str) -> String {
    let line = match (line.find('('), line.find(')')) {
        (Some(open), Some(close)) => format!("{}{}", &line[..open], &line[close + 1..]),
        _ => line.to_owned(),
    };
    let line = match (line.strip_prefix("points: "), line.find(" in ")) {
        (Some(_), Some(at)) => format!("points: …{}", &line[at..]),
        _ => line,
    };
    let words = line.split(' ').map(|word| if word.parse::<f64>().is_ok() { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
