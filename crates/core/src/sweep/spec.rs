//! What a sweep is to measure, as its author wrote it.

mod canonical;
mod document;
mod error;
mod method;
mod sizes;

pub use error::SpecError;
pub use method::{IdleRule, MethodSpec, Order, Preset};
pub use sizes::MAX_POINTS;
pub(crate) use sizes::Sizes;

use crate::shape::dimension::MAX_DIMENSION;
use crate::shape::op::Op;
use crate::shape::vocabulary::{Dtype, Engine, Layout};
use crate::words::text_enum::text_enum;
use document::{Field, Section, Source};

text_enum! {
    /// What to do with a hidden size that the heads do not divide.
    Remainder, "remainder" {
        /// Refuse the spec.
        Refuse = "refuse",
        /// Measure d = ⌊h/a⌋ and keep both numbers, as the original benchmark does.
        Floor = "floor",
        /// Leave the point out and say how many.
        Skip = "skip",
    }
}

/// A sweep: every combination of its ops, dtypes, layouts and sizes is one point.
///
/// ```
/// use hovera_core::{Engine, Plan, SweepSpec};
/// let spec = SweepSpec::parse("sweeps/quick.toml", r#"
///     name = "quick"
///     op = "score"
///     heads = 12
///     head_dim = { from = 64, to = 256, step = 64 }
/// "#)?;
/// assert_eq!(spec.point_count(), 4);
/// assert_eq!(Plan::expand(&spec, Engine::Cpu)?.len(), 4);
///
/// let error = SweepSpec::parse("bad.toml", "name = \"bad\"\nheads = 0\nhead_dim = 64").unwrap_err();
/// assert!(error.to_string().starts_with("bad.toml:2: heads = 0: want an integer, 1 to 2147483647"));
/// # Ok::<(), hovera_core::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SweepSpec {
    pub(crate) file: String,
    text: String,
    name: String,
    pub(crate) ops: Vec<Op>,
    pub(crate) dtypes: Vec<Dtype>,
    pub(crate) layouts: Vec<Layout>,
    engines: Vec<Engine>,
    pub(crate) heads: Sizes,
    pub(crate) batch: Sizes,
    pub(crate) seq: Sizes,
    pub(crate) walk: Walk,
    pub(crate) per_series: Option<u32>,
    method: MethodSpec,
}

/// The size that a sweep walks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Walk {
    HeadDim(Sizes),
    Hidden(Sizes, Remainder),
}

impl Walk {
    pub(crate) fn sizes(&self) -> &Sizes {
        match self {
            Walk::HeadDim(sizes) | Walk::Hidden(sizes, _) => sizes,
        }
    }
}

impl SweepSpec {
    /// Reads a spec. `file` is what errors call it.
    ///
    /// # Errors
    /// [`SpecError`], naming file, line, key, value and what would be right. Ranges are checked as
    /// ranges: nothing is allocated for one that is empty or absurd.
    pub fn parse(file: &str, text: &str) -> Result<SweepSpec, SpecError> {
        let source = Source { file, text };
        let document = source.parse()?;
        let root = Section::root(source, &document);
        root.refuse_unknown(&[
            "name",
            "op",
            "dtype",
            "layout",
            "engine",
            "heads",
            "batch",
            "seq",
            "head_dim",
            "hidden",
            "per_series",
            "remainder",
            "method",
        ])?;
        let name = root.require("name", NAME)?;
        let heads = Sizes::read(&root.require("heads", "the number of attention heads")?)?;
        let sizes_or = |key, default| match root.get(key) {
            Some(field) => Sizes::read(&field),
            None => Ok(Sizes::one(default, heads.line())),
        };
        let ops: Vec<Op> = Op::all_determined_by_layer().collect();
        let spec = SweepSpec {
            file: file.to_owned(),
            text: text.to_owned(),
            name: read_name(&name)?,
            ops: match root.get("op") {
                Some(field) => field.words_among(&ops)?,
                None => ops,
            },
            dtypes: root.get("dtype").map_or_else(|| Ok(vec![Dtype::F16]), |f| f.words())?,
            layouts: root.get("layout").map_or_else(|| Ok(vec![Layout::Nn]), |f| f.words())?,
            engines: root.get("engine").map_or_else(|| Ok(Vec::new()), |f| f.words())?,
            batch: sizes_or("batch", 4)?,
            seq: sizes_or("seq", 2048)?,
            walk: read_walk(&root)?,
            per_series: root.get("per_series").map(|f| read_per_series(&f)).transpose()?,
            method: match root.get("method") {
                Some(field) => MethodSpec::read(&field.section().ok_or_else(|| field.wants("a table"))?)?,
                None => MethodSpec::default(),
            },
            heads,
        };
        spec.check_products()?;
        spec.check_point_count()?;
        Ok(spec)
    }

