//! What the products of a model take: each with its row of a results file, its share, and what costs it.

mod mark;

pub use mark::{Cause, Mark, NearbySize};

use crate::fused::{self, FusedAttention};
use crate::product::{Counted, LaidOutGemm, ModelProducts};
use hovera_analysis::{Metric, RatedCard, Tiling};
use hovera_core::{Alignment, Cache, Dtype, Engine, Pacing, Product, Results, Row};

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

    /// Those that a file has, in its order. Fused attention and the softmax are of whichever has their element type, pacing
    /// and cache: they have an engine of their own.
    #[must_use]
    pub fn of_results(results: &Results) -> Vec<Setup> {
        let mut all = Vec::new();
        for setup in results.rows.iter().filter(|row| row.point.op.is_product()).map(Setup::of_row) {
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
        let is_of = |row: &&Row| match Setup::of_row(row) {
            of_row if row.point.op.is_product() => of_row == setup,
            of_cudnn => Setup { engine: setup.engine, ..of_cudnn } == setup,
        };
        let rows = results.rows.iter().filter(is_of).collect();
        MeasuredProducts { results, rows }
    }

    /// The row of a product. Whatever op it has, the library was called the same way.
    fn row(&self, product: &LaidOutGemm) -> Option<&'a Row> {
        let is_of = |row: &&Row| {
            let point = row.point;
            point.op.is_product() && point.gemm() == product.gemm && point.layout == product.layout
        };
        self.rows.iter().copied().find(is_of)
    }

    /// The row of what is no product of matrices: fused attention, or a softmax.
    fn row_of(&self, product: &Product) -> Option<&'a Row> {
        self.rows.iter().copied().find(|row| row.point.product() == *product)
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

/// Attention in one kernel, in the place of `score` and `values`.
#[derive(Debug, Clone)]
pub struct FusedLine<'a> {
    /// What it computes, once in each of its section.
    pub attention: FusedAttention,
    /// How often the model has it.
    pub in_model: u64,
    /// Its row, where it was measured.
    pub row: Option<&'a Row>,
    /// The time of one, in µs.
    pub time_us: Option<f64>,
    /// TFLOP/s, by the conventions of fused attention.
    pub tflops: Option<f64>,
    /// As of [a product](Line::percent_of_peak).
    pub percent_of_peak: Option<f64>,
    /// Its share of its section with attention in one kernel, 0 to 1: of the time where all of that was measured, else of
    /// the FLOP.
    pub share_of_section: f64,
    /// Its share of the whole model with attention in one kernel.
    pub share_of_model: f64,
}

/// The softmax between `score` and `values`, where it was measured: cuDNN's own, without a scale and without a mask.
#[derive(Debug, Clone)]
pub struct SoftmaxLine<'a> {
    /// What it computes, once in each of its section.
    pub product: Product,
    /// How often the model has it.
    pub in_model: u64,
    /// Its row.
    pub row: &'a Row,
    /// The time of one, in µs.
    pub time_us: f64,
    /// The scores read and the probabilities written, over the time, in GB/s.
    pub gb_s: f64,
    /// Its share of its section, 0 to 1, where all of that was measured; 0 where shares are of FLOP, of which it counts
    /// none.
    pub share_of_section: f64,
    /// Its share of the whole model.
    pub share_of_model: f64,
}

impl SoftmaxLine<'_> {
    /// The time of all that the model has, in µs.
    #[must_use]
    pub fn model_us(&self) -> f64 {
        self.time_us * self.in_model as f64
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
    /// The softmax between its `score` and `values`, where it was measured: in the times, and not in the FLOP.
    pub softmax: Option<SoftmaxLine<'a>>,
    /// FLOP of one of its kind.
    pub flop: u128,
    /// The time of one of its kind in µs, where all of its products were measured, and of its softmax where that was.
    pub time_us: Option<f64>,
    /// Its attention in one kernel, where it has any: beside the products that it stands for, and in none of the sums
    /// that they are in.
    pub fused: Vec<FusedLine<'a>>,
    /// FLOP of one of its kind with attention in one kernel; as without where it has none.
    pub fused_flop: u128,
    /// The time of one of its kind with attention in one kernel, in µs, where all of it was measured; as without where it
    /// has none.
    pub fused_time_us: Option<f64>,
}

