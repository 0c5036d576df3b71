//! How the lines of each variant look, so that nothing that was imported or predicted passes for measured.

use super::course::Course;
use super::files::Files;
use super::options::Markers;
use super::rows::Variant;
use crate::chart::{Dash, Marker, Style};
use hovera_core::Origin;

/// Patterns of what hovera measured, and of what another program did, where colours tell lines apart.
const MEASURED: [Dash; 4] = [Dash::Solid, Dash::LongDashed, Dash::DashDotDotted, Dash::DashDashDotted];
const IMPORTED: [Dash; 4] = [Dash::Dashed, Dash::Dotted, Dash::DashDotted, Dash::Sparse];

/// How a variant's points are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Joined: launches are behind them.
    Line(Dash),
    /// A dot each: launches are behind them, and what was predicted of them is a line.
    Dots,
    /// Joined by a line that nothing measured has.
    Predicted(Dash),
}

impl Look {
    /// Of points that a line joins, or that stand alone where nothing does.
    pub(super) fn style(self, markers: Markers, marker: Marker, is_scattered: bool) -> Style {
        match (self, is_scattered) {
            (Look::Predicted(_), true) => Style::Points(marker),
            (Look::Predicted(dash), false) => markers.predicted(dash, marker),
            (Look::Line(_) | Look::Dots, true) | (Look::Dots, false) => Style::Dots(marker),
            (Look::Line(dash), false) => markers.line(dash, marker),
        }
    }

    /// In the legend, of all of a variant's lines.
    pub(super) fn key(self) -> Style {
        match self {
            Look::Line(dash) => Style::Line(dash),
            Look::Dots => Style::Dots(Marker::Circle),
            Look::Predicted(dash) => Style::Predicted(dash, None),
        }
    }
}

/// Of each variant. One that was measured among others that were predicted is dots under their lines.
pub(super) fn looks(files: Files<'_>, variants: &[Variant<'_>], course: &Course<'_>) -> Vec<Look> {
    let origins: Vec<Origin> = variants.iter().map(|variant| files.origin(variant.card)).collect();
    looks_of(&origins, course.is_published(), !course.has_lines())
}

/// Of the ratios of all but the first to the first: what was predicted of either is a prediction.
pub(super) fn looks_of_ratios(files: Files<'_>, variants: &[Variant<'_>], course: &Course<'_>) -> Vec<Look> {
    let mut origins = variants.iter().map(|variant| files.origin(variant.card));
    let base = origins.next();
    let origin = |other| if base == Some(Origin::Predicted) { Origin::Predicted } else { other };
    let origins: Vec<Origin> = origins.map(origin).collect();
    // A ratio has no dots beside it.
    let mut looks = looks_of(&origins, course.is_published(), !course.has_lines());
    looks.iter_mut().filter(|look| **look == Look::Dots).for_each(|look| *look = Look::Line(Dash::Solid));
    looks
}

/// `is_published`: patterns tell the variants apart, and their names tell whose they are. `alone`: colours do.
fn looks_of(origins: &[Origin], is_published: bool, alone: bool) -> Vec<Look> {
    let of_launches = origins.iter().filter(|origin| origin.is_of_launches()).count();
    let are_dots = of_launches == 1 && origins.len() > 1;
    let (mut all, mut measured) = (Dash::ALL.into_iter().cycle(), MEASURED.into_iter().cycle());
    let (mut imported, mut predicted) = (IMPORTED.into_iter().cycle(), Dash::PREDICTED.into_iter().cycle());
    let mut look = |origin: &Origin| match origin {
        Origin::Predicted if alone => Some(Look::Predicted(Dash::ShortDashed)),
        Origin::Predicted => predicted.next().map(Look::Predicted),
        _ if are_dots && of_launches < origins.len() => Some(Look::Dots),
        _ if is_published => all.next().map(Look::Line),
        Origin::Measured if alone => Some(Look::Line(Dash::Solid)),
        Origin::Imported if alone => Some(Look::Line(Dash::Dashed)),
        Origin::Measured => measured.next().map(Look::Line),
        Origin::Imported => imported.next().map(Look::Line),
    };
    origins.iter().map(|origin| look(origin).unwrap_or(Look::Line(Dash::Solid))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Origin::{Imported, Measured, Predicted};

    #[test]
    fn measured_imported_and_predicted_never_share_a_pattern() {
        for (published, alone) in [(true, false), (false, false), (false, true)] {
            let origins = [Measured, Imported, Measured, Predicted, Predicted];
            let looks = looks_of(&origins, published, alone);
            for (look, origin) in looks.iter().zip(origins) {
                let is_short = matches!(look, Look::Predicted(dash) if Dash::PREDICTED.contains(dash));
                assert_eq!(is_short, origin == Predicted, "{looks:?}");
            }
            assert_ne!(looks[0], looks[1], "{looks:?}");
        }
        assert!(Dash::PREDICTED.iter().all(|dash| !Dash::ALL.contains(dash)));
        let lengths = |dashes: &[Dash]| dashes.iter().map(|dash| dash.lengths()).collect::<Vec<_>>();
        assert!(lengths(&Dash::PREDICTED).iter().all(|short| !lengths(&Dash::ALL).contains(short)));
    }

    #[test]
    fn what_was_measured_once_is_dots_under_what_was_predicted_of_it() {
        let short = Look::Predicted(Dash::ShortDashed);
        assert_eq!(looks_of(&[Predicted, Measured], true, false), [short, Look::Dots]);
        assert_eq!(looks_of(&[Imported, Predicted], false, false), [Look::Dots, short]);
        assert_eq!(looks_of(&[Predicted], true, false), [short]);
        assert_eq!(looks_of(&[Measured], true, false), [Look::Line(Dash::Solid)]);
        assert_eq!(looks_of(&[Measured, Measured], true, false)[1], Look::Line(Dash::Dashed));
    }
}