    /// The largest sizes together must still be sizes that BLAS takes.
    fn check_products(&self) -> Result<(), SpecError> {
        let check = |field, product, sizes: &Sizes| {
            let (value, heads) = (sizes.max(), self.heads.max());
            if u64::from(value) * u64::from(heads) <= MAX_DIMENSION {
                return Ok(());
            }
            Err(SpecError::Product {
                file: self.file.clone(),
                line: sizes.line(),
                field,
                value,
                heads,
                product,
            })
        };
        check("batch", "gemm_batch", &self.batch)?;
        match &self.walk {
            Walk::HeadDim(sizes) => check("head_dim", "hidden", sizes),
            Walk::Hidden(sizes, Remainder::Floor) if sizes.min() < self.heads.max() => {
                Err(SpecError::Value {
                    file: self.file.clone(),
                    line: sizes.line(),
                    field: "hidden".to_owned(),
                    value: sizes.min().to_string(),
                    want: format!("no hidden size below heads = {}: its head_dim is 0", self.heads.max()),
                })
            }
            Walk::Hidden(..) => Ok(()),
        }
    }

    fn check_point_count(&self) -> Result<(), SpecError> {
        let points = self.combinations();
        if points <= u128::from(MAX_POINTS) {
            return Ok(());
        }
        Err(SpecError::TooManyPoints {
            file: self.file.clone(),
            line: self.walk.sizes().line(),
            points,
            max: MAX_POINTS,
        })
    }

    /// Some hundred combinations of words and 10⁷ sizes of each of four kinds: far below 2¹²⁸.
    fn combinations(&self) -> u128 {
        let method = self.method.pacing.len() * self.method.cache.len();
        let words =
            self.ops.len() * self.dtypes.len() * self.layouts.len() * self.engines.len().max(1) * method;
        [&self.heads, &self.batch, &self.seq, self.walk.sizes()]
            .iter()
            .fold(words as u128, |points, sizes| points * u128::from(sizes.len()))
    }

    /// How many points the spec asks for, known without listing them: before `per_series` thins them
    /// out and `remainder = "skip"` drops some.
    #[must_use]
    pub fn point_count(&self) -> u64 {
        u64::try_from(self.combinations()).expect("checked against MAX_POINTS when the spec was read")
    }

    /// The sweep's name: lower-case letters, digits, `.`, `_` and `-`, fit for a file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The spec as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What computes the points, each of them once; none leaves it to the backend.
    #[must_use]
    pub fn engines(&self) -> &[Engine] {
        &self.engines
    }

    /// This sweep, computed by `engine` whatever the spec says.
    #[must_use]
    pub fn with_engine(self, engine: Engine) -> SweepSpec {
        SweepSpec { engines: vec![engine], ..self }
    }

    /// This sweep in another shuffled order, even where the spec wants the planned one.
    #[must_use]
    pub fn with_order_seed(mut self, seed: u64) -> SweepSpec {
        self.method.order = Order::Shuffled;
        self.method.order_seed = seed;
        self
    }

    /// How the points are measured.
    #[must_use]
    pub fn method(&self) -> &MethodSpec {
        &self.method
    }
}

const NAME: &str = "1 to 100 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit";

fn read_name(field: &Field<'_>) -> Result<String, SpecError> {
    let name = field.string(NAME)?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if (1..=100).contains(&name.len()) && name.chars().all(legal) && !name.starts_with(['.', '_', '-']) {
        return Ok(name.to_owned());
    }
    Err(field.wants(NAME))
}

fn read_walk(root: &Section<'_>) -> Result<Walk, SpecError> {
    match (root.get("head_dim"), root.get("hidden"), root.get("remainder")) {
        (Some(_), Some(hidden), _) => Err(hidden.wants("either head_dim or hidden, not both")),
        (Some(_), None, Some(remainder)) => {
            Err(remainder.wants("no remainder with head_dim, only with hidden: a head dim leaves none"))
        }
        (Some(head_dim), None, None) => Ok(Walk::HeadDim(Sizes::read(&head_dim)?)),
        (None, Some(hidden), remainder) => {
            let remainder = remainder.map_or(Ok(Remainder::Refuse), |f| f.word())?;
            Ok(Walk::Hidden(Sizes::read(&hidden)?, remainder))
        }
        (None, None, _) => root
            .require("head_dim", "head_dim or hidden: the size that the sweep walks")
            .and_then(|field| Ok(Walk::HeadDim(Sizes::read(&field)?))),
    }
}

fn read_per_series(field: &Field<'_>) -> Result<u32, SpecError> {
    let most = MAX_POINTS as u32;
    field.small_integer(2..=most).map_err(|_| {
        field.wants(format!("an integer, 2 to {most}: the first and last of a series are always in"))
    })
}

#[cfg(test)]
mod tests;
