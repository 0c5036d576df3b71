//! The public models that are built into the binary.

use anyhow::{Result, bail};

mod table {
    include!(concat!(env!("OUT_DIR"), "/models.rs"));
}

/// The text of a model.
pub(super) fn find(name: &str) -> Result<&'static str> {
    match table::FILES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Ok(text),
        None => {
            let names: Vec<String> = table::FILES.iter().map(|(name, _)| format!("model:{name}")).collect();
            bail!("model:{name}: no such model is built in; there are {}", names.join(", "))
        }
    }
}
