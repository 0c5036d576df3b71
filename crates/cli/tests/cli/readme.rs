//! What README.md shows, so that it is shown again when the recorded sweeps change.

use crate::folder::Folder;
use std::path::Path;

fn readme() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(readme).unwrap()
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let readme = readme();
    let (folder, mut shown) = (Folder::new(), 0);
    // Those that need no more than what is built in.
    for block in readme.split("```\n$ hovera ").skip(1) {
        let (command, block) = block.split_once('\n').unwrap();
        if !command.contains(" recorded:") {
            continue;
        }
        let (output, _) = block.split_once("```").unwrap();
        let args: Vec<&str> = command.split(' ').collect();
        let said = folder.hovera(&args).assert().success().get_output().stdout.clone();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output, said, "put the output of `hovera {command}` into README.md");
        shown += 1;
    }
    assert_eq!(shown, 2);
}

#[test]
fn the_readme_quotes_the_report() {
    let readme = readme();
    let (_, rest) = readme.split_once("```sh\nhovera report ").unwrap();
    let (command, _) = rest.split_once(" -o report.html\n").unwrap();
    let quoted = rest.lines().filter_map(|line| line.strip_prefix("> "));
    let quoted = quoted.collect::<Vec<_>>().join(" ");
    let folder = Folder::new();
    let args: Vec<&str> = ["report", "-o", "report.md"].into_iter().chain(command.split(' ')).collect();
    folder.hovera(&args).assert().success();
    assert!(!quoted.is_empty() && folder.read("report.md").contains(&quoted), "no {quoted:?} in the report");
}
