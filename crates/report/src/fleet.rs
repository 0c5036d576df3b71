//! A fleet in words and as a file.

use crate::comparison::{escaped, no_formula};
use hovera_analysis::{CardScore, Deviation, Fleet, GroupScore, Loss, Losses, Ratio, Thresholds};
use hovera_core::{change_in_percent, percent};
use serde::Serialize;
use std::fmt::Write;

/// Grows when a reader of the version before would misread the document.
const VERSION: u32 = 1;

/// A row for each card as a whole (`level` is `card`) and for each op, pass and series of it (`series`).
/// `ratio` is the card over the middle of the fleet. A text that a spreadsheet would take for a formula
/// gets a `'` in front. The columns from `failed` to `without_value` count the points that a card lost ([`Losses`]); one that lost all of
/// them has a row without a ratio.
#[must_use]
pub fn csv(fleet: &Fleet) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let header = [
        "level",
        "metric",
        "card",
        "id",
        "op",
        "pass",
        "series",
        "points",
        "ratio",
        "p",
        "q",
        "outlier",
        "failed",
        "skipped",
        "missing",
        "without_value",
    ];
    writer.write_record(header).expect("memory takes every record");
    for card in &fleet.cards {
        let mut write =
            |level: &str, [op, pass, series]: [String; 3], deviation: &Deviation, losses: [String; 4]| {
                let ratio = &deviation.ratio;
                let [failed, skipped, missing, without_value] = losses;
                let record = [
                    level.to_owned(),
                    fleet.metric.to_string(),
                    no_formula(&card.label).into_owned(),
                    no_formula(card.id.as_deref().unwrap_or_default()).into_owned(),
                    op,
                    pass,
                    series,
                    deviation.points.to_string(),
                    ratio.ratio.to_string(),
                    ratio.p.to_string(),
                    ratio.q.to_string(),
                    direction(deviation).unwrap_or_default().to_owned(),
                    failed,
                    skipped,
                    missing,
                    without_value,
                ];
                writer.write_record(record).expect("memory takes every record of one length");
            };
        write("card", Default::default(), &card.whole, losses(&card.losses));
        for group in &card.groups {
            let series = group.series.map(|series| series.to_string()).unwrap_or_default();
            let group_of = [group.op.to_string(), group.pass.to_string(), series];
            write("series", group_of, &group.deviation, Default::default());
        }
    }
    for card in &fleet.unmeasured {
        let mut record = [const { String::new() }; 16];
        record[0] = "card".to_owned();
        record[1] = fleet.metric.to_string();
        record[2] = no_formula(&card.label).into_owned();
        record[3] = no_formula(card.id.as_deref().unwrap_or_default()).into_owned();
        record[7] = "0".to_owned();
        record[12..].clone_from_slice(&losses(&card.losses));
        writer.write_record(&record).expect("memory takes every record of one length");
    }
    let bytes = writer.into_inner().expect("memory takes every record");
    String::from_utf8(bytes).expect("fields are text")
}

fn losses(losses: &Losses) -> [String; 4] {
    Loss::ALL.map(|loss| losses.count(loss).to_string())
}

/// What a card has lost, such as `12 failed, 3 missing: no memory`.
#[must_use]
pub fn losses_in_words(losses: &Losses) -> String {
    let kinds = Loss::ALL.into_iter().filter(|loss| losses.count(*loss) > 0);
    let counts: Vec<String> = kinds.map(|loss| format!("{} {}", losses.count(loss), loss.as_str())).collect();
    let reason = if losses.reason.is_empty() { String::new() } else { format!(": {}", losses.reason) };
    counts.join(", ") + &reason
}

