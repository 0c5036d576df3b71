//! Sorting, filtering and paging the rows.

use crate::devtools::Page;
use crate::{Html, assert_quiet, recorded};
use hovera_core::{Batch, Gemm, ModelSizes, Results};
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
fn rows_are_in_the_order_of_size_and_heads_stay_while_they_scroll() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let sizes: Vec<u32> = column(&mut page, "Hidden size").iter().map(|size| size.parse().unwrap()).collect();
    assert!(sizes.len() == 50 && sizes.is_sorted(), "{sizes:?}");
    assert_eq!(column(&mut page, "Op"), vec!["score"; 50]);
    page.size(1280, 600);
    let top = "(() => { const t = document.querySelector('table.rows'), s = t.closest('.scroll');
        s.scrollTop = 400; return t.tHead.rows[0].cells[0].getBoundingClientRect().top - s.getBoundingClientRect().top; })()";
    let top = page.number(top);
    assert!((0.0..3.0).contains(&top), "the head is {top} below the top of what scrolls");
    assert_eq!(page.number("document.querySelector('table.rows').closest('.scroll').scrollTop"), 400.0);
}

#[test]
fn the_rows_that_match_are_saved_as_csv() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let folder = tempfile::tempdir().unwrap();
    page.downloads_to(folder.path());
    page.value(
        "(() => { const s = document.querySelector('input[type=search]'); s.value = '26112';
           s.dispatchEvent(new Event('input'));
           [...document.querySelectorAll('button')].find((b) => b.textContent === 'Save these rows as CSV').click(); })()",
    );
    let text = page.downloaded(&folder.path().join("results-rows.csv"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Op,Hidden size,Head dim,"), "{}", lines[0]);
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[1].starts_with("score,26112,2176,") && lines[2].starts_with("values,26112,2176,"),
        "{text}"
    );
    assert_quiet(&mut page);
}

/// The recorded sweep with so many rows, of other batches.
fn many_rows(rows: usize) -> Vec<u8> {
    let csv = String::from_utf8(recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let mut results = Results::parse("h100.csv", csv).unwrap();
    let own = results.rows.clone();
    let bare = |i: usize| {
        let mut row = own[i % own.len()].clone();
        let model = row.point.model;
        let batch = u32::try_from(4 + i / own.len()).unwrap();
        row.point.model = ModelSizes { batch: Batch::new(batch.into()).ok(), ..model };
        let factor = f64::from(batch) / 4.0;
        let gemm = row.point.gemm;
        row.point.gemm =
            Gemm::new(u64::from(batch * 12), gemm.m().into(), gemm.n().into(), gemm.k().into()).unwrap();
        let timing = row.timing.as_mut().unwrap();
        for time in [&mut timing.min_us, &mut timing.median_us, &mut timing.mean_us, &mut timing.max_us] {
            *time = time.map(|us| us * factor);
        }
        timing.cycles_median = None;
        row
    };
    results.rows = (0..rows).map(bare).collect();
    results.to_csv().into_bytes()
}

#[test]
fn a_hundred_thousand_rows_are_all_there_and_quick_to_open() {
    let html = Html::of_files(&[many_rows(100_000)]);
    let Some(mut page) = html.open() else { return };
    let loaded = page.number("performance.timing.loadEventEnd - performance.timing.navigationStart");
    // Not a timing of the page alone: on a quiet machine it is below 2 s, and on none is it ten times that.
    assert!(loaded < 20_000.0, "{loaded} ms");
    eprintln!("100000 rows: loaded after {loaded} ms");
    assert_eq!(count(&mut page), "Rows 1 to 50 of 100000");
    press_head(&mut page, "TFLOP/s");
    press_head(&mut page, "TFLOP/s");
    assert_eq!(count(&mut page), "Rows 1 to 50 of 100000");
    let fastest: Vec<f64> = column(&mut page, "TFLOP/s").iter().map(|cell| cell.parse().unwrap()).collect();
    assert!(fastest.is_sorted_by(|a, b| a >= b) && fastest[0] > 700.0, "{fastest:?}");
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
