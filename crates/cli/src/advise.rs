//! `hovera advise`: which size costs, and which neighbour saves how much.

mod layer;
mod listing;
mod measuring;
mod record;

use crate::args::{Advise, BackendName};
use crate::exit;
use crate::files::inputs::{self, Content};
use crate::forecasts::{self, CardForecast};
use crate::model::{ModelArgument, workload};
use crate::talk::streams;
use crate::talk::voice::Voice;
use anyhow::{Result, bail, ensure};
use hovera_advise::{Advice, Cause, Forecast, RowAdvice, Saving, Subject, advise as advise_on, advise_rows};
use hovera_core::{Dtype, Origin, Results};
use hovera_model::Transformer;
use listing::Around;
use std::path::Path;

/// A line of the table.
struct Line {
    /// The model, or the products of a results file.
    subject: String,
    /// The card that decides.
    card: String,
    size: &'static str,
    from: u32,
    to: u32,
    /// Of heads that become wider or narrower: from and to which head dim.
    head_dims: Option<[u32; 2]>,
    of_layers: Option<f64>,
    saved: f64,
    half_width: f64,
    before_us: f64,
    after_us: f64,
    parameters: Option<[u128; 2]>,
    flop: [u128; 2],
    cause: Cause,
    /// Whose number `saved` is.
    origin: Origin,
    measured: Option<Measured>,
}

/// What the card at hand says of a line.
struct Measured {
    card: String,
    saved: f64,
    half_width: f64,
}

pub(crate) fn advise(args: &Advise, voice: Voice) -> Result<u8> {
    match &args.subject {
        None => of_model(&layer::toml(&args.layer)?, layer::NAME, layer::NAME, args, voice),
        Some(path) => match ModelArgument::open(path)? {
            ModelArgument::Configuration { file, name, text } => of_model(&text, &file, &name, args, voice),
            ModelArgument::Results => of_results(path, args),
        },
    }
}

fn of_model(text: &str, file: &str, name: &str, args: &Advise, voice: Voice) -> Result<u8> {
    let model = Transformer::read(file, name, text, &args.asked.set)?;
    let dtype = args.dtype.unwrap_or(match args.measuring.backend {
        BackendName::Cpu => Dtype::F32,
        BackendName::Auto | BackendName::Cuda => Dtype::Bf16,
    });
    let has_vocab = args.layer.hidden.is_none() || args.layer.vocab.is_some();
    let subject = Subject { model, workload: workload(&args.asked), dtype, has_vocab };
    let cards = forecasts::of_arguments(&args.card, &args.gpu, None)?;
    let asked: Vec<&dyn Forecast> = cards.iter().map(|card| card as &dyn Forecast).collect();
    let advice = advise_on(&subject, &asked)?;
    let (code, measured) = match args.measure && !advice.is_empty() {
        true => measuring::of_advice(&subject, &advice, args, voice)?,
        false => (exit::DONE, vec![None; advice.len()]),
    };
    let lines = advice.iter().zip(measured).filter_map(|(advice, measured)| line(&subject, advice, measured));
    let names: Vec<&str> = cards.iter().map(Forecast::card).collect();
    let around = Around {
        heading: format!(
            "{}: {}, {dtype}, predicted for {}",
            subject.model.name,
            subject.workload,
            names.join(" and ")
        ),
        remarks: subject
            .model
            .remarks
            .iter()
            .cloned()
            .chain(cards.iter().map(CardForecast::remark))
            .collect(),
        is_of_model: true,
        several_cards: cards.len() > 1,
    };
    streams::print(&listing::text(&lines.collect::<Vec<_>>(), &around, args.format, streams::width())?)?;
    Ok(code)
}

