//! Three widths, two colour schemes, paper, and no script.

use crate::{Html, Page, assert_quiet, recorded_sweep};
use serde_json::json;

/// The least contrast of text in the page, and the text: WCAG 2.2, 1.4.3. Text on its own background or that
/// of what it stands in; text that is not shown does not count.
const LEAST_CONTRAST: &str = r"(() => {
  const rgb = (s) => s.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const c = rgb(getComputedStyle(n).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !node.getClientRects().length) continue;
    // Numbers on the coloured cells of a picture: the chart chooses black or white by the cell.
    if (node.closest('.only svg')) continue;
    const style = getComputedStyle(node), svg = node instanceof SVGElement;
    const [a, b] = [light(rgb(svg ? style.fill : style.color)), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least[0]) least = [contrast, walk.currentNode.textContent];
  }
  return least;
})()";

/// A report on a screen of so many pixels: no wider than that, and every text with the contrast of WCAG's AA.
fn shown_whole(page: &mut Page, html: &Html, (width, height): (u32, u32), scheme: &str) {
    page.size(width, height);
    page.colour_scheme(scheme);
    page.load(&html.path);
    let wide = page.number("document.documentElement.scrollWidth");
    assert!(wide <= f64::from(width), "{width} {scheme}: the page is {wide} wide");
    let least = page.value(LEAST_CONTRAST);
    assert!(least[0].as_f64().unwrap() >= 4.5, "{width} {scheme}: {least}");
}

#[test]
fn three_widths_and_both_colour_schemes_fit_and_can_be_read() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    for (width, height) in [(360, 740), (768, 1024), (1280, 900), (1920, 1080)] {
        for scheme in ["light", "dark"] {
            shown_whole(&mut page, &html, (width, height), scheme);
            let drawn = page
                .number("document.querySelector('#side-by-side .live > svg').getBoundingClientRect().width");
            assert!(drawn > 0.8 * f64::from(width.min(1000)), "{width} {scheme}: a chart {drawn} wide");
            let hidden = "(() => { const s = document.querySelector('#finding .scroll'); return s.scrollWidth - s.clientWidth; })()";
            assert_eq!(page.number(hidden), 0.0, "{width} {scheme}: who is ahead is out of sight");
            let dark = page.text("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)";
            assert_eq!(dark, scheme == "dark");
            page.screenshot(&format!("{width}-{scheme}"));
            assert_quiet(&mut page);
        }
    }
}

#[test]
fn a_report_of_models_fits_every_screen_and_its_first_chart_can_be_read_on_the_smallest() {
    let html = Html::of_models();
    let Some(mut page) = html.open() else { return };
    let shares = "document.querySelector('#finding .only')";
    for (width, height) in [(360, 740), (768, 1024), (1280, 800), (1920, 1080)] {
        for scheme in ["light", "dark"] {
            shown_whole(&mut page, &html, (width, height), scheme);
            // A chart that no live one takes the place of scrolls rather than shrinks. Its caption stands below it as well.
            let letters = page.number(&format!(
                "Math.min(...[...{shares}.querySelectorAll('text')].filter((t) => t.getAttribute('font-size') > 10)
                   .map((t) => t.getBoundingClientRect().height))"
            ));
            assert!(letters >= 9.0, "{width} {scheme}: letters {letters} high");
            page.screenshot(&format!("models-{width}-{scheme}"));
            assert_quiet(&mut page);
        }
    }
    page.size(360, 740);
    page.load(&html.path);
    page.value(&format!("{shares}.focus()"));
    assert!(page.number(&format!("{shares}.scrollWidth - {shares}.clientWidth")) > 100.0);
    // On paper there is nothing to scroll.
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.number(&format!("{shares}.scrollWidth - {shares}.clientWidth")), 0.0);
}

#[test]
fn the_table_of_a_gemm_s_sizes_has_room_beside_its_heat_map() {
    let html = Html::of_files(&[recorded_sweep("nvidia-h100-80gb-hbm3", "gemm-mnk")]);
    let Some(mut page) = html.open() else { return };
    for (width, height) in [(1280, 800), (1920, 1080)] {
        page.size(width, height);
        page.load(&html.path);
        let hidden = "(() => { const s = document.querySelector('#finding .sizes .scroll'); return s.scrollWidth - s.clientWidth; })()";
        assert_eq!(page.number(hidden), 0.0, "{width}: a column is out of sight");
        let bottom =
            page.number("document.querySelector('#finding .only svg').getBoundingClientRect().bottom");
        assert!(bottom <= f64::from(height), "{width}: the heat map ends at {bottom}");
    }
    assert_quiet(&mut page);
}

