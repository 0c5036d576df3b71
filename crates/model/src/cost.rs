//! What the products of a model take: each with its row of a results file, its share, and what costs it.

mod mark;

pub use mark::{Cause, Mark, NearbySize};

use crate::product::{Counted, LaidOutGemm, ModelProducts};
use hovera_analysis::{Metric, RatedCard, Tiling};
use hovera_core::{Alignment, Cache, Dtype, Engine, Pacing, Results, Row};

/// What rows have in common that stand beside each other in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setup {
    /// Element type.
    pub dtype: Dtype,
    /// What computed them.
    pub engine: Engine,
    /// How they were paced.
    pub pacing: Pacing,
    /// What the caches held.
    pub cache: Cache,
}

impl Setup {
    fn of_row(row: &Row) -> Setup {
        let point = row.point;
        Setup { dtype: point.dtype, engine: point.engine, pacing: point.pacing, cache: point.cache }
    }

    /// Those that a file has, in its order.
    #[must_use]
    pub fn of_results(results: &Results) -> Vec<Setup> {
        let mut all = Vec::new();
        for setup in results.rows.iter().map(Setup::of_row) {
            if !all.contains(&setup) {
                all.push(setup);
            }
        }
        all
    }
}

/// The rows of a file that were measured alike.
#[derive(Debug, Clone)]
pub struct MeasuredProducts<'a> {
    results: &'a Results,
    rows: Vec<&'a Row>,
}

impl<'a> MeasuredProducts<'a> {
    /// Those of this setup.
    #[must_use]
    pub fn new(results: &'a Results, setup: Setup) -> MeasuredProducts<'a> {
        let rows = results.rows.iter().filter(|row| Setup::of_row(row) == setup).collect();
        MeasuredProducts { results, rows }
    }

    /// The row of a product. Whatever op it has, the library was called the same way.
    fn row(&self, product: &LaidOutGemm) -> Option<&'a Row> {
        let is_of = |row: &&Row| {
            let point = row.point;
            !point.op.is_fused() && point.gemm() == product.gemm && point.layout == product.layout
        };
        self.rows.iter().copied().find(is_of)
    }

    /// The time of a row by the file's statistic, in µs.
    fn time_us(&self, row: &Row) -> Option<f64> {
        row.timing.as_ref()?.time_us(self.results.stat())
    }

    fn card(&self, row: &Row) -> Option<RatedCard<'a>> {
        let device = self.results.front_matter.device.get(usize::try_from(row.device).ok()?)?;
        Some(RatedCard::new(device))
    }
}

/// One product in a table.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// The product, and how often one of its section has it.
    pub counted: Counted,
    /// How often the model has it.
    pub in_model: u64,
    /// Its row, where it was measured.
    pub row: Option<&'a Row>,
    /// The time of one, in µs.
    pub time_us: Option<f64>,
    /// TFLOP/s.
    pub tflops: Option<f64>,
    /// The share of the card's peak at the clock that it had, in percent; at the rated clock where the true one was not
    /// measured.
    pub percent_of_peak: Option<f64>,
    /// All of its section together: their share of it, 0 to 1. Of the time where all of the section was measured, else
    /// of the FLOP.
    pub share_of_section: f64,
    /// Their share of the whole model.
    pub share_of_model: f64,
    /// The dimensions that cost.
    pub marks: Vec<Mark>,
}

impl Line<'_> {
    /// The time of all that one of its section has, in µs.
    #[must_use]
    pub fn section_us(&self) -> Option<f64> {
        Some(self.time_us? * self.counted.times as f64)
    }

    /// The time of all that the model has, in µs.
    #[must_use]
    pub fn model_us(&self) -> Option<f64> {
        Some(self.time_us? * self.in_model as f64)
    }
}

/// A kind of layer, or what stands around the layers.
#[derive(Debug, Clone)]
pub struct SectionCost<'a> {
    /// What it is called.
    pub name: String,
    /// How many of it the model has.
    pub repeats: u32,
    /// Its products.
    pub lines: Vec<Line<'a>>,
    /// FLOP of one of its kind.
    pub flop: u128,
    /// The time of one of its kind in µs, where all of it was measured.
    pub time_us: Option<f64>,
}

impl SectionCost<'_> {
    /// Its share of the whole model, 0 to 1.
    #[must_use]
    pub fn share_of_model(&self) -> f64 {
        self.lines.iter().map(|line| line.share_of_model).sum()
    }
}

/// A model's products with what each takes.
#[derive(Debug, Clone)]
pub struct ModelCost<'a> {
    /// Its kinds of layer, and what stands around them.
    pub sections: Vec<SectionCost<'a>>,
    /// FLOP of the pass.
    pub flop: u128,
    /// The time of the pass's products in µs, where all of them were measured.
    pub time_us: Option<f64>,
    /// How many lines have no time.
    pub unmeasured: usize,
}

