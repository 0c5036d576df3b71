//! Opening a file for the person at this machine.

use crate::talk::streams;
use std::path::Path;
use std::process::{Command, Stdio};

/// Opens a file with what the desktop has for it, where there are a desktop and a person: whether it was.
pub(crate) fn open(file: &Path) -> bool {
    let has_desktop = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|it| std::env::var_os(it).is_some());
    if !has_desktop || !streams::is_watched() {
        return false;
    }
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let status = Command::new(opener)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
