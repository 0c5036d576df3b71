//! The measurements of a file, as they come.

use crate::account::{Account, excerpt};
use crate::described::ranks;
use crate::error::ImportError;
use crate::rows::Rows;
use crate::selection::Selection;
use hovera_core::{Row, Stat};

/// The rows of a file that are wanted, and the account of what is not among them.
pub(crate) struct Taking<'a> {
    file: &'a str,
    selection: &'a Selection,
    rows: Rows,
    pub(crate) account: Account,
}

impl Taking<'_> {
    /// Of a file whose times are by `stat`. `unit` is what its measurements are called, several of them.
    pub(crate) fn new<'a>(
        file: &'a str,
        selection: &'a Selection,
        unit: &'static str,
        stat: Stat,
    ) -> Taking<'a> {
        let account = Account { unit, ..Account::default() };
        Taking { file, selection, rows: Rows::new(stat), account }
    }

    /// Takes a measurement, or why it cannot be read. `place` is its line or number, counted from 1.
    ///
    /// # Errors
    /// Those of [`Rows::add`].
    pub(crate) fn take(&mut self, place: u64, row: Result<Row, String>) -> Result<(), ImportError> {
        match row {
            Err(why) => self.account.unreadable.add(place, || excerpt(&why)),
            Ok(row) if !self.selection.takes(row.point.op, ranks(&row.point)) => {
                self.account.not_selected += 1;
            }
            Ok(row) => self.rows.add(self.file, place, row)?,
        }
        Ok(())
    }

    /// All of them, one row for each point.
    ///
    /// # Errors
    /// [`ImportError::Nothing`] where there is none.
    pub(crate) fn finish(self) -> Result<(Vec<Row>, Account), ImportError> {
        let Taking { file, rows, mut account, .. } = self;
        account.merged = rows.merged();
        let rows = rows.finish();
        if rows.is_empty() {
            let why = format!(": {account}; {}", account.troubles().join("; "));
            return Err(ImportError::Nothing { file: file.to_owned(), why });
        }
        Ok((rows, account))
    }
}
