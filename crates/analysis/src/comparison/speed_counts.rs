//! Points of a comparison that have two speeds, and what is said of them.

use crate::two_speeds::SpeedPairing;

/// Which side's launches fall into two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TwoSpeeds {
    /// The base's only: at which of them the other side ran is not known.
    Base,
    /// The other side's only: likewise.
    Other,
    /// Those of both: faster is compared with faster and slower with slower.
    Both,
    /// Those of both, but the value is of the larger groups, the faster one here and the slower one there.
    Crossed,
}

impl TwoSpeeds {
    pub(super) fn of_pairing(pairing: &SpeedPairing) -> Option<TwoSpeeds> {
        match (pairing.two, pairing.known) {
            ([false, false], _) => None,
            ([true, false], _) => Some(TwoSpeeds::Base),
            ([false, true], _) => Some(TwoSpeeds::Other),
            ([true, true], true) => Some(TwoSpeeds::Both),
            ([true, true], false) => Some(TwoSpeeds::Crossed),
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TwoSpeeds::Base => "base",
            TwoSpeeds::Other => "other",
            TwoSpeeds::Both => "both",
            TwoSpeeds::Crossed => "crossed",
        }
    }

    /// Which speeds are held against each other, in words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            TwoSpeeds::Base => "two speeds in the base: the interval reaches to both",
            TwoSpeeds::Other => "two speeds in the other: the interval reaches to both",
            TwoSpeeds::Both => "two speeds on both sides: faster against faster, slower against slower",
            TwoSpeeds::Crossed => {
                "two speeds on both sides, the faster one more often here and the slower one there: the interval \
                 reaches to both"
            }
        }
    }
}

/// How many points of one other side have two speeds.
#[derive(Default)]
pub(super) struct SpeedCounts {
    base: usize,
    other: usize,
    both: usize,
    crossed: usize,
}

impl SpeedCounts {
    pub(super) fn add(&mut self, speeds: Option<TwoSpeeds>) {
        match speeds {
            None => {}
            Some(TwoSpeeds::Base) => self.base += 1,
            Some(TwoSpeeds::Other) => self.other += 1,
            Some(TwoSpeeds::Both) => self.both += 1,
            Some(TwoSpeeds::Crossed) => self.crossed += 1,
        }
    }

    /// Sentences for the notes; none where every point has one speed.
    pub(super) fn notes(&self, base: &str, other: &str) -> Vec<String> {
        let points =
            |count: usize| if count == 1 { "1 point has".to_owned() } else { format!("{count} points have") };
        let mut notes = Vec::new();
        if self.both > 0 {
            notes.push(format!(
                "{} two speeds in {base} and in {other}: faster is compared with faster and slower with slower",
                points(self.both)
            ));
        }
        for (count, of, than) in [(self.base, base, other), (self.other, other, base)] {
            if count > 0 {
                notes.push(format!(
                    "{} two speeds in {of} only: at which of them {than} ran is not known, and the interval reaches to \
                     both",
                    points(count)
                ));
            }
        }
        if self.crossed > 0 {
            notes.push(format!(
                "{} two speeds, the faster one more often in one of {base} and {other} and the slower one in the other; \
                 of the rarer one only the time is known, so that the interval reaches to both",
                points(self.crossed)
            ));
        }
        notes
    }
}
