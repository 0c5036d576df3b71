//! The products of one part of a spec.

use super::spread::even_spread;
use crate::shape::dimension::{
    Batch, DimensionError, Ffn, HeadDim, HeadDimV, Heads, Hidden, KvHeads, Seq, SeqKey, TensorParallel, Vocab,
};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Pass};
use crate::shape::product::{Adjustment, Product, ProductError};
use crate::shape::series::Series;
use crate::shape::vocabulary::{Layout, Mask};
use crate::sweep::spec::{Part, Remainder, Sizes, SpecError};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// An MLP whose width is not said is so many times as wide as the hidden size (Vaswani et al., arXiv 1706.03762,
/// section 3.3).
const FFN_OVER_HIDDEN: u64 = 4;

/// Every product of a part.
pub(super) struct Products<'s> {
    part: &'s Part,
    /// Of each op, pass and mask.
    lists: Vec<List>,
    pub(super) skipped_remainders: u64,
    pub(super) skipped_shares: u64,
    pub(super) adjustments: BTreeSet<Adjustment>,
}

/// The products of an op in one pass, under one mask.
struct List {
    op: Op,
    pass: Pass,
    products: Vec<Product>,
}

/// What the sweep walks: hidden size, head dim, or both.
#[derive(Clone, Copy)]
struct Step {
    hidden: Option<Hidden>,
    head_dim: Option<HeadDim>,
}

impl<'s> Products<'s> {
    /// # Errors
    /// As [`Plan::expand`](super::Plan::expand).
    pub(super) fn of_part(file: &str, part: &'s Part) -> Result<Products<'s>, SpecError> {
        let mut products = Products {
            part,
            lists: Vec::new(),
            skipped_remainders: 0,
            skipped_shares: 0,
            adjustments: BTreeSet::new(),
        };
        products.skipped_remainders = products.remainders();
        for &op in &part.ops {
            for pass in part.passes(op) {
                for &mask in part.masks(op) {
                    let of_op = match op.is_of_layer() {
                        true => products.of_model(file, op, (pass, mask))?,
                        false => of_no_model(part, op),
                    };
                    products.lists.push(List { op, pass, products: of_op });
                }
            }
        }
        if products.lists.iter().all(|list| list.products.is_empty()) {
            let (line, what) = match products.skipped_shares {
                0 => (part.line_of_walk(), "heads divides none of the hidden sizes"),
                _ => (part.line, "no sizes of the sweep divide each other as they must"),
            };
            return Err(SpecError::NoPoints { file: file.to_owned(), line, what });
        }
        Ok(products)
    }

    /// The products of each op, pass and mask in each of their layouts, layout by layout.
    pub(super) fn in_layouts(&self) -> impl Iterator<Item = (Op, &[Product], Layout)> {
        self.part.layouts().into_iter().flat_map(move |layout| {
            self.lists.iter().map(move |List { op, pass, products }| {
                (*op, &products[..], layout.unwrap_or(op.usual_layout(*pass)))
            })
        })
    }

    /// How many products in each of their layouts.
    pub(super) fn len(&self) -> usize {
        self.part.layouts().len() * self.lists.iter().map(|list| list.products.len()).sum::<usize>()
    }

    /// Whether one product can be there twice: the products of different heads and head dims can have one hidden size.
    pub(super) fn may_repeat(&self) -> bool {
        !self.part.ops.iter().all(|op| op.is_of_attention())
    }

    /// How many hidden sizes the heads do not divide, where that leaves them out.
    fn remainders(&self) -> u64 {
        let part = self.part;
        let by_heads = part.ops.iter().any(|op| op.depends_on(HeadDim::NAME));
        let (Some(heads), Some(hidden)) = (part.sizes(Heads::NAME), part.sizes(Hidden::NAME)) else {
            return 0;
        };
        if !by_heads || part.remainder != Remainder::Skip || part.sizes(HeadDim::NAME).is_some() {
            return 0;
        }
        let left_out =
            |heads: u32| hidden.iter().filter(|hidden| !hidden.is_multiple_of(heads)).count() as u64;
        heads.iter().map(left_out).sum()
    }

    fn of_model(
        &mut self,
        file: &str,
        op: Op,
        (pass, mask): (Pass, Mask),
    ) -> Result<Vec<Product>, SpecError> {
        let part = self.part;
        let outer: Vec<(&str, &Sizes)> =
            part.combined(op).filter(|(key, _)| *key != Hidden::NAME && *key != HeadDim::NAME).collect();
        let has_mlp = op.depends_on(Ffn::NAME);
        let mut by_heads: BTreeMap<Option<u32>, Vec<Step>> = BTreeMap::new();
        let mut list = Vec::new();
        combine(&outer, &mut |sizes| {
            let heads = sizes.get(Heads::NAME);
            let steps = match by_heads.entry(heads) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(steps(file, part, op, heads)?),
            };
            let model = sizes.model();
            let ranks = sizes.get(TensorParallel::NAME).unwrap_or(1);
            list.reserve(steps.len());
            for step in steps {
                let whole =
                    model.clone().and_then(|model| at(*step, model, has_mlp)).map_err(ProductError::from);
                let product = whole.and_then(|whole| Product::of_model(op, pass, &whole)?.masked(mask));
                match product {
                    Ok(product) => {
                        self.adjustments.extend(product.adjustment(ranks));
                        list.push(product);
                    }
                    Err(reason) if reason.is_uneven() && part.remainder == Remainder::Skip => {
                        self.skipped_shares += 1;
                    }
                    Err(reason) => return Err(no_product(file, part, op, &sizes, *step, reason)),
                }
            }
            Ok(())
        })?;
        Ok(list)
    }
}

