//! Results as text, a row at a time.

use super::Column;
use crate::results::front_matter::FrontMatter;
use crate::results::row::Row;
use crate::results::session::{Session, Trailer};
use crate::results::table::commented;
use crate::shape::attention::AttentionShape;
use crate::shape::vocabulary::Stat;
use std::fmt::{Display, Write};

/// What precedes the rows of a results file: the front matter as `# ` lines that hold one TOML
/// document, and the line of column names.
#[must_use]
pub fn write_header(front_matter: &FrontMatter) -> String {
    write_header_after(front_matter, &[])
}

/// [`write_header`] of a file that is being continued: what its earlier runs had to say at their ends waits
/// in the front matter while rows are appended, so that a kill does not lose it.
#[must_use]
pub fn write_header_after(front_matter: &FrontMatter, sessions: &[Session]) -> String {
    let toml = toml::to_string(front_matter).expect("strings, numbers and tables are TOML");
    let mut header = commented(&toml) + &write_trailer(sessions);
    for (i, column) in Column::ALL.iter().enumerate() {
        header.push_str(if i == 0 { "" } else { "," });
        header.push_str(column.as_str());
    }
    header.push('\n');
    header
}

/// One row as a line with its line break: what a journal appends.
///
/// Numbers have every digit that it takes to read back the same number. In texts (`throttle`, the
/// kernel columns, `note`) each control character becomes a space and each `#` a `_`: a line break
/// would end the row, and readers like pandas (`comment="#"`) would end the line at a `#`. An absent
/// text and an empty one are the same. Only `ok` and `noisy` rows have times; `stat`, which the file's
/// front matter names, is the one that `tflops` is by.
#[must_use]
pub fn write_row(row: &Row, stat: Stat) -> String {
    let mut line = Line(String::with_capacity(400));
    let (point, gemm, layer) = (&row.point, row.point.gemm(), row.point.layer);
    line.value(point.op);
    line.value(point.dtype);
    line.value(point.layout);
    line.value(point.engine);
    line.value(point.pacing);
    line.value(point.cache);
    line.value(row.device);
    line.optional(layer.map(AttentionShape::heads));
    line.optional(layer.map(AttentionShape::batch));
    line.optional(layer.map(AttentionShape::seq));
    line.optional(layer.map(AttentionShape::hidden));
    line.optional(layer.map(AttentionShape::head_dim));
    line.optional(layer.map(AttentionShape::series));
    line.value(gemm.gemm_batch());
    line.value(gemm.m());
    line.value(gemm.n());
    line.value(gemm.k());
    line.value(gemm.flop());
    line.value(gemm.bytes(point.dtype));
    let timing = row.timing.filter(|_| row.status.has_times());
    line.optional(timing.and_then(|t| t.samples));
    line.optional(timing.and_then(|t| t.min_us));
    line.optional(timing.and_then(|t| t.median_us));
    line.optional(timing.and_then(|t| t.mean_us));
    line.optional(timing.and_then(|t| t.max_us));
    line.optional(timing.and_then(|t| t.ci_us));
    line.optional(timing.and_then(|t| t.cycles_median));
    line.optional(timing.and_then(|_| row.tflops(stat)).filter(|tflops| tflops.is_finite()));
    line.optional(row.telemetry.sm_clock_mhz);
    line.optional(row.telemetry.nvml_clock_mhz);
    line.optional(row.telemetry.power_w);
    line.optional(row.telemetry.energy_j);
    line.optional(row.telemetry.temp_c);
    line.text(row.telemetry.throttle.as_deref());
    line.text(row.kernel.algo.as_deref());
    line.text(row.kernel.tile.as_deref());
    line.text(row.kernel.stages.as_deref());
    line.optional(row.kernel.split_k);
    line.text(row.kernel.cluster.as_deref());
    line.optional(row.kernel.waves);
    line.optional(row.kernel.workspace_bytes);
    line.value(row.status);
    line.text(Some(&row.note));
    line.optional(row.bound);
    line.end()
}

/// What follows the rows of a results file whose runs came to an end: `# ` lines that hold one TOML
/// document, a `[[session]]` for each run.
#[must_use]
pub fn write_trailer(sessions: &[Session]) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let trailer = Trailer { session: sessions.to_vec() };
    commented(&toml::to_string(&trailer).expect("strings, numbers and tables are TOML"))
}

/// Fields, each followed by a comma.
struct Line(String);

impl Line {
    fn value(&mut self, value: impl Display) {
        write!(self.0, "{value},").expect("a String takes any text");
    }

    fn optional(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.value(value),
            None => self.0.push(','),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        let clean = clean_text(text.unwrap_or_default());
        if clean.contains([',', '"']) {
            self.value(format_args!("\"{}\"", clean.replace('"', "\"\"")));
        } else {
            self.value(clean);
        }
    }

    fn end(mut self) -> String {
        self.0.pop();
        self.0.push('\n');
        self.0
    }
}

/// A text as [`write_row`] writes it.
pub(super) fn clean_text(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '#' => '_',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
