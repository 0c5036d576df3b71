//! The columns of a results file, one table: what reads, writes and lists them goes through it.

mod point;

use crate::results::bound::Bound;
use crate::results::field::{Field, Origin, Value, Want, read_word};
use crate::results::front_matter::FrontMatter;
use crate::results::kernel::{self, Kernel};
use crate::results::origin::{self, Origin as FileOrigin};
use crate::results::plausible::implausible;
use crate::results::prediction::{self, Prediction, PredictionDraft};
use crate::results::row::Row;
use crate::results::second_speed::{self, SecondSpeed, SecondSpeedDraft};
use crate::results::telemetry::{self, Telemetry};
use crate::results::timing::{self, Timing};
use crate::shape::point::Point;
use crate::shape::vocabulary::{Stat, Status};
use point::{PointDraft, by_sizes};
use std::sync::LazyLock;

/// A column of a results file. A column that does not apply to a row is empty there.
///
/// ```
/// use hovera_core::Column;
/// let power = Column::named("power_w").unwrap();
/// assert_eq!((power.name(), power.unit()), ("power_w", "W"));
/// assert!(Column::named("tflops").unwrap().is_derived());
/// ```
#[derive(Clone, Copy)]
pub struct Column {
    source: ColumnOf,
    /// Whether it can be empty in a row, and nothing is read then.
    blank: bool,
}

