//! Hovering, toggling, zooming, and the keyboard.

use crate::devtools::Page;
use crate::{Html, assert_quiet, csv_row, recorded};
use hovera_core::{Op, Results, Row, SecondSpeed, Stat};
use std::path::Path;

/// The first chart's ticks of one axis: value and pixel in the window.
fn ticks(page: &mut Page, axis: char) -> Vec<(f64, f64)> {
    let middle = if axis == 'x' { "b.left + b.width / 2" } else { "b.top + b.height / 2" };
    let ticks = page.value(&format!(
        "[...document.querySelector('#s1-c1 .live').querySelectorAll('.tick.{axis}')].map((t) => {{
           const b = t.getBoundingClientRect(); return [Number(t.textContent), {middle}]; }})"
    ));
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    ticks.as_array().unwrap().iter().map(|tick| (number(&tick[0]), number(&tick[1]))).collect()
}

/// The pixel of a value, by the first and the last tick that a reader sees.
fn pixel(ticks: &[(f64, f64)], value: f64) -> f64 {
    let ((v0, p0), (v1, p1)) = (ticks[0], ticks[ticks.len() - 1]);
    p0 + (value - v0) / (v1 - v0) * (p1 - p0)
}

fn place(page: &mut Page, (x, y): (f64, f64)) -> (f64, f64) {
    let (xs, ys) = (ticks(page, 'x'), ticks(page, 'y'));
    (pixel(&xs, x), pixel(&ys, y))
}

fn tip(page: &mut Page) -> String {
    page.text("(() => { const t = document.querySelector('#s1-c1 .tip'); return t.hidden ? '' : [...t.children].map((c) => c.textContent).join('; '); })()")
}

fn show_first_chart(page: &mut Page) {
    page.value("document.querySelector('#s1-c1 .live').scrollIntoView({ behavior: 'instant' })");
}

#[test]
fn a_point_with_two_speeds_has_a_ring_and_the_tip_tells_both_and_the_kernel() {
    let mut results = Results::parse("h100.csv", recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let is_it =
        |row: &&mut Row| row.point.op == Op::Score && row.point.layer().unwrap().hidden().get() == 17_184;
    let row = results.rows.iter_mut().find(is_it).unwrap();
    row.kernel.name = Some("nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_coopA_NTT".into());
    let timing = row.timing.as_mut().unwrap();
    timing.second = timing.median_us.map(|us| SecondSpeed { time_us: us * 1.25, share: 0.25 });
    let tflops = row.tflops(Stat::Median).unwrap();
    let html = Html::of_files(&[results.to_csv().into_bytes(), recorded("nvidia-h200")]);
    let Some(mut page) = html.open() else { return };
    show_first_chart(&mut page);
    let ends = page.value(
        "(() => { const l = document.querySelector('#s1-c1 .live'); const box = (s) => l.querySelectorAll(s);
           return [box('.ring').length, box('.stem').length, Number(box('.ring')[0].getAttribute('cy')),
             Number(box('.stem')[0].getAttribute('y1')), Number(box('.stem')[0].getAttribute('y2'))]; })()",
    );
    assert_eq!((&ends[0], &ends[1], &ends[2]), (&1.into(), &1.into(), &ends[4]));
    assert!(ends[3].as_f64() < ends[4].as_f64(), "the slower speed is below: {ends}");
    let at = place(&mut page, (17_184.0, tflops));
    page.mouse("mouseMoved", at);
    let said = tip(&mut page);
    for part in ["25.0 % of the launches at another speed, ", "Hopper nvjet 256x128"] {
        assert!(said.contains(part), "no {part:?} in {said:?}");
    }
    assert_quiet(&mut page);
}

#[test]
fn hovering_shows_the_value_that_the_csv_has() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    show_first_chart(&mut page);
    for hidden in [12, 5232, 17_184, 32_256] {
        let row = csv_row("score", hidden);
        let tflops: f64 = row("tflops").parse().unwrap();
        let at = place(&mut page, (f64::from(hidden), tflops));
        page.mouse("mouseMoved", at);
        let said = tip(&mut page);
        let digits = (3.0 - tflops.log10().floor()) as usize;
        for part in [
            format!("h/a = {};", row("series")),
            format!("hidden size {hidden};"),
            format!("{tflops:.digits$} TFLOP/s"),
            format!("head dim {},", row("head_dim")),
        ] {
            assert!(said.contains(&part), "no {part:?} in {said:?}");
        }
    }
    page.mouse("mouseMoved", (2.0, 2.0));
    assert_eq!(tip(&mut page), "", "the tip stays when the pointer has left");
    assert_quiet(&mut page);
}

