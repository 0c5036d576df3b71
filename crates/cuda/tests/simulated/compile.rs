// Compiles the simulated libraries. Included by the tests that run with them.

/// Puts simulated libraries into a folder: these files of the one beside this, under these names, compiled with these
/// flags.
fn compiled(folder: &Path, libraries: &[(&str, &str)], flags: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulated");
    for (source, library) in libraries {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let fresh = folder.join(format!("{library}.{}", std::process::id()));
        let status = Command::new(rustc)
            .args(["--edition", "2024", "-O", "--crate-type", "cdylib", "-o"])
            .args([&fresh, &sources.join(source)])
            .args(flags)
            .status()
            .unwrap();
        assert!(status.success(), "{source} does not compile");
        // Another test run may have the old one open.
        std::fs::rename(fresh, folder.join(library)).unwrap();
    }
}
