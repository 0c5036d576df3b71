//! A comparison on the terminal.

use crate::talk::counted::counted;
use crate::talk::table::{Cell, Room, Table};
use crate::talk::voice::printable;
use hovera_analysis::{Comparison, Summary, Verdict, WhyNot};
use hovera_core::{Op, Pass, Series};
use hovera_report::comparison::{ends, rule};

/// Others that still have a column each; more have a line each.
const COLUMNS: usize = 6;

/// The whole text, coloured, its tables on so many columns of a terminal; whoever prints it takes the colour out
/// where there must be none.
pub(super) fn describe(comparison: &Comparison, width: Option<usize>) -> String {
    let others = comparison.sides.len() - 1;
    let mut text = String::new();
    for (i, side) in comparison.sides.iter().enumerate() {
        let role = match i {
            0 => "base".to_owned(),
            _ if others == 1 => "other".to_owned(),
            _ => format!("{i}"),
        };
        let side = format!("{}: {}, {}", side.label, side.device.name, side.gemm);
        text.push_str(&format!("{role:6} {}\n", printable(&side)));
    }
    let clock = comparison.options.at_clock.map(|mhz| format!(" at {mhz} MHz")).unwrap_or_default();
    text.push_str(&format!(
        "ratios of {}{clock}, above 1 is better than the base\n\n",
        comparison.options.metric
    ));
    text.push_str(&match others {
        1 => one(comparison).text(width),
        2..=COLUMNS if side_by_side(comparison).fits(width) => side_by_side(comparison).text(width),
        _ => line_each(comparison).text(width),
    });
    text.push('\n');
    for other in 1..=others {
        text.push_str(&coverage(comparison, other));
    }
    text.push_str(&rule(comparison));
    text.push('\n');
    for note in &comparison.notes {
        text.push_str(&format!("note: {}\n", printable(note)));
    }
    text
}

/// In a narrow terminal the extremes go first, then the counts, of which those that say little go first, and the
/// interval last.
fn one(comparison: &Comparison) -> Table {
    let verdicts = Verdict::ALL.map(|verdict| (verdict.as_str(), room_of(verdict)));
    let first = [
        ("op", Room::Kept),
        ("h/a", Room::Kept),
        ("points", Room::LeftOut(2)),
        ("ratio", Room::Kept),
        ("95 % interval", Room::LeftOut(1)),
        ("verdict", Room::Kept),
        ("worst", Room::LeftOut(7)),
        ("best", Room::LeftOut(8)),
    ];
    let mut table = Table::new(first.into_iter().chain(verdicts));
    for summary in &comparison.summaries {
        let ratio = &summary.ratio;
        let [worst, best] = ends(comparison, summary);
        let mut row = vec![
            Cell::plain(summary.op_in_words()),
            Cell::plain(series(summary)),
            Cell::plain(summary.points),
            Cell::plain(format!("{:.3}", ratio.ratio)),
            Cell::plain(format!("{:.3} to {:.3}", ratio.low, ratio.high)),
            Cell::verdict(ratio.verdict, ratio.verdict.as_str().to_owned()),
            Cell::plain(worst),
            Cell::plain(best),
        ];
        row.extend(Verdict::ALL.map(|verdict| Cell::plain(summary.count_of(verdict))));
        table.row(row);
    }
    table
}

/// When the count of a verdict is left out: what became slower is what is looked for.
fn room_of(verdict: Verdict) -> Room {
    Room::LeftOut(match verdict {
        Verdict::Slower => 3,
        Verdict::Faster => 4,
        Verdict::Unsure => 5,
        Verdict::Same => 6,
    })
}

/// A column for each other side.
fn side_by_side(comparison: &Comparison) -> Table {
    let numbers = (1..comparison.sides.len()).map(|other| (other.to_string(), Room::Kept));
    let first = ["op", "h/a"].map(|name| (name.to_owned(), Room::Kept));
    let mut table = Table::new(first.into_iter().chain(numbers));
    // Every op and series that any side has, in order.
    let mut keys: Vec<_> = comparison.summaries.iter().map(key_of).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let of_key: Vec<&Summary> = comparison.summaries.iter().filter(|s| key_of(s) == key).collect();
        let Some(first) = of_key.first() else { continue };
        let mut row = vec![Cell::plain(first.op_in_words()), Cell::plain(series(first))];
        for other in 1..comparison.sides.len() {
            row.push(of_key.iter().find(|s| s.other == other).map_or_else(|| Cell::plain("-"), |s| mean(s)));
        }
        table.row(row);
    }
    table
}

/// What a line of several sides is of.
fn key_of(summary: &Summary) -> (Op, Pass, bool, Option<Series>) {
    (summary.op, summary.pass, summary.series.is_none(), summary.series)
}

/// A line for each other side, with the whole of each op and pass.
fn line_each(comparison: &Comparison) -> Table {
    let mut ops: Vec<_> = comparison.summaries.iter().map(|summary| (summary.op, summary.pass)).collect();
    ops.sort_unstable();
    ops.dedup();
    let of_ops = ops.iter().map(|(op, pass)| (op.with_pass(*pass), Room::Kept));
    let verdicts = Verdict::ALL.map(|verdict| (verdict.as_str().to_owned(), room_of(verdict)));
    let first = [(String::new(), Room::Kept), ("points".to_owned(), Room::LeftOut(2))];
    let mut table = Table::new(first.into_iter().chain(of_ops).chain(verdicts));
    for other in 1..comparison.sides.len() {
        let points = comparison.points.iter().filter(|point| point.other == other).count();
        let mut row = vec![Cell::plain(other), Cell::plain(points)];
        for (op, pass) in &ops {
            let all = comparison
                .summaries
                .iter()
                .find(|it| (it.other, it.op, it.pass, it.series) == (other, *op, *pass, None));
            row.push(all.map_or_else(|| Cell::plain("-"), mean));
        }
        row.extend(Verdict::ALL.map(|verdict| Cell::plain(comparison.count(other, verdict))));
        table.row(row);
    }
    table
}

fn mean(summary: &Summary) -> Cell {
    let verdict = summary.ratio.verdict;
    Cell::verdict(verdict, format!("{:.3} {}", summary.ratio.ratio, verdict.as_str()))
}

fn series(summary: &Summary) -> String {
    summary.series.map_or_else(|| "all".to_owned(), |series| series.to_string())
}

/// How many points were compared, and what became of the others.
fn coverage(comparison: &Comparison, other: usize) -> String {
    let compared = comparison.points.iter().filter(|point| point.other == other).count();
    let (mut base, mut only_other, mut unmeasured, mut valueless) = (0, 0, 0, 0);
    for unmatched in comparison.unmatched.iter().filter(|unmatched| unmatched.other == other) {
        match unmatched.why {
            WhyNot::OnlyInBase => base += 1,
            WhyNot::OnlyInOther => only_other += 1,
            WhyNot::NotMeasured { .. } => unmeasured += 1,
            WhyNot::NoValue(_) => valueless += 1,
        }
    }
    let whose = if comparison.sides.len() > 2 { format!("{other}: ") } else { String::new() };
    let mut parts = vec![format!("{whose}{} compared", counted(compared, "point"))];
    for (count, what) in [
        (base, "only in the base"),
        (only_other, "only in the other"),
        (unmeasured, "failed or skipped in one"),
        (valueless, "without what the metric needs"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let lost = comparison.unmatched.iter().filter(|it| it.other == other && it.lost.is_some()).count();
    if lost > 0 {
        parts.push(format!("{lost} of them with a value in the base only"));
    }
    parts.join(", ") + "\n"
}
