//! `hovera model`: a model's products, measured once each.

mod built_in;
mod listing;
mod record;
pub(crate) mod shares;
mod side_by_side;
mod sources;

use crate::args::{Asked, AttentionAs, BackendName, FuseWhich, GroupsHow, LogitsOf, Model};
use crate::exit;
use crate::files::inputs::{self, Content};
use crate::run::{self, Done};
use crate::talk::streams;
use crate::talk::voice::Voice;
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{Dtype, Results, SweepSpec};
use hovera_model::{
    Balance, CostedModel, Fuse, FusedAttention, Groups, LaidOutGemm, Logits, ModelCost, ModelProducts,
    Workload, spec,
};
pub(crate) use sources::ModelArgument;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

pub(crate) fn model(args: &Model, voice: Voice) -> Result<u8> {
    let sources = args.configs.iter().map(|path| ModelArgument::open(path)).collect::<Result<Vec<_>>>()?;
    let configurations =
        sources.iter().filter(|source| matches!(source, ModelArgument::Configuration { .. }));
    match configurations.count() {
        0 => {
            refuse_options_of_configurations(args)?;
            again(&args.configs, args)?;
            Ok(exit::DONE)
        }
        count if count < sources.len() => {
            bail!("want configurations to measure or results files to show, not both")
        }
        _ => of_configurations(sources, args, voice),
    }
}

/// Reads configurations and lists or measures their products.
fn of_configurations(sources: Vec<ModelArgument>, args: &Model, voice: Voice) -> Result<u8> {
    ensure!(
        args.measuring.output.as_deref() != Some(Path::new("-")),
        "-o -: standard output is for the table; name a file for the rows, or print one with --format"
    );
    let workload = workload(&args.asked);
    let dtype = args.dtype.unwrap_or(match args.measuring.backend {
        BackendName::Cpu => Dtype::F32,
        BackendName::Auto | BackendName::Cuda => Dtype::Bf16,
    });
    let mut models: Vec<(String, ModelProducts)> = Vec::new();
    for source in sources {
        if let ModelArgument::Configuration { file, name, text } = source {
            let model = hovera_model::Transformer::read(&file, &name, &text, &args.asked.set)?;
            let products = model.products(workload)?;
            models.push((model.name, products));
        }
    }
    if args.dry_run {
        let shown = models.iter().map(|(name, products)| CostedModel {
            name: name.clone(),
            workload: workload.to_string(),
            remarks: products.remarks.clone(),
            dtype,
            setup: None,
            cost: ModelCost::of_flop(products, dtype),
        });
        print(&shown.collect::<Vec<_>>(), args)?;
        return Ok(exit::DONE);
    }
    let Done { code, results } = measure(&models, &workload, dtype, args, voice)?;
    // A run that was stopped, or has no file, has no table.
    if let (Some(results), exit::DONE | exit::INCOMPLETE) = (results, code) {
        again(&[results], args)?;
    }
    Ok(code)
}

/// Each distinct product once, and its neighbours where they are asked for.
fn measure(
    models: &[(String, ModelProducts)],
    workload: &Workload,
    dtype: Dtype,
    args: &Model,
    voice: Voice,
) -> Result<Done> {
    let mut products: Vec<LaidOutGemm> = Vec::new();
    let own = models.iter().flat_map(|(_, products)| products.distinct());
    for product in own {
        let near = if args.neighbours { product.neighbours(dtype) } else { Vec::new() };
        for product in std::iter::once(product).chain(near) {
            if !products.contains(&product) {
                products.push(product);
            }
        }
    }
    let names: Vec<&str> = models.iter().map(|(name, _)| name.as_str()).collect();
    let name = names.join("_");
    let fused = fused(models, dtype, args, voice)?;
    let text = spec(&name, dtype, &products, &fused);
    let spec = SweepSpec::parse(&name, &text).context("the sweep of the products")?;
    let models = models.iter().map(|(name, products)| products.info(name, workload)).collect();
    run::Asked { name, spec, models, shard: None, dry_run: false }.measure(&args.measuring, voice)
}

