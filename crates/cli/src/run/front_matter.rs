//! What a results file says of its run before its rows.

use crate::VERSION;
use crate::run::cards::OpenBackend;
use hovera_core::{Convention, FrontMatter, Method, Point, Shard, Software, SweepInfo, SweepSpec};

/// `points` are those of the whole sweep. Only one that has some of fused attention depends on cuDNN's version.
pub(super) fn front_matter(
    spec: &SweepSpec,
    shard: Option<Shard>,
    method: Method,
    cards: &[OpenBackend],
    points: &[Point],
) -> FrontMatter {
    let found = cards[0].software();
    let cudnn = found.cudnn.clone().filter(|_| points.iter().any(|point| !point.op.is_product()));
    let (version, revision) = match VERSION.split_once(" (") {
        Some((version, revision)) => (version, Some(revision.trim_end_matches(')').to_owned())),
        None => (VERSION, None),
    };
    FrontMatter {
        started: start_time(),
        sweep: SweepInfo {
            name: spec.name().to_owned(),
            spec_hash: spec.canonical_hash(),
            spec: spec.text().to_owned(),
            shard,
        },
        source: None,
        prediction: None,
        method,
        software: Software { hovera: version.to_owned(), revision, cudnn, ..found.clone() },
        device: cards.iter().map(|card| card.device().clone()).collect(),
        convention: Convention::of(points),
        model: Vec::new(),
    }
}

/// For the reader of the file; nothing is worked out from it.
#[expect(clippy::disallowed_methods)]
fn start_time() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string()
}
