//! Puts the git revision into the binary, and the lists of recorded sweeps, of specs and of public models.
//!
//! `sweeps` and `models` here are links to the repository's folders, so that a published package has the files in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parts of a crate's folder that are in the binary.
const BUILT_OF: [&str; 4] = ["src", "kernels", "families", "Cargo.toml"];

fn main() {
    revision();
    recorded();
    named_tomls("models");
    named_tomls("sweeps");
}

/// ` (1a2b3c4d5e6f)`, or nothing where there is no checkout or no git. A binary of sources that no commit has says
/// `1a2b3c4d5e6f-dirty`, and so do the files that it writes.
fn revision() {
    println!("cargo:rerun-if-changed=../../.git/HEAD");
    println!("cargo:rerun-if-changed=../../.git/logs/HEAD");
    let sources = sources();
    sources.iter().for_each(|path| println!("cargo:rerun-if-changed={}", path.display()));
    let suffix = match Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output() {
        Ok(output) if output.status.success() => {
            let compare = Command::new("git").args(["diff", "--quiet", "HEAD", "--"]).args(&sources).status();
            let dirty = if compare.is_ok_and(|status| status.code() == Some(1)) { "-dirty" } else { "" };
            format!(" ({}{dirty})", String::from_utf8_lossy(&output.stdout).trim())
        }
        _ => String::new(),
    };
    println!("cargo:rustc-env=HOVERA_REVISION_SUFFIX={suffix}");
}

/// What every crate is built of, and the versions of its dependencies.
fn sources() -> Vec<PathBuf> {
    let of_crates = folder(Path::new("..")).into_iter().flat_map(|path| BUILT_OF.map(|part| path.join(part)));
    let others = ["../../Cargo.toml", "../../Cargo.lock"].map(PathBuf::from);
    of_crates.chain(others).filter(|path| path.exists()).collect()
}

/// Every sweeps/recorded/<gpu>/<sweep>.csv becomes a constant of the binary.
fn recorded() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&manifest).join("sweeps/recorded");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files: Vec<PathBuf> = folder(&root).iter().flat_map(|gpu| folder(gpu)).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "csv"));
    files.sort();
    let mut table = String::from("pub(crate) const FILES: &[(&str, &str, &str)] = &[\n");
    for path in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name =
            |p: Option<&std::ffi::OsStr>| p.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        let gpu = name(path.parent().and_then(Path::file_name));
        let sweep = name(path.file_stem());
        table.push_str(&format!(
            "    ({gpu:?}, {sweep:?}, include_str!({:?})),\n",
            path.display().to_string()
        ));
    }
    table.push_str("];\n");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("recorded.rs"), table).expect("OUT_DIR is writable");
}

/// Every <folder>/<name>.toml becomes a constant of the binary.
fn named_tomls(kind: &str) {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&manifest).join(kind);
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = folder(&root);
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut table = String::from("pub(super) const FILES: &[(&str, &str)] = &[\n");
    for path in &files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        table.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    table.push_str("];\n");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join(format!("{kind}.rs")), table).expect("OUT_DIR is writable");
}

fn folder(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).map(|entries| entries.flatten().map(|e| e.path()).collect()).unwrap_or_default()
}
