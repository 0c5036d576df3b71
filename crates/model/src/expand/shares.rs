//! What one tensor-parallel rank has of a model.

use crate::error::ModelError;
use crate::transformer::Transformer;
use crate::workload::Workload;
use hovera_core::MAX_DIMENSION;

/// A rank's share of what ranks share, and what there is to say of it.
pub(super) struct Shares<'a> {
    pub(super) model: &'a Transformer,
    pub(super) workload: Workload,
    /// b·s.
    pub(super) tokens: u64,
    remarks: Vec<String>,
}

impl<'a> Shares<'a> {
    pub(super) fn new(model: &'a Transformer, workload: Workload) -> Result<Shares<'a>, ModelError> {
        let tokens = u64::from(workload.batch) * u64::from(workload.seq);
        let shares = Shares { model, workload, tokens, remarks: Vec::new() };
        for (what, value) in
            [("batch", workload.batch), ("seq", workload.seq), ("tensor_parallel", workload.tensor_parallel)]
        {
            if value == 0 {
                return Err(shares.refuse(what, value, "1 or more"));
            }
        }
        if tokens > MAX_DIMENSION {
            return Err(shares.refuse("batch · seq", tokens, format!("at most {MAX_DIMENSION} tokens")));
        }
        match workload.keys {
            Some(keys) if keys < workload.seq => {
                Err(shares.refuse("keys", keys, format!("at least seq = {}", workload.seq)))
            }
            Some(keys) if workload.training && keys != workload.seq => {
                Err(shares.refuse("keys", keys, "no cache in a training step"))
            }
            _ => Ok(shares),
        }
    }

    pub(super) fn refuse(&self, key: &str, value: impl ToString, want: impl Into<String>) -> ModelError {
        ModelError::Value {
            file: self.model.name.clone(),
            key: key.to_owned(),
            value: value.to_string(),
            want: want.into(),
        }
    }

    fn ranks(&self) -> u32 {
        self.workload.tensor_parallel
    }

    /// A part of what ranks must divide.
    pub(super) fn part(&self, what: &str, size: u32) -> Result<u64, ModelError> {
        match size.is_multiple_of(self.ranks()) {
            true => Ok((size / self.ranks()).into()),
            false => {
                Err(self.refuse("tensor_parallel", self.ranks(), format!("a divisor of {what} = {size}")))
            }
        }
    }

    /// Key and value heads: where there are fewer than ranks, each rank has a copy of one.
    pub(super) fn kv_heads(&mut self, kv_heads: u32) -> Result<u64, ModelError> {
        let ranks = self.ranks();
        if kv_heads < ranks && ranks.is_multiple_of(kv_heads) {
            let (heads, verb) = match kv_heads {
                1 => ("1 key and value head".to_owned(), "it"),
                many => (format!("{many} key and value heads"), "one of them"),
            };
            self.say(format!("{heads} on {ranks} ranks: each rank has {verb}, a copy of other ranks'"));
            return Ok(1);
        }
        self.part("kv_heads", kv_heads)
    }

    /// The vocabulary: padded to a multiple of the ranks.
    pub(super) fn vocab(&mut self) -> u64 {
        let (vocab, ranks) = (self.model.vocab, self.ranks());
        let part = vocab.div_ceil(ranks);
        let padded = u64::from(part) * u64::from(ranks);
        if padded != u64::from(vocab) {
            self.say(format!(
                "the vocabulary of {vocab} is padded to {padded}, {part} on each of {ranks} ranks"
            ));
        }
        part.into()
    }

    pub(super) fn say(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    pub(super) fn remarks(self) -> Vec<String> {
        self.remarks
    }
}
