//! Why cards are no fleet.

use crate::comparison::CompareError;

/// Why cards are no fleet. Every message names the files and what would be right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// Too few cards for a spread.
    #[error(
        "a fleet of {cards} cards{}: want {want} or more of one model, whose spread the cards are judged by",
        beside(unmeasured)
    )]
    FewCards {
        /// How many there are.
        cards: usize,
        /// How many there must be.
        want: usize,
        /// Further cards, of which nothing was measured.
        unmeasured: Vec<String>,
    },
    /// Cards of different models.
    #[error("{first} is of a {:?} and {other} of a {:?}; want cards of one model", models[0], models[1])]
    Model {
        /// The first card.
        first: String,
        /// The other.
        other: String,
        /// Their product names.
        models: [String; 2],
    },
    /// Times that were taken in different ways.
    #[error(
        "{first} and {other} were measured by different methods: {}; --mixed-methods compares them all the same",
        differences.join("; ")
    )]
    Methods {
        /// The first card.
        first: String,
        /// The other.
        other: String,
        /// Such as `timer is event and host`.
        differences: Vec<String>,
    },
    /// A card of which nothing was measured.
    #[error("{file}: its rows are predicted; a fleet is of cards that were measured")]
    Predicted {
        /// The file.
        file: String,
    },
    /// A card without anything to compare.
    #[error("{label}: no row has what the metric needs: {reason}")]
    NoValue {
        /// The card.
        label: String,
        /// Why its first row has no value.
        reason: String,
    },
    /// A card that measured what no others did.
    #[error(
        "{label}: has no point that two other cards have too; a fleet is of cards that measured the same points, \
         not shards of one sweep"
    )]
    Alone {
        /// The card.
        label: String,
    },
    /// A card that the file does not list.
    #[error("{file}: no card {device}; want 0 to {last}, an index into its [[device]] list")]
    NoDevice {
        /// The file.
        file: String,
        /// What was asked for.
        device: u32,
        /// The last card's index.
        last: usize,
    },
    /// A threshold that cannot be.
    #[error(transparent)]
    Threshold(CompareError),
}

/// ` beside a.csv, of which nothing was measured`.
fn beside(unmeasured: &[String]) -> String {
    if unmeasured.is_empty() {
        return String::new();
    }
    format!(" beside {}, of which nothing was measured", unmeasured.join(", "))
}
