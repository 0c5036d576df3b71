//! The points of a run, through its devices into its sink.

use super::in_words::in_words;
use super::live::Live;
use super::outcome::Outcome;
use super::sink::Sink;
use super::tally::Tally;
use crate::args::Measuring;
use crate::plan_summary::left_out;
use crate::run::cards::OpenBackend;
use crate::run::stop::Stop;
use crate::talk::progress::Progress;
use crate::talk::voice::Voice;
use anyhow::Result;
use hovera_bench::Runner;
use hovera_bench::sweep::{Kept, RowSink, large_ones_first_at_the_end, sweep, those_that_fit};
use hovera_core::{CostModel, FrontMatter, Plan, Point, Processor, SweepSpec, Timers};

/// What is measured, and how.
pub(super) struct Measurement<'a> {
    pub(super) spec: &'a SweepSpec,
    pub(super) plan: &'a Plan,
    pub(super) timers: Timers,
    pub(super) front_matter: &'a FrontMatter,
}

impl Measurement<'_> {
    /// On all the cards; the exit code.
    pub(super) fn run(&self, args: &Measuring, mut cards: Vec<OpenBackend>, voice: Voice) -> Result<u8> {
        let (plan, method) = (self.plan, self.spec.method());
        // They are of one model: what is true of the first is true of all.
        let device = cards[0].device();
        let model = CostModel::new(Processor::named(&device.name, device.threads), method);
        let cost = |point: &Point| model.point_seconds(point);
        let mut points = plan.points().to_vec();
        if cards.len() > 1 {
            large_ones_first_at_the_end(&mut points, cards.len(), cost);
        }
        // Any of them may come to measure any point.
        let (fitting, too_large) = those_that_fit(&cards, &points)?;

        let mut sink = Sink::open(args, self.front_matter, voice)?;
        left_out(plan).iter().for_each(|what| voice.say(what));
        plan.adjustments().for_each(|adjustment| voice.say(&adjustment.to_string()));
        let mut tally = Tally::default();
        too_large.iter().for_each(|row| tally.add(row));
        let there = plan.points().iter().filter(|p| sink.is_done(p)).count();
        let stop = Stop::listen()?;
        let todo: Vec<Point> = fitting.into_iter().filter(|p| !sink.is_done(p)).collect();
        let what = format!("{} -> {}", self.spec.name(), sink.place());
        let mut progress = Progress::start(todo.iter().map(cost), cards.len(), &what, voice.quiet);
        let mut live = progress.chart_room().map(|room| Live::new(self.front_matter, room));
        let mut measured = 0;
        let runner =
            |(device, card)| Runner::new(card, method, self.timers, device, &todo).stopped_by(stop.flag());
        let runners = (0..).zip(cards.iter_mut().map(|card| &mut **card)).map(runner).collect();
        let swept = sweep(runners, &points, &too_large, &mut sink, |kept| match kept {
            Kept::TooLarge(_) => measured += 1,
            Kept::New(row) => {
                measured += 1;
                tally.add(row);
                progress.advance(row.device, cost(&row.point));
                if let Some(chart) = live.as_mut().and_then(|live| live.with(row)) {
                    progress.show(&chart);
                }
                if args.verbose {
                    progress.suspend(|| voice.say(&in_words(row)));
                }
            }
            Kept::Again(row) => tally.add(row),
        })?;
        let elapsed = progress.finish();
        let unmeasured = todo.iter().filter(|point| !tally.has(point)).count();
        Outcome { swept, tally, elapsed, there, measured, unmeasured, plan: plan.points() }
            .conclude(sink, args, &cards, &stop, voice)
    }
}
