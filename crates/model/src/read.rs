//! A file to a [`Transformer`]: Hugging Face's `config.json` or hovera's own TOML.

use crate::architecture::{Architecture, Sizes};
use crate::error::ModelError;
use crate::fields::{Fields, unknown_key};
use crate::own;
use crate::transformer::Transformer;
use serde_json::{Map, Value};

/// Where a multimodal model's configuration has its text part.
const TEXT_PARTS: [&str; 4] = ["text_config", "language_config", "llm_config", "thinker_config"];

/// A key that is taken to have this value, whatever the file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    key: String,
    value: Value,
}

impl Override {
    /// The value is JSON where it is that, else a text.
    ///
    /// ```
    /// use hovera_model::Override;
    /// let vocab = Override::new("vocab_size", "50304");
    /// assert_eq!(vocab.to_string(), "vocab_size=50304");
    /// ```
    #[must_use]
    pub fn new(key: &str, value: &str) -> Override {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Override { key: key.to_owned(), value }
    }
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl Transformer {
    /// Reads a configuration. `file` is what errors call it, `name` what the model is called where the
    /// configuration does not tell. A text that begins with `{` is `config.json`, any other is TOML. The
    /// overrides are keys of the text part of a multimodal model.
    ///
    /// # Errors
    /// [`ModelError`], with the key, its value and what would be right. An architecture that is not known is one,
    /// and so is a key that is missing where transformers would take some number of its own.
    ///
    /// ```
    /// use hovera_model::Transformer;
    /// let gpt2 = r#"{ "model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257 }"#;
    /// let model = Transformer::read("config.json", "gpt2", gpt2, &[])?;
    /// assert_eq!((model.hidden, model.vocab, model.layer_count()), (768, 50257, 12));
    ///
    /// let error = Transformer::read("config.json", "x", r#"{ "model_type": "mamba" }"#, &[]).unwrap_err();
    /// assert!(error.to_string().starts_with(
    ///     "config.json: model_type = \"mamba\": not an architecture that hovera knows"
    /// ));
    /// # Ok::<(), hovera_model::ModelError>(())
    /// ```
    pub fn read(
        file: &str,
        name: &str,
        text: &str,
        overrides: &[Override],
    ) -> Result<Transformer, ModelError> {
        if text.trim_start().starts_with('{') {
            return from_json(file, name, text, overrides);
        }
        let mut table = own::parse(file, text)?;
        let replaced = set(&mut table, overrides);
        let fields = Fields::new(file, String::new(), &table);
        let mut model = own::read(&fields, name)?;
        refuse_unread(&fields, overrides)?;
        fields.refuse_unknown()?;
        model.remarks.extend(replaced);
        Ok(model)
    }
}

fn from_json(file: &str, name: &str, text: &str, overrides: &[Override]) -> Result<Transformer, ModelError> {
    let mut document: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| ModelError::Syntax {
            file: file.to_owned(),
            line: error.line(),
            format: "JSON",
            reason: error.to_string(),
        })?;
    let whole = Fields::new(file, String::new(), &document);
    let outer = whole.text("model_type")?.map(str::to_owned);
    let mut remarks = Vec::new();
    let mut prefix = String::new();
    // Thinkers of Qwen have a text part of their own.
    for _ in 0..2 {
        if Fields::new(file, prefix.clone(), &document).has("hidden_size") {
            break;
        }
        let part = TEXT_PARTS.into_iter().find(|part| document.get(*part).is_some_and(Value::is_object));
        let Some((part, Value::Object(table))) = part.and_then(|part| document.remove_entry(part)) else {
            break;
        };
        prefix = format!("{prefix}{part}.");
        document = table;
    }
    let of_encoder = ["vision_config", "audio_config"].into_iter().any(|key| document.contains_key(key));
    if !prefix.is_empty() || of_encoder {
        let whole = outer.map(|outer| format!("a {outer} model")).unwrap_or_else(|| "the model".to_owned());
        let part = match prefix.trim_end_matches('.') {
            "" => String::new(),
            part => format!(" ({part})"),
        };
        remarks.push(format!("the text part of {whole} only{part}: no encoder of pictures or sound"));
    }
    let replaced = set(&mut document, overrides);
    let fields = Fields::new(file, prefix, &document);
    let (architecture, remark) = architecture(&fields)?;
    remarks.extend(remark);
    remarks.extend(replaced);
    let Sizes { hidden, vocab, embedding, layers } = architecture.read(&fields)?;
    refuse_unread(&fields, overrides)?;
    let (name, architecture) = (name.to_owned(), architecture.model_type.to_owned());
    Ok(Transformer { name, architecture, hidden, vocab, embedding, layers, remarks })
}

/// By `model_type`; by the class that `architectures` names where that type is not known, which is said.
fn architecture(fields: &Fields<'_>) -> Result<(&'static Architecture, Option<String>), ModelError> {
    let model_type = fields.text("model_type")?;
    if let Some(known) = model_type.and_then(Architecture::of_model_type) {
        return Ok((known, None));
    }
    let class = fields.list("architectures")?.unwrap_or_default().first().and_then(Value::as_str);
    if let Some((known, class)) = class.and_then(|class| Some((Architecture::of_class(class)?, class))) {
        let remark = format!("read as a {} model: architectures names {class}", known.model_type);
        return Ok((known, Some(remark)));
    }
    let known = Architecture::known();
    match model_type {
        None => Err(fields.missing("model_type", format!("one of {known}"))),
        Some(_) => Err(fields.unknown_architecture("model_type", known)),
    }
}

/// Puts the overrides in their places; what was there, in words.
fn set(table: &mut Map<String, Value>, overrides: &[Override]) -> Vec<String> {
    let replace = |Override { key, value }: &Override| {
        let before = table.insert(key.clone(), value.clone());
        let before = before.map_or_else(|| "not there".to_owned(), |before| before.to_string());
        format!("{key} is {value} instead of {}", hovera_core::excerpt(&before, 60))
    };
    overrides.iter().map(replace).collect()
}

/// An override that changes nothing is a slip.
fn refuse_unread(fields: &Fields<'_>, overrides: &[Override]) -> Result<(), ModelError> {
    let asked = fields.asked();
    match overrides.iter().find(|it| !asked.contains(it.key.as_str())) {
        None => Ok(()),
        Some(Override { key, .. }) => Err(unknown_key(fields.file(), "", key, &asked)),
    }
}