#[test]
fn the_first_chart_of_models_is_in_the_first_screen() {
    let html = Html::of_models();
    let Some(mut page) = html.open() else { return };
    page.size(1280, 800);
    page.load(&html.path);
    assert_eq!(
        page.text("document.querySelector('#finding .first h3').textContent"),
        "Where the Time of Models Goes"
    );
    let bottom = page.number("document.querySelector('#finding .first svg').getBoundingClientRect().bottom");
    assert!(bottom <= 800.0, "the first chart ends at {bottom}");
    page.screenshot("models-first-screen");
}

#[test]
fn the_finding_and_the_first_chart_are_in_the_first_screen() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.size(1280, 800);
    page.load(&html.path);
    let bottom = page.number("document.querySelector('.live > svg').getBoundingClientRect().bottom");
    assert!(bottom <= 800.0, "the first chart ends at {bottom}");
    let bottom = page.number("document.querySelector('#finding table').getBoundingClientRect().bottom");
    assert!(bottom <= 800.0, "the first table ends at {bottom}");
    assert_eq!(page.number("document.querySelectorAll('#finding .words > p').length"), 3.0);
    // On paper and on a small screen the chart comes before any table.
    let order =
        page.text("[...document.querySelectorAll('table, .live')].slice(0, 2).map((n) => n.tagName).join()");
    assert_eq!(order, "DIV,TABLE");
    page.screenshot("first-screen");
}

#[test]
fn on_paper_are_all_rows_and_the_spec_and_they_fold_up_again() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.value(
        "window.addEventListener('beforeprint', () => { window.printed = [
           ...[...document.querySelectorAll('table.rows')].map((t) => t.tBodies[0].rows.length),
           ...[...document.querySelectorAll('.count')].map((c) => c.textContent),
           [...document.querySelectorAll('details')].every((d) => d.open),
           document.querySelectorAll('.rows thead button').length]; })",
    );
    let pdf = page.call("Page.printToPDF", json!({}))["data"].as_str().unwrap().len();
    assert!(pdf > 100_000, "{pdf} bytes");
    let all = "Rows 1 to 810 of 810";
    assert_eq!(page.value("window.printed"), json!([810, 810, all, all, true, 0]));
    let after = "[document.querySelector('.count').textContent, document.querySelector('details').open,
        document.querySelector('.rows thead th').firstChild.tagName]";
    assert_eq!(page.value(after), json!(["Rows 1 to 50 of 810", false, "BUTTON"]));
    assert_quiet(&mut page);
}

#[test]
fn without_a_script_the_charts_and_all_rows_are_there() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    page.load(&html.path);
    let shown = "[...document.querySelectorAll('.still')].filter((s) => s.getClientRects().length).length";
    assert_eq!(page.number(shown), 8.0);
    assert_eq!(page.number("document.querySelector('table.rows').tBodies[0].rows.length"), 810.0);
    assert_eq!(page.number("document.querySelectorAll('button').length"), 0.0);
}

#[test]
fn on_paper_the_still_charts_are_shown_and_the_controls_are_not() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    let shown = |what: &str| {
        format!("[...document.querySelectorAll('{what}')].filter((s) => s.getClientRects().length).length")
    };
    assert_eq!(page.number(&shown(".still")), 0.0);
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.number(&shown(".still")), 8.0);
    assert_eq!(page.number(&shown(".live, .bar button")), 0.0);
    assert_quiet(&mut page);
}

#[test]
fn what_a_screen_reader_needs_is_there() {
    let html = Html::of_the_h100_and_the_h200();
    let Some(mut page) = html.open() else { return };
    for (what, expression) in [
        ("a language", "document.documentElement.lang === 'en'"),
        ("one h1", "document.querySelectorAll('h1').length === 1"),
        (
            "no heading level left out",
            "[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1])).every((l, i, a) => i === 0 || l <= a[i - 1] + 1)",
        ),
        ("a caption for each table", "[...document.querySelectorAll('table')].every((t) => t.caption)"),
        ("a scope for each head", "[...document.querySelectorAll('th')].every((h) => h.scope)"),
        (
            "a name for each control",
            "[...document.querySelectorAll('button')].every((b) => b.textContent.trim()) && [...document.querySelectorAll('select,input')].every((c) => c.labels.length)",
        ),
        (
            "a name and a description for each chart",
            "[...document.querySelectorAll('.live > svg')].every((s) => s.getAttribute('aria-label') && document.getElementById(s.getAttribute('aria-describedby')))",
        ),
        (
            "no id twice",
            "(() => { const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return new Set(ids).size === ids.length; })()",
        ),
        (
            "every link leads somewhere",
            "[...document.querySelectorAll('a')].every((a) => document.querySelector(a.getAttribute('href')))",
        ),
    ] {
        assert_eq!(page.value(expression), json!(true), "want {what}");
    }
    page.key("Tab");
    assert_eq!(page.text("document.activeElement.className"), "skip");
}
