//! Kills, locks and other sweeps' files.

use super::*;
use crate::fake::Fake;
use crate::{Backend, Runner};
use hovera_core::{Column, Engine, Plan, SweepSpec, Timer, Timers, made_up, write_header};

pub(super) const SPEC: &str = "name = \"t\"\nheads = 12\nhead_dim = [8, 64]\n[method]\npacing = \"none\"\n";

pub(super) fn front_matter(spec: &str) -> FrontMatter {
    let spec = SweepSpec::parse("t.toml", spec).unwrap();
    let fake = Fake::new();
    made_up::front_matter_of(&spec, fake.software().clone(), vec![fake.device().clone()])
}

pub(super) fn rows() -> Vec<Row> {
    let spec = SweepSpec::parse("t.toml", SPEC).unwrap();
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
    let mut fake = Fake::new();
    let mut runner = Runner::new(&mut fake, spec.method(), Timers::one(Timer::Event), 0, plan.points());
    plan.points().iter().map(|p| runner.measure(p).unwrap()).collect()
}

/// The file after an uninterrupted run.
fn whole(path: &Path) -> Vec<u8> {
    let mut journal = Journal::open(path, &front_matter(SPEC)).unwrap();
    rows().iter().for_each(|row| journal.append(row).unwrap());
    std::fs::read(path).unwrap()
}

#[test]
fn a_run_cut_at_any_byte_of_its_rows_is_continued_to_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(&folder.path().join("whole.csv"));
    let header = write_header(&front_matter(SPEC)).len();
    let path = folder.path().join("cut.csv");
    for cut in (header..=whole.len()).filter(|cut| cut % 11 == 0 || whole[cut - 1] == b'\n') {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
        let cut_rows = whole[header..cut].iter().filter(|b| **b == b'\n').count();
        assert_eq!(journal.rows_kept(), cut_rows, "cut at {cut}");
        assert_eq!(journal.torn().is_some(), whole[cut - 1] != b'\n', "cut at {cut}");
        for row in rows().iter().filter(|row| !journal.is_done(&row.point)).collect::<Vec<_>>() {
            journal.append(row).unwrap();
        }
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {cut}");
    }
}

#[test]
fn a_run_never_goes_on_in_a_file_that_was_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let measured = Results { front_matter: front_matter(SPEC), rows: rows(), sessions: Vec::new() };
    let predicted = made_up::predicted(measured).to_csv();
    std::fs::write(&path, &predicted).unwrap();
    let refused = Journal::open(&path, &front_matter(SPEC)).unwrap_err().to_string();
    let says = "its prediction is by 60 points of Made-Up 90 with cuBLAS 13, this run's is none, measured";
    assert!(refused.contains(says), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), predicted, "nothing was written");
}

pub(super) fn session(points: u64) -> Session {
    Session { points, ..Session::default() }
}

#[test]
fn what_a_run_said_at_its_end_stays_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let read = || Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
    let rows = rows();
    let mut first = Journal::open(&path, &front_matter(SPEC)).unwrap();
    first.append(&rows[0]).unwrap();
    first.finish(vec![session(1)]).unwrap();
    let before = std::fs::read(&path).unwrap();
    // Opened, and nothing to do.
    assert_eq!(Journal::open(&path, &front_matter(SPEC)).unwrap().rows_kept(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let mut second = Journal::open(&path, &front_matter(SPEC)).unwrap();
    second.append(&rows[1]).unwrap();
    assert_eq!((read().rows.len(), read().sessions), (2, vec![session(1)]));
    second.append(&rows[2]).unwrap();
    second.finish(vec![session(2)]).unwrap();
    assert_eq!((read().rows, read().sessions), (rows[..3].to_vec(), vec![session(1), session(2)]));
    // A kill in the middle of it.
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let mut third = Journal::open(&path, &front_matter(SPEC)).unwrap();
    assert!(third.torn().is_none() && third.rows_kept() == 3);
    third.append(&rows[3]).unwrap();
    third.finish(vec![session(3)]).unwrap();
    // Of a document that is cut nothing is believed.
    assert_eq!((read().rows, read().sessions), (rows, vec![session(3)]));
}

/// Found by fuzzing: the rows seemed to end at the empty line, and further ones went below the `#` line.
#[test]
fn an_empty_line_below_the_end_of_the_rows_is_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let rows = rows();
    for end in [
        "#\n\n",
        "# [[session]]\n# points = 1\n# wall_seconds = 1.0\n# busy_seconds = 1.0\n# disturbed_groups = 0\n\n\n",
    ] {
        let mut text = write_header(&front_matter(SPEC)) + &write_row(&rows[0], Stat::Median);
        text.push_str(end);
        std::fs::write(&path, text).unwrap();
        let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
        journal.append(&rows[1]).unwrap();
        journal.finish(vec![session(2)]).unwrap();
        let read = Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read.rows, rows[..2]);
        assert_eq!(read.sessions.last(), Some(&session(2)));
    }
}

