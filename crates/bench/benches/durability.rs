//! What handing each row to the disk costs: a sweep of 810 points of a simulated card that takes 2 ms, or 40 ms
//! as the canonical sweep of an H100 does, of real time for each point; with and without syncing, in turns.
//! `cargo bench --bench durability -- FOLDER` does it on that folder's disk.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use hovera_bench::fake::{Fake, point};
use hovera_bench::sweep::sweep;
use hovera_bench::{Backend, Journal, Runner};
use hovera_core::{MethodSpec, Op, Pacing, Point, Timer, Timers, made_up};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const TURNS: usize = 3;
const HEAD_DIMS: u64 = 405;

fn main() {
    let folder =
        std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map_or(".".into(), PathBuf::from);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("r.csv");
    println!("per point     not synced  synced      more    per row  (median of {TURNS} turns)");
    for burst in [Duration::from_millis(2), Duration::from_millis(40)] {
        let mut seconds = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            for syncs in [false, true] {
                seconds[usize::from(syncs)].push(measure(&path, burst, syncs));
                std::fs::remove_file(&path).unwrap();
            }
        }
        let [without, with] = seconds.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[TURNS / 2]
        });
        let (more, per_row) =
            ((with / without - 1.0) * 100.0, (with - without) / (2 * HEAD_DIMS) as f64 * 1e6);
        println!("{burst:<12?}  {without:<8.3} s  {with:<8.3} s  {more:5.2} %  {per_row:.0} us");
    }
}

/// Wall time of a sweep in s.
fn measure(path: &Path, burst: Duration, syncs: bool) -> f64 {
    // One burst for each point.
    let method = MethodSpec {
        pacing: vec![Pacing::None],
        sentinel_every: 0,
        min_samples: 6,
        max_samples: 6,
        ..MethodSpec::default()
    };
    let of = |op| (1..=HEAD_DIMS).map(move |head_dim| point(op, head_dim, Pacing::None));
    let plan: Vec<Point> = Op::all_of_attention().flat_map(of).collect();
    let mut fake = Fake::new().with_real_burst(burst);
    let front_matter = made_up::front_matter(&method, fake.software().clone(), vec![fake.device().clone()]);
    let begun = Instant::now();
    let open = if syncs { Journal::open } else { Journal::open_unsynced };
    let mut journal = open(path, &front_matter).unwrap();
    let runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &plan);
    let swept = sweep(vec![runner], &plan, &[], &mut journal, |_| {}).unwrap();
    journal.finish(swept.sessions).unwrap();
    begun.elapsed().as_secs_f64()
}
