//! Cards of a fleet side by side: how far each is from the others, and which are outliers.

use crate::chart::{Axis, Chart, Colour, Dash, DataPoint, Intervals, Marker, Style, Trace};
use crate::round_range::round_ends;
use hovera_core::in_percent;

/// More names than this cannot be read along one axis.
const MOST_NAMES: usize = 40;
/// Of the axis's length, what a name takes, and what all of them may take.
const NAME_ROOM: f64 = 0.043;
const NAMES_ROOM: f64 = 0.8;
/// The axis reaches at least so far from 0, in percent: noise should not look like a difference.
const LEAST_REACH: f64 = 0.5;
const CARD: Colour = Colour::hex(0x1f77b4);
const OUTLIER: Colour = Colour::hex(0xd62728);
const ZERO: Colour = Colour::hex(0x333333);

/// A card and how far it is from the fleet, as fractions: -0.05 is 5 % below.
#[derive(Debug, Clone, PartialEq)]
pub struct CardDeviation {
    /// What the card is called.
    pub name: String,
    /// Its deviation.
    pub deviation: f64,
    /// Lower end of the deviation's interval.
    pub low: f64,
    /// Upper end of the deviation's interval.
    pub high: f64,
    /// Whether it was found to be an outlier.
    pub outlier: bool,
}

impl CardDeviation {
    /// Where the low end, the deviation and the high end are on an axis of percent.
    fn places(&self) -> [f64; 3] {
        [self.low, self.deviation, self.high].map(|fraction| fraction * 100.0)
    }
}

/// A fleet to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetChart {
    /// The line above the axes.
    pub title: String,
    /// What deviates from what; ` (%)` follows.
    pub deviation: String,
    /// What the numbers are and where they come from.
    pub caption: Option<String>,
    /// The cards, in any order.
    pub cards: Vec<CardDeviation>,
}

impl FleetChart {
    /// The chart: a row for each card, the lowest deviation at the bottom, with its interval; outliers
    /// are red diamonds. Up to 40 cards are all named; of more only the outliers, and of those the 40
    /// farthest from 0, which have higher rows than the others. The description names all outliers.
    ///
    /// ```
    /// use hovera_plot::{CardDeviation, Figure, FleetChart};
    /// let card = |name: &str, deviation: f64, outlier| CardDeviation {
    ///     name: name.into(), deviation, low: deviation - 0.002, high: deviation + 0.002, outlier,
    /// };
    /// let chart = FleetChart {
    ///     title: "Made up".into(),
    ///     deviation: "Throughput against the Fleet's Median".into(),
    ///     caption: None,
    ///     cards: vec![card("a", 0.001, false), card("b", -0.062, true), card("c", -0.001, false)],
    /// }.chart();
    /// assert!(chart.desc.ends_with("The outlier is b (-6.2 %)."));
    /// assert!(Figure::draw(&chart)?.svg().contains(">b</text>"));
    /// # Ok::<(), hovera_plot::PlotError>(())
    /// ```
    #[must_use]
    pub fn chart(&self) -> Chart {
        let mut cards: Vec<&CardDeviation> = self.cards.iter().collect();
        cards.sort_by(|a, b| a.deviation.total_cmp(&b.deviation).then_with(|| a.name.cmp(&b.name)));
        let ends = cards.iter().flat_map(|card| card.places());
        let (low, high) = ends.fold((0.0f64, 0.0f64), |(low, high), end| (low.min(end), high.max(end)));
        let (min, max, step) = round_ends(low.min(-LEAST_REACH), high.max(LEAST_REACH));
        let slots = slots(&cards);
        let y = Axis::named("Card", slots.iter().flat_map(Slot::names).collect());
        let zero = Trace {
            label: "fleet".to_owned(),
            listed: false,
            heading: None,
            colour: ZERO,
            style: Style::Guide(Dash::Solid),
            points: [(0.0, 0.0), (0.0, y.max)].map(DataPoint::from).to_vec(),
            intervals: Intervals::None,
        };
        let mut traces = vec![zero];
        traces.extend(trace(&slots, false, "card", CARD, Marker::Circle));
        traces.extend(trace(&slots, true, "outlier", OUTLIER, Marker::Diamond));
        Chart {
            title: self.title.clone(),
            subtitle: None,
            x: Axis::linear(&format!("{} (%)", self.deviation), min, max, step),
            y,
            cells: None,
            traces,
            caption: self.caption.clone(),
            desc: self.in_words(&cards),
        }
    }

    fn in_words(&self, cards: &[&CardDeviation]) -> String {
        let named =
            |card: &&CardDeviation| format!("{} ({})", card.name, in_percent(card.deviation + 0.0, 1));
        let outliers: Vec<_> = cards.iter().filter(|card| card.outlier).map(named).collect();
        let outliers = match outliers.len() {
            0 => "There is no outlier.".to_owned(),
            1 => format!("The outlier is {}.", outliers[0]),
            count => format!("The {count} outliers are {}.", outliers.join(", ")),
        };
        let range = match (cards.first(), cards.last()) {
            (Some(first), Some(last)) => format!(", from {} to {}", named(first), named(last)),
            _ => String::new(),
        };
        format!(
            "Points of {} in percent, with an interval each, of {} cards in order{range}. {outliers}",
            self.deviation,
            cards.len()
        )
    }
}