#[test]
fn a_row_is_replaced_in_its_place_and_the_journal_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let rows = rows();
    let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
    rows[..3].iter().for_each(|row| journal.append(row).unwrap());
    let better = Row { note: "measured again".into(), ..rows[1].clone() };
    journal.replace(&better).unwrap();
    journal.append(&rows[3]).unwrap();
    assert!(Journal::open(&path, &front_matter(SPEC)).is_err(), "it is still locked");
    let read = Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(read.rows, [rows[0].clone(), better, rows[2].clone(), rows[3].clone()]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_mark_that_an_editor_left_goes_and_another_encoding_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(&folder.path().join("whole.csv"));
    let header = write_header(&front_matter(SPEC)).len();
    let path = folder.path().join("marked.csv");
    // As it was left at a row's end, and cut within a row.
    for cut in [header, whole.len() - 10, whole.len()] {
        let marked = [b"\xEF\xBB\xBF", &whole[..cut]].concat();
        std::fs::write(&path, marked).unwrap();
        let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
        for row in rows().iter().filter(|row| !journal.is_done(&row.point)).collect::<Vec<_>>() {
            journal.append(row).unwrap();
        }
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {cut}");
    }
    let wide: Vec<u8> = String::from_utf8(whole).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, &wide).unwrap();
    let refused = Journal::open(&path, &front_matter(SPEC)).unwrap_err().to_string();
    assert!(refused.contains("marked.csv: looks like UTF-16 (little-endian)"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), wide);
}

#[test]
fn a_file_of_other_columns_is_continued_in_those_of_this_program_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole(&folder.path().join("whole.csv"));
    let text = String::from_utf8(whole.clone()).unwrap();
    let header = write_header(&front_matter(SPEC)).len();
    let rows_kept = 2;
    let cut: String = text[header..].split_inclusive('\n').take(rows_kept).collect();
    let path = folder.path().join("older.csv");
    // Without the last columns, which are optional, and in another order.
    let first = Column::all().iter().filter(|column| !column.is_optional()).count();
    let older = |line: &str| {
        let mut fields: Vec<&str> = line.trim_end().split(',').take(first).collect();
        fields.rotate_left(3);
        fields.join(",") + "\n"
    };
    let lines = text[..header].lines().chain(cut.lines());
    let file: String =
        lines.map(|line| if line.starts_with('#') { format!("{line}\n") } else { older(line) }).collect();
    std::fs::write(&path, &file).unwrap();
    let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
    assert_eq!(journal.rows_kept(), rows_kept);
    rows().iter().skip(rows_kept).for_each(|row| journal.append(row).unwrap());
    drop(journal);
    let (found, whole) =
        (Results::parse("r.csv", std::fs::read(&path).unwrap()), Results::parse("w.csv", whole));
    let (found, whole) = (found.unwrap().rows, whole.unwrap().rows);
    assert_eq!(found.len(), whole.len());
    for (found, whole) in found.into_iter().zip(whole) {
        // What an older file did not have is not known.
        assert_eq!((found.point, found.timing, found.note), (whole.point, whole.timing, whole.note));
    }

    let mut end = "mood";
    let foreign: String = file
        .lines()
        .map(|line| match line.starts_with('#') {
            true => format!("{line}\n"),
            false => format!("{line},{}\n", std::mem::replace(&mut end, "fine")),
        })
        .collect();
    std::fs::write(&path, &foreign).unwrap();
    let error = Journal::open(&path, &front_matter(SPEC)).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "columns that hovera does not write: mood; rows cannot be added to it; choose another file with -o"
        ),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
}

#[test]
fn rows_of_several_cards_end_in_the_order_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let read = || Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
    let rows = rows();
    let plan: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let mut first = Journal::open(&path, &front_matter(SPEC)).unwrap();
    [&rows[2], &rows[0]].into_iter().for_each(|row| first.append(row).unwrap());
    assert!(first.put_in_order(&plan).unwrap());
    assert_eq!(read().rows, [rows[0].clone(), rows[2].clone()]);
    first.finish(vec![session(1)]).unwrap();
    // Stopped, and continued.
    let mut second = Journal::open(&path, &front_matter(SPEC)).unwrap();
    [&rows[3], &rows[1]].into_iter().for_each(|row| second.append(row).unwrap());
    assert!(second.put_in_order(&plan).unwrap());
    second.finish(vec![session(2)]).unwrap();
    assert_eq!((read().rows, read().sessions), (rows, vec![session(1), session(2)]));
    let before = std::fs::read(&path).unwrap();
    assert!(!Journal::open(&path, &front_matter(SPEC)).unwrap().put_in_order(&plan).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let mut first = Journal::open(&path, &front_matter(SPEC)).unwrap();
    let error = Journal::open(&path, &front_matter(SPEC)).unwrap_err();
    assert!(error.to_string().contains("another process is writing this file"), "{error}");
    first.append(&rows()[0]).unwrap();
    drop(first);
    assert_eq!(Journal::open(&path, &front_matter(SPEC)).unwrap().rows_kept(), 1);
}

#[test]
fn another_sweep_s_file_is_left_alone_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let before = whole(&path);
    for (spec, what) in
        [(SPEC.replace("64", "128"), "spec"), (SPEC.replace("\"none\"", "\"none\"\nwarmup = 2"), "method")]
    {
        let error = Journal::open(&path, &front_matter(&spec)).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    let mut other_card = front_matter(SPEC);
    other_card.device[0].id = Some("12345678".into());
    let error = Journal::open(&path, &other_card).unwrap_err();
    assert!(error.to_string().contains("its device 0's id is not told, this run's is 12345678"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_results_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "shopping list\n").unwrap();
    assert!(matches!(Journal::open(&path, &front_matter(SPEC)), Err(JournalError::Unreadable(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"shopping list\n");
}

#[test]
fn a_device_is_no_results_file() {
    let null = Path::new("/dev/null");
    if null.exists() {
        assert!(matches!(Journal::open(null, &front_matter(SPEC)), Err(JournalError::NotAFile(_))));
    }
}
