//! What sweeps/README.md says of recorded sweeps is what their files say.

use crate::compare_all;
use crate::files::file;
use hovera_analysis::{Across, CompareOptions, Comparison, Metric, Verdict};
use hovera_core::{Engine, Op, Pacing, Point, Results, Row};

const CARDS: [(&str, &str); 2] = [("H100", "nvidia-h100-80gb-hbm3"), ("H200", "nvidia-h200")];

/// The page's words, a line break being a space.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps/README.md");
    std::fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(what: &str) {
    assert!(page().contains(what), "sweeps/README.md should say: {what}");
}

/// The library's choice against the fastest of its candidates.
fn choices(results: &Results, metric: Metric) -> Comparison {
    let options = CompareOptions { metric, across: vec![Across::Engine], ..CompareOptions::default() };
    compare_all(&[results], &[], &options).unwrap()
}

/// A point that is slower as tuned runs the default's kernel, or else the search has chosen badly.
fn same_kernel_at_two_clocks(results: &Results, point: &Point) -> String {
    let by = |engine| {
        let is_it = |row: &&Row| {
            row.point.op == point.op && row.point.gemm() == point.gemm() && row.point.engine == engine
        };
        results.rows.iter().find(is_it).unwrap()
    };
    let (tuned, default) = (by(Engine::Tuned), by(Engine::Cublas));
    let name = |row: &Row| row.kernel.name.clone().unwrap();
    assert_eq!(name(tuned), name(default), "{point:?}");
    let mhz = |row: &Row| row.telemetry.sm_clock_mhz.unwrap();
    let hidden = point.layer().unwrap().hidden();
    format!(
        "`{}` at hidden {hidden}, where both run the same kernel, at {:.0} and {:.0} MHz",
        point.op,
        mhz(tuned),
        mhz(default)
    )
}

fn said_of(slower: &[String]) -> String {
    if slower.is_empty() {
        "none slower".to_owned()
    } else {
        format!("{} slower: {}", slower.len(), slower.join("; "))
    }
}

#[test]
fn the_table_of_the_library_s_choice_is_of_the_files() {
    for (card, folder) in CARDS {
        let results = file(&format!("recorded/{folder}/tuned-a12.csv"));
        for (metric, how) in [
            (Metric::Tflops, ", throughput with the clock of the run"),
            (Metric::TflopsAtClock, " at 1830 MHz"),
        ] {
            let comparison = choices(&results, metric);
            let slower: Vec<String> = comparison
                .points
                .iter()
                .filter(|point| point.ratio.verdict == Verdict::Slower)
                .map(|point| same_kernel_at_two_clocks(&results, &point.point))
                .collect();
            match metric {
                Metric::Tflops => says(&format!("On the {card} it calls {}.", said_of(&slower))),
                _ => assert_eq!(slower, Vec::<String>::new(), "{card}"),
            }
            for op in [Op::Score, Op::Values] {
                let points = comparison.points.iter().filter(|point| point.point.op == op);
                let logarithms: Vec<f64> = points.map(|point| point.ratio.ratio.ln()).collect();
                let percent = |logarithm: f64| format!("{:+.1} %", 100.0 * (logarithm.exp() - 1.0));
                let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
                let [least, most] = [f64::min, f64::max]
                    .map(|of: fn(f64, f64) -> f64| logarithms.iter().copied().reduce(of).unwrap());
                says(&format!(
                    "| {card}{how}: `{op}` | {} | {} | {} | {} |",
                    logarithms.len(),
                    percent(mean),
                    percent(least),
                    percent(most)
                ));
            }
        }
    }
}

/// Least and most of some values.
fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], x| [least.min(x), most.max(x)])
}

#[test]
fn what_the_steady_state_costs_is_of_the_files() {
    let mut busy = Vec::new();
    for (card, folder) in CARDS {
        let results = file(&format!("recorded/{folder}/pacing-a12.csv"));
        busy.push(
            100.0 * results.sessions.iter().find_map(|session| session.settling.as_ref()).unwrap().busy_share,
        );
        let of = |pacing| results.rows.iter().filter(move |row| row.point.pacing == pacing);
        let pairs: Vec<(&Row, &Row)> = of(Pacing::Sustained)
            .map(|row| {
                let same =
                    |other: &&Row| other.point.op == row.point.op && other.point.gemm() == row.point.gemm();
                (of(Pacing::Burst).find(same).unwrap(), row)
            })
            .collect();
        let series = |row: &Row| row.point.series().unwrap().get();
        let dense: Vec<_> = pairs
            .iter()
            .filter(|(row, _)| series(row) >= 8 && row.point.layer().unwrap().head_dim().get() > 600)
            .collect();
        let light: Vec<_> = pairs.iter().filter(|(row, _)| series(row) < 8).collect();
        assert!(dense.len() >= 30 && light.len() >= 30, "{card}: {} and {}", dense.len(), light.len());
        let clock = |row: &Row| row.telemetry.sm_clock_mhz.unwrap();
        let [burst, sustained] =
            [range(dense.iter().map(|(row, _)| clock(row))), range(dense.iter().map(|(_, row)| clock(row)))];
        let time = |row: &Row| row.timing.unwrap().median_us.unwrap();
        let longer = |pair: &&(&Row, &Row)| 100.0 * (time(pair.1) / time(pair.0) - 1.0);
        let [least, most] = range(dense.iter().map(longer));
        says(&format!(
            "at {:.0} to {:.0} MHz instead of {:.0} to {:.0}, and takes {least:.1} to {most:.1} % longer.",
            sustained[0], sustained[1], burst[0], burst[1]
        ));
        let [least, most] = range(light.iter().map(longer));
        says(&format!("For series 1, 2 and 4 it takes {least:+.1} to {most:+.1} %."));
    }
    says(&format!("the H100 was busy {:.1} % of the time, the H200 {:.1} %.", busy[0], busy[1]));
}
