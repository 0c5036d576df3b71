use super::*;
use crate::made_up;
use crate::results::front_matter::{Device, Software, SweepInfo};
use crate::shape::vocabulary::{Status, Timer};
use crate::sweep::timers::Timers;
use proptest::prelude::*;

const SPEC: &str = "name = \"t\"\nheads = 2\nhead_dim = { from = 1, to = 20 }";

fn plan() -> Plan {
    let spec = SweepSpec::parse("t.toml", SPEC).unwrap();
    Plan::expand(&spec, Engine::Cublas).unwrap().in_measuring_order(spec.method())
}

fn row(point: Point) -> Row {
    made_up::row_of(point).lost(Status::Skipped, "made up")
}

fn card(id: &str) -> Device {
    Device { id: Some(id.into()), ..made_up::gpu("Fake") }
}

/// The points at the places that `holds` picks, measured on one card.
fn file(shard: Option<&str>, id: &str, holds: impl Fn(usize) -> bool) -> Results {
    let spec = SweepSpec::parse("t.toml", SPEC).unwrap();
    let software = Software { gemm: "fake 1".into(), ..Software::default() };
    let front_matter = made_up::front_matter_of(&spec, software, vec![card(id)]);
    let points = plan().points().to_vec();
    Results {
        front_matter: FrontMatter {
            started: format!("2026-01-01T00:00:0{}Z", id.len() % 10),
            sweep: SweepInfo { shard: shard.map(|shard| shard.parse().unwrap()), ..front_matter.sweep },
            ..front_matter
        },
        rows: points.iter().enumerate().filter(|(i, _)| holds(*i)).map(|(_, point)| row(*point)).collect(),
        sessions: vec![Session { points: 1, wall_seconds: id.len() as f64, ..Session::default() }],
    }
}

fn merge(files: Vec<(&str, Results)>) -> Result<Merged, MergeError> {
    let mut files = files.into_iter();
    let (name, first) = files.next().unwrap();
    let mut merge = Merge::begin(name, first)?;
    for (name, results) in files {
        merge.add(name, results)?;
    }
    Ok(merge.finish())
}

fn refusal(second: Results) -> String {
    let error = merge(vec![("a.csv", file(None, "aa", |i| i < 20)), ("b.csv", second)]).unwrap_err();
    error.to_string()
}

#[test]
fn two_halves_are_the_plan_in_its_order() {
    let merged = merge(vec![
        ("b.csv", file(Some("2/2"), "aa", |i| i % 2 == 1)),
        ("a.csv", file(Some("1/2"), "bbb", |i| i % 2 == 0)),
    ])
    .unwrap();
    let points: Vec<Point> = merged.results.rows.iter().map(|row| row.point).collect();
    assert_eq!(points, plan().points());
    assert_eq!((merged.missing.len(), merged.repeated), (0, 0));
    let FrontMatter { device, sweep, started, .. } = &merged.results.front_matter;
    assert_eq!((sweep.shard, started.as_str()), (None, "2026-01-01T00:00:02Z"));
    assert_eq!(device, &[card("aa"), card("bbb")]);
    assert!(merged.results.rows.iter().enumerate().all(|(i, row)| row.device == u32::from(i % 2 == 0)));
    // The first shard's run first.
    assert_eq!(merged.results.sessions.iter().map(|s| s.wall_seconds).collect::<Vec<_>>(), [3.0, 2.0]);
    // What is merged reads back.
    assert_eq!(Results::parse("m.csv", merged.results.to_csv()).unwrap(), merged.results);
}

#[test]
fn one_card_is_listed_once() {
    let merged =
        merge(vec![("a.csv", file(None, "a", |i| i < 20)), ("b.csv", file(None, "a", |i| i >= 20))]).unwrap();
    assert_eq!(merged.results.front_matter.device, [card("a")]);
    assert_eq!(merged.results.rows.len(), 40);
}

#[test]
fn gaps_are_listed_in_the_plan_s_order() {
    let merged = merge(vec![("a.csv", file(None, "a", |i| i != 7 && i != 31))]).unwrap();
    assert_eq!(merged.missing, [plan().points()[7], plan().points()[31]]);
    assert_eq!(merged.results.rows.len(), 38);
}

#[test]
fn a_copy_counts_once_and_another_outcome_is_refused() {
    let whole = || file(None, "aa", |i| i < 20);
    let merged = merge(vec![("a.csv", whole()), ("copy.csv", whole())]).unwrap();
    assert_eq!((merged.repeated, merged.results.rows.len(), merged.results.sessions.len()), (20, 20, 1));
    let mut other = file(None, "aa", |i| i == 19);
    other.rows[0].note = "another".into();
    let point = plan().points()[19].to_string();
    assert_eq!(
        refusal(other),
        format!(
            "b.csv: row 1 ({point}) was measured before, with another outcome: a.csv, row 20; want each point \
             once: leave one of the files out"
        )
    );
    // Measured twice, on two cards, is measured twice.
    assert!(refusal(file(None, "b", |i| i == 3)).contains("row 1 (") && point.contains("heads 2, batch 4"));
}

