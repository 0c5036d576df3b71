//! Ops and the sizes that they are measured at.

use super::document::{Field, Section};
use super::error::SpecError;
use super::sizes::{MAX_POINTS, Sizes};
use crate::shape::dimension::MAX_DIMENSION;
use crate::shape::op::{Op, Pass};
use crate::shape::product::ProductError;
use crate::shape::vocabulary::{Layout, Mask};
use crate::words::text_enum::text_enum;
use std::collections::{BTreeMap, BTreeSet};

text_enum! {
    /// What to do with sizes that do not divide each other.
    Remainder, "remainder" {
        /// Refuse the spec.
        Refuse = "refuse",
        /// Measure d = ⌊h/a⌋ and keep both numbers, as the original benchmark does.
        Floor = "floor",
        /// Leave the point out and say how many.
        Skip = "skip",
    }
}

/// The sizes that a product can depend on, in the order in which they are combined, the first outermost.
const SIZES: [&str; 15] = [
    "heads",
    "kv_heads",
    "batch",
    "seq",
    "seq_key",
    "tensor_parallel",
    "ffn",
    "vocab",
    "gemm_batch",
    "m",
    "n",
    "k",
    "head_dim_v",
    HIDDEN,
    HEAD_DIM,
];

const HIDDEN: &str = "hidden";
const HEAD_DIM: &str = "head_dim";

/// Ops, and the sizes that they are measured at: every combination of those that an op depends on is a product of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) ops: Vec<Op>,
    passes: Vec<Pass>,
    /// Of the ops that are fused.
    masks: Vec<Mask>,
    /// As is usual for each op and pass where none is said.
    pub(super) layouts: Option<Vec<Layout>>,
    sizes: BTreeMap<&'static str, Sizes>,
    pub(crate) per_series: Option<u32>,
    pub(crate) remainder: Remainder,
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
}

/// What a part says, and what the whole spec says where the part does not.
pub(super) struct PartOrWhole<'s, 'a> {
    pub(super) part: &'s Section<'a>,
    pub(super) whole: Option<&'s Section<'a>>,
}

impl<'a> PartOrWhole<'_, 'a> {
    fn get(&self, key: &str) -> Option<Field<'a>> {
        self.part.get(key).or_else(|| self.whole?.get(key))
    }

    /// # Errors
    /// [`SpecError`] for what cannot be read, and for a size that is missing.
    pub(super) fn read(&self) -> Result<Part, SpecError> {
        let mut part = Part {
            ops: match self.get("op") {
                Some(field) => field.words()?,
                None => Op::all_of_attention().collect(),
            },
            passes: self.get("pass").map_or_else(|| Ok(vec![Pass::Forward]), |field| field.words())?,
            masks: self.get(Mask::NAME).map_or_else(|| Ok(vec![Mask::None]), |field| field.words())?,
            layouts: self.get("layout").map(|field| field.words_of(Layout::OF_SWEEPS)).transpose()?,
            sizes: BTreeMap::new(),
            per_series: self.get("per_series").map(|field| read_per_series(&field)).transpose()?,
            remainder: self.get("remainder").map_or(Ok(Remainder::Refuse), |field| field.word())?,
            line: self.part.line(),
        };
        self.refuse_words(&part)?;
        for key in SIZES {
            if let Some(field) = self.get(key) {
                part.sizes.insert(key, Sizes::read(&field)?);
            }
        }
        let is_missing = |part: &Part, key| part.depends_on(key) && part.sizes(key).is_none();
        if part.sizes("heads").is_none() && part.ops.iter().any(|op| *op != Op::Key && op.depends_on("heads"))
        {
            self.part.require("heads", "the number of attention heads")?;
        }
        if part.sizes(HIDDEN).is_none() && part.sizes(HEAD_DIM).is_none() && part.depends_on(HEAD_DIM) {
            let of_heads = part.ops.iter().any(|op| op.depends_on(HEAD_DIM));
            let key = if of_heads { HEAD_DIM } else { HIDDEN };
            self.part.require(key, "head_dim or hidden: the size that the sweep walks")?;
        }
        for (key, want) in [
            ("heads", "the number of attention heads"),
            ("vocab", "the size of the vocabulary"),
            ("gemm_batch", "the number of products of a bmm"),
            ("m", "the rows of A and C"),
            ("n", "the columns of B and C"),
            ("k", "the reduction: the columns of A and the rows of B"),
        ] {
            if is_missing(&part, key) {
                self.part.require(key, want)?;
            }
        }
        let line = part.sizes("heads").map_or(part.line, Sizes::line);
        for (key, default) in [("batch", 4), ("seq", 2048)] {
            if is_missing(&part, key) {
                part.sizes.insert(key, Sizes::one(default, line));
            }
        }
        Ok(part)
    }

    /// Refuses a pass that no op of the part has, an op that has none of the passes, and another layout than the one
    /// of what is no product of matrices.
    fn refuse_words(&self, part: &Part) -> Result<(), SpecError> {
        if let Some(field) = self.get("pass") {
            for &op in part.ops.iter().filter(|op| op.is_of_layer()) {
                if let (true, Some(&pass)) = (part.passes(op).is_empty(), part.passes.first()) {
                    return Err(field.wants(ProductError::NoSuchPass { op, pass }.to_string()));
                }
            }
            let is_of_none = |pass: &&Pass| !part.ops.iter().any(|op| op.passes().contains(pass));
            if let Some(pass) = part.passes.iter().find(is_of_none).filter(|pass| **pass == Pass::Backward) {
                return Err(field.wants(format!("no pass {pass}: op {} alone has it", Op::Attention)));
            }
        }
        match (self.get("layout"), part.ops.iter().find(|op| !op.is_product())) {
            (Some(field), Some(op)) if part.layouts.as_deref() != Some(&[op.usual_layout(Pass::Forward)]) => {
                let layout = op.usual_layout(Pass::Forward);
                Err(field
                    .wants(format!("layout {layout}, the only one of op {op}; a [[part]] can have its own")))
            }
            _ => Ok(()),
        }
    }
}

