//! A product as a row of a table for programs.

use anyhow::Result;
use hovera_core::Product;
use hovera_model::{CostedModel, FusedLine, Line, SectionCost, SoftmaxLine};
use serde::Serialize;

/// Times in µs. What was not measured is empty. Of the rows whose `attention` is `products` and those where it is `fused`
/// a sum has one or the other, never both; the shares of each are of a whole that has it.
#[derive(Debug, Serialize)]
struct Record<'a> {
    model: &'a str,
    workload: &'a str,
    section: &'a str,
    sections: u32,
    product: &'a str,
    pass: &'a str,
    layout: &'a str,
    gemm_batch: u32,
    m: u32,
    n: u32,
    k: u32,
    per_section: u64,
    in_model: u64,
    flop: u128,
    dtype: &'a str,
    engine: Option<&'a str>,
    pacing: Option<&'a str>,
    cache: Option<&'a str>,
    status: Option<&'a str>,
    kernel: Option<&'a str>,
    time_us: Option<f64>,
    section_us: Option<f64>,
    model_us: Option<f64>,
    share_of_section: f64,
    share_of_model: f64,
    tflops: Option<f64>,
    percent_of_peak: Option<f64>,
    marks: String,
    /// `products` of score and values and the softmax between them, `fused` of the one kernel that stands for both, empty of all else.
    attention: &'a str,
}

impl<'a> Record<'a> {
    fn new(shown: &'a CostedModel<'_>, section: &'a SectionCost<'_>, line: &'a Line<'_>) -> Record<'a> {
        let counted = &line.counted;
        let gemm = counted.product.gemm;
        Record {
            model: &shown.name,
            workload: &shown.workload,
            section: &section.name,
            sections: section.repeats,
            product: &counted.name,
            pass: counted.pass.as_str(),
            layout: counted.product.layout.as_str(),
            gemm_batch: gemm.gemm_batch(),
            m: gemm.m(),
            n: gemm.n(),
            k: gemm.k(),
            per_section: counted.times,
            in_model: line.in_model,
            flop: gemm.flop(),
            dtype: shown.dtype.as_str(),
            engine: shown.setup.map(|it| it.engine.as_str()),
            pacing: shown.setup.map(|it| it.pacing.as_str()),
            cache: shown.setup.map(|it| it.cache.as_str()),
            status: line.row.map(|row| row.status.as_str()),
            kernel: line.row.and_then(|row| row.kernel.name.as_deref()),
            time_us: line.time_us,
            section_us: line.section_us(),
            model_us: line.model_us(),
            share_of_section: line.share_of_section,
            share_of_model: line.share_of_model,
            tflops: line.tflops,
            percent_of_peak: line.percent_of_peak,
            marks: line.marks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
            attention: if counted.is_of_attention() { "products" } else { "" },
        }
    }

    /// The softmax, with the FLOP that its rows count; sums of FLOP are without them.
    fn softmax(
        shown: &'a CostedModel<'_>,
        section: &'a SectionCost<'_>,
        line: &'a SoftmaxLine<'_>,
    ) -> Record<'a> {
        let Product { op, pass, gemm, .. } = line.product;
        Record {
            model: &shown.name,
            workload: &shown.workload,
            section: &section.name,
            sections: section.repeats,
            product: op.as_str(),
            pass: pass.as_str(),
            layout: op.usual_layout(pass).as_str(),
            gemm_batch: gemm.gemm_batch(),
            m: gemm.m(),
            n: gemm.n(),
            k: gemm.k(),
            per_section: 1,
            in_model: line.in_model,
            flop: line.product.flop(),
            dtype: shown.dtype.as_str(),
            engine: Some(line.row.point.engine.as_str()),
            pacing: shown.setup.map(|it| it.pacing.as_str()),
            cache: shown.setup.map(|it| it.cache.as_str()),
            status: Some(line.row.status.as_str()),
            kernel: line.row.kernel.name.as_deref(),
            time_us: Some(line.time_us),
            section_us: Some(line.time_us),
            model_us: Some(line.model_us()),
            share_of_section: line.share_of_section,
            share_of_model: line.share_of_model,
            tflops: None,
            percent_of_peak: None,
            marks: String::new(),
            attention: "products",
        }
    }

    fn fused(
        shown: &'a CostedModel<'_>,
        section: &'a SectionCost<'_>,
        line: &'a FusedLine<'_>,
    ) -> Record<'a> {
        let product = line.attention.product();
        let gemm = product.gemm;
        Record {
            model: &shown.name,
            workload: &shown.workload,
            section: &section.name,
            sections: section.repeats,
            product: product.op.as_str(),
            pass: product.pass.as_str(),
            layout: product.op.usual_layout(product.pass).as_str(),
            gemm_batch: gemm.gemm_batch(),
            m: gemm.m(),
            n: gemm.n(),
            k: gemm.k(),
            per_section: 1,
            in_model: line.in_model,
            flop: line.attention.flop(),
            dtype: shown.dtype.as_str(),
            engine: line.row.map(|row| row.point.engine.as_str()),
            pacing: shown.setup.map(|it| it.pacing.as_str()),
            cache: shown.setup.map(|it| it.cache.as_str()),
            status: line.row.map(|row| row.status.as_str()),
            kernel: line.row.and_then(|row| row.kernel.name.as_deref()),
            time_us: line.time_us,
            section_us: line.time_us,
            model_us: line.time_us.map(|time_us| time_us * line.in_model as f64),
            share_of_section: line.share_of_section,
            share_of_model: line.share_of_model,
            tflops: line.tflops,
            percent_of_peak: line.percent_of_peak,
            marks: String::new(),
            attention: "fused",
        }
    }
}

fn records<'a>(shown: &'a [CostedModel<'a>]) -> impl Iterator<Item = Record<'a>> {
    shown.iter().flat_map(|it| {
        it.cost.sections.iter().flat_map(move |section| {
            let products = section.lines.iter().map(move |line| Record::new(it, section, line));
            let softmax = section.softmax.iter().map(move |line| Record::softmax(it, section, line));
            products
                .chain(softmax)
                .chain(it.fused(section).iter().map(move |line| Record::fused(it, section, line)))
        })
    })
}

pub(super) fn csv(shown: &[CostedModel<'_>]) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for record in records(shown) {
        table.serialize(record)?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

pub(super) fn json(shown: &[CostedModel<'_>]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&records(shown).collect::<Vec<_>>())? + "\n")
}
