//! Texts that come again and again, each in memory once.

use rustc_hash::FxHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::hash::Hasher;
use std::ops::Deref;
use std::sync::Arc;

/// So many texts are remembered. A sweep has some dozens of kernels, and some hundreds of grids.
const PLACES: usize = 1 << 10;
/// A longer text is hardly one that comes again.
const LONGEST: usize = 256;

/// A text of which many can be the same, such as a kernel's name: they share its memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedText(Arc<str>);

thread_local! {
    /// The text met last at each place of a hash. Each thread has its own: none waits for another.
    static MET: RefCell<Vec<Option<SharedText>>> = const { RefCell::new(Vec::new()) };
}

impl SharedText {
    /// The text: where it was met lately, the one that is in memory. To take memory for each kernel's name in each row
    /// costs more than to read the row.
    pub(crate) fn met(text: &str) -> SharedText {
        if text.len() > LONGEST {
            return text.into();
        }
        MET.with_borrow_mut(|met| {
            if met.is_empty() {
                met.resize(PLACES, None);
            }
            let mut hasher = FxHasher::default();
            hasher.write(text.as_bytes());
            let place = &mut met[hasher.finish() as usize % PLACES];
            match place {
                Some(known) if **known == *text => known.clone(),
                _ => place.insert(text.into()).clone(),
            }
        })
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> SharedText {
        SharedText(text.into())
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> SharedText {
        SharedText(text.into())
    }
}

impl From<Cow<'_, str>> for SharedText {
    fn from(text: Cow<'_, str>) -> SharedText {
        SharedText(text.into())
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Serialize for SharedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for SharedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedText, D::Error> {
        String::deserialize(deserializer).map(SharedText::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_comes_again_is_in_memory_once() {
        let (first, again) = (SharedText::met("128x1x48"), SharedText::met("128x1x48"));
        assert!(Arc::ptr_eq(&first.0, &again.0));
        let long = "x".repeat(LONGEST + 1);
        assert!(!Arc::ptr_eq(&SharedText::met(&long).0, &SharedText::met(&long).0));
    }

    #[test]
    fn however_many_there_are_each_is_itself() {
        for round in 0..2 {
            for number in 0..4 * PLACES {
                let text = format!("{number}x1x{round}");
                assert_eq!(*SharedText::met(&text), *text);
            }
        }
        assert_eq!((&*SharedText::met(""), &*SharedText::met("µ")), ("", "µ"));
    }

    #[test]
    fn it_is_written_as_the_text_that_it_is() {
        let text = SharedText::from("a \"b\"");
        assert_eq!(
            (text.to_string(), format!("{text:?}")),
            ("a \"b\"".to_owned(), r#""a \"b\"""#.to_owned())
        );
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).ok()), (r#""a \"b\"""#, Some(text)));
    }
}
