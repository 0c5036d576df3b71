//! `crates/README.md` is a map of the house: what it names is there, and its arrows are the ones that are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn map() -> String {
    std::fs::read_to_string(crates().join("README.md")).unwrap()
}

/// What links lead to, and what stands between backquotes and is a path: from the map's folder, or from the
/// repository's.
fn named_paths(map: &str) -> BTreeSet<String> {
    let links = map.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(path, _)| path);
    let quoted = map.split('`').skip(1).step_by(2).filter(|text| text.contains('/') && !text.contains(' '));
    let is_path = |text: &&str| text.ends_with(".rs") || text.ends_with(".md") || !text.contains('=');
    links.chain(quoted.filter(is_path)).map(str::to_owned).collect()
}

#[test]
fn every_file_on_the_map_exists() {
    let map = map();
    let paths = named_paths(&map);
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        let here = [crates().join(&path), crates().join("..").join(&path)];
        assert!(here.iter().any(|path| path.exists()), "crates/README.md names {path}, which does not exist");
    }
}

/// The crates that a crate's own code uses, by its manifest: those for tests do not count.
fn used_by(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let names = dependencies.into_iter().flat_map(toml::Table::keys);
    names.filter_map(|name| name.strip_prefix("hovera-")).map(str::to_owned).collect()
}

#[test]
fn the_arrows_on_the_map_are_those_of_the_manifests() {
    let map = map();
    let rows = map.lines().filter_map(|line| line.strip_prefix("| [")?.split_once("]("));
    let drawn: BTreeMap<String, BTreeSet<String>> = rows
        .map(|(name, rest)| {
            let uses = rest.split('|').nth(1).unwrap();
            let uses = uses.split(',').map(str::trim).filter(|used| !used.is_empty());
            (name.to_owned(), uses.map(str::to_owned).collect())
        })
        .collect();
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(crates()).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml"))
            && name != "fuzz"
        {
            found.insert(name, used_by(&manifest));
        }
    }
    assert_eq!(drawn, found);
}

/// Versions that a published crate would ask for.
#[test]
fn the_crates_name_the_version_of_each_other_and_the_pages_the_oldest_rust() {
    let manifest = std::fs::read_to_string(crates().join("../Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let workspace = &manifest["workspace"];
    let dependencies = workspace["dependencies"].as_table().unwrap();
    let own: Vec<_> = dependencies.iter().filter(|(name, _)| name.starts_with("hovera-")).collect();
    assert!(
        used_by_all().is_subset(&own.iter().map(|(name, _)| name["hovera-".len()..].to_owned()).collect())
    );
    for (name, dependency) in own {
        assert_eq!(dependency["version"], workspace["package"]["version"], "{name}");
    }
    let rust = workspace["package"]["rust-version"].as_str().unwrap();
    for page in ["../README.md", "cli/README.md"] {
        let page = std::fs::read_to_string(crates().join(page)).unwrap();
        assert!(page.contains(&format!("[Rust](https://rustup.rs) {rust} or newer")), "{rust}");
    }
}

/// What a release is made of, so that nobody has to remember it.
#[test]
fn the_changelog_begins_with_the_version_of_the_crates_its_date_and_its_categories() {
    let changelog = std::fs::read_to_string(crates().join("../CHANGELOG.md")).unwrap();
    let (_, section) = changelog.split_once("\n## ").unwrap();
    let (heading, section) = section.split_once('\n').unwrap();
    let (version, date) = heading.split_once(" — ").unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let date: Vec<u32> = date.split('-').map(|part| part.parse().unwrap()).collect();
    assert!(matches!(date[..], [year, 1..=12, 1..=31] if year >= 2026), "{heading}");
    let section = section.split("\n## ").next().unwrap();
    let categories: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(categories, ["Added", "Changed", "Fixed"]);
}

/// Every crate that another one uses.
fn used_by_all() -> BTreeSet<String> {
    let folders = std::fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap().path());
    let manifests = folders.filter_map(|folder| std::fs::read_to_string(folder.join("Cargo.toml")).ok());
    manifests.flat_map(|manifest| used_by(&manifest)).collect()
}
