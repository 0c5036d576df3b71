//! What an argument of `hovera model` is.

use super::built_in;
use crate::files::inputs;
use crate::files::reading::{Wanted, read_text};
use crate::talk::voice::shown;
use anyhow::Result;
use hovera_core::FileKind;
use std::path::Path;

pub(crate) enum ModelArgument {
    /// A model to be.
    Configuration {
        /// What errors call it.
        file: String,
        /// What the model is called where its text does not tell.
        name: String,
        text: String,
    },
    /// A file of results, or several.
    Results,
}

impl ModelArgument {
    pub(crate) fn open(argument: &Path) -> Result<ModelArgument> {
        let file = shown(argument);
        if let Some(name) = argument.to_str().and_then(|argument| argument.strip_prefix("model:")) {
            let text = built_in::find(name)?.to_owned();
            return Ok(ModelArgument::Configuration { file, name: name.to_owned(), text });
        }
        if inputs::recorded_name(argument).is_some() {
            return Ok(ModelArgument::Results);
        }
        // Models lie in folders of their name, their configuration under the same name in each.
        let config = argument.join("config.json");
        if argument.is_dir() && config.is_file() {
            return ModelArgument::open(&config);
        }
        let text = read_text(argument, Wanted::Model)?;
        if FileKind::of_text(&text) == Some(FileKind::Results) {
            return Ok(ModelArgument::Results);
        }
        Ok(ModelArgument::Configuration { file, name: name(argument), text })
    }
}

/// `llama` of `llama/config.json` as of `llama.toml`.
fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let absolute = std::path::absolute(path).ok();
    let folder = absolute.as_deref().and_then(Path::parent).and_then(Path::file_name);
    match (stem.as_str(), folder) {
        ("config", Some(folder)) => folder.to_string_lossy().into_owned(),
        _ => stem,
    }
}
