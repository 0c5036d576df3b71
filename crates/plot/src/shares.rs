//! Wholes in their parts: where the time of each goes.

use crate::chart::{Axis, Chart, Colour, Intervals, Style, Trace};

/// Colours of parts, which nothing but colour and order tells apart: matplotlib's `tab10` without its grey, then
/// darker ones of Paul Tol's muted scheme (personal.sron.nl/~pault, 2021).
const COLOURS: [u32; 13] = [
    0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x17becf, 0xbcbd22, 0x332288,
    0x882255, 0x117733, 0xddcc77,
];
/// Of what is too little to have a colour of its own.
const OTHER: Colour = Colour::hex(0x9c9c9c);
/// Of a whole.
const PERCENT: f64 = 100.0;

/// What wholes are told apart by.
#[derive(Debug, Clone, PartialEq)]
pub enum Wholes {
    /// A size each, along the horizontal axis, upwards: parts are areas.
    Sizes(Axis, Vec<f64>),
    /// A name each, from the top down: parts are pieces of bars.
    Names(Vec<String>),
}

/// A part of each whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// Its share of each whole, 0 to 1.
    pub shares: Vec<f64>,
}

/// Parts of wholes to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SharesChart {
    /// The line above the axes.
    pub title: String,
    /// A smaller line below it: on what it was measured.
    pub subtitle: Option<String>,
    /// What the numbers are and where they come from.
    pub caption: Option<String>,
    /// What is shared: `Share of Time`.
    pub label: String,
    /// The wholes.
    pub wholes: Wholes,
    /// Their parts, in the order in which they are stacked; each has a share of each whole. Beyond thirteen the smallest
    /// are drawn as one, `other`.
    pub parts: Vec<Part>,
}