/// What holds the values of a column.
#[derive(Clone, Copy)]
enum ColumnOf {
    Point(&'static Field<Point, PointDraft>),
    Row(&'static Field<Row, RowDraft>),
    Timing(&'static Field<Timing>),
    Throughput(&'static Field<Throughput>),
    Telemetry(&'static Field<Telemetry>),
    Kernel(&'static Field<Kernel>),
    SecondSpeed(&'static Field<SecondSpeed, SecondSpeedDraft>),
    Prediction(&'static Field<Prediction, PredictionDraft>),
}

/// What a column that is wrong would have to be.
pub(super) struct Wrong {
    pub(super) column: &'static str,
    pub(super) want: String,
}

impl Wrong {
    fn new(column: &'static str, want: String) -> Wrong {
        Wrong { column, want }
    }
}

/// Those of a row's own values that are of no group.
struct RowDraft {
    /// How many cards the file lists.
    devices: usize,
    /// Whose numbers the file has.
    origin: FileOrigin,
    device: u32,
    status: Option<Status>,
    note: String,
    bound: Option<Bound>,
}

const DEVICE: &[Field<Row, RowDraft>] = &[Field::stored(
    "device",
    "",
    "Index of the card in the front matter's `[[device]]` list.",
    |row| Value::Count(row.device.into()),
    |draft, text| {
        let legal = |device: &u32| (*device as usize) < draft.devices;
        draft.device = text.parse().ok().filter(legal).ok_or_else(|| {
            format!("0 to {}, an index into the front matter's [[device]] list", draft.devices - 1)
        })?;
        Ok(())
    },
)];

const COST: &[Field<Row, RowDraft>] = &[
    Field::derived(
        "flop",
        "FLOP",
        "Floating-point operations of one launch, `2·gemm_batch·m·n·k`. Of `attention` with e = `head_dim_v`: \
         `2·gemm_batch·m·n·(k + e)` forward, `2·gemm_batch·m·n·(3·k + 2·e)` backward, half of that where `mask` is `causal`. \
         Of `softmax` `5·gemm_batch·m·n`.",
        |row| Value::Count(row.point.flop()),
        |row| by_sizes(row.point.flop()),
    ),
    Field::derived(
        "bytes",
        "B",
        "The least memory traffic of one launch: A and B read once, C written once. Of `attention` Q, K, V and O; \
         backward these, their gradients, and four bytes of each query. Of `softmax` the scores and the probabilities.",
        |row| Value::Count(row.point.bytes()),
        |row| by_sizes(row.point.bytes()),
    ),
];

const OUTCOME: &[Field<Row, RowDraft>] = &[
    Field::stored(
        "status",
        "",
        "What became of the point.",
        |row| Value::Word(row.status.as_str()),
        |draft, text| read_word(&mut draft.status, text),
    ),
    Field::<Row, RowDraft>::stored(
        "note",
        "",
        "Why, where the status needs a reason, and what else there is to say.",
        |row| Value::Text(&row.note),
        |draft, text| {
            text.clone_into(&mut draft.note);
            Ok(())
        },
    )
    .or_blank(),
    Field::<Row, RowDraft>::stored(
        "bound",
        "",
        "What bounds the product: whether its cycles, its time or their geometric mean stay put while the clock \
         wanders.",
        |row| row.bound.map_or(Value::Empty, |bound| Value::Word(bound.as_str())),
        |draft, text| read_word(&mut draft.bound, text),
    )
    .since(0),
];

/// A row's throughput by its file's statistic, where it has one that can be written.
struct Throughput {
    tflops: Option<f64>,
    stat: Stat,
    status: Status,
}

impl Throughput {
    /// Where FLOP / time leaves the range of f64 there is none to write or to compare.
    fn from_row(row: &Row, stat: Stat) -> Throughput {
        let tflops = times(row).and_then(|_| row.tflops(stat)).filter(|tflops| tflops.is_finite());
        Throughput { tflops, stat, status: row.status }
    }
}

const THROUGHPUT: &[Field<Throughput>] = &[Field::derived(
    "tflops",
    "TFLOP/s",
    "`flop` over the time that the front matter's `stat` names.",
    |row| row.tflops.map_or(Value::Empty, Value::Float),
    |row| match row.tflops {
        Some(tflops) => format!("{tflops}, which is flop / {} / 10⁶", row.stat.column()),
        None => nothing(row.status),
    },
)];

/// How far a derived number may be from what it must be, as a fraction: other tools round.
const TOLERANCE: f64 = 0.001;

fn nothing(status: Status) -> String {
    format!("nothing in a row that is {status}")
}

/// Only these statuses have times.
fn times(row: &Row) -> Option<&Timing> {
    row.timing.as_ref().filter(|_| row.status.has_times())
}

/// Each column in the order in which it is written: that of the groups, but what came with a later format
/// behind what was there before.
static ALL: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let mut all: Vec<ColumnOf> = Vec::new();
    all.extend(point::WORDS.iter().map(ColumnOf::Point));
    all.extend(DEVICE.iter().map(ColumnOf::Row));
    all.extend(point::SIZES.iter().map(ColumnOf::Point));
    all.extend(COST.iter().map(ColumnOf::Row));
    all.extend(timing::COLUMNS.iter().map(ColumnOf::Timing));
    all.extend(THROUGHPUT.iter().map(ColumnOf::Throughput));
    all.extend(telemetry::COLUMNS.iter().map(ColumnOf::Telemetry));
    all.extend(kernel::COLUMNS.iter().map(ColumnOf::Kernel));
    all.extend(OUTCOME.iter().map(ColumnOf::Row));
    all.extend(point::OF_MODEL.iter().map(ColumnOf::Point));
    all.extend(second_speed::COLUMNS.iter().map(ColumnOf::SecondSpeed));
    all.extend(point::OF_FUSED.iter().map(ColumnOf::Point));
    all.extend(prediction::COLUMNS.iter().map(ColumnOf::Prediction));
    let mut all: Vec<Column> = all.into_iter().map(Column::new).collect();
    all.sort_by_key(|column| column.since());
    all
});

/// Those whose values the rest of a row determines, each with its place.
static DERIVED: LazyLock<Vec<(usize, Column)>> = LazyLock::new(|| with_places(Column::is_derived));

/// The others.
static STORED: LazyLock<Vec<(usize, Column)>> = LazyLock::new(|| with_places(|column| !column.is_derived()));

fn with_places(among: impl Fn(&Column) -> bool) -> Vec<(usize, Column)> {
    ALL.iter().copied().enumerate().filter(|(_, column)| among(column)).collect()
}

/// The field behind a column, whatever type holds it.
macro_rules! field {
    ($column:expr, $field:ident => $what:expr) => {
        match $column.source {
            ColumnOf::Point($field) => $what,
            ColumnOf::Row($field) => $what,
            ColumnOf::Timing($field) => $what,
            ColumnOf::Throughput($field) => $what,
            ColumnOf::Telemetry($field) => $what,
            ColumnOf::Kernel($field) => $what,
            ColumnOf::SecondSpeed($field) => $what,
            ColumnOf::Prediction($field) => $what,
        }
    };
}

impl Column {
    fn new(source: ColumnOf) -> Column {
        let column = Column { source, blank: false };
        Column { blank: field!(column, field => field.blank), ..column }
    }

    /// Every column, in the order in which they are written.
    #[must_use]
    pub fn all() -> &'static [Column] {
        &ALL
    }

    /// Those that are [derived](Column::is_derived), each with its place among all.
    pub(super) fn derived() -> &'static [(usize, Column)] {
        &DERIVED
    }

    /// Those that are not, each with its place among all.
    pub(super) fn stored() -> &'static [(usize, Column)] {
        &STORED
    }

    /// The column of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Column> {
        ALL.iter().find(|column| column.name() == name)
    }

    /// Its name in the header.
    #[must_use]
    pub fn name(&self) -> &'static str {
        field!(self, field => field.name)
    }

    /// The unit of its numbers; empty where there is none.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        field!(self, field => field.unit)
    }

