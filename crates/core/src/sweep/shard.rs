//! One of several parts that a sweep is split into, one for each job of a cluster.

use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};
use std::num::NonZeroU32;
use std::str::FromStr;

/// Shard `index` of `count`, written `3/8`. Counted from 1: the last of eight is `8/8`.
///
/// ```
/// use hovera_core::Shard;
/// let shard: Shard = "3/8".parse()?;
/// assert_eq!((shard.index(), shard.count().get()), (3, 8));
/// let error = "0/8".parse::<Shard>().unwrap_err();
/// assert_eq!(error.to_string(), r#"shard "0/8": want I/N such as 3/8, with I from 1 to N"#);
/// # Ok::<(), hovera_core::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u32,
    count: NonZeroU32,
}

/// A text that names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shard {0:?}: want I/N such as 3/8, with I from 1 to N")]
pub struct ShardError(pub String);

impl Shard {
    /// Shard `index` of `count`, both counted from 1.
    ///
    /// # Errors
    /// [`ShardError`] when there is no such shard.
    pub fn new(index: u32, count: u32) -> Result<Shard, ShardError> {
        match NonZeroU32::new(count) {
            Some(of) if (1..=count).contains(&index) => Ok(Shard { index, count: of }),
            _ => Err(ShardError(format!("{index}/{count}"))),
        }
    }

    /// Which one, from 1.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Of how many.
    #[must_use]
    pub fn count(self) -> NonZeroU32 {
        self.count
    }
}

impl Display for Shard {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Shard, ShardError> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        numbers
            .and_then(|(index, count)| Shard::new(index, count).ok())
            .ok_or_else(|| ShardError(text.to_owned()))
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Shard, ShardError> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_counted_from_one() {
        for (text, index) in [("1/1", 1), ("3/8", 3), ("10000/10000", 10_000)] {
            let shard: Shard = text.parse().unwrap();
            assert_eq!((shard.index(), shard.to_string().as_str()), (index, text));
        }
        for wrong in
            ["", "3", "/", "0/8", "9/8", "0/0", "1/0", "-1/8", "3/8/9", "1.5/2", "1/4294967296", "a/b"]
        {
            assert_eq!(wrong.parse::<Shard>(), Err(ShardError(wrong.into())), "{wrong}");
        }
    }
}