impl<'a> ModelCost<'a> {
    /// Of FLOP alone. The element type says how rows are aligned.
    #[must_use]
    pub fn of_flop(products: &ModelProducts, dtype: Dtype) -> ModelCost<'a> {
        let line = |counted: &Counted, repeats| Line {
            marks: Mark::of_alignment(&alignment(&counted.product, dtype)),
            ..bare(counted, repeats)
        };
        Self::of_lines(products, line)
    }

    /// Of what was measured. A product without a row has no time.
    #[must_use]
    pub fn of_rows(products: &ModelProducts, dtype: Dtype, measured: &MeasuredProducts<'a>) -> ModelCost<'a> {
        Self::of_lines(products, |counted, repeats| {
            let bare = bare(counted, repeats);
            let mut marks = Mark::of_alignment(&alignment(&counted.product, dtype));
            let Some(row) = measured.row(&counted.product) else { return Line { marks, ..bare } };
            let (card, time_us) = (measured.card(row), measured.time_us(row));
            let sm_count = card.and_then(|card| card.sm_count());
            if let Some(tiling) = Tiling::of_kernel(row.point.gemm(), &row.kernel, sm_count) {
                marks.extend(Mark::of_tiling(row.point.gemm(), &tiling));
            }
            mark::add_neighbours(
                &mut marks,
                &counted.product,
                time_us,
                |product| measured.time_us(measured.row(product)?),
                &measured.sizes(&counted.product),
            );
            let tflops = time_us.map(|time_us| row.point.flop() as f64 / time_us / 1e6);
            let rated = || Some(tflops? / card?.sheet()?.peak(dtype)? * 100.0);
            let at_clock = card.and_then(|card| Metric::PercentOfPeak.of_row(row, &card).ok());
            Line { row: Some(row), time_us, tflops, percent_of_peak: at_clock.or_else(rated), marks, ..bare }
        })
    }

    fn of_lines(products: &ModelProducts, line: impl Fn(&Counted, u64) -> Line<'a>) -> ModelCost<'a> {
        let sections = products.sections.iter().map(|section| {
            let repeats = section.repeats;
            let lines: Vec<Line<'a>> =
                section.products.iter().map(|counted| line(counted, u64::from(repeats))).collect();
            let time_us = lines.iter().map(Line::section_us).sum();
            SectionCost { name: section.name.clone(), repeats, lines, flop: section.flop(), time_us }
        });
        let sections: Vec<SectionCost<'a>> = sections.collect();
        let unmeasured =
            sections.iter().flat_map(|section| &section.lines).filter(|line| line.time_us.is_none()).count();
        let time_us = sections.iter().map(|it| Some(it.time_us? * f64::from(it.repeats))).sum();
        ModelCost { sections, flop: products.flop(), time_us, unmeasured }.with_shares()
    }

    fn with_shares(mut self) -> ModelCost<'a> {
        let (model_us, model_flop) = (self.time_us, self.flop as f64);
        for section in &mut self.sections {
            let (section_us, section_flop) = (section.time_us, section.flop as f64);
            for line in &mut section.lines {
                let flop = line.counted.flop() as f64;
                let repeats = line.in_model as f64 / line.counted.times as f64;
                line.share_of_section = match (line.section_us(), section_us) {
                    (Some(part), Some(all)) => part / all,
                    _ => flop / section_flop,
                };
                line.share_of_model = match (line.model_us(), model_us) {
                    (Some(part), Some(all)) => part / all,
                    _ => flop * repeats / model_flop,
                };
            }
        }
        self
    }
}

impl MeasuredProducts<'_> {
    /// The products that were measured and differ from this one in m, n or k alone.
    fn sizes(&self, product: &LaidOutGemm) -> Vec<LaidOutGemm> {
        let rows = self.rows.iter().filter(|row| row.point.layout == product.layout);
        let others = rows.map(|row| LaidOutGemm { gemm: row.point.gemm(), layout: row.point.layout });
        others.filter(|other| mark::differing(product.gemm, other.gemm).is_some()).collect()
    }
}

fn alignment(product: &LaidOutGemm, dtype: Dtype) -> Alignment {
    Alignment::of_gemm(product.gemm, dtype, product.layout)
}

/// A line of which only the product is known.
fn bare<'a>(counted: &Counted, repeats: u64) -> Line<'a> {
    Line {
        counted: counted.clone(),
        in_model: counted.times * repeats,
        row: None,
        time_us: None,
        tflops: None,
        percent_of_peak: None,
        share_of_section: 0.0,
        share_of_model: 0.0,
        marks: Vec::new(),
    }
}