fn read_per_series(field: &Field<'_>) -> Result<u32, SpecError> {
    let most = MAX_POINTS as u32;
    field.small_integer(2..=most).map_err(|_| {
        field.wants(format!("an integer, 2 to {most}: the first and last of a series are always in"))
    })
}

impl Part {
    /// The keys that a part of a spec can have.
    pub(super) fn keys() -> Vec<&'static str> {
        ["op", "pass", Mask::NAME, "layout"]
            .into_iter()
            .chain(SIZES)
            .chain(["per_series", "remainder"])
            .collect()
    }

    /// What it lists under a key.
    pub(crate) fn sizes(&self, key: &str) -> Option<&Sizes> {
        self.sizes.get(key)
    }

    /// Whether the products of an op depend on what this part says under a key: a hidden size that it does not say is
    /// heads times head dim, a head dim hidden size over heads, and heads of keys are as many as the heads.
    pub(crate) fn uses(&self, op: Op, key: &str) -> bool {
        let is_said = |key| self.sizes.contains_key(key);
        let of_heads =
            || op.depends_on(HIDDEN) && !is_said(HIDDEN) || op.depends_on(HEAD_DIM) && !is_said(HEAD_DIM);
        match key {
            "heads" if op == Op::Key => of_heads() || !is_said("kv_heads"),
            "heads" => op.depends_on(key) || of_heads(),
            HIDDEN => op.depends_on(HIDDEN) || op.depends_on(HEAD_DIM) && !is_said(HEAD_DIM),
            HEAD_DIM => op.depends_on(HEAD_DIM) || op.depends_on(HIDDEN) && !is_said(HIDDEN),
            key => op.depends_on(key),
        }
    }

    /// Whether any op's products depend on what it says under a key.
    fn depends_on(&self, key: &str) -> bool {
        let is_said = |key| self.sizes.contains_key(key);
        let any = |key: &str| self.ops.iter().any(|op| self.uses(*op, key));
        match key {
            "op" | "layout" => true,
            "pass" => self.ops.iter().any(|op| op.is_of_layer()),
            Mask::NAME => self.ops.iter().any(|op| op.is_fused()),
            "per_series" => any(HEAD_DIM),
            "remainder" => {
                is_said("tensor_parallel") || is_said("kv_heads") || !is_said(HEAD_DIM) && any("heads")
            }
            key => any(key),
        }
    }

    /// Refuses the first of a section's keys that is of no use to any of the parts that it is for.
    pub(super) fn refuse_unused(parts: &[Part], section: &Section<'_>) -> Result<(), SpecError> {
        let any = |is: fn(&Op) -> bool| parts.iter().flat_map(|part| &part.ops).any(is);
        for key in Part::keys() {
            let Some(field) = section.get(key) else { continue };
            if parts.iter().any(|part| part.depends_on(key)) {
                continue;
            }
            return Err(field.wants(match key {
                HIDDEN if !any(|op| !op.is_of_attention()) => {
                    "either head_dim or hidden, not both".to_owned()
                }
                "remainder" if any(|op| op.is_of_layer()) => {
                    "no remainder with head_dim, only with hidden: a head dim leaves none".to_owned()
                }
                _ => format!("no {key}: {}", Self::what_counts(parts)),
            }));
        }
        Ok(())
    }

    /// `op logits depends on batch, seq, …`, of each op.
    fn what_counts(parts: &[Part]) -> String {
        let of_op = |part: &Part, op: Op| {
            let keys: Vec<&str> = SIZES.into_iter().filter(|key| part.uses(op, key)).collect();
            format!("op {op} depends on {}", keys.join(", "))
        };
        let ops: BTreeSet<String> =
            parts.iter().flat_map(|part| part.ops.iter().map(move |op| of_op(part, *op))).collect();
        ops.into_iter().collect::<Vec<_>>().join("; ")
    }

    /// The largest sizes together must still be sizes that BLAS takes.
    pub(super) fn check_products(&self, file: &str) -> Result<(), SpecError> {
        let Some(heads) = self.sizes("heads") else { return Ok(()) };
        let of_attention = self.ops.iter().any(|op| op.is_of_attention());
        let as_wide_as_heads = !self.sizes.contains_key(HIDDEN);
        for (field, product, counts) in
            [("batch", "gemm_batch", of_attention), (HEAD_DIM, HIDDEN, of_attention || as_wide_as_heads)]
        {
            let Some(sizes) = self.sizes(field).filter(|_| counts) else { continue };
            let (value, heads) = (sizes.max(), heads.max());
            if u64::from(value) * u64::from(heads) > MAX_DIMENSION {
                let line = sizes.line();
                return Err(SpecError::Product { file: file.to_owned(), line, field, value, heads, product });
            }
        }
        match self.sizes(HIDDEN).filter(|_| !self.sizes.contains_key(HEAD_DIM)) {
            Some(sizes) if self.remainder == Remainder::Floor && sizes.min() < heads.max() => {
                Err(SpecError::Value {
                    file: file.to_owned(),
                    line: sizes.line(),
                    field: HIDDEN.to_owned(),
                    value: sizes.min().to_string(),
                    want: format!("no hidden size below heads = {}: its head_dim is 0", heads.max()),
                })
            }
            _ => Ok(()),
        }
    }

    /// The passes of an op: those of the part that it has; of a `gemm` or `bmm` there is one.
    pub(crate) fn passes(&self, op: Op) -> Vec<Pass> {
        match op.is_of_layer() {
            true => self.passes.iter().copied().filter(|pass| op.passes().contains(pass)).collect(),
            false => vec![Pass::Forward],
        }
    }

    /// The masks of an op: one that is not fused has none.
    pub(crate) fn masks(&self, op: Op) -> &[Mask] {
        if op.is_fused() { &self.masks } else { &[Mask::None] }
    }

    /// The layouts that each of its products is measured in; none for the usual one.
    pub(crate) fn layouts(&self) -> Vec<Option<Layout>> {
        match &self.layouts {
            Some(layouts) => layouts.iter().copied().map(Some).collect(),
            None => vec![None],
        }
    }

    /// Each list of sizes that the products of an op are combined of, with its key.
    pub(crate) fn combined(&self, op: Op) -> impl Iterator<Item = (&'static str, &Sizes)> {
        SIZES
            .into_iter()
            .filter(move |key| self.uses(op, key))
            .filter_map(|key| Some((key, self.sizes(key)?)))
    }

    /// How many products there are, each by so many engines, before `per_series` and `remainder` leave some out. 10⁷ sizes of each of ten kinds
    /// could be more than 128 bits hold.
    pub(super) fn count(&self, engines: impl Fn(Op) -> usize) -> u128 {
        let of_op = |op: &Op| {
            let words = self.passes(*op).len() * self.masks(*op).len() * self.layouts().len();
            let products = (words * engines(*op)) as u128;
            self.combined(*op).fold(products, |count, (_, sizes)| count.saturating_mul(sizes.len().into()))
        };
        self.ops.iter().map(of_op).fold(0, u128::saturating_add)
    }

    /// The size that the sweep walks, for messages.
    pub(crate) fn line_of_walk(&self) -> usize {
        self.sizes(HEAD_DIM).or(self.sizes(HIDDEN)).map_or(self.line, Sizes::line)
    }

    /// All that it says beside the ops, its layouts and its sizes of attention, as `key` and values.
    pub(super) fn further(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let passes =
            (self.passes != [Pass::Forward]).then(|| words(&self.passes)).map(|words| ("pass", words));
        let masks = (self.masks != [Mask::None]).then(|| words(&self.masks)).map(|words| (Mask::NAME, words));
        let sizes = SIZES.into_iter().filter(|key| !OF_ATTENTION.contains(key)).filter_map(|key| {
            let sizes: Vec<String> = self.sizes(key)?.iter().map(|size| size.to_string()).collect();
            // One rank is what there is if nobody says it.
            (key != "tensor_parallel" || sizes != ["1"]).then_some((key, sizes))
        });
        passes.into_iter().chain(masks).chain(sizes)
    }
}

/// What specs had before there were other ops.
const OF_ATTENTION: [&str; 5] = ["heads", "batch", "seq", HIDDEN, HEAD_DIM];

fn words<T: ToString>(words: &[T]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
