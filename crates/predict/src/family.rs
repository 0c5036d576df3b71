//! The families that are built in: a card of each generation that was calibrated.

use crate::card::Card;
use hovera_core::Datasheet;
use std::sync::LazyLock;

/// A generation of cards, of which one is calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// By an H100 SXM's recorded sweeps: `families/hopper.toml`.
    Hopper,
    /// By the A100 SXM's rows of the original benchmark: `families/ampere.toml`.
    Ampere,
}

static HOPPER: LazyLock<Card> =
    LazyLock::new(|| built_in("hopper.toml", include_str!("../families/hopper.toml")));
static AMPERE: LazyLock<Card> =
    LazyLock::new(|| built_in("ampere.toml", include_str!("../families/ampere.toml")));

fn built_in(name: &str, text: &str) -> Card {
    Card::read(name, text).expect("the tests read every built-in card")
}

impl Family {
    /// All.
    pub const ALL: &'static [Family] = &[Family::Hopper, Family::Ampere];

    /// As a card file has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Hopper => "hopper",
            Family::Ampere => "ampere",
        }
    }

    /// The card that is calibrated.
    #[must_use]
    pub fn card(self) -> &'static Card {
        match self {
            Family::Hopper => &HOPPER,
            Family::Ampere => &AMPERE,
        }
    }

    /// That of a GPU by its product name; none of a generation that was never calibrated.
    #[must_use]
    pub fn of_gpu(gpu: &str) -> Option<Family> {
        match Datasheet::lookup(gpu)?.name {
            "H100 SXM5" | "H100 PCIe" | "H200 SXM5" => Some(Family::Hopper),
            "A100 SXM4 40 GB" | "A100 SXM4 80 GB" => Some(Family::Ampere),
            _ => None,
        }
    }

    /// The one whose kernels a generation runs that was never calibrated: tensor cores with asynchronous copies since
    /// Hopper, without before.
    pub(crate) fn nearest(gpu: &str) -> Family {
        match Datasheet::lookup(gpu).map(|sheet| sheet.name) {
            Some("B200") => Family::Hopper,
            _ => Family::Ampere,
        }
    }
}