/// The same as JSON, with `"schema": "hovera-fleet"` and a `version`.
#[must_use]
pub fn json(fleet: &Fleet) -> String {
    let document = FleetOut {
        schema: "hovera-fleet",
        version: VERSION,
        model: &fleet.model,
        metric: fleet.metric.as_str(),
        margin: fleet.thresholds.margin,
        false_discovery_rate: fleet.thresholds.false_discovery_rate,
        run_to_run: fleet.thresholds.run_to_run,
        points: fleet.points,
        notes: &fleet.notes,
        cards: fleet.cards.iter().map(CardOut::from_score).collect(),
        losing: fleet.losing().map(LosingOut::from_losses).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("texts and numbers are JSON");
    text.push('\n');
    text
}

/// The fleet and its outliers as Markdown, texts escaped.
#[must_use]
pub fn markdown(fleet: &Fleet) -> String {
    let outliers = fleet.outliers();
    let [low, high] = fleet.middle_half();
    let mut text = format!(
        "# Fleet\n\n- {} cards, {}, {} points\n- metric: {}; the middle half of the cards is within {} to {} \
         of the middle\n- outliers: {}\n",
        fleet.cards.len(),
        escaped(&fleet.model),
        fleet.points,
        fleet.metric,
        change_in_percent(low, 1),
        change_in_percent(high, 1),
        outliers.len()
    );
    for note in &fleet.notes {
        text.push_str(&format!("- note: {}\n", escaped(note)));
    }
    for (card, id, losses) in fleet.losing() {
        let id = id.map(|id| format!(" ({})", escaped(id))).unwrap_or_default();
        text.push_str(&format!("- lost: {}{id}: {}\n", escaped(card), escaped(&losses_in_words(losses))));
    }
    if !outliers.is_empty() {
        text.push_str("\n| card | id | all points | unlike the others on | farthest points |\n");
        text.push_str("| --- | --- | --- | --- | --- |\n");
    }
    for card in outliers {
        let (groups, farthest) = (groups_in_words(card), farthest_in_words(card));
        let id = escaped(card.id.as_deref().unwrap_or_default());
        let whole = change_in_percent(card.whole.ratio.ratio, 1);
        writeln!(text, "| {} | {id} | {whole} | {groups} | {farthest} |", escaped(&card.label))
            .expect("a String takes any text");
    }
    text
}

/// The ops and series on which it is unlike the others, such as `score h/a=8 -5.1 %`.
#[must_use]
pub fn groups_in_words(card: &CardScore) -> String {
    let word = |group: &GroupScore| {
        let series = group.series.map(|series| format!(" h/a={series}")).unwrap_or_default();
        let op = group.op.with_pass(group.pass);
        format!("{op}{series} {}", change_in_percent(group.deviation.ratio.ratio, 1))
    };
    card.outlying().map(word).collect::<Vec<_>>().join(", ")
}

/// Its farthest points, such as `score hidden 96 -7.0 %`.
#[must_use]
pub fn farthest_in_words(card: &CardScore) -> String {
    card.farthest
        .iter()
        .map(|(point, ratio)| {
            format!("{} {} {}", point.op, point.size_in_words(), change_in_percent(*ratio, 1))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn direction(deviation: &Deviation) -> Option<&'static str> {
    deviation.is_outlying().then(|| deviation.ratio.verdict.as_str())
}

/// What makes an outlier, in a sentence.
#[must_use]
pub fn rule(fleet: &Fleet) -> String {
    let Thresholds { margin, false_discovery_rate, .. } = fleet.thresholds;
    format!(
        "beyond ±{} % and the fleet's own spread, at a false discovery rate of {} %",
        percent(margin),
        percent(false_discovery_rate)
    )
}

#[derive(Serialize)]
struct FleetOut<'a> {
    schema: &'static str,
    version: u32,
    model: &'a str,
    metric: &'static str,
    margin: f64,
    false_discovery_rate: f64,
    run_to_run: Option<f64>,
    points: usize,
    notes: &'a [String],
    cards: Vec<CardOut<'a>>,
    /// Cards that have no value of points that most cards have.
    losing: Vec<LosingOut<'a>>,
}

#[derive(Serialize)]
struct LosingOut<'a> {
    card: &'a str,
    id: Option<&'a str>,
    failed: usize,
    skipped: usize,
    missing: usize,
    without_value: usize,
    reason: &'a str,
}

#[derive(Serialize)]
struct CardOut<'a> {
    card: &'a str,
    id: Option<&'a str>,
    #[serde(flatten)]
    whole: DeviationOut,
    groups: Vec<GroupOut>,
}

#[derive(Serialize)]
struct GroupOut {
    op: &'static str,
    pass: &'static str,
    series: Option<u8>,
    #[serde(flatten)]
    deviation: DeviationOut,
}

#[derive(Serialize)]
struct DeviationOut {
    points: usize,
    ratio: f64,
    p: f64,
    q: f64,
    outlier: Option<&'static str>,
}

impl<'a> LosingOut<'a> {
    fn from_losses((card, id, losses): (&'a str, Option<&'a str>, &'a Losses)) -> LosingOut<'a> {
        let [failed, skipped, missing, without_value] = Loss::ALL.map(|loss| losses.count(loss));
        LosingOut { card, id, failed, skipped, missing, without_value, reason: &losses.reason }
    }
}

impl<'a> CardOut<'a> {
    fn from_score(card: &'a CardScore) -> CardOut<'a> {
        CardOut {
            card: &card.label,
            id: card.id.as_deref(),
            whole: DeviationOut::from_deviation(&card.whole),
            groups: card
                .groups
                .iter()
                .map(|group| GroupOut {
                    op: group.op.as_str(),
                    pass: group.pass.as_str(),
                    series: group.series.map(|series| series.get()),
                    deviation: DeviationOut::from_deviation(&group.deviation),
                })
                .collect(),
        }
    }
}

impl DeviationOut {
    fn from_deviation(deviation: &Deviation) -> DeviationOut {
        let Ratio { ratio, p, q, .. } = deviation.ratio;
        DeviationOut { points: deviation.points, ratio, p, q, outlier: direction(deviation) }
    }
}