fn line(subject: &Subject, advice: &Advice, measured: Option<Saving>) -> Option<Line> {
    let worst = advice.worst()?;
    let change = advice.change;
    Some(Line {
        subject: subject.model.name.clone(),
        card: worst.card.clone(),
        size: change.size.as_str(),
        from: change.from,
        to: change.to,
        head_dims: change.head_dims(),
        of_layers: worst.of_layers(),
        saved: worst.of_model(),
        half_width: worst.half_width(),
        before_us: worst.before_us,
        after_us: worst.after_us,
        parameters: Some(advice.parameters),
        flop: advice.flop,
        cause: advice.cause,
        origin: Origin::Predicted,
        measured: measured.map(|saving| Measured {
            saved: saving.of_model(),
            half_width: saving.half_width(),
            card: saving.card,
        }),
    })
}

/// Of each product of results files by itself.
fn of_results(path: &Path, args: &Advise) -> Result<u8> {
    refuse_options_of_models(args)?;
    for input in inputs::read(path)? {
        let Content::Results(results) = input.content else {
            bail!("{}: published readings have no times; want a results file", input.name)
        };
        ensure!(
            results.origin() != Origin::Predicted,
            "{}: its rows are predicted; want a file that was measured, or the model itself",
            input.name
        );
        let device = results.front_matter.device.first().map(|device| device.name.as_str());
        // Without constants the file's own neighbours are all that there is to tell of.
        let cards = match forecasts::of_arguments(&args.card, &args.gpu, device) {
            Err(_) if args.card.is_empty() && args.gpu.is_empty() => Vec::new(),
            cards => cards?,
        };
        ensure!(cards.len() < 2, "a results file is of one card; want one --card or --gpu at most");
        let forecast = cards.first().map(|card| card as &dyn Forecast);
        let lines: Vec<Line> =
            advise_rows(&results, forecast).iter().map(|advice| of_row(&results, advice)).collect();
        let by = match forecast {
            Some(card) => format!("what it has no row of is predicted for {}", card.card()),
            None => "only its own rows, for no constants of its card are known".to_owned(),
        };
        let around = Around {
            heading: format!("{}: {by}", input.name),
            remarks: cards.iter().flat_map(|card| remarks(card, &results)).collect(),
            is_of_model: false,
            several_cards: false,
        };
        streams::print(&listing::text(&lines, &around, args.format, streams::width())?)?;
    }
    Ok(exit::DONE)
}

/// On what a card stands, and whether the file is of another library.
fn remarks(card: &CardForecast, results: &Results) -> Vec<String> {
    let with = &results.front_matter.software.gemm;
    let other = forecasts::of_another_library(card.predictor(), with, "the file is of");
    std::iter::once(card.remark()).chain(other).collect()
}

fn of_row(results: &Results, advice: &RowAdvice) -> Line {
    let mut ops: Vec<String> = advice.points.iter().map(|[point, _]| point.op.to_string()).collect();
    ops.dedup();
    let size = advice.points.first().map(|[point, _]| point.size_in_words()).unwrap_or_default();
    let card = results.front_matter.device.get(advice.device as usize);
    Line {
        subject: format!("{} {size}", ops.join(", ")),
        card: card.map(|card| card.name.clone()).unwrap_or_default(),
        size: advice.size,
        from: advice.from,
        to: advice.to,
        head_dims: None,
        of_layers: None,
        saved: advice.saved(),
        half_width: advice.half_width(),
        before_us: advice.before_us,
        after_us: advice.after_us,
        parameters: None,
        flop: advice.flop(),
        cause: advice.cause,
        origin: if advice.is_measured { Origin::Measured } else { Origin::Predicted },
        measured: None,
    }
}

/// What a file was measured with cannot be changed any more.
fn refuse_options_of_models(args: &Advise) -> Result<()> {
    let given = args.asked.given().into_iter().chain([
        ("--dtype", args.dtype.is_some()),
        ("--measure", args.measure),
        ("-o", args.measuring.output.is_some()),
    ]);
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => bail!("{option} is for models: a results file is taken as it is"),
    }
}