#[test]
fn toggling_hides_the_line_and_brings_it_back() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let lines = "[...document.querySelector('#s1-c1 .live').querySelectorAll('.line')].map((l) => l.dataset.label).join()";
    let button = "document.querySelector('#s1-c1 .live').querySelectorAll('.bar button')[3]";
    assert_eq!(page.text(lines), "h/a = 1,h/a = 2,h/a = 4,h/a = 8,h/a = 16,h/a = 32,h/a = 64");
    assert_eq!(page.text(&format!("{button}.textContent")), "h/a = 8");
    page.value(&format!("{button}.click()"));
    assert_eq!(page.text(lines), "h/a = 1,h/a = 2,h/a = 4,h/a = 16,h/a = 32,h/a = 64");
    assert_eq!(page.text(&format!("{button}.getAttribute('aria-pressed')")), "false");
    // What is hidden is not found by the pointer either.
    show_first_chart(&mut page);
    let row = csv_row("score", 17_184);
    let at = place(&mut page, (17_184.0, row("tflops").parse().unwrap()));
    page.mouse("mouseMoved", at);
    assert!(!tip(&mut page).contains("h/a = 8;"));
    page.value(&format!("{button}.click()"));
    assert!(page.text(lines).contains("h/a = 8,"));
    assert_quiet(&mut page);
}

#[test]
fn zoom_keeps_the_axes_right_and_all_can_be_shown_again() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    show_first_chart(&mut page);
    let whole = (ticks(&mut page, 'x'), ticks(&mut page, 'y'));
    let values = |ticks: &[(f64, f64)]| ticks.iter().map(|tick| tick.0).collect::<Vec<_>>();
    assert_eq!(values(&whole.0), [0., 4096., 8192., 12288., 16384., 20480., 24576., 28672., 32768.]);
    assert_eq!(values(&whole.1), [0., 100., 200., 300., 400., 500., 600., 700., 800.]);

    let (from, to) = (place(&mut page, (15_000.0, 780.0)), place(&mut page, (20_000.0, 640.0)));
    page.mouse("mousePressed", from);
    page.mouse("mouseMoved", ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0));
    page.mouse("mouseMoved", to);
    page.mouse("mouseReleased", to);
    let (xs, ys) = (values(&ticks(&mut page, 'x')), values(&ticks(&mut page, 'y')));
    assert!(xs.len() > 2 && xs.iter().all(|x| (14_900.0..20_100.0).contains(x)), "{xs:?}");
    assert!(ys.len() > 2 && ys.iter().all(|y| (635.0..785.0).contains(y)), "{ys:?}");
    // A point is where the new ticks say that its value is.
    for hidden in [17_184, 19_872] {
        let row = csv_row("score", hidden);
        let tflops: f64 = row("tflops").parse().unwrap();
        let at = place(&mut page, (f64::from(hidden), tflops));
        page.mouse("mouseMoved", at);
        let said = tip(&mut page);
        assert!(said.contains(&format!("hidden size {hidden};")), "{said}");
        assert!(said.contains(&format!("{tflops:.1} TFLOP/s")), "{said}");
        let dot = page.number(
            "(() => { const b = document.querySelector('#s1-c1 .dot').getBoundingClientRect(); return b.left + b.width / 2; })()",
        );
        assert!((dot - at.0).abs() < 1.5, "drawn at {dot}, the axis says {}", at.0);
    }
    page.screenshot("zoomed");
    page.value(
        "[...document.querySelectorAll('#s1-c1 .bar button')].find((b) => b.textContent === 'Show all').click()",
    );
    assert_eq!((ticks(&mut page, 'x'), ticks(&mut page, 'y')), whole);
    assert_quiet(&mut page);
}

#[test]
fn the_keyboard_walks_along_lines_zooms_and_says_where_it_is() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let said = "document.querySelector('#s1-c1 .live [aria-live]').textContent";
    page.value("document.querySelector('#s1-c1 .live > svg').focus()");
    page.key("ArrowRight");
    let row = csv_row("score", 12);
    let tflops: f64 = row("tflops").parse().unwrap();
    let first = page.text(said);
    assert!(first.starts_with(&format!("h/a = 1, hidden size 12, {tflops:.3} TFLOP/s")), "{first}");
    page.key("End");
    assert!(page.text(said).contains("hidden size 32748"), "{}", page.text(said));
    page.key("ArrowUp");
    assert!(page.text(said).starts_with("h/a = 2,"), "{}", page.text(said));
    page.key("ArrowLeft");
    assert!(!page.text(said).contains("32748"));
    page.key("+");
    assert!(page.text(said).starts_with("Hidden Size "), "{}", page.text(said));
    assert!(ticks(&mut page, 'x')[0].0 > 0.0);
    page.key("0");
    assert_eq!(ticks(&mut page, 'x')[0].0, 0.0);
    assert_quiet(&mut page);
}

