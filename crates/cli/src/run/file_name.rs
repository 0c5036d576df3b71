//! What a results file is called.

use crate::args::Measuring;
use crate::run::sharding;
use hovera_core::FrontMatter;
use std::path::{Path, PathBuf};

/// Where the rows go; none where that is standard output.
pub(super) fn of_results(args: &Measuring, front_matter: &FrontMatter) -> Option<PathBuf> {
    match &args.output {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.clone()),
        None => Some(PathBuf::from(default_name(front_matter))),
    }
}

/// `attention-a12-nvidia-h100-80gb-hbm3.csv`.
fn default_name(front_matter: &FrontMatter) -> String {
    let device = front_matter.device.first().map_or("device", |d| &d.name);
    let sweep = &front_matter.sweep;
    let shard = sweep.shard.map(sharding::file_name_part).unwrap_or_default();
    format!("{}-{}{shard}.csv", sweep.name, slug(device))
}

/// Lower-case letters and digits, with one hyphen for everything between them.
pub(crate) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_name_becomes_a_file_name() {
        assert_eq!(slug("NVIDIA H100 80GB HBM3"), "nvidia-h100-80gb-hbm3");
        assert_eq!(slug("AMD EPYC 7R13 @ 2.6GHz (x)"), "amd-epyc-7r13-2-6ghz-x");
        assert_eq!(slug("../../etc"), "etc");
    }
}