/// A card's row: so many slots of the axis.
struct Slot<'a> {
    card: &'a CardDeviation,
    named: bool,
    first: usize,
    count: usize,
}

impl Slot<'_> {
    /// The names of its slots: its card's on the one in the middle.
    fn names(&self) -> impl Iterator<Item = String> {
        let name = |i| if self.named && i == self.count / 2 { self.card.name.clone() } else { String::new() };
        (0..self.count).map(name)
    }

    /// The place of its card on the axis.
    fn middle(&self) -> f64 {
        (self.first + self.count / 2) as f64 + 0.5
    }
}

/// The rows of the sorted cards, upwards.
fn slots<'a>(cards: &[&'a CardDeviation]) -> Vec<Slot<'a>> {
    let mut named: Vec<usize> = (0..cards.len()).collect();
    let mut height = 1;
    if cards.len() > MOST_NAMES {
        named.retain(|i| cards[*i].outlier);
        named.sort_by(|a, b| cards[*b].deviation.abs().total_cmp(&cards[*a].deviation.abs()));
        named.truncate(MOST_NAMES);
        named.sort_unstable();
        // Each of n names takes a part p of all slots, and the other cards one slot each: others / (1 - np).
        let others = (cards.len() - named.len()) as f64;
        let part = NAME_ROOM.min(NAMES_ROOM / named.len().max(1) as f64);
        height = (part * others / (1.0 - part * named.len() as f64)).ceil().max(1.0) as usize;
    }
    let mut first = 0;
    let slot = |(i, card): (usize, &&'a CardDeviation)| {
        let named = named.binary_search(&i).is_ok();
        let slot = Slot { card, named, first, count: if named { height } else { 1 } };
        first += slot.count;
        slot
    };
    cards.iter().enumerate().map(slot).collect()
}

/// The cards that are outliers, or those that are not; none without any.
fn trace(slots: &[Slot<'_>], outlier: bool, label: &str, colour: Colour, marker: Marker) -> Option<Trace> {
    let of_kind: Vec<_> = slots.iter().filter(|slot| slot.card.outlier == outlier).collect();
    (!of_kind.is_empty()).then(|| Trace {
        label: label.to_owned(),
        listed: true,
        heading: None,
        colour,
        style: Style::Dots(marker),
        points: of_kind.iter().map(|slot| (slot.card.places()[1], slot.middle()).into()).collect(),
        intervals: Intervals::OfX(
            of_kind.iter().map(|slot| slot.card.places()).map(|[low, _, high]| Some((low, high))).collect(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Spacing;

    fn card(i: usize, deviation: f64, outlier: bool) -> CardDeviation {
        let name = format!("card {i}");
        CardDeviation { name, deviation, low: deviation - 0.001, high: deviation + 0.001, outlier }
    }

    fn chart(cards: Vec<CardDeviation>) -> Chart {
        FleetChart { title: "t".into(), deviation: "d".into(), caption: None, cards }.chart()
    }

    fn named(chart: &Chart) -> Vec<String> {
        match &chart.y.spacing {
            Spacing::Named(names) => names.iter().filter(|name| !name.is_empty()).cloned().collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cards_are_sorted_whatever_their_order_and_outliers_are_of_another_kind() {
        let chart = chart(vec![card(0, 0.002, false), card(1, -0.08, true), card(2, -0.001, false)]);
        assert_eq!(named(&chart), ["card 1", "card 2", "card 0"]);
        let kinds: Vec<_> = chart
            .traces
            .iter()
            .map(|t| (t.label.as_str(), t.points.iter().map(|p| p.place()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(kinds[1..], [("card", vec![(-0.1, 1.5), (0.2, 2.5)]), ("outlier", vec![(-8.0, 0.5)])]);
        assert_eq!((chart.x.min, chart.x.max, chart.x.step), (-10.0, 2.0, 2.0));
    }

    #[test]
    fn of_many_cards_only_outliers_are_named_and_of_many_outliers_the_farthest() {
        let cards = |outliers: usize| {
            (0..1000).map(|i| card(i, -1e-5 * (1000 - i) as f64, i < outliers)).collect::<Vec<_>>()
        };
        assert_eq!(named(&chart(cards(2))), ["card 0", "card 1"]);
        let many = named(&chart(cards(50)));
        assert_eq!((many.len(), many[39].as_str()), (40, "card 39"));
        assert_eq!(chart(cards(0)).desc.split(". ").last(), Some("There is no outlier."));
        assert!(chart(cards(50)).desc.contains("The 50 outliers are card 0 (-1.0 %), card 1"));
    }

    #[test]
    fn no_card_is_no_chart() {
        let error = crate::Figure::draw(&chart(vec![])).unwrap_err();
        assert!(error.to_string().starts_with("axis \"Card\" of 0 names"), "{error}");
    }
}