#[test]
fn two_cards_in_one_chart_are_told_apart_and_toggled_by_card() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let chart = "document.querySelector('#finding .live')";
    let count = format!("{chart}.querySelectorAll('.line').length");
    assert_eq!(page.number(&count), 14.0);
    let press = |name: &str| {
        format!(
            "[...{chart}.querySelectorAll('.bar button')].find((b) => b.textContent === '{name}').click()"
        )
    };
    page.value(&press("NVIDIA H200"));
    assert_eq!(page.number(&count), 7.0);
    let labels =
        page.text(&format!("[...{chart}.querySelectorAll('.line')].map((l) => l.dataset.label).join('; ')"));
    assert!(labels.contains("h/a = 8, NVIDIA H100 80GB HBM3") && !labels.contains("H200"), "{labels}");
    page.value(&press("h/a = 64"));
    assert_eq!(page.number(&count), 6.0);
    // The ratio has its interval with it.
    page.value("document.querySelectorAll('#side-by-side .live > svg')[1].focus()");
    page.key("ArrowRight");
    let said = page.text("document.querySelectorAll('#side-by-side .live [aria-live]')[1].textContent");
    assert!(said.contains(" times the first, 95 % interval 0.9"), "{said}");
    // Both cards' conditions are told.
    assert!(said.matches("head dim 1, ±").count() == 2 && said.matches(" MHz").count() == 2, "{said}");
    assert!(said.contains("the first: head dim 1, ±"), "{said}");
    assert_quiet(&mut page);
}

#[test]
fn the_tip_of_two_cards_in_one_chart_has_head_dim_interval_and_clock() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.value("document.querySelector('#finding .live > svg').focus()");
    page.key("ArrowRight");
    page.key("End");
    let said = page.text("document.querySelector('#finding .live [aria-live]').textContent");
    let row = csv_row("score", 32_748);
    let clock: f64 = row("sm_clock_mhz").parse().unwrap();
    let head_dim = row("head_dim");
    for part in [format!("head dim {head_dim}, ±"), format!("{clock:.0} MHz")] {
        assert!(said.contains(&part), "no {part:?} in {said:?}");
    }
    assert_quiet(&mut page);
}

#[test]
fn a_finger_s_tap_keeps_the_tip_and_its_way_sideways_zooms() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.size(360, 740);
    page.touch_screen();
    show_first_chart(&mut page);
    let row = csv_row("score", 17_184);
    let at = place(&mut page, (17_184.0, row("tflops").parse().unwrap()));
    page.touch("touchStart", Some(at));
    page.touch("touchEnd", None);
    let said = tip(&mut page);
    assert!(said.contains("hidden size "), "the tip went with the finger: {said:?}");
    let values = |ticks: &[(f64, f64)]| ticks.iter().map(|tick| tick.0).collect::<Vec<_>>();
    let before = values(&ticks(&mut page, 'y'));
    let (from, to) = (place(&mut page, (8_000.0, 400.0)), place(&mut page, (24_000.0, 410.0)));
    page.touch("touchStart", Some(from));
    for part in 1..=8 {
        page.touch("touchMove", Some((from.0 + (to.0 - from.0) * f64::from(part) / 8.0, to.1)));
    }
    page.touch("touchEnd", None);
    let xs = values(&ticks(&mut page, 'x'));
    assert!(xs.len() > 1 && xs.iter().all(|x| (7_000.0..25_000.0).contains(x)), "{xs:?}");
    assert_eq!(values(&ticks(&mut page, 'y')), before);
    page.screenshot("touch-zoomed");
    assert_quiet(&mut page);
}

#[test]
fn a_mouse_that_is_drawn_sideways_zooms_the_sizes_and_leaves_the_values() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    show_first_chart(&mut page);
    let before = ticks(&mut page, 'y');
    let (from, to) = (place(&mut page, (8_000.0, 400.0)), place(&mut page, (16_000.0, 400.0)));
    page.mouse("mousePressed", from);
    page.mouse("mouseMoved", to);
    page.mouse("mouseReleased", to);
    let xs: Vec<f64> = ticks(&mut page, 'x').iter().map(|tick| tick.0).collect();
    assert!(xs.len() > 2 && xs.iter().all(|x| (7_900.0..16_100.0).contains(x)), "{xs:?}");
    assert_eq!(ticks(&mut page, 'y'), before);
    assert_quiet(&mut page);
}

#[test]
fn no_label_leaves_its_chart_on_a_small_screen() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.size(360, 740);
    page.load(&html.path);
    let outside = page.value(
        "[...document.querySelectorAll('.live > svg')].flatMap((svg) => {
           const all = svg.getBoundingClientRect();
           return [...svg.querySelectorAll('text')].filter((text) => {
             const it = text.getBoundingClientRect();
             return it.left < all.left - 0.5 || it.right > all.right + 0.5 || it.top < all.top - 0.5 || it.bottom > all.bottom + 0.5;
           }).map((text) => text.textContent); })",
    );
    assert_eq!(outside, serde_json::json!([]));
}

