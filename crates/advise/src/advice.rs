//! Which change of each size is the best, and whether it is worth a word.

use crate::AdviseError;
use crate::candidates::{of_model, roundness};
use crate::cause::Cause;
use crate::change::Change;
use crate::forecast::{Asked, Forecast};
use crate::saving::Saving;
use crate::subject::{Line, Subject, lines};
use hovera_model::{LaidOutGemm, Transformer};

/// Less than this share of the time is not worth a change.
pub const LEAST: f64 = 0.01;

/// Savings that differ by less than this share of the best are alike: of those the roundest value is taken.
pub(crate) const ALIKE: f64 = 0.1;

/// A change that saves time.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// The size and its values.
    pub change: Change,
    /// Why the value costs.
    pub cause: Cause,
    /// What is saved on each card, in the order that they were given.
    pub savings: Vec<Saving>,
    /// Parameters of the linear layers before and after.
    pub parameters: [u128; 2],
    /// FLOP of the pass before and after, on one rank.
    pub flop: [u128; 2],
}

impl Advice {
    /// The card on which the least is saved.
    #[must_use]
    pub fn worst(&self) -> Option<&Saving> {
        worst(&self.savings)
    }

    /// What the change saves by another forecast, such as one that was measured; none where that does not know all
    /// products.
    #[must_use]
    pub fn saving_by(&self, subject: &Subject, forecast: &dyn Forecast) -> Option<Saving> {
        let lines_of = |model: &Transformer| Some(lines(&subject.products(model).ok()?, subject.has_vocab));
        let (before, after) = (lines_of(&subject.model)?, lines_of(&self.change.apply(&subject.model))?);
        Saving::of_lines(&mut Asked::new(forecast, subject.dtype), &before, &after)
    }

    /// The products before and after, each once: what is to be measured to know what is saved.
    ///
    /// # Errors
    /// [`AdviseError::Model`], as of the model that was advised on.
    pub fn products(&self, subject: &Subject) -> Result<Vec<LaidOutGemm>, AdviseError> {
        let mut all = subject.products(&subject.model)?.distinct();
        let after = subject.products(&self.change.apply(&subject.model))?.distinct();
        all.extend(after.into_iter().filter(|product| !all.contains(product)).collect::<Vec<_>>());
        Ok(all)
    }

    /// The model with the change.
    #[must_use]
    pub fn apply(&self, model: &Transformer) -> Transformer {
        self.change.apply(model)
    }
}

fn worst(savings: &[Saving]) -> Option<&Saving> {
    savings.iter().min_by(|one, next| one.beyond_flop().total_cmp(&next.beyond_flop()))
}

/// Of each size of the model the neighbouring value that saves the most, where it is worth a word on every card: at
/// least [`LEAST`] of the time, and more than nothing at the low end of the 80 % interval. The most saved first.
///
/// # Errors
/// [`AdviseError`], for a model that cannot be shared as is asked, for no card, and for a product whose time a card's
/// forecast does not know.
pub fn advise(subject: &Subject, forecasts: &[&dyn Forecast]) -> Result<Vec<Advice>, AdviseError> {
    if forecasts.is_empty() {
        return Err(AdviseError::NoCard);
    }
    let products = subject.products(&subject.model)?;
    let before = lines(&products, subject.has_vocab);
    let mut asked: Vec<Asked<'_>> =
        forecasts.iter().map(|forecast| Asked::new(*forecast, subject.dtype)).collect();
    for card in &mut asked {
        if let Some(unknown) = before.iter().find(|line| card.expect(line.product).is_none()) {
            let (card, product) = (card.forecast.card().to_owned(), unknown.product.gemm.to_string());
            return Err(AdviseError::Unknown { card, product, dtype: subject.dtype });
        }
    }
    let ranks = subject.workload.tensor_parallel;
    let mut all = Vec::new();
    for changes in of_model(&subject.model, subject.has_vocab, ranks, subject.dtype) {
        let tried = changes.into_iter().filter_map(|change| tried(subject, change, &before, &mut asked));
        let Some(best) = best(tried.collect(), ranks) else { continue };
        let model = best.change.apply(&subject.model);
        let cause = Cause::of_lines(&before, &best.after, subject.dtype);
        all.push(Advice {
            change: best.change,
            cause,
            savings: best.savings,
            parameters: [subject.parameters(&subject.model), subject.parameters(&model)],
            flop: [products.flop(), subject.products(&model)?.flop()],
        });
    }
    let most = |advice: &Advice| advice.worst().map_or(0.0, Saving::of_model);
    all.sort_by(|one, next| most(next).total_cmp(&most(one)));
    Ok(all)
}

/// A change with what it saves.
struct Tried {
    change: Change,
    after: Vec<Line>,
    savings: Vec<Saving>,
}

impl Tried {
    /// On the card where it is the least.
    fn beyond_flop(&self) -> f64 {
        worst(&self.savings).map_or(f64::NEG_INFINITY, Saving::beyond_flop)
    }
}

/// None where the ranks cannot share the changed model, or a time is not known.
fn tried(subject: &Subject, change: Change, before: &[Line], asked: &mut [Asked<'_>]) -> Option<Tried> {
    let products = subject.products(&change.apply(&subject.model)).ok()?;
    let after = lines(&products, subject.has_vocab);
    let savings =
        asked.iter_mut().map(|card| Saving::of_lines(card, before, &after)).collect::<Option<_>>()?;
    Some(Tried { change, after, savings })
}

/// The best of those that are worth a word; of those that are nearly as good the roundest, then the nearest.
fn best(mut tried: Vec<Tried>, ranks: u32) -> Option<Tried> {
    tried.retain(|it| it.savings.iter().all(|saving| saving.is_worth(LEAST)));
    let most = tried.iter().map(Tried::beyond_flop).fold(0.0, f64::max);
    let alike = tried.into_iter().filter(|it| it.beyond_flop() >= most * (1.0 - ALIKE));
    alike.min_by_key(|it| {
        let Change { from, to, .. } = it.change;
        (std::cmp::Reverse(roundness(&it.change, ranks)), from.abs_diff(to))
    })
}