#[test]
fn what_differs_is_named() {
    let rest = || file(None, "b", |i| i >= 20);
    let change = |change: fn(&mut FrontMatter)| {
        let mut results = rest();
        change(&mut results.front_matter);
        refusal(results)
    };
    assert_eq!(
        change(|f| f.software.driver = Some("570".into())),
        "b.csv: software.driver is 570, and not told in a.csv: want shards of one sweep, measured alike; plot, compare and report take several \
         files as they are"
    );
    assert_eq!(
        change(|f| f.method.warmup = Some(99)),
        "b.csv: method.warmup is 99, and 1 in a.csv: want shards of one sweep, measured alike; plot, compare and report take several \
         files as they are"
    );
    assert!(
        change(|f| f.sweep.spec_hash = "ff".into())
            .starts_with("b.csv: spec with the options given is ff, and ")
    );
    assert_eq!(
        change(|f| f.device[0].name = "Other".into()),
        "b.csv: device.name is Other, and Fake in a.csv: want shards of one sweep, measured alike; plot, compare and report take several \
         files as they are"
    );
    // The power limit is a card's own, but a card has one.
    let limited = |id: &str| {
        let mut results = file(None, id, |i| i >= 20);
        results.front_matter.device[0].power_limit_w = Some(300.0);
        merge(vec![("a.csv", file(None, "aa", |i| i < 20)), ("b.csv", results)]).map(|_| ())
    };
    assert_eq!(limited("b"), Ok(()));
    assert_eq!(
        limited("aa").unwrap_err().to_string(),
        "b.csv: card aa: power_limit_w is 300, and not told in a.csv: want shards of one sweep, measured alike; plot, compare and report take several \
         files as they are"
    );
}

#[test]
fn what_is_no_part_of_a_sweep_is_refused() {
    let begin = |change: fn(&mut Results)| {
        let mut results = file(None, "a", |_| true);
        change(&mut results);
        Merge::begin("a.csv", results).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        begin(|r| r.front_matter.sweep.spec = String::new()),
        "a.csv: holds no spec: want a file that hovera run measured"
    );
    assert!(
        begin(|r| r.front_matter.sweep.spec.push_str("\nbatch = 2"))
            .contains("its spec is not the one of spec_hash")
    );
    assert!(begin(|r| r.front_matter.sweep.spec = "heads = 0".into()).starts_with("a.csv: its spec: a.csv"));
    assert!(begin(|r| r.rows[4].point.engine = Engine::Tuned).contains("row 5 ("));
}

#[test]
fn what_the_command_line_changed_of_the_spec_is_found_again() {
    let spec = SweepSpec::parse("t.toml", SPEC).unwrap().with_order_seed(77).with_engine(Engine::Tuned);
    let mut results = file(None, "a", |_| false);
    results.front_matter.sweep.spec_hash = spec.canonical_hash();
    results.front_matter.method =
        spec.method().front_matter(Timers::one(Timer::Event), &[], "standard normal");
    let merged = merge(vec![("a.csv", results)]).unwrap();
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap().in_measuring_order(spec.method());
    assert_eq!(merged.missing, plan.points());
}

proptest! {
    #[test]
    fn the_order_of_the_files_does_not_matter(
        (of, order) in (1usize..9).prop_flat_map(|n| {
            (prop::collection::vec(0..n, 40), Just((0..n).collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let names: Vec<String> = (0..order.len()).map(|n| "c".repeat(n + 1)).collect();
        let files = |order: &[usize]| {
            let part = |n: &usize| (names[*n].as_str(), file(None, &names[*n], |i| of[i] == *n));
            merge(order.iter().map(part).collect()).unwrap()
        };
        let (one, other) = (files(&(0..order.len()).collect::<Vec<_>>()), files(&order));
        prop_assert_eq!(one.results.to_csv(), other.results.to_csv());
        prop_assert!(one.missing.is_empty());
    }
}

#[test]
fn what_was_predicted_or_imported_is_merged_with_nothing() {
    let predicted = || made_up::predicted(file(None, "aa", |i| i >= 20));
    let says = "b.csv: prediction is by 60 points of Made-Up 90 with cuBLAS 13, and none, measured in a.csv: want shards of \
                one sweep, measured alike; plot, compare and report take several files as they are";
    assert_eq!(refusal(predicted()), says);
    let alone = merge(vec![("p.csv", predicted())]).unwrap_err().to_string();
    assert_eq!(alone, "p.csv: its rows are predicted: want a file that hovera run measured");
    let mut imported = file(None, "aa", |i| i >= 20);
    imported.front_matter.source = Some(crate::results::front_matter::Source::default());
    let alone = merge(vec![("i.csv", imported)]).unwrap_err().to_string();
    assert!(
        alone.starts_with("i.csv: its rows are imported, and no shard of a sweep: want files that"),
        "{alone}"
    );
    assert!(predicted().plan().is_none() && file(None, "aa", |i| i >= 20).plan().is_some());
}
