//! Enums that are written as one word in specs and results files.

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

        impl std::str::FromStr for $type {
            type Err = $crate::words::text_enum::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word).ok_or_else(|| {
                    $crate::words::text_enum::UnknownWord {
                        name: $name,
                        value: word.to_owned(),
                        choices: [$( $word ),+].join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use text_enum;
