//! What a model multiplies outside its layers.

use super::{Shares, linear};
use crate::error::ModelError;
use crate::product::Forward;
use crate::workload::Logits;

pub(super) fn products(shares: &mut Shares<'_>) -> Result<Vec<Forward>, ModelError> {
    let (tokens, hidden) = (shares.tokens, u64::from(shares.model.hidden));
    let vocab = shares.vocab();
    let rows = match shares.workload.logits {
        Logits::All => tokens,
        Logits::Last => shares.workload.batch.into(),
    };
    let Some(embedding) = shares.model.embedding.map(u64::from) else {
        return Ok(vec![linear(shares, "logits", rows, vocab, hidden)?]);
    };
    Ok(vec![
        linear(shares, "embedding_in", tokens, hidden, embedding)?,
        linear(shares, "embedding_out", tokens, embedding, hidden)?,
        linear(shares, "logits", rows, vocab, embedding)?,
    ])
}
