//! Enums that are written as one word in specs and results files.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A word that is none of the words that were possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value:?}: want {choices}")]
pub struct UnknownWord {
    /// Which column or spec key.
    pub name: &'static str,
    /// What stood there.
    pub value: String,
    /// The words that would have been right, comma-separated.
    pub choices: String,
}

/// Reads a word wherever text can stand: in a message as in TOML.
pub struct WordVisitor<T>(pub PhantomData<T>);

impl<T: FromStr<Err = UnknownWord>> serde::de::Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<T, E> {
        word.parse().map_err(E::custom)
    }
}

/// Declares an enum each of whose variants is one word in specs, results files and on the command line, with
/// `NAME`, `ALL`, `as_str`, [`Display`](std::fmt::Display) and [`FromStr`](std::str::FromStr), which fails with
/// [`UnknownWord`], and serde's traits (the crate that declares it depends on serde).
#[macro_export]
macro_rules! text_enum {
    (
        $(#[$doc:meta])*
        $type:ident, $name:literal { $( $(#[$vdoc:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $( $(#[$vdoc])* $variant, )+ }

        impl $type {
            /// The column or spec key that holds it.
            pub const NAME: &'static str = $name;
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The word in specs and results files.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = $crate::WordVisitor(std::marker::PhantomData);
                deserializer.deserialize_str(visitor)
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::UnknownWord {
                        name: $name,
                        value: word.to_owned(),
                        choices: [$( $word ),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use text_enum;