fn no_product(
    file: &str,
    part: &Part,
    op: Op,
    sizes: &Combination,
    step: Step,
    reason: ProductError,
) -> SpecError {
    let walked =
        [(Hidden::NAME, step.hidden.map(Hidden::get)), (HeadDim::NAME, step.head_dim.map(HeadDim::get))];
    let walked = walked.into_iter().filter_map(|(key, size)| Some((key, size?)));
    let sizes: Vec<String> =
        sizes.0.iter().copied().chain(walked).map(|(key, size)| format!("{key} {size}")).collect();
    SpecError::NoProduct {
        file: file.to_owned(),
        line: part.sizes(reason.key()).map_or(part.line_of_walk(), Sizes::line),
        op,
        sizes: sizes.join(", "),
        reason: Box::new(reason),
    }
}

/// One of each size.
struct Combination(Vec<(&'static str, u32)>);

impl Combination {
    fn get(&self, key: &str) -> Option<u32> {
        self.0.iter().find(|(of, _)| *of == key).map(|(_, size)| *size)
    }

    fn size<T>(
        &self,
        key: &str,
        new: fn(u64) -> Result<T, DimensionError>,
    ) -> Result<Option<T>, DimensionError> {
        self.get(key).map(|size| new(size.into())).transpose()
    }

    /// The sizes of the model, but for those that are walked.
    fn model(&self) -> Result<ModelSizes, DimensionError> {
        Ok(ModelSizes {
            heads: self.size(Heads::NAME, Heads::new)?,
            batch: self.size(Batch::NAME, Batch::new)?,
            seq: self.size(Seq::NAME, Seq::new)?,
            hidden: None,
            head_dim: None,
            kv_heads: self.size(KvHeads::NAME, KvHeads::new)?,
            seq_key: self.size(SeqKey::NAME, SeqKey::new)?,
            ffn: self.size(Ffn::NAME, Ffn::new)?,
            vocab: self.size(Vocab::NAME, Vocab::new)?,
            tensor_parallel: self.size(TensorParallel::NAME, TensorParallel::new)?,
            head_dim_v: self.size(HeadDimV::NAME, HeadDimV::new)?,
        })
    }
}

/// A model at one step of what the sweep walks.
fn at(step: Step, model: ModelSizes, has_mlp: bool) -> Result<ModelSizes, DimensionError> {
    let ffn = match (model.ffn, step.hidden) {
        (None, Some(hidden)) if has_mlp => Some(Ffn::new(FFN_OVER_HIDDEN * u64::from(hidden.get()))?),
        (ffn, _) => ffn,
    };
    Ok(ModelSizes { hidden: step.hidden, head_dim: step.head_dim, ffn, ..model })
}

/// Visits every combination of the sizes, the last list innermost.
fn combine(
    lists: &[(&'static str, &Sizes)],
    visit: &mut impl FnMut(Combination) -> Result<(), SpecError>,
) -> Result<(), SpecError> {
    fn walk(
        lists: &[(&'static str, &Sizes)],
        sizes: &mut Vec<(&'static str, u32)>,
        visit: &mut impl FnMut(Combination) -> Result<(), SpecError>,
    ) -> Result<(), SpecError> {
        let Some(((key, first), rest)) = lists.split_first() else {
            return visit(Combination(sizes.clone()));
        };
        for size in first.iter() {
            sizes.push((key, size));
            walk(rest, sizes, visit)?;
            sizes.pop();
        }
        Ok(())
    }
    walk(lists, &mut Vec::new(), visit)
}

fn of_no_model(part: &Part, op: Op) -> Vec<Product> {
    let lists: Vec<(&str, &Sizes)> = part.combined(op).collect();
    let mut list = Vec::new();
    let visited = combine(&lists, &mut |sizes| {
        let size = |key| u64::from(sizes.get(key).unwrap_or(1));
        let gemm = Gemm::new(size("gemm_batch"), size("m"), size("n"), size("k"));
        list.extend(gemm.ok().and_then(|gemm| Product::of_no_model(op, gemm).ok()));
        Ok(())
    });
    visited.expect("nothing is refused: each size was checked when the spec was read");
    list
}

/// What the sweep walks for an op at so many heads.
fn steps(file: &str, part: &Part, op: Op, heads: Option<u32>) -> Result<Vec<Step>, SpecError> {
    let legal = "each size was checked when the spec was read";
    let hidden = |size: u32| Hidden::new(size.into()).expect(legal);
    let head_dim = |size: u32| HeadDim::new(size.into()).expect(legal);
    let of_op = |key| part.sizes(key).filter(|_| part.uses(op, key));
    let steps: Vec<Step> = match (of_op(Hidden::NAME), of_op(HeadDim::NAME), heads) {
        (Some(hiddens), Some(head_dims), _) => hiddens
            .iter()
            .flat_map(|h| head_dims.iter().map(move |d| (h, d)))
            .map(|(h, d)| Step { hidden: Some(hidden(h)), head_dim: Some(head_dim(d)) })
            .collect(),
        (Some(hiddens), None, Some(heads)) if op.depends_on(HeadDim::NAME) => {
            kept(file, part, hiddens, heads)?
                .into_iter()
                .map(|h| Step { hidden: Some(hidden(h)), head_dim: HeadDim::new((h / heads).into()).ok() })
                .collect()
        }
        (Some(hiddens), ..) => {
            hiddens.iter().map(|h| Step { hidden: Some(hidden(h)), head_dim: None }).collect()
        }
        (None, Some(head_dims), heads) => head_dims
            .iter()
            .map(|d| {
                let width = heads.and_then(|heads| Hidden::new(u64::from(heads) * u64::from(d)).ok());
                Step { hidden: width, head_dim: Some(head_dim(d)) }
            })
            .collect(),
        // Nothing that it depends on is walked.
        (None, None, _) => vec![Step { hidden: None, head_dim: None }],
    };
    Ok(match part.per_series {
        None => steps,
        Some(most) => even_spread(steps, most as usize, |step| {
            let head_dim = step.head_dim?;
            Some((Series::of_head_dim(head_dim), step.hidden.map_or(head_dim.get(), Hidden::get)))
        }),
    })
}

/// The hidden sizes that are measured at `heads`: all, or those that the remainder rule lets through.
fn kept(file: &str, part: &Part, sizes: &Sizes, heads: u32) -> Result<Vec<u32>, SpecError> {
    let divides = |size: &u32| size.is_multiple_of(heads);
    match part.remainder {
        Remainder::Floor => Ok(sizes.iter().collect()),
        Remainder::Skip => Ok(sizes.iter().filter(divides).collect()),
        Remainder::Refuse => match sizes.iter().find(|size| !divides(size)) {
            None => Ok(sizes.iter().collect()),
            Some(hidden) => {
                Err(SpecError::Remainder { file: file.to_owned(), line: sizes.line(), hidden, heads })
            }
        },
    }
}