impl SharesChart {
    /// The chart: areas over sizes, or a bar for each name.
    ///
    /// ```
    /// use hovera_plot::{Figure, Part, SharesChart, Wholes};
    /// let part = |label: &str, shares: [f64; 2]| Part { label: label.into(), shares: shares.to_vec() };
    /// let chart = SharesChart {
    ///     title: "Made up".into(),
    ///     subtitle: None,
    ///     caption: None,
    ///     label: "Share of Time".into(),
    ///     wholes: Wholes::Names(vec!["small".into(), "large".into()]),
    ///     parts: vec![part("attention", [0.25, 0.4]), part("MLP", [0.75, 0.6])],
    /// }.chart();
    /// assert!(chart.desc.contains("small: attention 25.0 %, MLP 75.0 %"));
    /// assert!(Figure::draw(&chart)?.svg().contains(">attention</text>"));
    /// # Ok::<(), hovera_plot::PlotError>(())
    /// ```
    #[must_use]
    pub fn chart(&self) -> Chart {
        let parts = self.few();
        let count = match &self.wholes {
            Wholes::Sizes(_, sizes) => sizes.len(),
            Wholes::Names(names) => names.len(),
        };
        let mut ends = vec![0.0; count];
        let traces = parts.iter().enumerate().map(|(i, part)| {
            let spans: Vec<(f64, f64)> = ends
                .iter_mut()
                .zip(&part.shares)
                .map(|(end, share)| {
                    let from = *end;
                    *end = (from + share * PERCENT).min(PERCENT);
                    (from, *end)
                })
                .collect();
            self.trace(part, spans, COLOURS.get(i).map_or(OTHER, |colour| Colour::hex(*colour)))
        });
        let traces = traces.collect();
        let percent = Axis::linear(&format!("{} (%)", self.label), 0.0, PERCENT, 20.0);
        let (x, y) = match &self.wholes {
            Wholes::Sizes(axis, _) => (axis.clone(), percent),
            // Slots are counted from the bottom.
            Wholes::Names(names) => (percent, Axis::named("", names.iter().rev().cloned().collect())),
        };
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x,
            y,
            cells: None,
            traces,
            caption: self.caption.clone(),
            desc: self.in_words(&parts),
        }
    }

    fn trace(&self, part: &Part, spans: Vec<(f64, f64)>, colour: Colour) -> Trace {
        let (points, intervals, style) = match &self.wholes {
            Wholes::Sizes(_, sizes) => {
                let points = sizes.iter().zip(&spans).map(|(size, (_, end))| (*size, *end).into()).collect();
                (points, Intervals::OfY(spans.into_iter().map(Some).collect()), Style::Area)
            }
            Wholes::Names(names) => {
                let slot = |i: usize| (names.len() - i) as f64 - 0.5;
                let points = spans.iter().enumerate().map(|(i, (_, end))| (*end, slot(i)).into()).collect();
                (points, Intervals::OfX(spans.into_iter().map(Some).collect()), Style::Bars)
            }
        };
        Trace { label: part.label.clone(), listed: true, heading: None, colour, style, points, intervals }
    }

    /// As many parts as there are colours.
    fn few(&self) -> Vec<Part> {
        if self.parts.len() <= COLOURS.len() {
            return self.parts.clone();
        }
        let largest = |part: &Part| part.shares.iter().copied().fold(0.0, f64::max);
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by(|a, b| largest(&self.parts[*b]).total_cmp(&largest(&self.parts[*a])).then(a.cmp(b)));
        let mut kept = order.split_off(COLOURS.len());
        std::mem::swap(&mut kept, &mut order);
        kept.sort_unstable();
        let mut parts: Vec<Part> = kept.iter().map(|i| self.parts[*i].clone()).collect();
        let count = parts[0].shares.len();
        let rest = (0..count).map(|whole| order.iter().map(|i| self.parts[*i].shares[whole]).sum()).collect();
        parts.push(Part { label: "other".to_owned(), shares: rest });
        parts
    }

    fn in_words(&self, parts: &[Part]) -> String {
        let whole = |i: usize, name: &str| {
            let each: Vec<String> = parts
                .iter()
                .filter(|part| part.shares[i] > 0.0)
                .map(|part| format!("{} {:.1} %", part.label, part.shares[i] * PERCENT))
                .collect();
            format!("{name}: {}.", each.join(", "))
        };
        let label = &self.label;
        match &self.wholes {
            Wholes::Names(names) => {
                let each: Vec<String> = names.iter().enumerate().map(|(i, name)| whole(i, name)).collect();
                format!("Stacked bars of {label}. {}", each.join(" "))
            }
            Wholes::Sizes(axis, sizes) => {
                let ends = [0, sizes.len().saturating_sub(1)];
                let each = ends
                    .map(|i| sizes.get(i).map(|size| whole(i, &format!("at {size}"))).unwrap_or_default());
                format!("Stacked areas of {label} over {}. {}", axis.label, each.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(parts: usize) -> SharesChart {
        let part = |i: usize| Part { label: format!("part {i}"), shares: vec![(i + 1) as f64; 2] };
        let mut parts: Vec<Part> = (0..parts).map(part).collect();
        let sum: f64 = parts.iter().map(|part| part.shares[0]).sum();
        parts.iter_mut().flat_map(|part| &mut part.shares).for_each(|share| *share /= sum);
        let wholes = Wholes::Names(vec!["first".into(), "last".into()]);
        SharesChart { title: "t".into(), subtitle: None, caption: None, label: "Share".into(), wholes, parts }
    }

    #[test]
    fn every_whole_is_full_and_no_piece_overlaps_another() {
        for count in [1, 2, 13, 14, 40] {
            let chart = shares(count).chart();
            let mut end = 0.0;
            for trace in &chart.traces {
                let Intervals::OfX(spans) = &trace.intervals else { panic!("{trace:?}") };
                let (from, to) = spans[0].unwrap();
                assert!((from - end).abs() < 1e-9 && to > from, "{count}");
                end = to;
            }
            assert!((end - 100.0).abs() < 1e-9, "{count}: {end}");
            assert!(chart.traces.len() <= 14);
        }
    }

    #[test]
    fn of_many_parts_the_smallest_are_one() {
        let chart = shares(16).chart();
        let labels: Vec<&str> = chart.traces.iter().map(|trace| trace.label.as_str()).collect();
        assert_eq!((labels[0], labels[12], labels[13]), ("part 3", "part 15", "other"));
    }

    #[test]
    fn names_stand_from_the_top_down() {
        let chart = shares(2).chart();
        assert_eq!(chart.traces[0].points.iter().map(|point| point.y).collect::<Vec<_>>(), [1.5, 0.5]);
    }
}
