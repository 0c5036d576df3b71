//! What about their making keeps files from being compared.

use super::source::Source;
use hovera_core::Method;

/// The parts of the method that the first file and another do not share, each in words.
pub(super) fn differences(sources: &[Source]) -> Vec<String> {
    let method = |source: &Source| parts(&source.results.front_matter.method);
    let Some((first, others)) = sources.split_first() else { return Vec::new() };
    let ours = method(first);
    let mut differences = Vec::new();
    for other in others {
        for ((name, ours), (_, theirs)) in ours.iter().zip(method(other)) {
            if *ours != theirs {
                differences.push(format!("{name} ({ours} and {theirs})"));
            }
        }
    }
    differences.dedup();
    differences
}

/// What decides which number a shape gets.
fn parts(method: &Method) -> [(&'static str, String); 5] {
    let or_none = |word: &Option<String>| word.clone().unwrap_or_else(|| "none".to_owned());
    [
        ("preset", or_none(&method.preset)),
        ("pacing", method.pacing.clone()),
        ("cache", method.cache.clone().unwrap_or_else(|| "hot".to_owned())),
        ("timer", method.timer.clone()),
        ("data", method.data.clone()),
    ]
}
