//! Where a file is from, as its user says.

use hovera_core::{Device, FrontMatter, Method, Software, Source, SweepInfo};

/// Where a file is from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// What errors call the file; its name without folders is kept in the results.
    pub file: String,
    /// The card, by its product name; none where the file itself says.
    pub device: Option<String>,
    /// Whose numbers they are, and where they are published.
    pub origin: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// hovera's version, which does the import.
    pub hovera: String,
}

impl Provenance {
    /// The file's name without its folders, whichever way its system writes them.
    fn base_name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// The front matter of an imported file.
    pub(crate) fn front_matter(
        &self,
        format: &str,
        dated: Option<String>,
        method: Method,
        gemm: String,
        device: Vec<Device>,
    ) -> FrontMatter {
        let file = self.base_name().to_owned();
        let name = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem).to_owned();
        FrontMatter {
            started: String::new(),
            sweep: SweepInfo { name, spec_hash: String::new(), spec: String::new(), shard: None },
            source: Some(Source {
                origin: self.origin.clone(),
                licence: self.licence.clone(),
                file,
                format: format.to_owned(),
                dated,
            }),
            prediction: None,
            method,
            software: Software { hovera: self.hovera.clone(), gemm, ..Software::default() },
            device,
            convention: Vec::new(),
            model: Vec::new(),
        }
    }
}
