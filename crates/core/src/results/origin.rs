//! Whose numbers a file's rows are: what keeps measured, imported and predicted ones apart.

use crate::results::Results;
use crate::results::front_matter::FrontMatter;
use crate::shape::vocabulary::Status;
use crate::words::text_enum::text_enum;

text_enum! {
    /// Whose numbers the rows of a file are. All rows of a file are of one origin, and only measured rows go without its
    /// word wherever they are shown.
    Origin, "origin" {
        /// hovera's own, of launches on a device.
        Measured = "measured",
        /// Another program's, of launches on a device.
        Imported = "imported",
        /// A model's: nothing was launched.
        Predicted = "predicted",
    }
}

impl Origin {
    /// Whether launches on a device are behind the numbers.
    #[must_use]
    pub fn is_of_launches(self) -> bool {
        self != Origin::Predicted
    }

    /// The name of a file, a model or an engine with the word of what no launch is behind. Imported ones go by the names of
    /// their files.
    #[must_use]
    pub fn of_name(self, name: &str) -> String {
        if self.is_of_launches() { name.to_owned() } else { self.of_card(name) }
    }

    /// A card's name with the word that must never be overlooked: `NVIDIA A100 (imported)`.
    #[must_use]
    pub fn of_card(self, name: &str) -> String {
        match self {
            Origin::Measured => name.to_owned(),
            Origin::Imported | Origin::Predicted => format!("{name} ({self})"),
        }
    }
}

impl FrontMatter {
    /// Whose numbers the rows are.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match (&self.prediction, &self.source) {
            (Some(_), _) => Origin::Predicted,
            (None, Some(_)) => Origin::Imported,
            (None, None) => Origin::Measured,
        }
    }
}

impl Results {
    /// Whose numbers the rows are.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.front_matter.origin()
    }
}

/// A row with times is as measured, or as predicted, as its file says.
///
/// # Errors
/// What the status would have to be.
pub(super) fn agree(origin: Origin, status: Status) -> Result<(), &'static str> {
    match (origin.is_of_launches(), status.has_times(), status.is_measured()) {
        (true, true, false) => Err("another status: the front matter has no [prediction]"),
        (false, true, true) => Err("predicted, skipped or failed: the front matter has a [prediction]"),
        _ => Ok(()),
    }
}
