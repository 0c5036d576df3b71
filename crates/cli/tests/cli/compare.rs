//! `hovera compare`, from the command line.

use crate::folder::Folder;
use crate::made_up::{file, row, two_engines};
use hovera_core::{Engine, Op, Row};

const HEAD_DIMS: [u64; 6] = [8, 24, 64, 128, 264, 1024];

/// Both ops at some head dims, at 400 TFLOP/s times what `factor` gives.
fn rows(factor: impl Fn(Op, u64) -> f64) -> Vec<Row> {
    let of_op =
        |op| HEAD_DIMS.map(|head_dim| row(op, head_dim, Engine::Cublas, 400.0 * factor(op, head_dim)));
    [Op::Score, Op::Values].into_iter().flat_map(of_op).collect()
}

/// A base, and one whose values at head dims of 64 are 5 % slower.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("base.csv", &file(rows(|_, _| 1.0)));
    let slow = |op, head_dim: u64| if op == Op::Values && head_dim.is_multiple_of(64) { 0.95 } else { 1.0 };
    folder.write("slow.csv", &file(rows(slow)));
    folder
}

fn said(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(&[&["compare"][..], args].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_table_says_what_became_slower() {
    let said = said(&folder(), &["base.csv", "slow.csv"]);
    let line = |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("values  64 ").contains("  0.950  ") && line("values  64 ").contains("  slower  "));
    assert!(line("score   64 ").contains("  1.000  ") && line("score   64 ").contains("  same  "));
    assert!(said.contains("12 points compared\n") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn several_files_have_a_column_each_and_many_a_line_each() {
    let folder = folder();
    let few = said(&folder, &["base.csv", "base.csv", "slow.csv"]);
    let line = few.lines().find(|line| line.starts_with("values  64 ")).unwrap();
    assert_eq!(line.split_whitespace().skip(2).collect::<Vec<_>>(), ["1.000", "same", "0.950", "slower"]);
    assert!(few.contains("1: 12 points compared\n2: 12 points compared\n"), "{few}");
    let many = said(&folder, &[&["base.csv"; 8][..], &["slow.csv"]].concat());
    assert!(many.contains("\n8  12      1.000 same  ") && !many.contains("\n9 "), "{many}");
}

#[test]
fn ci_is_told_by_the_exit_code() {
    let folder = folder();
    let (code, said) = folder.fails(&["compare", "base.csv", "slow.csv", "--fail-if-slower", "3%"]);
    assert_eq!(code, 1);
    for part in
        ["slow.csv: values h/a = 64, mean of 3: ratio 0.950", "values hidden 768", "slower by 3 % or more"]
    {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    for args in
        [["base.csv", "slow.csv", "6%"], ["slow.csv", "base.csv", "3%"], ["base.csv", "base.csv", "1%"]]
    {
        let (code, said) = folder.fails(&["compare", args[0], args[1], "--fail-if-slower", args[2]]);
        assert_eq!(code, 0, "{args:?}: {said}");
    }
    let (code, said) = folder.fails(&["compare", "base.csv", "slow.csv", "--fail-if-slower", "0.5%"]);
    assert!(code == 2 && said.contains("--fail-if-slower 0.5 % lies within the margin of 1 %"), "{said}");
}

#[test]
fn files_by_their_endings() {
    let folder = folder();
    let outputs = ["-o", "it.csv", "-o", "it.json", "-o", "it.md"];
    said(&folder, &[&["base.csv", "slow.csv"][..], &outputs].concat());
    assert!(folder.read("it.csv").starts_with("level,metric,base,other,op,"));
    assert!(folder.read("it.json").contains("\"schema\": \"hovera-comparison\""));
    assert!(folder.read("it.md").contains("## slow.csv over the base"));
    let (code, said) = folder.fails(&["compare", "base.csv", "slow.csv", "-o", "new.csv", "-o", "it.xlsx"]);
    assert!(code == 2 && said.contains("it.xlsx: want a name that ends in .csv, .json or .md"), "{said}");
    assert!(!folder.path("new.csv").exists());
}

#[test]
fn quiet_and_colour() {
    let folder = folder();
    assert_eq!(said(&folder, &["base.csv", "slow.csv", "-q"]), "");
    assert!(
        said(&folder, &["base.csv", "slow.csv", "--color", "always"]).contains("\u{1b}[31mslower\u{1b}[0m")
    );
}

#[test]
fn engines_of_one_file() {
    let folder = Folder::new();
    folder.write("h100.csv", &two_engines());
    let said = said(&folder, &["h100.csv", "--across", "engine"]);
    assert!(
        said.contains("base   h100.csv, engine cublas") && said.contains("other  h100.csv, engine tuned")
    );
    assert!(said.contains("10 points compared") && said.contains("  1.250  "), "{said}");
}

#[test]
fn bad_input() {
    let folder = folder();
    folder.write("host.csv", &folder.read("base.csv").replace("timer = \"event\"", "timer = \"host\""));
    folder.write("reading.csv", "# a = 1\nreading,op,tflops\n");
    for (args, says) in [
        (&["base.csv"][..], "base.csv: nothing to compare it with"),
        (&["base.csv", "none.csv"], "none.csv: cannot read"),
        (&["base.csv", "host.csv"], "timer is event and host; --mixed-methods compares them all the same"),
        (&["base.csv", "slow.csv@1"], "slow.csv: no card 1; want 0 to 0"),
        (&["base.csv", "slow.csv", "--margin", "3"], "want a percentage such as 3%"),
        (&["base.csv", "slow.csv", "--margin", "0%"], "margin = 0"),
        (&["base.csv", "slow.csv", "--at-clock", "1500"], "--at-clock goes with --y tflops-at-clock"),
        (
            &["base.csv", "recorded:nvidia-h100-80gb-hbm3"],
            "stands for recorded:nvidia-h100-80gb-hbm3/attention-a12",
        ),
        (&["--fleet", "base.csv", "slow.csv"], "a fleet of 2 cards: want 8 or more"),
        (&["--fleet", "base.csv", "--across", "engine"], "--across"),
    ] {
        let (code, said) = folder.fails(&[&["compare"][..], args].concat());
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
    said(&folder, &["base.csv", "host.csv", "--mixed-methods"]);
    said(&folder, &["base.csv@0", "slow.csv@0"]);
}

#[test]
fn a_card_unlike_its_fleet() {
    let folder = Folder::new();
    let names: Vec<String> = (0..9).map(|card| format!("card{card}.csv")).collect();
    for (card, name) in names.iter().enumerate() {
        let factor = 1.0 - 0.002 * (card % 3) as f64 - if card == 4 { 0.1 } else { 0.0 };
        folder.write(name, &file(rows(|_, _| factor)));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = said(&folder, &[&["--fleet", "-o", "fleet.json", "-o", "fleet.svg"][..], &names].concat());
    assert!(text.contains("fleet  9 cards, NVIDIA H100 80GB HBM3, 12 points"), "{text}");
    assert!(text.contains("1 unlike the others") && text.contains("\ncard4.csv  -   -10."), "{text}");
    assert!(folder.read("fleet.json").contains("\"schema\": \"hovera-fleet\""));
    let chart = folder.read("fleet.svg");
    assert!(
        chart.contains(">card4.csv</text>") && chart.contains("The outlier is card4.csv (-10."),
        "{chart}"
    );
    let (code, said) = folder.fails(&["compare", "card0.csv", "card1.csv", "-o", "pair.svg"]);
    assert!(code == 2 && said.contains("pair.svg: a picture is drawn of a fleet (--fleet)"), "{said}");
    let (code, said) =
        folder.fails(&[&["compare", "--fleet", "--fail-if-slower", "5%"][..], &names].concat());
    assert!(code == 1 && said.contains("1 of 9 cards slower by 5 % or more"), "{said}");
}

#[test]
fn a_terminal_escape_in_a_file_is_not_sent() {
    let folder = folder();
    folder.write("evil.csv", &folder.read("slow.csv").replace("80GB HBM3", "80GB \\u009b31m"));
    let said = said(&folder, &["base.csv", "evil.csv"]);
    assert!(said.contains("80GB \\u{9b}31m"), "{said}");
}

/// Rows of which each head dim has a kernel.
fn with_kernels(factor: f64, kernel: impl Fn(Op, u64) -> &'static str) -> Vec<Row> {
    let named = |mut row: Row| {
        let head_dim = row.point.layer().unwrap().head_dim().get().into();
        row.kernel.name = Some(kernel(row.point.op, head_dim).into());
        row
    };
    let of_another = |op, head_dim| if kernel(op, head_dim) == "newer" { factor } else { 1.0 };
    rows(of_another).into_iter().map(named).collect()
}

#[test]
fn where_the_kernel_changed_is_said_with_what_became_of_it() {
    let folder = folder();
    let upgraded = |op, head_dim: u64| match (op, head_dim) {
        (Op::Score, 64 | 128) => "newer",
        (Op::Values, 8) => "other",
        _ => "older",
    };
    folder.write("before.csv", &file(with_kernels(1.0, |_, _| "older")));
    folder.write("after.csv", &file(with_kernels(1.25, upgraded)));
    let text = said(&folder, &["before.csv", "after.csv"]);
    let notes: Vec<&str> =
        text.lines().filter(|line| line.contains("kernel") || line.contains("became")).collect();
    assert_eq!(
        notes,
        [
            // The mean of 1.25, 1.25 and 1.
            "note: after.csv ran another kernel than before.csv at 3 of 12 points: their mean ratio is 1.160, that of \
             the others 1.000",
            "note: score, 2 points (head dims 64 to 128): older became newer, ratio 1.250",
            "note: values, 1 point (head dim 8): older became other, ratio 1.000",
        ]
    );
    // Nothing is said where nothing is known, or nothing changed.
    for same in [said(&folder, &["base.csv", "slow.csv"]), said(&folder, &["after.csv", "after.csv"])] {
        assert!(!same.contains("kernel"), "{same}");
    }
    let half_known = said(&folder, &["base.csv", "after.csv"]);
    assert!(!half_known.contains("kernel"), "{half_known}");
}

#[test]
fn of_many_changes_of_kernels_the_most_frequent_are_said() {
    let folder = folder();
    folder.write("before.csv", &file(with_kernels(1.0, |_, _| "older")));
    let names = ["a", "b", "c", "d", "e", "f"];
    let each = move |_, head_dim| names[HEAD_DIMS.iter().position(|it| *it == head_dim).unwrap()];
    folder.write("after.csv", &file(with_kernels(1.0, each)));
    let text = said(&folder, &["before.csv", "after.csv"]);
    assert!(
        text.contains("another kernel than before.csv at 12 of 12 points: their mean ratio is 1.000\n"),
        "{text}"
    );
    assert_eq!(text.matches(" became ").count(), 5, "{text}");
    assert!(text.contains("note: 7 more changes of a kernel are rarer\n"), "{text}");
}

#[test]
fn bencher_has_each_point_and_its_ratio_and_the_gate_s_exit_code_stays() {
    let folder = folder();
    let args =
        ["compare", "base.csv", "slow.csv", "--fail-if-slower", "2%", "--format", "bencher", "--quiet"];
    let output = folder.hovera(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let metrics: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let metrics = metrics.as_object().unwrap();
    // 12 points; of each op two series and all of them.
    let of_points = metrics.values().filter(|measures| measures.get("tflops").is_some()).count();
    assert_eq!((of_points, metrics.len()), (12, 12 + 2 * 3), "{:?}", metrics.keys());
    let (_, slow) = metrics.iter().find(|(name, _)| name.starts_with("values at hidden size 768: ")).unwrap();
    assert!((slow["tflops"]["value"].as_f64().unwrap() - 380.0).abs() < 0.1, "{slow}");
    let ratio = ["lower_value", "value", "upper_value"].map(|end| slow["ratio"][end].as_f64().unwrap());
    assert!(ratio.is_sorted() && (ratio[1] - 0.95).abs() < 1e-3, "{slow}");
    assert!(metrics.contains_key("values, h/a = 64, mean of 3"), "{:?}", metrics.keys());
    // Of several files each has its own names.
    let output = folder
        .hovera(&["compare", "base.csv", "slow.csv", "slow.csv", "--format", "bencher"])
        .output()
        .unwrap();
    let metrics: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(metrics.as_object().unwrap().len(), 2 * 18);
}
