//! Whose numbers a file holds, and which time of its points they are by.

use super::sentence::Sentence;
use hovera_core::{Origin, PredictionInfo, Results, Stat, in_percent};

/// Whether the numbers are another program's.
pub(super) fn is_imported(results: &Results) -> bool {
    results.origin() == Origin::Imported
}

/// What is to be known before anything else of a file that hovera did not measure, or whose points stand by
/// another time than the median.
pub(super) fn origin(results: &Results) -> Option<Sentence> {
    if let Some(prediction) = &results.front_matter.prediction {
        return Some(predicted(prediction));
    }
    let by = format!("Each point's time is {}", time(results));
    let Some(source) = &results.front_matter.source else {
        return (results.stat() != Stat::Median).then(|| Sentence::new(by + "."));
    };
    let mut said = Sentence::new("Not measured by hovera: imported from ").quote(&source.file);
    for (lead, text) in [(" of ", &source.origin), (", under ", &source.licence)] {
        if let Some(text) = text {
            said = said.words(lead).quote(text);
        }
    }
    Some(said.words(format!(". {by}.")))
}

/// That nothing was measured, and what says the numbers.
fn predicted(PredictionInfo { card, library, points, coverage }: &PredictionInfo) -> Sentence {
    Sentence::new("Not measured: predicted by a model whose constants are fitted to ")
        .words(format!("{} of ", super::sentence::counted(*points as usize, "point")))
        .quote(card)
        .words(" with ")
        .quote(library)
        .words(format!(". {} of measured times should lie in its intervals.", in_percent(*coverage, 0)))
}

/// Which of a point's times stands for it: `the slowest of its 99 launches`, or `of its launches` where they are
/// not as many for each, or nobody knows.
fn time(results: &Results) -> String {
    let samples = || results.rows.iter().filter_map(|row| row.timing).map(|timing| timing.samples);
    let first = samples().next().flatten();
    let all = first.filter(|first| samples().all(|samples| samples == Some(*first)));
    let count = all.map(|count| format!("{count} ")).unwrap_or_default();
    format!("the {} of its {count}launches", in_words(results.stat()))
}

/// A launch by its time.
pub(super) fn in_words(stat: Stat) -> &'static str {
    match stat {
        Stat::Median => "median",
        Stat::Min => "fastest",
        Stat::Max => "slowest",
        Stat::Mean => "mean",
    }
}
