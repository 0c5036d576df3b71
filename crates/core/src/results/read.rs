//! Rows out of text. Nothing that a row derives is believed: it is worked out again and compared.

use crate::results::columns::{Column, Draft, Wrong};
use crate::results::front_matter::FrontMatter;
use crate::results::row::Row;
use crate::results::table::{Fields, Wanted};

/// Reads one row of a file under this front matter.
pub(super) fn read_row(fields: &Fields<'_>, front_matter: &FrontMatter) -> Result<Row, Wanted> {
    let mut draft = Draft::new(front_matter);
    for &(place, column) in Column::stored() {
        column.read(&mut draft, fields.get(place)).map_err(|want| Wanted::new(place, want))?;
    }
    let row = draft.finish().map_err(|Wrong { column, want }| {
        let place = Column::all().iter().position(|other| other.name() == column);
        Wanted::new(place.expect("a column of the table"), want)
    })?;
    for &(place, column) in Column::derived() {
        let checked = column.check(&row, front_matter.method.stat, fields.get(place));
        checked.map_err(|want| Wanted::new(place, want))?;
    }
    Ok(row)
}
