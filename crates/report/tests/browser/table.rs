//! Sorting, filtering and paging the rows.

use crate::devtools::Page;
use crate::{Html, assert_quiet, recorded};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// The cells of one column that are shown, by the head's first words.
fn column(page: &mut Page, head: &str) -> Vec<String> {
    let cells = page.value(&format!(
        "(() => {{ const t = document.querySelector('table.rows');
           const i = [...t.tHead.rows[0].cells].findIndex((c) => c.textContent.startsWith('{head}'));
           return [...t.tBodies[0].rows].map((r) => r.cells[i].textContent.trim()); }})()"
    ));
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
}

fn press_head(page: &mut Page, head: &str) {
    page.value(&format!(
        "[...document.querySelectorAll('table.rows')[0].tHead.querySelectorAll('button')].find((b) => b.textContent.startsWith('{head}')).click()"
    ));
}

fn count(page: &mut Page) -> String {
    page.text("document.querySelector('.count').textContent")
}

#[test]
fn sorting_sorts_by_value_both_ways() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let csv = String::from_utf8(recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let rows = csv.lines().filter(|line| line.starts_with("score,") || line.starts_with("values,"));
    let mut tflops: Vec<f64> = rows.map(|row| row.split(',').nth(26).unwrap().parse().unwrap()).collect();
    tflops.sort_by(f64::total_cmp);
    let shown = |page: &mut Page| -> Vec<f64> {
        column(page, "TFLOP/s").iter().map(|cell| cell.parse().unwrap()).collect()
    };
    let near = |shown: &[f64], wanted: &mut dyn Iterator<Item = &f64>| {
        shown.len() == 50 && shown.iter().zip(wanted).all(|(a, b)| (a / b - 1.0).abs() < 1e-3)
    };
    press_head(&mut page, "TFLOP/s");
    assert!(near(&shown(&mut page), &mut tflops.iter()));
    assert_eq!(page.text("document.querySelector('th[aria-sort=ascending]').textContent"), "TFLOP/s");
    press_head(&mut page, "TFLOP/s");
    assert!(near(&shown(&mut page), &mut tflops.iter().rev()));
    assert_eq!(count(&mut page), "Rows 1 to 50 of 810");
    page.value("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Next rows').click()");
    assert!(near(&shown(&mut page), &mut tflops.iter().rev().skip(50)));
    assert_eq!(count(&mut page), "Rows 51 to 100 of 810");
    assert_quiet(&mut page);
}

#[test]
fn filtering_by_word_and_by_text_leaves_what_matches() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.value(
        "(() => { const l = [...document.querySelectorAll('label')].find((l) => l.textContent.startsWith('h/a'));
           const s = l.querySelector('select'); s.value = [...s.options].find((o) => o.textContent === '64').value;
           s.dispatchEvent(new Event('change')); })()",
    );
    assert_eq!(count(&mut page), "Rows 1 to 50 of 84 that match, of 810");
    assert!(column(&mut page, "Head dim").iter().all(|d| d.parse::<u32>().unwrap() % 64 == 0));
    let search = |text: &str| {
        format!(
            "(() => {{ const s = document.querySelector('input[type=search]'); s.value = '{text}';
               s.dispatchEvent(new Event('input')); }})()"
        )
    };
    page.value(&search("26112"));
    assert_eq!(column(&mut page, "Hidden size"), ["26112", "26112"]);
    page.value(&search("no such thing"));
    assert_eq!(count(&mut page), "No row of 810 matches");
    assert_quiet(&mut page);
}

#[test]
fn the_table_of_a_full_sweep_is_quick() {
    // As many rows as the full sweep has: both ops, every head dim up to 2730.
    let csv = String::from_utf8(recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let is_row = |line: &&str| line.starts_with("score,") || line.starts_with("values,");
    let mut big: String =
        csv.lines().take_while(|line| !is_row(line)).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
    let rows: Vec<&str> = csv.lines().filter(is_row).collect();
    for (i, batch) in (4..11).enumerate() {
        for row in &rows {
            let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
            // Another batch with the same rate: every derived column in proportion.
            let factor = f64::from(batch) / 4.0;
            cells[8] = batch.to_string();
            for whole in [13, 17, 18] {
                cells[whole] = (cells[whole].parse::<f64>().unwrap() * factor).to_string();
            }
            for time in [20, 21, 22, 23, 24, 25] {
                cells[time] = (cells[time].parse::<f64>().unwrap() * factor).to_string();
            }
            let _ = writeln!(big, "{}", cells.join(","));
        }
        assert!(i < 7);
    }
    let html = Html::of_files(&[big.into_bytes()]);
    let Some(mut page) = html.open() else { return };
    assert_eq!(count(&mut page), "Rows 1 to 50 of 5670");
    let begin = Instant::now();
    for head in ["TFLOP/s", "Hidden size", "Op", "TFLOP/s"] {
        press_head(&mut page, head);
    }
    // Not a timing: four sorts that each take more than seconds are not usable on any machine.
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(page.number("document.querySelector('table.rows').tBodies[0].rows.length"), 50.0);
    assert_quiet(&mut page);
}
