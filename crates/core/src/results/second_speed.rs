//! The other speed of a point that has two, and the columns that hold it.

use crate::results::field::{Field, Value, Want, above_zero};

/// What a point's other launches took, where its launches fall into two groups that each agree among themselves.
///
/// The same launch can have two speeds that both are real: operands about as large as the L2 cache stay there or do
/// not, by their address; and a card can hold one of two clocks. The times of the row are those of the group with
/// the larger share of the launches; this is the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecondSpeed {
    /// Median time of the smaller group in microseconds, above 0.
    pub time_us: f64,
    /// Share of the launches that are of the smaller group: above 0, at most [`SecondSpeed::MOST`].
    pub share: f64,
}

impl SecondSpeed {
    /// The largest share of the smaller group.
    pub const MOST: f64 = 0.5;
}

/// One in the making: both numbers or none.
#[derive(Default)]
pub(super) struct SecondSpeedDraft {
    time_us: Option<f64>,
    share: Option<f64>,
}

/// The column of the time.
pub(super) const TIME: &str = "second_time_us";
const SHARE: &str = "second_share";

pub(super) const COLUMNS: &[Field<SecondSpeed, SecondSpeedDraft>] = &[
    Field::<SecondSpeed, SecondSpeedDraft>::stored(
        TIME,
        "µs",
        "Median time of the other launches, where there are two speeds: the times before are those of the larger group.",
        |second| Value::Float(second.time_us),
        |draft, text| above_zero(&mut draft.time_us, text),
    )
    .since(1),
    Field::<SecondSpeed, SecondSpeedDraft>::stored(
        SHARE,
        "",
        "Share of the launches that took `second_time_us`, above 0 and at most 0.5.",
        |second| Value::Float(second.share),
        |draft, text| read_share(&mut draft.share, text),
    )
    .since(1),
];

fn read_share(cell: &mut Option<f64>, text: &str) -> Result<(), Want> {
    above_zero(cell, text).ok().filter(|()| cell.is_none_or(|share| share <= SecondSpeed::MOST)).ok_or_else(
        || format!("a share of the launches, above 0 and at most {}, or nothing", SecondSpeed::MOST).into(),
    )
}

impl SecondSpeedDraft {
    /// The first column that says anything.
    pub(super) fn said(&self) -> Option<&'static str> {
        self.time_us.map(|_| TIME).or(self.share.map(|_| SHARE))
    }

    /// # Errors
    /// The column that is empty where the other is not, and what it would have to be.
    pub(super) fn finish(self) -> Result<Option<SecondSpeed>, (&'static str, String)> {
        let with = |other: &str, what: &str| format!("{what}, as there is a {other}");
        match (self.time_us, self.share) {
            (Some(time_us), Some(share)) => Ok(Some(SecondSpeed { time_us, share })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err((TIME, with(SHARE, "a finite number above 0"))),
            (Some(_), None) => Err((SHARE, with(TIME, "a number above 0 and at most 0.5"))),
        }
    }
}
