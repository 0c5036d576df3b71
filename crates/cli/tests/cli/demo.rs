//! `hovera` alone, and `hovera demo`.

use crate::folder::Folder;

#[test]
fn alone_it_says_that_there_is_no_gpu_and_what_to_do_first() {
    let folder = Folder::new();
    let output = folder.hovera(&[]).assert().success().get_output().clone();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("No GPU can be used here"), "{said}");
    let first = said.split_once("First:\n").unwrap().1;
    assert!(first.trim_start().starts_with("hovera demo "), "{said}");
    // Every command that it names is one.
    let commands = said.lines().filter_map(|line| line.trim_start().strip_prefix("hovera "));
    let commands = commands.filter_map(|line| line.split_whitespace().next()).filter(|it| !it.ends_with(':'));
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() >= 4, "{said}");
    for command in commands
        .into_iter()
        .filter(|command| *command != "help" && !command.starts_with(|c: char| c.is_ascii_digit()))
    {
        folder.hovera(&[command, "--help"]).assert().success();
    }
    assert!(folder.files().is_empty());
}

#[test]
fn without_a_gpu_the_demo_draws_what_is_recorded_and_says_where_it_is() {
    let folder = Folder::new();
    let output = folder.hovera(&["demo"]).assert().success().get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    let files = ["report.html", "score-a12.png", "score-a12.svg", "values-a12.png", "values-a12.svg"];
    for file in files {
        assert!(said.contains(&format!("hovera-demo/{file}\n")), "no {file} in {said}");
        assert!(folder.path("hovera-demo").join(file).is_file(), "{file}");
    }
    assert_eq!(std::fs::read_dir(folder.path("hovera-demo")).unwrap().count(), files.len());
    assert!(
        said.contains("recorded in this program")
            && said.contains("Open hovera-demo/report.html in a browser.")
    );
    let page = folder.read("hovera-demo/report.html");
    assert!(page.contains("Attention GEMMs on NVIDIA H100 80GB HBM3 and NVIDIA H200"));
}

#[test]
fn the_demo_writes_over_nothing() {
    let folder = Folder::new();
    folder.write("hovera-demo", "mine");
    std::fs::create_dir(folder.path("full")).unwrap();
    folder.write("full/report.html", "mine");
    folder.hovera(&["demo", "--quiet"]).assert().success();
    assert_eq!(folder.files(), ["full", "hovera-demo", "hovera-demo-2"]);
    let (code, said) = folder.fails(&["demo", "-o", "full"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("full: is there already; want the name of a new folder"), "{said}");
    assert_eq!((folder.read("hovera-demo"), folder.read("full/report.html")), ("mine".into(), "mine".into()));
    // One that is empty is as good as new.
    std::fs::create_dir(folder.path("empty")).unwrap();
    folder.hovera(&["demo", "-o", "empty", "--recorded"]).assert().success();
    assert!(folder.path("empty/report.html").is_file());
}