/// The attentions to measure in one kernel: those that the library computes, where there is one.
fn fused(
    models: &[(String, ModelProducts)],
    dtype: Dtype,
    args: &Model,
    voice: Voice,
) -> Result<Vec<FusedAttention>> {
    let (mut fused, mut refusals) = (Vec::new(), Vec::new());
    for attention in models.iter().flat_map(|(_, products)| products.distinct_fused()) {
        match attention.refusal(dtype) {
            Some(refusal) => refusals.push(refusal),
            None if fused.contains(&attention) => {}
            None => fused.push(attention),
        }
    }
    let is_gpu = args.measuring.backend != BackendName::Cpu;
    match args.attention {
        Some(AttentionAs::Products) => return Ok(Vec::new()),
        Some(AttentionAs::Both) => {
            ensure!(
                is_gpu,
                "--attention both: the CPU computes no fused attention; want --attention products"
            );
            if let Some(refusal) = refusals.first() {
                bail!("--attention both: {refusal}; want --attention products");
            }
            return Ok(fused);
        }
        None => {}
    }
    if !is_gpu || hovera_cuda::cudnn().is_err() {
        return Ok(Vec::new());
    }
    if let Some(refusal) = refusals.first() {
        voice.say(&format!("attention is measured as its two products alone: {refusal}"));
    }
    Ok(fused)
}

/// The tables of files that were measured.
fn again(files: &[PathBuf], args: &Model) -> Result<()> {
    let mut inputs = Vec::new();
    for file in files {
        inputs.extend(inputs::read(file)?);
    }
    let mut shown = Vec::new();
    for input in &inputs {
        match &input.content {
            Content::Results(results) => shown.extend(of_results(&input.name, results)?),
            Content::Readings(_) => {
                bail!("{}: published readings are of no model; want a results file", input.name)
            }
        }
    }
    print(&shown, args)
}

/// A table for each model of a file and each setup that its rows were measured in.
fn of_results<'a>(name: &str, results: &'a Results) -> Result<Vec<CostedModel<'a>>> {
    ensure!(
        !results.front_matter.model.is_empty(),
        "{name}: names no model; want a results file that hovera model wrote"
    );
    let shown = CostedModel::of_results(results).with_context(|| name.to_owned())?;
    ensure!(!shown.is_empty(), "{name}: has no row yet");
    Ok(shown)
}

fn print(shown: &[CostedModel<'_>], args: &Model) -> Result<()> {
    streams::print(&listing::of_all(shown, args.format, streams::width())?)
}

/// What the options ask of a model.
pub(crate) fn workload(asked: &Asked) -> Workload {
    let number = |size: Option<NonZeroU32>, default| size.map_or(default, NonZeroU32::get);
    let batch = number(asked.batch, 1);
    let usual = match asked.decode {
        Some(keys) => Workload::decode(batch, keys.get()),
        None => Workload::forward(batch, number(asked.seq, 2048)),
    };
    Workload {
        keys: usual.keys.or(asked.keys.map(NonZeroU32::get)),
        tensor_parallel: number(asked.tensor_parallel, 1),
        training: asked.training,
        logits: match asked.logits {
            None | Some(LogitsOf::All) => Logits::All,
            Some(LogitsOf::Last) => Logits::Last,
        },
        balance: asked.balance.map_or(Balance::Even, Balance::Busiest),
        fuse: match asked.fuse {
            None => Fuse::AsModel,
            Some(FuseWhich::All) => Fuse::All,
            Some(FuseWhich::None) => Fuse::None,
        },
        groups: match asked.groups {
            None | Some(GroupsHow::Together) => Groups::Together,
            Some(GroupsHow::Copied) => Groups::Copied,
        },
        ..usual
    }
}

/// What a file was measured with cannot be changed any more.
fn refuse_options_of_configurations(args: &Model) -> Result<()> {
    let given = args.asked.given().into_iter().chain([
        ("--dtype", args.dtype.is_some()),
        ("--attention", args.attention.is_some()),
        ("--neighbours", args.neighbours),
        ("-o", args.measuring.output.is_some()),
        ("--dry-run", args.dry_run),
    ]);
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => bail!("{option} is for configurations: a results file is shown as it is"),
    }
}