    /// What it holds, in one sentence.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        field!(self, field => field.doc)
    }

    /// The format that it came with; 0 for the files without a format number.
    #[must_use]
    pub fn since(&self) -> u32 {
        field!(self, field => field.since)
    }

    /// Whether a file may lack it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        field!(self, field => field.optional)
    }

    /// Whether the rest of the row determines it. What a file says is compared with that when it is read.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        field!(self, field => matches!(field.origin, Origin::Derived(_)))
    }

    /// What it holds in a row of a file whose times are by `stat`. Times of a row whose status has none are
    /// empty.
    #[must_use]
    pub fn get<'r>(&self, row: &'r Row, stat: Stat) -> Value<'r> {
        match self.source {
            ColumnOf::Point(field) => (field.get)(&row.point),
            ColumnOf::Row(field) => (field.get)(row),
            ColumnOf::Timing(field) => times(row).map_or(Value::Empty, field.get),
            ColumnOf::Throughput(field) => match (field.get)(&Throughput::from_row(row, stat)) {
                Value::Float(tflops) => Value::Float(tflops),
                _ => Value::Empty,
            },
            ColumnOf::Telemetry(field) => (field.get)(&row.telemetry),
            ColumnOf::Kernel(field) => (field.get)(&row.kernel),
            ColumnOf::SecondSpeed(field) => {
                let second = times(row).and_then(|timing| timing.second.as_ref());
                second.map_or(Value::Empty, field.get)
            }
            ColumnOf::Prediction(field) => row.prediction.as_ref().map_or(Value::Empty, field.get),
        }
    }

    /// Whether it says which point a row is of.
    #[must_use]
    pub fn is_of_point(&self) -> bool {
        matches!(self.source, ColumnOf::Point(_))
    }

    /// What it holds in each row of a point; none for a column that does not say which point a row is of.
    #[must_use]
    pub fn of_point<'p>(&self, point: &'p Point) -> Option<Value<'p>> {
        match self.source {
            ColumnOf::Point(field) => Some((field.get)(point)),
            _ => None,
        }
    }

    /// Takes what a row says: nothing where it is empty and can be.
    ///
    /// # Errors
    /// What would be right.
    #[inline]
    pub(super) fn read(&self, draft: &mut Draft, text: &str) -> Result<(), Want> {
        if self.blank && text.is_empty() {
            return Ok(());
        }
        match self.source {
            ColumnOf::Point(field) => set(field, &mut draft.point, text),
            ColumnOf::Row(field) => set(field, &mut draft.row, text),
            ColumnOf::Timing(field) => set(field, &mut draft.timing, text),
            ColumnOf::Telemetry(field) => set(field, &mut draft.telemetry, text),
            ColumnOf::Kernel(field) => set(field, &mut draft.kernel, text),
            ColumnOf::SecondSpeed(field) => set(field, &mut draft.second, text),
            ColumnOf::Prediction(field) => set(field, &mut draft.prediction, text),
            ColumnOf::Throughput(_) => Ok(()),
        }
    }

    /// Compares what a row says with what it must say.
    ///
    /// # Errors
    /// What would be right.
    pub(super) fn check(&self, row: &Row, stat: Stat, text: &str) -> Result<(), Want> {
        match self.source {
            ColumnOf::Point(field) => agree(field, &row.point, text),
            ColumnOf::Row(field) => agree(field, row, text),
            ColumnOf::Throughput(field) => {
                let throughput = Throughput::from_row(row, stat);
                // Of a row with a time, what leaves the range of f64 can be written in no one way.
                let not_told = throughput.tflops.is_none() && row.status.has_times();
                if not_told { Ok(()) } else { agree(field, &throughput, text) }
            }
            ColumnOf::Timing(_)
            | ColumnOf::Telemetry(_)
            | ColumnOf::Kernel(_)
            | ColumnOf::SecondSpeed(_)
            | ColumnOf::Prediction(_) => Ok(()),
        }
    }
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Column").field(&self.name()).finish()
    }
}