impl SectionCost<'_> {
    /// Its share of the whole model, 0 to 1.
    #[must_use]
    pub fn share_of_model(&self) -> f64 {
        let softmax = self.softmax.iter().map(|line| line.share_of_model);
        self.lines.iter().map(|line| line.share_of_model).chain(softmax).sum()
    }
}

/// A model's products with what each takes.
#[derive(Debug, Clone)]
pub struct ModelCost<'a> {
    /// Its kinds of layer, and what stands around them.
    pub sections: Vec<SectionCost<'a>>,
    /// FLOP of the pass.
    pub flop: u128,
    /// The time of the pass's products in µs, where all of them were measured, and of the softmaxes that were.
    pub time_us: Option<f64>,
    /// How many lines have no time.
    pub unmeasured: usize,
    /// FLOP of the pass with attention in one kernel.
    pub fused_flop: u128,
    /// The time of the pass with attention in one kernel, in µs, where all of it was measured; none where no section has
    /// such an attention.
    pub fused_time_us: Option<f64>,
}

impl<'a> ModelCost<'a> {
    /// Of FLOP alone. The element type says how rows are aligned.
    #[must_use]
    pub fn of_flop(products: &ModelProducts, dtype: Dtype) -> ModelCost<'a> {
        let line = |counted: &Counted, repeats| Line {
            marks: Mark::of_alignment(&alignment(&counted.product, dtype)),
            ..bare(counted, repeats)
        };
        Self::of_lines(products, line, bare_fused, |_, _| None)
    }

    /// Whether the softmax of any section was measured.
    #[must_use]
    pub fn has_softmax(&self) -> bool {
        self.sections.iter().any(|section| section.softmax.is_some())
    }

    /// Of what was measured. A product without a row has no time.
    #[must_use]
    pub fn of_rows(products: &ModelProducts, dtype: Dtype, measured: &MeasuredProducts<'a>) -> ModelCost<'a> {
        let line = |counted: &Counted, repeats| {
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
        };
        let fused = |attention: &FusedAttention, repeats| {
            let bare = bare_fused(attention, repeats);
            let Some(row) = measured.row_of(&attention.product()) else { return bare };
            let (card, time_us) = (measured.card(row), measured.time_us(row));
            let tflops = time_us.map(|time_us| row.point.flop() as f64 / time_us / 1e6);
            let rated = || Some(tflops? / card?.sheet()?.peak(dtype)? * 100.0);
            let at_clock = card.and_then(|card| Metric::PercentOfPeak.of_row(row, &card).ok());
            FusedLine { row: Some(row), time_us, tflops, percent_of_peak: at_clock.or_else(rated), ..bare }
        };
        let softmax = |product: Product, repeats| {
            let row = measured.row_of(&product)?;
            let time_us = measured.time_us(row).filter(|time_us| *time_us > 0.0)?;
            Some(SoftmaxLine {
                product,
                in_model: repeats,
                row,
                time_us,
                gb_s: row.point.bytes() as f64 / time_us / 1e3,
                share_of_section: 0.0,
                share_of_model: 0.0,
            })
        };
        Self::of_lines(products, line, fused, softmax)
    }

    fn of_lines(
        products: &ModelProducts,
        line: impl Fn(&Counted, u64) -> Line<'a>,
        fused: impl Fn(&FusedAttention, u64) -> FusedLine<'a>,
        softmax: impl Fn(Product, u64) -> Option<SoftmaxLine<'a>>,
    ) -> ModelCost<'a> {
        let sections = products.sections.iter().map(|section| {
            let repeats = section.repeats;
            let lines: Vec<Line<'a>> =
                section.products.iter().map(|counted| line(counted, u64::from(repeats))).collect();
            // A section has one attention.
            let softmax = fused::softmaxes(&section.fused)
                .into_iter()
                .find_map(|product| softmax(product, u64::from(repeats)));
            let of_softmax = softmax.iter().map(|line| Some(line.time_us));
            let time_us = lines.iter().map(Line::section_us).chain(of_softmax).sum();
            let fused: Vec<FusedLine<'a>> =
                section.fused.iter().map(|it| fused(it, u64::from(repeats))).collect();
            let (flop, fused_flop) = (section.flop(), section.fused_flop());
            let others = lines.iter().filter(|line| !line.counted.is_of_attention()).map(Line::section_us);
            let fused_time_us = match fused_flop {
                Some(_) => others.chain(fused.iter().map(|line| line.time_us)).sum(),
                None => time_us,
            };
            let fused_flop = fused_flop.unwrap_or(flop);
            let name = section.name.clone();
            SectionCost { name, repeats, lines, softmax, flop, time_us, fused, fused_flop, fused_time_us }
        });
        let sections: Vec<SectionCost<'a>> = sections.collect();
        let unmeasured =
            sections.iter().flat_map(|section| &section.lines).filter(|line| line.time_us.is_none()).count();
        let time_us = sections.iter().map(|it| Some(it.time_us? * f64::from(it.repeats))).sum();
        let has_fused = sections.iter().any(|section| !section.fused.is_empty());
        let fused_time_us: Option<f64> =
            sections.iter().map(|it| Some(it.fused_time_us? * f64::from(it.repeats))).sum();
        let fused_flop = sections
            .iter()
            .map(|it| it.fused_flop.saturating_mul(it.repeats.into()))
            .fold(0, u128::saturating_add);
        let fused_time_us = fused_time_us.filter(|_| has_fused);
        let flop = products.flop();
        ModelCost { sections, flop, time_us, unmeasured, fused_flop, fused_time_us }.with_shares()
    }

    fn with_shares(mut self) -> ModelCost<'a> {
        let (model_us, model_flop) = (self.time_us, self.flop as f64);
        let (fused_us, fused_flop) = (self.fused_time_us, self.fused_flop as f64);
        for section in &mut self.sections {
            let (of_section_us, of_section_flop) = (section.fused_time_us, section.fused_flop as f64);
            let repeats = f64::from(section.repeats);
            for line in &mut section.fused {
                let flop = line.attention.flop() as f64;
                line.share_of_section = match (line.time_us, of_section_us) {
                    (Some(part), Some(all)) => part / all,
                    _ => flop / of_section_flop,
                };
                line.share_of_model = match (line.time_us, fused_us) {
                    (Some(part), Some(all)) => part * repeats / all,
                    _ => flop * repeats / fused_flop,
                };
            }
            let (section_us, section_flop) = (section.time_us, section.flop as f64);
            if let Some(line) = &mut section.softmax {
                line.share_of_section = section_us.map_or(0.0, |all| line.time_us / all);
                line.share_of_model = model_us.map_or(0.0, |all| line.model_us() / all);
            }
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
        let products = self.rows.iter().filter(|row| row.point.op.is_product());
        let rows = products.filter(|row| row.point.layout == product.layout);
        let others = rows.map(|row| LaidOutGemm { gemm: row.point.gemm(), layout: row.point.layout });
        others.filter(|other| mark::differing(product.gemm, other.gemm).is_some()).collect()
    }
}

fn alignment(product: &LaidOutGemm, dtype: Dtype) -> Alignment {
    Alignment::of_gemm(product.gemm, dtype, product.layout)
}

/// A line of which only what is computed is known.
fn bare_fused<'a>(attention: &FusedAttention, repeats: u64) -> FusedLine<'a> {
    FusedLine {
        attention: *attention,
        in_model: repeats,
        row: None,
        time_us: None,
        tflops: None,
        percent_of_peak: None,
        share_of_section: 0.0,
        share_of_model: 0.0,
    }
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
