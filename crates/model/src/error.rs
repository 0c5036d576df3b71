//! Why a configuration or a workload was refused.

/// Every message starts with the file, names the key and its value, and says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The text is neither.
    #[error("{file}:{line}: not {format}: {reason}")]
    Syntax {
        /// The configuration.
        file: String,
        /// Counted from 1.
        line: usize,
        /// `JSON` or `TOML`.
        format: &'static str,
        /// What its reader says.
        reason: String,
    },
    /// A key that has no default is not there.
    #[error("{file}: {key} is missing: want {want}")]
    Missing {
        /// The configuration.
        file: String,
        /// The key, with the tables it is in.
        key: String,
        /// What would be right.
        want: String,
    },
    /// A value that cannot be.
    #[error("{file}: {key} = {value}: want {want}")]
    Value {
        /// The configuration.
        file: String,
        /// The key, with the tables it is in, or what was worked out of several.
        key: String,
        /// The value as the file spells it.
        value: String,
        /// What would be right.
        want: String,
    },
    /// A key that means nothing here.
    #[error(
        "{file}: unknown key {key}{}: want one of {known}",
        .suggestion.as_ref().map(|nearest| format!(" (did you mean {nearest}?)")).unwrap_or_default()
    )]
    UnknownKey {
        /// The configuration, or `--set`.
        file: String,
        /// The key, with the tables it is in.
        key: String,
        /// The known key that looks most like it.
        suggestion: Option<String>,
        /// Every key that would be right, comma-separated.
        known: String,
    },
    /// A model whose layers are not known.
    #[error(
        "{file}: {key} = {value}: not an architecture that hovera knows; want one of {known}, or hovera's own TOML \
         with the sizes of the layers (see crates/model/README.md)"
    )]
    Architecture {
        /// The configuration.
        file: String,
        /// Where it stands.
        key: String,
        /// What stands there.
        value: String,
        /// Every architecture that is known, comma-separated.
        known: String,
    },
}
