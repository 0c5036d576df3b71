//! A card as a file: TOML.

use crate::calibration::CalibrationPoint;
use crate::card::Card;
use crate::constants::{Constants, six_digits};
use crate::error::CardError;
use crate::family::Family;
use crate::process::{SETTINGS, Settings};
use crate::shape::Class;
use crate::tiles::Tile;
use hovera_core::{Dtype, Gemm, Layout, excerpt, nearest_word};
use serde::Deserialize;
use std::fmt::Write;
use std::str::FromStr;
use std::sync::LazyLock;
use toml::Spanned;

/// The number of the form; a program that finds a greater one refuses the file.
const FORMAT: i64 = 1;

/// Longest value that a message repeats, in characters.
const EXCERPT: usize = 60;

/// How the residual's settings are called, in their order.
const MEANINGS: [(&str, &str); SETTINGS] = [
    ("amplitude", "standard deviation of what the physics leaves, in ln of the time"),
    ("noise", "what is left of it at a calibration point itself, in ln"),
    ("shared", "share of its variance that reaches six times as far"),
    ("per_n", "1 over the difference in ln n at which it parts"),
    ("per_k", "the same of ln k"),
    ("per_m", "the same of ln m"),
    ("per_batch", "the same of ln of the batch count"),
    ("per_kind", "minus ln of the share of it that another layout, dtype or misaligned operand leaves"),
    ("per_alignment", "1 over the difference in the power of two that divides the rows"),
    ("per_tile", "1 over the difference in ln of the tile's sides"),
];

