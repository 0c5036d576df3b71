//! Sweeps of a slow simulated card in processes of their own, killed by SIGKILL at random moments, inside
//! writes among them, and given again until they are done.

use super::disk::{Disk, RealDisk};
use super::*;
use crate::fake::{Fake, point, points};
use crate::sweep::sweep;
use crate::{Backend, Runner};
use hovera_core::{MethodSpec, Op, Pacing, Timer, Timers, made_up};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Tells the child its file and what it measures.
const FILE: &str = "HOVERA_TORTURE_FILE";
const KIND: &str = "HOVERA_TORTURE_KIND";

/// What is tortured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tortured {
    /// Back to back on a card that does the same at a point whenever it is measured: the table is that of
    /// the reference to the last byte.
    Same,
    /// Bursts on a card that is disturbed: points are measured again and their rows replaced.
    Disturbed,
}

impl Tortured {
    /// A child lives for less than this, in ms: some are to come to the end, where rows are replaced.
    fn longest_life(self) -> u64 {
        match self {
            Tortured::Same => 30,
            Tortured::Disturbed => 60,
        }
    }
}

/// Writes a few bytes at a time and takes its time around everything, so that kills find it there.
#[derive(Debug)]
struct SlowDisk(RealDisk);

fn linger() {
    sleep(Duration::from_micros(30));
}

impl Disk for SlowDisk {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(61).try_for_each(|part| {
            linger();
            self.0.write(file, part)
        })
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.0.sync(file)
    }

    fn begin_sync(&mut self, file: &File) -> io::Result<()> {
        self.0.begin_sync(file)
    }

    fn end_sync(&mut self) -> io::Result<()> {
        self.0.end_sync()
    }

    fn truncate(&mut self, file: &File, length: u64) -> io::Result<()> {
        linger();
        self.0.truncate(file, length)
    }

    fn create(&mut self, path: &Path) -> io::Result<File> {
        linger();
        self.0.create(path)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        linger();
        self.0.rename(from, to)?;
        linger();
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        linger();
        self.0.remove(path)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.0.sync_folder(folder)
    }
}

/// A whole sweep, or what is left of it, as the binary does it.
fn sweep_into(path: &Path, kind: Tortured) {
    let pacing = if kind == Tortured::Same { Pacing::None } else { Pacing::Burst };
    let method = MethodSpec {
        pacing: vec![pacing],
        run_in_seconds: Some(0.0),
        sentinel_every: 25,
        ..MethodSpec::default()
    };
    // Neighbours tell of a disturbance; a line of one series has near ones.
    let plan = match kind {
        Tortured::Same => points(pacing),
        Tortured::Disturbed => (20..50).map(|odd| point(Op::Score, 8 * (2 * odd + 1), pacing)).collect(),
    };
    let mut fake = Fake::new().with_real_burst(Duration::from_micros(200));
    if kind == Tortured::Same {
        fake = fake.forgetful();
    } else {
        // Groups in a row agree with each other: only the points around them tell, at the end.
        fake = fake.named("NVIDIA H100 80GB HBM3");
        fake = (8..400)
            .filter(|burst| burst % 16 >= 12)
            .fold(fake, |fake, burst| fake.with_disturbed_burst(burst, 2.0));
    }
    let front_matter = made_up::front_matter(&method, fake.software().clone(), vec![fake.device().clone()]);
    let disk = Box::new(SlowDisk(RealDisk::new()));
    let mut journal = Journal::open_on(disk, path, &front_matter).unwrap();
    let todo: Vec<Point> = plan.iter().filter(|p| !journal.is_done(p)).copied().collect();
    let runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &todo);
    let swept = sweep(vec![runner], &plan, &[], &mut journal, |_| {}).unwrap();
    if !todo.is_empty() {
        journal.finish(swept.sessions).unwrap();
    }
}

#[test]
#[ignore = "the process that is killed"]
fn child() {
    let (Some(path), Ok(kind)) = (std::env::var_os(FILE), std::env::var(KIND)) else { return };
    sweep_into(Path::new(&path), if kind == "same" { Tortured::Same } else { Tortured::Disturbed });
}