#[test]
fn a_chart_is_saved_as_a_file_that_can_be_drawn() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let folder = tempfile::tempdir().unwrap();
    page.downloads_to(folder.path());
    page.value(
        "[...document.querySelectorAll('#s1-c1 button')].find((b) => b.textContent === 'Save as SVG').click()",
    );
    let svg = page.downloaded(&folder.path().join("score-a12.svg"));
    let drawn = roxmltree::Document::parse(&svg).unwrap();
    assert_eq!(drawn.root_element().tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    assert!(svg.contains("Attention Key Query Score, a=12") && svg.contains("h/a = 64"));
    assert_quiet(&mut page);
}

#[test]
fn an_axis_of_octaves_is_live_like_any_other() {
    let llama = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/reference").join(name);
        let mut results = Results::parse(name, std::fs::read(path).unwrap()).unwrap();
        results.rows.retain(|row| row.point.gemm.n() == 3584 && row.point.gemm.k() == 4096);
        results
    };
    let results = llama("a100-sxm4-80gb-gemm.csv");
    // A report's only chart would stand with the finding; of two cards that is the chart of both.
    let html =
        Html::of_files(&[&results, &llama("l40s-gemm.csv")].map(|results| results.to_csv().into_bytes()));
    let Some(mut page) = html.open() else { return };
    show_first_chart(&mut page);
    // A power of two for each tick, equally far apart.
    let powers = |ticks: &[(f64, f64)]| {
        let powers: Vec<(f64, f64)> = ticks.iter().map(|(value, at)| (value.log2(), *at)).collect();
        for steps in powers.windows(3) {
            assert_eq!(steps[2].0 - steps[1].0, steps[1].0 - steps[0].0, "{ticks:?}");
            assert!((steps[2].1 - 2.0 * steps[1].1 + steps[0].1).abs() < 1.0, "{ticks:?}");
        }
        powers
    };
    let whole = ticks(&mut page, 'x');
    assert_eq!((whole[0].0, powers(&whole).len() > 3), (1.0, true), "{whole:?}");
    let value_at = |m: u32| {
        let row = results.rows.iter().find(|row| row.point.gemm.m() == m).unwrap();
        row.tflops(Stat::Mean).unwrap()
    };
    let at = |page: &mut Page, m: u32| {
        let (xs, ys) = (ticks(page, 'x'), ticks(page, 'y'));
        (pixel(&powers(&xs), f64::from(m).log2()), pixel(&ys, value_at(m)))
    };
    for m in [4, 64, 4096] {
        let place = at(&mut page, m);
        page.mouse("mouseMoved", place);
        let (said, tflops) = (tip(&mut page), value_at(m));
        let digits = (3.0 - tflops.log10().floor()) as usize;
        for part in [format!("m {m};"), format!("{tflops:.digits$} TFLOP/s")] {
            assert!(said.contains(&part), "no {part:?} in {said:?}");
        }
        let dot = page.number(
            "(() => { const b = document.querySelector('#s1-c1 .dot').getBoundingClientRect(); return b.left + b.width / 2; })()",
        );
        assert!((dot - place.0).abs() < 1.5, "m = {m}: drawn at {dot}, the axis says {}", place.0);
    }
    // A third of the axis, around 64.
    let (from, to) = (at(&mut page, 16), at(&mut page, 256));
    page.mouse("mousePressed", (from.0 - 4.0, to.1 - 9.0));
    page.mouse("mouseMoved", (to.0, from.1));
    page.mouse("mouseMoved", (to.0 + 4.0, from.1 + 9.0));
    page.mouse("mouseReleased", (to.0 + 4.0, from.1 + 9.0));
    let zoomed = ticks(&mut page, 'x');
    assert!(zoomed[0].0 >= 8.0 && zoomed[zoomed.len() - 1].0 <= 512.0 && zoomed.len() > 2, "{zoomed:?}");
    powers(&zoomed);
    let place = at(&mut page, 64);
    page.mouse("mouseMoved", place);
    assert!(tip(&mut page).contains("m 64;"), "{}", tip(&mut page));
    page.screenshot("zoomed-octaves");
    page.value("document.querySelector('#s1-c1 .live > svg').focus()");
    page.key("0");
    assert_eq!(ticks(&mut page, 'x'), whole);
    // Up close there is less than one power of two to see: round sizes then.
    for _ in 0..6 {
        page.key("+");
    }
    let close = ticks(&mut page, 'x');
    assert!(
        close.len() > 1 && close.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1),
        "{close:?}"
    );
    assert_quiet(&mut page);
}