/// The settings of each class by their names in a card file, in the order of [`Class::ALL`].
static NAMES_OF_SETTINGS: LazyLock<Vec<(String, &str)>> = LazyLock::new(|| {
    let of_class = |class: Class| {
        MEANINGS.iter().map(move |(name, meaning)| (format!("{}_{name}", class.as_str()), *meaning))
    };
    Class::ALL.into_iter().flat_map(of_class).collect()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: Spanned<i64>,
    gpu: Spanned<String>,
    library: String,
    family: Option<Spanned<String>>,
    /// What the folds say is worked out from the points; it is for the reader.
    #[expect(dead_code, reason = "the reader's, and worked out again")]
    folds: Option<Vec<Fold>>,
    constant: Vec<ConstantEntry>,
    residual: Vec<SettingEntry>,
    calibration: Calibration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calibration {
    points: Vec<Spanned<PointEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the reader's, and worked out again")]
struct Fold {
    class: String,
    points: u32,
    median: f64,
    p90: f64,
    worst: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstantEntry {
    name: Spanned<String>,
    value: Spanned<f64>,
    #[expect(dead_code, reason = "for the reader")]
    unit: Option<String>,
    #[expect(dead_code, reason = "for the reader")]
    meaning: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingEntry {
    name: Spanned<String>,
    value: Spanned<f64>,
    #[expect(dead_code, reason = "for the reader")]
    meaning: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointEntry {
    product: [u64; 4],
    layout: String,
    dtype: String,
    time_us: f64,
    clock_mhz: Option<f64>,
    tile: Option<[u16; 2]>,
    left_out: f64,
}

/// A file and its text.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, byte: usize) -> usize {
        1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count()
    }

    fn wrong(&self, span: std::ops::Range<usize>, field: &str, want: impl Into<String>) -> CardError {
        let value = self.text.get(span.clone()).unwrap_or_default();
        CardError::Value {
            file: self.file.to_owned(),
            line: self.line(span.start),
            field: field.to_owned(),
            value: excerpt(value, EXCERPT).replace(char::is_control, " "),
            want: want.into(),
        }
    }

    /// Values by their names: each of `names` once.
    fn named(
        &self,
        entries: &[(&Spanned<String>, &Spanned<f64>)],
        names: &[(&'static str, &'static str)],
    ) -> Result<Vec<f64>, CardError> {
        let mut values = vec![None; names.len()];
        for (name, value) in entries {
            let Some(place) = names.iter().position(|(known, _)| known == name.get_ref()) else {
                let near = nearest_word(name.get_ref(), names.iter().map(|(name, _)| *name));
                let want = near.map_or_else(
                    || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
                    str::to_owned,
                );
                return Err(self.wrong(name.span(), "name", want));
            };
            if values[place].is_some() {
                return Err(self.wrong(name.span(), "name", "each name once"));
            }
            let number = *value.get_ref();
            if !(number.is_finite() && (SMALLEST..=LARGEST).contains(&number)) {
                let want = format!("a number from {SMALLEST:e} to {LARGEST:e}");
                return Err(self.wrong(value.span(), "value", want));
            }
            values[place] = Some(number);
        }
        let missing = values.iter().position(Option::is_none);
        match missing {
            Some(place) => {
                let (name, meaning) = names[place];
                Err(CardError::MissingConstant { file: self.file.to_owned(), name, meaning })
            }
            None => Ok(values.into_iter().flatten().collect()),
        }
    }
}

/// No constant is smaller.
const SMALLEST: f64 = 1e-9;
/// None is larger.
const LARGEST: f64 = 1e9;

/// No launch takes longer, in µs: a day.
const LONGEST_US: f64 = 8.64e10;

impl Card {
    /// Reads a card file. `file` is what errors call it.
    ///
    /// # Errors
    /// [`CardError`], naming file, line, field, value and what would be right.
    pub fn read(file: &str, text: &str) -> Result<Card, CardError> {
        let source = Source { file, text };
        let document: Document = toml::from_str(text).map_err(|error| CardError::Syntax {
            file: file.to_owned(),
            line: source.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().replace('\n', ", "),
        })?;
        if *document.format.get_ref() != FORMAT {
            let want = format!("{FORMAT}; a greater number is of a newer hovera");
            return Err(source.wrong(document.format.span(), "format", want));
        }
        let family = match &document.family {
            None => None,
            Some(word) => {
                let named = Family::ALL.iter().find(|family| family.as_str() == word.get_ref());
                let words =
                    || Family::ALL.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(", ");
                Some(*named.ok_or_else(|| source.wrong(word.span(), "family", words()))?)
            }
        };
        let constants: Vec<_> = document.constant.iter().map(|entry| (&entry.name, &entry.value)).collect();
        let known: Vec<_> =
            Constants::TABLE.iter().map(|constant| (constant.name, constant.meaning)).collect();
        let constants = Constants::of_values(&source.named(&constants, &known)?);
        let settings: Vec<_> = document.residual.iter().map(|entry| (&entry.name, &entry.value)).collect();
        let known: Vec<_> =
            NAMES_OF_SETTINGS.iter().map(|(name, meaning)| (name.as_str(), *meaning)).collect();
        let settings = source.named(&settings, &known)?;
        let settings = std::array::from_fn(|class| {
            Settings::of_values(std::array::from_fn(|place| settings[class * SETTINGS + place]))
        });
        let mut points = Vec::new();
        let mut left_out = Vec::new();
        for entry in &document.calibration.points {
            let (point, left) = read_point(&source, entry)?;
            points.push(point);
            left_out.push(left);
        }
        let gpu = document.gpu.get_ref().clone();
        Card::of_parts((gpu, document.library), points, family, (constants, settings), left_out)
            .map_err(|unknown| source.wrong(document.gpu.span(), "gpu", unknown.to_string()))
    }

    /// The card as a file, which [`Card::read`] reads as this card.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!("format = {FORMAT}\n");
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut line = |key: &str, value: &str| {
            text.push_str(key);
            text.push_str(" = ");
            text.push_str(value);
            text.push('\n');
        };
        line("gpu", &quoted(&self.gpu));
        line("library", &quoted(&self.library));
        if let Some(family) = self.family {
            line("family", &quoted(family.as_str()));
        }
        self.write_folds(&mut text);
        for (constant, value) in Constants::TABLE.iter().zip(self.fitted.constants.values()) {
            let (name, meaning) = (constant.name, quoted(constant.meaning));
            write_to(
                &mut text,
                format_args!("\n[[constant]]\nname = \"{name}\"\nvalue = {}\n", float(value)),
            );
            if !constant.unit.is_empty() {
                write_to(&mut text, format_args!("unit = {}\n", quoted(constant.unit)));
            }
            write_to(&mut text, format_args!("meaning = {meaning}\n"));
        }
        let values = self.fitted.settings().into_iter().flat_map(|by| by.values());
        for ((name, meaning), value) in NAMES_OF_SETTINGS.iter().zip(values) {
            let value = float(value);
            write_to(
                &mut text,
                format_args!("\n[[residual]]\nname = \"{name}\"\nvalue = {value}\nmeaning = \"{meaning}\"\n"),
            );
        }
        text.push_str(
            "\n[calibration]\n# product: how many, m, n and k. left_out: ln(measured / predicted) by a fit that did not see the point.\n",
        );
        text.push_str("points = [\n");
        for (point, left_out) in self.points.iter().zip(&self.fitted.left_out) {
            write_point(&mut text, point, *left_out);
        }
        text.push_str("]\n");
        text
    }

    fn write_folds(&self, text: &mut String) {
        let classes = std::iter::once(None).chain(Class::ALL.map(Some));
        for class in classes {
            let Some(errors) = self.folds(class) else { continue };
            let name = class.map_or("all", Class::as_str);
            let percent = |share: f64| float((share * 1e4).round() / 1e4);
            write_to(
                text,
                format_args!(
                    "\n[[folds]]\nclass = \"{name}\"\npoints = {}\nmedian = {}\np90 = {}\nworst = {}\n",
                    errors.points,
                    percent(errors.median),
                    percent(errors.p90),
                    percent(errors.worst)
                ),
            );
        }
    }
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes any text");
}

/// As TOML has it: with a point.
fn float(value: f64) -> String {
    format!("{value:?}")
}

fn write_point(text: &mut String, point: &CalibrationPoint, left_out: f64) {
    let gemm = point.gemm;
    let (batch, m, n, k) = (gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k());
    write_to(
        text,
        format_args!(
            "  {{ product = [{batch}, {m}, {n}, {k}], layout = \"{}\", dtype = \"{}\", time_us = {}",
            point.layout,
            point.dtype,
            float(point.time_us)
        ),
    );
    if let Some(clock) = point.clock_mhz {
        write_to(text, format_args!(", clock_mhz = {}", float(clock)));
    }
    if let Some(tile) = point.tile {
        write_to(text, format_args!(", tile = [{}, {}]", tile.n, tile.m));
    }
    write_to(text, format_args!(", left_out = {} }},\n", float(left_out)));
}

fn read_point(
    source: &Source<'_>,
    entry: &Spanned<PointEntry>,
) -> Result<(CalibrationPoint, f64), CardError> {
    let span = entry.span();
    let point = entry.get_ref();
    let wrong = |field: &str, want: String| {
        let line = source.line(span.start);
        let value = source.text.get(span.clone()).unwrap_or_default();
        let value = excerpt(value, EXCERPT).replace(char::is_control, " ");
        CardError::Value { file: source.file.to_owned(), line, field: format!("point.{field}"), value, want }
    };
    let [batch, m, n, k] = point.product;
    let gemm = Gemm::new(batch, m, n, k).map_err(|error| wrong("product", error.to_string()))?;
    let layout = Layout::from_str(&point.layout).ok().filter(|layout| *layout != Layout::Other);
    let layout = layout.ok_or_else(|| wrong("layout", "nn, nt, tn, tt".to_owned()))?;
    let dtype = Dtype::from_str(&point.dtype).ok().filter(|dtype| matches!(dtype, Dtype::F16 | Dtype::Bf16));
    let dtype = dtype.ok_or_else(|| wrong("dtype", "f16 or bf16".to_owned()))?;
    let above_zero = |value: f64, most: f64| value.is_finite() && value > 0.0 && value <= most;
    if !above_zero(point.time_us, LONGEST_US) {
        return Err(wrong("time_us", format!("a number above 0, at most {LONGEST_US:e}")));
    }
    if !point.clock_mhz.is_none_or(|clock| above_zero(clock, 1e5)) {
        return Err(wrong("clock_mhz", "a number above 0, at most 100000".to_owned()));
    }
    if point.tile.is_some_and(|[n, m]| n == 0 || m == 0 || n > 1024 || m > 1024) {
        return Err(wrong("tile", "two sides from 1 to 1024".to_owned()));
    }
    if !(point.left_out.is_finite() && point.left_out.abs() < 10.0) {
        return Err(wrong("left_out", "a logarithm, -10 to 10".to_owned()));
    }
    let tile = point.tile.map(|[n, m]| Tile::whole(n, m));
    let (time_us, clock_mhz) = (point.time_us, point.clock_mhz);
    Ok((CalibrationPoint { gemm, layout, dtype, time_us, clock_mhz, tile }, point.left_out))
}

/// A point as a card file keeps it: six digits of what was measured are more than repeat.
pub(crate) fn kept(point: &CalibrationPoint) -> CalibrationPoint {
    CalibrationPoint {
        time_us: six_digits(point.time_us),
        clock_mhz: point.clock_mhz.map(six_digits),
        tile: point.tile.filter(|tile| tile.split == 1),
        ..*point
    }
}
