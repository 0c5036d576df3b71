//! Points of a chart of lines by the kernels that ran, not by their lines.

use super::Note;
use super::course::Course;
use super::files::Files;
use super::options::{Markers, Overlay};
use super::quantity::Quantity;
use super::rows::Variant;
use crate::chart::{Colour, Dash, DataPoint, Density, Intervals, Marker, Style, Trace};
use crate::font;
use hovera_analysis::KernelGroup;
use hovera_core::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Colours that readers with any colour vision tell apart. First those of Okabe and Ito (jfly.uni-koeln.de/color, 2008)
/// without the yellow, which is hardly seen on white; then darker ones of Paul Tol's muted scheme
/// (personal.sron.nl/~pault, 2021), which have other markers.
const COLOURS: [u32; 14] = [
    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, // Okabe and Ito
    0x882255, 0x332288, 0x999933, 0x117733, 0xaa4499, 0x44aa99, 0xcc6677, // Tol
];
/// Of points that no group stands for.
const GREY: Colour = Colour::hex(0x8c8c8c);
/// Of the lines that join the head dims of a series.
const THREAD: Colour = Colour::hex(0xc8c8c8);
/// So many groups have a look of their own; the rarest of more share one.
const MOST: usize = 16;
/// The longest label of a group, in characters: one of a name that is not known is that name.
const LONGEST_LABEL: usize = 28;

/// What a point is shown as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shown<'a> {
    Group(&'a KernelGroup),
    Rare,
    NotTold,
}

/// The groups of kernels in some files, each with its colour and its marker: the same in every chart of them.
pub(super) struct KernelLooks {
    /// In their order, with whether each has a look of its own.
    groups: Vec<(KernelGroup, bool)>,
}

impl KernelLooks {
    /// None where no row says which kernel ran.
    pub(super) fn of_files(files: Files<'_>) -> Option<KernelLooks> {
        let mut counts: BTreeMap<KernelGroup, usize> = BTreeMap::new();
        for (_, row) in files.rows() {
            if let Some(group) = KernelGroup::of_kernel(&row.kernel) {
                *counts.entry(group).or_default() += 1;
            }
        }
        let mut by_count: Vec<(usize, &KernelGroup)> =
            counts.iter().map(|(group, count)| (*count, group)).collect();
        // Of equally rare ones the first in the order stays.
        by_count.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let kept = if by_count.len() > MOST { MOST - 1 } else { MOST };
        let own: BTreeSet<&KernelGroup> = by_count.into_iter().take(kept).map(|(_, group)| group).collect();
        let groups: Vec<_> = counts.keys().map(|group| (group.clone(), own.contains(group))).collect();
        (!groups.is_empty()).then_some(KernelLooks { groups })
    }

    fn shown(&self, row: &Row) -> Shown<'_> {
        let Some(group) = KernelGroup::of_kernel(&row.kernel) else { return Shown::NotTold };
        let found = self.groups.iter().find(|(other, _)| *other == group);
        found.map_or(Shown::NotTold, |(group, own)| if *own { Shown::Group(group) } else { Shown::Rare })
    }

    /// Label, colour and marker. Each round of the markers begins with another one, so that no two groups have both
    /// alike.
    fn look(&self, shown: &Shown<'_>) -> (String, Colour, Marker) {
        let Shown::Group(group) = shown else {
            let label = if *shown == Shown::Rare { "other kernels" } else { "kernel not told" };
            let marker = if *shown == Shown::Rare { Marker::Square } else { Marker::Circle };
            return (label.to_owned(), GREY, marker);
        };
        let place =
            self.groups.iter().filter(|(_, own)| *own).position(|(other, _)| other == *group).unwrap_or(0);
        let shape = place + place / Marker::ALL.len();
        let label = hovera_core::excerpt(&font::drawable(&group.to_string()), LONGEST_LABEL);
        (label, Colour::hex(COLOURS[place % COLOURS.len()]), Marker::ALL[shape % Marker::ALL.len()])
    }

    /// A trace for each group and series in one chart, in the order of the groups.
    pub(super) fn traces(
        &self,
        variants: &[Variant<'_>],
        quantities: &[Quantity<'_>],
        course: &Course<'_>,
    ) -> Vec<Trace> {
        let mut points: BTreeMap<(Shown<'_>, u128), Vec<DataPoint>> = BTreeMap::new();
        for (variant, quantity) in variants.iter().zip(quantities) {
            for row in variant.rows.iter().filter(|row| row.status.has_times()) {
                if let Some(point) = quantity.point(row, course) {
                    points.entry((self.shown(row), course.spot(row).line)).or_default().push(point);
                }
            }
        }
        let markers = quantities.first().map_or(Markers::Few, |quantity| quantity.options.markers);
        let (mut traces, mut listed): (Vec<Trace>, BTreeSet<Shown<'_>>) = Default::default();
        for ((shown, _), mut points) in points {
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            let (label, colour, marker) = self.look(&shown);
            traces.push(Trace {
                label,
                heading: listed.is_empty().then(|| Overlay::Kernel.to_string()),
                // The legend says once what stands for all series.
                listed: listed.insert(shown),
                colour,
                style: style(markers, marker),
                points,
                intervals: Intervals::None,
            });
        }
        traces
    }

    /// What each group ran, in words.
    pub(super) fn in_words(&self, variants: &[Variant<'_>], course: &Course<'_>) -> String {
        let mut sizes: BTreeMap<Shown<'_>, Vec<u128>> = BTreeMap::new();
        for row in variants.iter().flat_map(|it| &it.rows).filter(|row| row.status.has_times()) {
            sizes.entry(self.shown(row)).or_default().push(course.spot(row).x);
        }
        let each = sizes.into_iter().map(|(shown, sizes)| {
            let (least, most) = (sizes.iter().min(), sizes.iter().max());
            let range =
                least.zip(most).map(|(least, most)| format!(" from {} {least} to {most}", course.over()));
            let points = if sizes.len() == 1 { "point" } else { "points" };
            format!("{}: {} {points}{}", self.look(&shown).0, sizes.len(), range.unwrap_or_default())
        });
        each.collect::<Vec<_>>().join("; ")
    }

    /// How many points of a chart no kernel is told of.
    pub(super) fn notes(&self, variants: &[Variant<'_>]) -> Option<Note> {
        let timed = variants.iter().flat_map(|it| &it.rows).filter(|row| row.status.has_times());
        let points = timed.filter(|row| self.shown(row) == Shown::NotTold).count();
        (points > 0).then_some(Note::KernelNotTold { points })
    }
}

fn style(markers: Markers, marker: Marker) -> Style {
    match markers {
        Markers::None => Style::Dots(Marker::Circle),
        Markers::Few => Style::MarkedDots(marker, Density::Few),
        Markers::Many => Style::MarkedDots(marker, Density::Many),
    }
}

/// Thin lines that join the points of a line, which have the colours of their kernels.
pub(super) fn threads(
    lines: BTreeMap<u128, Vec<DataPoint>>,
    course: &Course<'_>,
) -> impl Iterator<Item = Trace> {
    lines.into_iter().map(move |(line, points)| Trace {
        label: course.label(line),
        listed: false,
        heading: None,
        colour: THREAD,
        style: Style::Guide(Dash::Solid),
        points: points.into_iter().map(|point| DataPoint::from(point.place())).collect(),
        intervals: Intervals::None,
    })
}
