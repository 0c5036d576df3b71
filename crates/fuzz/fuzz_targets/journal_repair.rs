//! Whatever stands in a results file, a journal refuses it and leaves it alone, or continues it with every
//! whole row kept.
//!
//! The first two bytes of an input cut a file of this sweep somewhere; the rest is put behind the cut. From
//! 0xf000 on the rest is the whole file.
#![no_main]

use hovera_bench::fake::Fake;
use hovera_bench::{Backend, Journal, Runner};
use hovera_core::{
    Engine, FrontMatter, Plan, Point, Results, Row, Session, SweepSpec, Timer, Timers, made_up, write_header, write_row,
    write_trailer,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const SPEC: &str = "name = \"t\"\nheads = 12\nhead_dim = [8, 64]\n[method]\npacing = \"none\"\n";
const WHOLE_FILE: usize = 0xf000;

static SWEEP: LazyLock<(FrontMatter, Vec<Row>, Vec<u8>)> = LazyLock::new(|| {
    let spec = SweepSpec::parse("t.toml", SPEC).expect("a legal spec");
    let mut fake = Fake::new();
    let front_matter = made_up::front_matter_of(&spec, fake.software().clone(), vec![fake.device().clone()]);
    let plan = Plan::expand(&spec, Engine::Cublas).expect("a legal plan");
    let mut runner = Runner::new(&mut fake, spec.method(), Timers::one(Timer::Event), 0, plan.points());
    let rows: Vec<Row> = plan.points().iter().map(|p| runner.measure(p).expect("no fault")).collect();
    let mut file = write_header(&front_matter);
    rows.iter().for_each(|row| file.push_str(&write_row(row, front_matter.method.stat)));
    file.push_str(&write_trailer(&[runner.finish()]));
    (front_matter, rows, file.into_bytes())
});

fuzz_target!(|bytes: &[u8]| {
    let [high, low, rest @ ..] = bytes else { return };
    let (front_matter, rows, whole) = &*SWEEP;
    let before = match usize::from(*high) << 8 | usize::from(*low) {
        WHOLE_FILE.. => rest.to_vec(),
        cut => [&whole[..cut.min(whole.len())], rest].concat(),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("r.csv");
    std::fs::write(&path, &before).expect("a file");
    let Ok(mut journal) = Journal::open(&path, front_matter) else {
        assert_eq!(std::fs::read(&path).expect("a file"), before, "a refused file was changed");
        return;
    };
    let kept = journal.rows_kept();
    let mut appended = Vec::new();
    for row in rows {
        if !journal.is_done(&row.point) {
            journal.append(row).expect("room");
            appended.push(row.clone());
        }
    }
    let plan: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let moved = journal.put_in_order(&plan).expect("room");
    journal.finish(vec![Session::default()]).expect("room");
    let after = Results::parse("r.csv", std::fs::read(&path).expect("a file")).expect("a whole file");
    // Every line that was a row before is one now, and nothing else is but what was appended.
    let earlier = Results::parse_repairing("r.csv", &before).map_or(vec![], |(earlier, _)| earlier.rows);
    assert_eq!(earlier.len(), kept);
    let mut wanted = [earlier, appended].concat();
    let place = |row: &Row| plan.iter().position(|point| *point == row.point).unwrap_or(plan.len());
    assert_eq!(moved, !wanted.is_sorted_by_key(place));
    wanted.sort_by_key(place);
    assert_eq!(after.rows, wanted);
});
