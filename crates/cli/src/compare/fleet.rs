//! `hovera compare --fleet`: many cards of one model.

use super::{Format, input_paths, name, read};
use crate::args::Compare;
use crate::exit;
use crate::files::output::{self, NewFile};
use crate::plot::encode;
use crate::talk::counted::counted;
use crate::talk::progress;
use crate::talk::streams;
use crate::talk::table::{Cell, Room, Table};
use crate::talk::voice::{Voice, printable};
use anyhow::Result;
use hovera_analysis::{
    CardReadings, CardScore, Fleet, FleetBuilder, FleetOptions, Loss, Thresholds, Verdict,
};
use hovera_core::change_in_percent;
use hovera_plot::{CardDeviation, Chart, Figure};
use hovera_report::fleet as report;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Files that are read at the same time: their rows are in memory until they are taken in order.
const AT_ONCE: usize = 64;

/// Outliers that are named on the terminal.
const NAMED: usize = 20;

pub(super) fn fleet(args: &Compare, thresholds: Thresholds, voice: Voice) -> Result<u8> {
    let options = FleetOptions { metric: args.y, mixed_methods: args.mixed_methods, thresholds };
    let mut builder = FleetBuilder::new(options)?;
    let bar = progress::bar(args.results.len() as u64, voice.quiet);
    for arguments in args.results.chunks(AT_ONCE) {
        let files: Vec<Result<Vec<CardReadings>>> = arguments.par_iter().map(|it| cards(it, args)).collect();
        for cards in files {
            for card in cards? {
                builder.add(&card)?;
            }
        }
        bar.inc(arguments.len() as u64);
    }
    bar.finish_and_clear();
    let fleet = builder.finish()?;
    let mut files = Vec::new();
    for path in &args.output {
        let bytes = match Format::by_ending(path)? {
            Format::Csv => report::csv(&fleet).into_bytes(),
            Format::Json => report::json(&fleet).into_bytes(),
            Format::Markdown => report::markdown(&fleet).into_bytes(),
            Format::Picture(format) => encode(&Figure::draw(&chart(&fleet))?, format)?,
        };
        files.push(NewFile::new(path.clone(), bytes));
    }
    output::write_and_say(&files, &input_paths(args), voice)?;
    if !voice.quiet {
        streams::print(&describe(&fleet, streams::width()))?;
    }
    let Some(limit) = args.fail_if_slower else { return Ok(exit::DONE) };
    let slower = fleet.slower_by(limit.0).count();
    let losing = fail_if_lost(&fleet, args.allow_missing, voice);
    if slower == 0 {
        voice.say(&format!("no card is called slower by {limit} or more"));
    } else {
        voice.error(&format!("{slower} of {} cards slower by {limit} or more", fleet.cards.len()));
    }
    Ok(if slower + losing > 0 { exit::INCOMPLETE } else { exit::DONE })
}

/// Names the cards that lost points; how many of them may not have.
fn fail_if_lost(fleet: &Fleet, allow_missing: bool, voice: Voice) -> usize {
    let (mut losing, mut allowed) = (Vec::new(), Vec::new());
    for (card, _, losses) in fleet.losing() {
        let only_missing = losses.count(Loss::Missing) == losses.total();
        let line = format!("{}: {}", printable(card), printable(&report::losses_in_words(losses)));
        if allow_missing && only_missing { allowed.push(line) } else { losing.push(line) }
    }
    name(&allowed, |line| voice.warn(line));
    name(&losing, |line| voice.error(line));
    if !losing.is_empty() {
        voice.error(&format!(
            "{} without points that other cards have, or with failed ones",
            cards_in_words(losing.len())
        ));
    }
    losing.len()
}

fn cards_in_words(count: usize) -> String {
    if count == 1 { "1 card".to_owned() } else { format!("{count} cards") }
}

/// Every card by how far it is from the fleet's middle over all of its points.
fn chart(fleet: &Fleet) -> Chart {
    // A folder that all share says nothing, and leaves no room.
    let short = |card: &CardScore| card.label.rsplit('/').next().unwrap_or_default().to_owned();
    let distinct: BTreeSet<String> = fleet.cards.iter().map(short).collect();
    let distinct = distinct.len() == fleet.cards.len();
    let card = |card: &CardScore| CardDeviation {
        name: if distinct { short(card) } else { card.label.clone() },
        deviation: card.whole.ratio.ratio - 1.0,
        low: card.whole.ratio.low - 1.0,
        high: card.whole.ratio.high - 1.0,
        outlier: card.is_outlier(),
    };
    hovera_plot::FleetChart {
        title: format!("{} cards: {}", fleet.cards.len(), fleet.model),
        deviation: format!("{} against the fleet's middle", fleet.metric),
        caption: Some(format!("measured, {}; {}", counted(fleet.points, "point"), report::rule(fleet))),
        cards: fleet.cards.iter().map(card).collect(),
    }
    .chart()
}

/// The cards of one file.
fn cards(argument: &Path, args: &Compare) -> Result<Vec<CardReadings>> {
    let file = read(argument)?;
    Ok(CardReadings::of_file(&file.name, &file.results, file.device, args.y)?)
}

fn describe(fleet: &Fleet, width: Option<usize>) -> String {
    let outliers = fleet.outliers();
    let [low, high] = fleet.middle_half().map(|ratio| change_in_percent(ratio, 2));
    let model = printable(&fleet.model);
    let mut text = format!(
        "fleet  {} cards, {model}, {}\n{}: the middle half of the cards is within {low} to {high} \
         of the middle\n",
        fleet.cards.len(),
        counted(fleet.points, "point"),
        fleet.metric
    );
    for note in &fleet.notes {
        text.push_str(&format!("note: {}\n", printable(note)));
    }
    let rule = report::rule(fleet);
    text.push_str(&format!("{} unlike the others: {rule}\n", outliers.len()));
    let losing: Vec<_> = fleet.losing().collect();
    for (card, id, losses) in losing.iter().take(NAMED) {
        let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
        text.push_str(&printable(&format!("lost   {card}{id}: {}", report::losses_in_words(losses))));
        text.push('\n');
    }
    if losing.len() > NAMED {
        text.push_str(&format!("and {} more cards lost points; -o FILE has all\n", losing.len() - NAMED));
    }
    if outliers.is_empty() {
        return text;
    }
    let mut table = Table::new([
        ("card", Room::Cut),
        ("id", Room::LeftOut(1)),
        ("all points", Room::Kept),
        ("unlike the others on", Room::Cut),
        ("farthest points", Room::LeftOut(2)),
    ]);
    outliers.iter().take(NAMED).for_each(|card| table.row(line(card)));
    text.push('\n');
    text.push_str(&table.text(width));
    if outliers.len() > NAMED {
        text.push_str(&format!("and {} more; -o FILE has all\n", outliers.len() - NAMED));
    }
    text
}

fn line(card: &CardScore) -> Vec<Cell> {
    let whole = &card.whole.ratio;
    let percent = change_in_percent(whole.ratio, 1);
    let outlying = matches!(whole.verdict, Verdict::Faster | Verdict::Slower);
    vec![
        Cell::plain(&card.label),
        Cell::plain(card.id.as_deref().unwrap_or("-")),
        if outlying { Cell::verdict(whole.verdict, percent) } else { Cell::plain(percent) },
        Cell::plain(report::groups_in_words(card)),
        Cell::plain(report::farthest_in_words(card)),
    ]
}
