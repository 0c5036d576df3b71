//! The measurements of a file, as they come.

use crate::account::{Account, reason};
use crate::described::{Field, ranks};
use crate::error::ImportError;
use crate::rows::Rows;
use crate::selection::Selection;
use crate::speed;
use crate::unmapped::Unmapped;
use hovera_core::{Device, Row, Stat};
use std::collections::BTreeSet;

/// The rows of a file that are wanted, and the account of what is not among them.
pub(crate) struct Taking<'a> {
    file: &'a str,
    selection: &'a Selection,
    /// How its user says what a column is.
    ways: &'static str,
    stat: Stat,
    rows: Rows,
    unmapped: Unmapped,
    unsaid: BTreeSet<Field>,
    pub(crate) account: Account,
}

/// A measurement, and what there is to know of how it was described.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) row: Row,
    /// What the file does not say of it.
    pub(crate) unsaid: Vec<Field>,
}

/// What a file's times are in, where its user says so: a unit and all units, from the shortest, with their length in
/// microseconds.
pub(crate) type UnitOfTimes<'u> = Option<(&'u str, &'u [(&'static str, f64)])>;

impl Taking<'_> {
    /// Of a file whose times are by `stat`. `unit` is what its measurements are called, several of them; `ways` is how its
    /// user says what a column is.
    pub(crate) fn new<'a>(
        file: &'a str,
        selection: &'a Selection,
        unit: &'static str,
        ways: &'static str,
        stat: Stat,
    ) -> Taking<'a> {
        let account = Account { unit, counts: "time", ..Account::default() };
        Taking {
            file,
            selection,
            ways,
            stat,
            rows: Rows::new(stat),
            unmapped: Unmapped::default(),
            unsaid: BTreeSet::new(),
            account,
        }
    }

    /// Has several means of one point be of as many launches each, where their numbers are not known.
    #[must_use]
    pub(crate) fn weighing_alike(mut self) -> Self {
        self.rows = self.rows.weighing_alike();
        self
    }

    /// Takes a measurement, or why it cannot be read. `place` is its line or number, counted from 1; `unmapped` are the
    /// columns or axes, with their values, of which nothing says what they are.
    ///
    /// # Errors
    /// Those of [`Rows::add`], and [`ImportError::Varies`] where a column tells the two apart.
    pub(crate) fn take<'m>(
        &mut self,
        place: u64,
        taken: Result<Taken, String>,
        unmapped: impl Iterator<Item = (&'m str, &'m str)>,
    ) -> Result<(), ImportError> {
        let possible = |taken: Taken| speed::impossible(&taken.row).map_or(Ok(taken), Err);
        match taken.and_then(possible) {
            Err(why) => self.account.unreadable.add(place, || reason(&why)),
            Ok(Taken { row, .. }) if !self.selection.takes(&row.point, ranks(&row.point)) => {
                self.account.not_selected += 1;
            }
            Ok(Taken { row, unsaid }) => {
                self.unmapped.take(place, unmapped);
                self.unsaid.extend(unsaid);
                if let Err(error) = self.rows.add(self.file, place, row) {
                    // What looks like a point measured twice may be two points.
                    self.unmapped.refuse(self.file, self.ways)?;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// All of them, one row for each point and kernel.
    ///
    /// # Errors
    /// [`ImportError::Nothing`] where there is none, [`ImportError::Varies`] where a column differs that nothing says the
    /// meaning of.
    pub(crate) fn finish(
        self,
        devices: &[Device],
        unit: UnitOfTimes<'_>,
    ) -> Result<(Vec<Row>, Account), ImportError> {
        let Taking { file, rows, mut account, unmapped, unsaid, ways, stat, .. } = self;
        unmapped.refuse(file, ways)?;
        account.merged = rows.merged();
        let mut rows = rows.finish();
        if rows.is_empty() {
            let why = format!(": {account}; {}", account.troubles().join("; "));
            return Err(ImportError::Nothing { file: file.to_owned(), why });
        }
        let note = unmapped.note();
        if !note.is_empty() {
            account.decided.push(format!("the same in all rows, and kept in their notes: {note}"));
            for row in &mut rows {
                let notes = [std::mem::take(&mut row.note), hovera_core::clean_text(&note).into_owned()];
                row.note = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
            }
        }
        if !unsaid.is_empty() {
            let unsaid: Vec<_> = unsaid.iter().map(ToString::to_string).collect();
            account
                .decided
                .push(format!("the file does not say {}: recorded as other (not known)", unsaid.join(", ")));
        }
        account.warnings.extend(speed::warnings(&rows, stat, devices, unit));
        Ok((rows, account))
    }
}
