//! What a sweep is to measure, as its author wrote it.

mod canonical;
mod document;
mod error;
mod method;
mod part;
mod sizes;

pub use error::SpecError;
pub use method::{IdleRule, MethodSpec, Order, Preset};
pub(crate) use part::Part;
pub use part::Remainder;
pub use sizes::MAX_POINTS;
pub(crate) use sizes::Sizes;

use crate::shape::op::Op;
use crate::shape::vocabulary::{Dtype, Engine};
use document::{Field, Section, SpecText};
use part::PartOrWhole;

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
    pub(crate) dtypes: Vec<Dtype>,
    engines: Vec<Engine>,
    pub(crate) parts: Vec<Part>,
    method: MethodSpec,
}

impl SweepSpec {
    /// Reads a spec. `file` is what errors call it.
    ///
    /// # Errors
    /// [`SpecError`], naming file, line, key, value and what would be right. Ranges are checked as
    /// ranges: nothing is allocated for one that is empty or absurd.
    pub fn parse(file: &str, text: &str) -> Result<SweepSpec, SpecError> {
        let source = SpecText { file, text };
        let document = source.parse()?;
        let root = Section::root(source, &document);
        root.refuse_unknown(
            &[&["name", "dtype", "engine"], &Part::keys()[..], &["part", "method"]].concat(),
        )?;
        let name = read_name(&root.require("name", NAME)?)?;
        let spec = SweepSpec {
            file: file.to_owned(),
            text: text.to_owned(),
            name,
            dtypes: root.get("dtype").map_or_else(|| Ok(vec![Dtype::F16]), |f| f.words())?,
            engines: root.get("engine").map_or_else(|| Ok(Vec::new()), |f| f.words_of(Engine::OF_SWEEPS))?,
            parts: read_parts(&root)?,
            method: match root.get("method") {
                Some(field) => MethodSpec::read(&field.section().ok_or_else(|| field.wants("a table"))?)?,
                None => MethodSpec::default(),
            },
        };
        spec.parts.iter().try_for_each(|part| part.check_products(file))?;
        let of_cudnn = spec.parts.iter().flat_map(|part| &part.ops).find(|op| !op.is_product());
        if let Some(op) = of_cudnn.filter(|_| spec.dtypes.iter().any(|dtype| !OF_CUDNN.contains(dtype))) {
            let want = format!("f16 or bf16: op {op} is computed in no other");
            return Err(root.require("dtype", &want)?.wants(want));
        }
        spec.check_engines()?;
        spec.check_point_count()?;
        Ok(spec)
    }

    fn check_point_count(&self) -> Result<(), SpecError> {
        let points = self.combinations();
        if points <= u128::from(MAX_POINTS) {
            return Ok(());
        }
        let largest = self.parts.iter().max_by_key(|part| part.count(|_| 1));
        let line = largest.map_or(1, Part::line_of_walk);
        Err(SpecError::TooManyPoints { file: self.file.clone(), line, points, max: MAX_POINTS })
    }

    fn combinations(&self) -> u128 {
        let method = self.method.pacing.len() * self.method.cache.len();
        let words = (self.dtypes.len() * method) as u128;
        let of_part = |part: &Part| part.count(|op| self.engines_of(op).max(1));
        let products = self.parts.iter().map(of_part).fold(0, u128::saturating_add);
        words.saturating_mul(products)
    }

    /// How many of the engines compute an op.
    fn engines_of(&self, op: Op) -> usize {
        self.engines.iter().filter(|engine| engine.computes(op)).count()
    }

    /// Where engines are said, each op has one and each engine an op.
    ///
    /// # Errors
    /// [`SpecError::NoEngine`] and [`SpecError::IdleEngine`].
    pub(crate) fn check_engines(&self) -> Result<(), SpecError> {
        let Some(first) = self.engines.first() else { return Ok(()) };
        for part in &self.parts {
            if let Some(&op) = part.ops.iter().find(|op| self.engines_of(**op) == 0) {
                return Err(SpecError::NoEngine {
                    file: self.file.clone(),
                    line: part.line,
                    op,
                    engine: *first,
                });
            }
        }
        let ops = || self.parts.iter().flat_map(|part| &part.ops);
        match self.engines.iter().find(|engine| !ops().any(|op| engine.computes(*op))) {
            Some(&engine) => Err(SpecError::IdleEngine {
                file: self.file.clone(),
                line: self.parts.first().map_or(1, |part| part.line),
                engine,
            }),
            None => Ok(()),
        }
    }

    /// How many points the spec asks for, known without listing them: before `per_series` thins them
    /// out, `remainder = "skip"` drops some, and those that two parts ask for are left out once.
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
        let ops = || self.parts.iter().flat_map(|part| &part.ops);
        let (some, others) = (ops().any(|op| engine.computes(*op)), ops().any(|op| !op.is_product()));
        // What is no product has one engine, whatever computes the products beside it.
        let beside = (some && others && engine != Engine::Cudnn).then_some(Engine::Cudnn);
        SweepSpec { engines: std::iter::once(engine).chain(beside).collect(), ..self }
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

/// What ops that are no products of matrices are computed in.
const OF_CUDNN: [Dtype; 2] = [Dtype::F16, Dtype::Bf16];

const NAME: &str = "1 to 100 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit";

fn read_name(field: &Field<'_>) -> Result<String, SpecError> {
    let name = field.string(NAME)?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if (1..=100).contains(&name.len()) && name.chars().all(legal) && !name.starts_with(['.', '_', '-']) {
        return Ok(name.to_owned());
    }
    Err(field.wants(NAME))
}

/// The parts of a spec, or the one that it is.
fn read_parts(root: &Section<'_>) -> Result<Vec<Part>, SpecError> {
    let Some(parts) = root.get("part") else {
        let whole = PartOrWhole { part: root, whole: None }.read()?;
        Part::refuse_unused(std::slice::from_ref(&whole), root)?;
        return Ok(vec![whole]);
    };
    let read = |field: &Field<'_>| {
        let section = field.section().ok_or_else(|| field.wants("tables, each under [[part]]"))?;
        section.refuse_unknown(&Part::keys())?;
        let part = PartOrWhole { part: &section, whole: Some(root) }.read()?;
        Part::refuse_unused(std::slice::from_ref(&part), &section)?;
        Ok(part)
    };
    let parts = parts.items()?.iter().map(read).collect::<Result<Vec<_>, SpecError>>()?;
    Part::refuse_unused(&parts, root)?;
    Ok(parts)
}

#[cfg(test)]
mod tests;
