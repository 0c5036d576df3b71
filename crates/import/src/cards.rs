//! The cards of a file.

use crate::error::ImportError;
use hovera_core::Device;

/// The cards that measurements were made on, in the order in which they come.
#[derive(Debug)]
pub(crate) struct Cards<'a> {
    file: &'a str,
    /// The card that the user names.
    named: Option<&'a str>,
    /// What the file calls them.
    told: Vec<String>,
}

impl Cards<'_> {
    pub(crate) fn new<'a>(file: &'a str, named: Option<&'a str>) -> Cards<'a> {
        Cards { file, named, told: Vec::new() }
    }

    /// The index of the card that a measurement's line tells, or of the one that the user names.
    ///
    /// # Errors
    /// [`ImportError::NoDevice`] where neither does, and [`ImportError::Second`] where the user names one card and the
    /// file tells a second.
    pub(crate) fn index(&mut self, line: u64, told: Option<&str>) -> Result<u32, ImportError> {
        let name = told.unwrap_or_default();
        if name.is_empty() && self.named.is_none() {
            return Err(ImportError::NoDevice { file: self.file.to_owned() });
        }
        if let Some(place) = self.told.iter().position(|card| card == name) {
            return Ok(if self.named.is_some() { 0 } else { u32::try_from(place).unwrap_or(u32::MAX) });
        }
        if let (Some(first), Some(named)) = (self.told.first(), self.named) {
            return Err(ImportError::Second {
                file: self.file.to_owned(),
                line,
                what: "card",
                first: first.clone(),
                second: name.to_owned(),
                remedy: format!("--device names them both {named:?}; leave it out, or import one of them"),
            });
        }
        self.told.push(name.to_owned());
        Ok(if self.named.is_some() { 0 } else { u32::try_from(self.told.len() - 1).unwrap_or(u32::MAX) })
    }

    /// The front matter's list.
    pub(crate) fn devices(&self) -> Vec<Device> {
        match self.named {
            Some(name) => vec![device(name)],
            None => self.told.iter().map(|name| device(name)).collect(),
        }
    }
}

/// A card of which nothing but the name is known.
pub(crate) fn device(name: &str) -> Device {
    let backend = match (is_amd(name), is_nvidia(name)) {
        (true, _) => "hip",
        (_, true) => "cuda",
        _ => "other",
    };
    Device { name: name.to_owned(), backend: backend.to_owned(), ..Device::default() }
}

/// Whether a name is that of an AMD GPU, which cuBLAS does not run on: `AMD Instinct MI300X`, `gfx942`.
pub(crate) fn is_amd(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let word = word.to_ascii_lowercase();
        let numbered = |prefix: &str| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        ["amd", "instinct", "radeon"].contains(&word.as_str()) || numbered("mi") || numbered("gfx")
    })
}

/// Whether a name is that of an NVIDIA GPU: `NVIDIA L40S`, `A100-SXM4-40GB`, `GeForce RTX 4090`, `GH200`.
fn is_nvidia(name: &str) -> bool {
    let is_model = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'S');
        letters.len() < word.len() && ["V", "P", "T", "A", "L", "H", "B", "GH", "GB"].contains(&letters)
    };
    name.split(|c: char| !c.is_ascii_alphanumeric()).enumerate().any(|(place, word)| {
        let lower = word.to_ascii_lowercase();
        ["nvidia", "tesla", "geforce", "quadro", "rtx", "gtx"].contains(&lower.as_str())
            || place == 0 && is_model(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makers_are_told_apart() {
        for (name, backend) in [
            ("NVIDIA L40S", "cuda"),
            ("A100-SXM4-40GB", "cuda"),
            ("GH200 480GB", "cuda"),
            ("GeForce RTX 4090", "cuda"),
            ("AMD Instinct MI300X", "hip"),
            ("Intel Arc A770", "other"),
            ("Apple M3", "other"),
        ] {
            assert_eq!(device(name).backend, backend, "{name}");
        }
        for amd in ["AMD Instinct MI300X", "MI250X", "gfx942", "Radeon RX 7900 XTX"] {
            assert!(is_amd(amd), "{amd}");
        }
        for other in ["NVIDIA A100-SXM4-40GB", "NVIDIA RTX A6000 Mix", "Intel Arc A770"] {
            assert!(!is_amd(other), "{other}");
        }
    }

    #[test]
    fn a_second_card_under_one_name_is_refused_and_without_one_is_its_own() {
        let mut cards = Cards::new("f", None);
        let index = |cards: &mut Cards<'_>, name| cards.index(3, name).map_err(|error| error.to_string());
        assert_eq!(index(&mut cards, Some("A")), Ok(0));
        assert_eq!(index(&mut cards, Some("B")), Ok(1));
        assert_eq!(index(&mut cards, Some("A")), Ok(0));
        assert_eq!(cards.devices().len(), 2);
        assert!(index(&mut cards, None).is_err());
        let mut cards = Cards::new("f", Some("C"));
        assert_eq!(index(&mut cards, Some("A")), Ok(0));
        assert_eq!(
            index(&mut cards, Some("B")).unwrap_err(),
            "f:3: a second card, \"B\" after \"A\": --device names them both \"C\"; leave it out, or import one of them"
        );
        assert_eq!(cards.devices()[0].name, "C");
    }
}
