//! Files of so many rows that all cores read and write them.

use super::*;
use std::ops::Range;

const ROWS: usize = 3 * ROWS_FOR_ALL_CORES;

/// Each at a batch of its own; some have a quote in them.
fn many() -> Results {
    let rows = (1..=ROWS as u64).map(|batch| {
        let note = if batch % 100 == 0 { format!("row \"{batch}\", odd") } else { String::new() };
        let layer = made_up::layer((12, batch, 128, 64));
        Row { note, ..made_up::row_of(made_up::point_of_layer(Op::Values, layer)).build() }
    });
    Results { rows: rows.collect(), ..results() }
}

/// Where a row, counted from 0, stands in the file.
fn place_of(row: usize, file: &str) -> (usize, Range<usize>) {
    let line = first_row_line(file) + row;
    let start: usize = file.split_inclusive('\n').take(line - 1).map(str::len).sum();
    (line, start..start + file[start..].find('\n').unwrap())
}

#[test]
fn they_are_written_as_one_by_one_and_read_in_their_order() {
    let (many, stat) = (many(), Stat::Median);
    let file = many.to_csv();
    let lines: String = many.rows.iter().map(|row| write_row(row, stat)).collect();
    assert!(file.ends_with(&lines));
    assert_eq!(Results::parse("r.csv", &file).unwrap(), many);
}

#[test]
fn of_several_rows_that_are_wrong_the_first_is_told() {
    let mut file = many().to_csv();
    for row in [ROWS - 1, ROWS_FOR_ALL_CORES + 5, ROWS_FOR_ALL_CORES + 1] {
        let (_, place) = place_of(row, &file);
        let wrong = file[place.clone()].replacen("f16", &format!("f{row}"), 1);
        file.replace_range(place, &wrong);
        let (line, _) = place_of(row, &file);
        let error = Results::parse("r.csv", &file).unwrap_err().to_string();
        assert!(error.starts_with(&format!("r.csv:{line}: dtype = \"f{row}\": want ")), "{error}");
    }
    let (line, place) = place_of(0, &file);
    file.replace_range(place, "values");
    let error = Results::parse("r.csv", &file).unwrap_err();
    assert!(matches!(error, ResultsError::FieldCount { line: l, fields: 1, .. } if l == line), "{error}");
}

#[test]
fn a_cut_in_the_last_row_leaves_the_others() {
    let mut many = many();
    let file = many.to_csv();
    let (line, place) = place_of(ROWS - 1, &file);
    many.rows.pop();
    let tail = TornTail { line, byte_offset: place.start as u64 };
    for end in [place.start + 9, place.end] {
        assert_eq!(Results::parse_repairing("r.csv", &file[..end]).unwrap(), (many.clone(), Some(tail)));
    }
    let short = format!("{}values,f16\n", &file[..place.start]);
    assert_eq!(Results::parse_repairing("r.csv", &short).unwrap(), (many, Some(tail)));
}

#[test]
fn of_several_points_that_are_there_twice_the_first_to_come_again_is_told() {
    let mut many = many();
    for (again, first) in [(ROWS - 1, 0), (ROWS_FOR_ALL_CORES, 7), (ROWS_FOR_ALL_CORES + 1, 7)] {
        many.rows[again] = many.rows[first].clone();
    }
    let file = many.to_csv();
    let [(line, _), (first_line, _)] = [ROWS_FOR_ALL_CORES, 7].map(|row| place_of(row, &file));
    let error = Results::parse("r.csv", &file).unwrap_err();
    assert!(
        matches!(error, ResultsError::Duplicate { line: l, first_line: f, .. } if (l, f) == (line, first_line)),
        "{error}"
    );
}
