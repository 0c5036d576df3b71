//! What is asked for: the spec of a sweep, its plan, and the shards that share it.

pub(crate) mod plan;
pub(crate) mod shard;
pub(crate) mod spec;
pub(crate) mod stretch;
pub(crate) mod timers;