/// What the kills met.
#[derive(Debug, Default)]
struct Account {
    sweeps: usize,
    kills: usize,
    /// Kills that left the part of a row.
    torn_rows: usize,
    /// Kills that left a file that had not taken the name.
    left_beside: usize,
    /// Kills before there was a row.
    without_rows: usize,
    /// Rows of final tables that took the place of others.
    replaced: usize,
}

/// Kills a sweep again and again, until it comes to its end in between.
fn kill_until_done(path: &Path, kind: Tortured, random: &mut SmallRng, account: &mut Account) {
    let mut kept: Vec<Row> = Vec::new();
    loop {
        let life = Duration::from_micros(random.random_range(0..kind.longest_life() * 1000));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::torture::child", "--ignored", "--quiet"])
            .env(FILE, path)
            .env(KIND, if kind == Tortured::Same { "same" } else { "disturbed" })
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(life);
        // Nothing is wrong with a child that was faster.
        let _ = child.kill();
        let done = child.wait().unwrap();
        assert!(done.success() || done.code().is_none(), "the sweep itself failed: {done}");
        let text = std::fs::read(path).unwrap_or_default();
        if done.code().is_none() {
            account.kills += 1;
            account.left_beside += usize::from(path.with_extension("csv.hovera-new").exists());
        }
        if text.is_empty() {
            account.without_rows += 1;
            continue;
        }
        let (there, torn) = Results::parse_repairing("r.csv", &text).unwrap();
        account.torn_rows += usize::from(torn.is_some());
        account.without_rows += usize::from(there.rows.is_empty());
        // What was there is there, unless it was measured again.
        for (old, new) in kept.iter().zip(&there.rows) {
            assert_eq!(old.point, new.point);
            assert!(old == new || new.note.contains("measured again"), "{old:?} became {new:?}");
        }
        assert!(there.rows.len() >= kept.len(), "rows are gone");
        kept = there.rows;
        if done.success() {
            account.sweeps += 1;
            return;
        }
    }
}

fn torture(sweeps: usize) -> Account {
    let mut account = Account::default();
    let mut random = SmallRng::seed_from_u64(1);
    for kind in [Tortured::Same, Tortured::Disturbed] {
        let folder = tempfile::tempdir().unwrap();
        let reference = folder.path().join("reference.csv");
        sweep_into(&reference, kind);
        let table = |path: &Path| Results::parse("r.csv", std::fs::read(path).unwrap()).unwrap().rows;
        let reference = table(&reference);
        let again = |rows: &[Row]| {
            rows.iter().filter(|row| row.note.starts_with("measured again at the end")).count()
        };
        assert!(kind == Tortured::Same || again(&reference) > 0, "nothing is replaced");
        for sweep in 0..sweeps / 2 {
            let path = folder.path().join(format!("{sweep}.csv"));
            kill_until_done(&path, kind, &mut random, &mut account);
            let rows = table(&path);
            let keys = |rows: &[Row]| rows.iter().map(|row| (row.point, row.device)).collect::<Vec<_>>();
            assert_eq!(keys(&rows), keys(&reference), "{kind:?}, sweep {sweep}");
            account.replaced += again(&rows);
            assert!(kind != Tortured::Same || rows == reference, "{kind:?}, sweep {sweep}: other values");
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left beside");
    }
    account
}

#[test]
fn a_few_sweeps_killed_at_random_moments_are_those_that_were_not() {
    let account = torture(6);
    assert_eq!(account.sweeps, 6);
    assert!(account.kills >= 6, "{account:?}");
}

#[test]
#[ignore = "takes minutes: just torture"]
fn three_hundred_sweeps_killed_at_random_moments_are_those_that_were_not() {
    let account = torture(300);
    println!("{account:#?}");
    assert_eq!(account.sweeps, 300);
    assert!(account.torn_rows > 0 && account.left_beside > 0 && account.replaced > 0, "{account:?}");
}