fn set<T, D>(field: &Field<T, D>, draft: &mut D, text: &str) -> Result<(), Want> {
    match field.origin {
        Origin::Stored(set) => set(draft, text),
        Origin::Derived(_) => Ok(()),
    }
}

fn agree<T, D>(field: &Field<T, D>, of: &T, text: &str) -> Result<(), Want> {
    let Origin::Derived(why) = field.origin else { return Ok(()) };
    let agrees = match (field.get)(of) {
        Value::Empty => text.is_empty(),
        Value::Count(count) => match u64::try_from(count) {
            Ok(count) => text.parse() == Ok(count),
            Err(_) => text.parse() == Ok(count),
        },
        Value::Float(number) => {
            text.parse().is_ok_and(|said: f64| (said - number).abs() <= TOLERANCE * number)
        }
        Value::Word(said) | Value::Text(said) => text == said,
    };
    if agrees { Ok(()) } else { Err(why(of).into()) }
}

/// A row in the making.
pub(super) struct Draft {
    point: PointDraft,
    row: RowDraft,
    timing: Timing,
    second: SecondSpeedDraft,
    prediction: PredictionDraft,
    telemetry: Telemetry,
    kernel: Kernel,
    stat: Stat,
}

impl Draft {
    /// Of a file under this front matter.
    pub(super) fn new(front_matter: &FrontMatter) -> Draft {
        Draft {
            point: PointDraft::default(),
            row: RowDraft {
                devices: front_matter.device.len(),
                origin: front_matter.origin(),
                device: 0,
                status: None,
                note: String::new(),
                bound: None,
            },
            timing: Timing::default(),
            second: SecondSpeedDraft::default(),
            prediction: PredictionDraft::default(),
            telemetry: Telemetry::default(),
            kernel: Kernel::default(),
            stat: front_matter.method.stat,
        }
    }

    /// The row, once each column has been [read](Column::read).
    ///
    /// # Errors
    /// The first column that contradicts the others.
    pub(super) fn finish(self) -> Result<Row, Wrong> {
        let point = self.point.finish()?;
        let RowDraft { device, status, note, bound, origin: file, .. } = self.row;
        let status = status.expect("a row's status was read");
        origin::agree(file, status).map_err(|want| Wrong::new(Status::NAME, want.to_owned()))?;
        let timing = row_times(self.timing, self.second, status, self.stat)?;
        let prediction = row_prediction(self.prediction, timing.as_ref(), status, self.stat)?;
        let wrong = timing.and_then(|timing| implausible(&point, &timing, &self.telemetry));
        if let Some((column, want)) = wrong {
            return Err(Wrong::new(column, want));
        }
        let (telemetry, kernel) = (self.telemetry, self.kernel);
        Ok(Row { point, device, timing, telemetry, kernel, status, note, bound, prediction })
    }
}

/// The interval of a row that was predicted; a row that was not has none.
fn row_prediction(
    draft: PredictionDraft,
    timing: Option<&Timing>,
    status: Status,
    stat: Stat,
) -> Result<Option<Prediction>, Wrong> {
    if status != Status::Predicted {
        let said = draft.said().map(|column| Wrong::new(column, nothing(status)));
        return said.map_or(Ok(None), Err);
    }
    let time_us = timing.and_then(|timing| timing.time_us(stat)).expect("a row with times has the file's");
    draft.finish(time_us).map(Some).map_err(|(column, want)| Wrong::new(column, want.into_owned()))
}

/// Times of a row that has them; a row that was skipped or failed has none.
fn row_times(
    timing: Timing,
    second: SecondSpeedDraft,
    status: Status,
    stat: Stat,
) -> Result<Option<Timing>, Wrong> {
    if !status.has_times() {
        let said = timing::COLUMNS.iter().find(|field| (field.get)(&timing) != Value::Empty);
        let said = said.map(|field| field.name).or(second.said());
        return said.map_or(Ok(None), |column| Err(Wrong::new(column, nothing(status))));
    }
    if timing.time_us(stat).is_none() {
        let want = format!("a finite number above 0: the file's times are by stat = {stat}");
        return Err(Wrong::new(stat.column(), want));
    }
    let second = second.finish().map_err(|(column, want)| Wrong::new(column, want))?;
    let timing = Timing { second, ..timing };
    match timing.contradiction() {
        Some((column, want)) => Err(Wrong::new(column, want)),
        None => Ok(Some(timing)),
    }
}
