//! Tables, each in a container of its own that scrolls.

use super::data::json;
use super::escape::escape;
use crate::document::conditions::Fact;
use crate::document::grid::Grid;
use crate::document::measurements::{ColumnUse, Measurements};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// An empty cell that is empty on purpose.
const NONE: &str = "–";

fn scrolling(class: &str, label: &str, table: &str) -> String {
    format!(
        "<div class=\"{class}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{table}</div>\n",
        escape(label)
    )
}

pub(super) fn grid(grid: &Grid) -> String {
    let cell = |(i, cell): (usize, &Option<String>)| {
        let text = escape(cell.as_deref().unwrap_or(NONE));
        if i == 0 { format!("<th scope=\"row\">{text}") } else { format!("<td>{text}") }
    };
    let heads: String =
        grid.columns.iter().map(|head| format!("<th scope=\"col\">{}", escape(&head.plain()))).collect();
    let rows: String = grid
        .rows
        .iter()
        .map(|row| format!("<tr>{}", row.iter().enumerate().map(cell).collect::<String>()))
        .collect();
    let caption = escape(&grid.caption);
    let table = format!(
        "<table class=\"numbers\"><caption><span>{caption}</span></caption><thead><tr>{heads}<tbody>{rows}</table>"
    );
    scrolling("scroll", &grid.caption, &table)
}

pub(super) fn facts(facts: &[Fact]) -> String {
    let mut html = String::from("<table class=\"facts\"><caption>Conditions and provenance</caption>");
    let mut about = "";
    for fact in facts {
        if fact.about != about || fact.name == "name" {
            about = fact.about;
            let _ = write!(html, "<tbody><tr><th scope=\"rowgroup\" colspan=\"2\">{about}");
        }
        let _ = write!(html, "<tr><th scope=\"row\">{}<td>{}", escape(fact.name), escape(&fact.value));
    }
    scrolling("scroll", "Conditions and provenance", &(html + "</table>"))
}

/// So many rows are a table before the script runs; to lay out more takes a browser longer than a reader waits.
/// The script has the others as data.
const MOST_IN_TABLE: usize = 6_000;

/// The rows. The script takes the table apart into pages; without it, the table is whole as far as it goes.
/// `file` names what the rows are saved as.
pub(super) fn measurements(measurements: &Measurements, caption: &str, file: &str) -> String {
    let (table, more) = measurements.rows.split_at(measurements.rows.len().min(MOST_IN_TABLE));
    let mut html = format!(
        "<table class=\"rows\" data-file=\"{}\"><caption><span>{}</span></caption><thead><tr>",
        escape(file),
        escape(caption)
    );
    for (i, column) in measurements.columns.iter().enumerate() {
        let _ = match column.kind {
            ColumnUse::Number => write!(html, "<th scope=\"col\" class=\"n\">"),
            ColumnUse::Word => {
                let words: BTreeSet<&str> = measurements.rows.iter().map(|row| row[i].as_str()).collect();
                let words = json(&words.into_iter().collect::<Vec<_>>());
                write!(html, "<th scope=\"col\" data-choose=\"{}\">", escape(&words))
            }
            ColumnUse::Text => write!(html, "<th scope=\"col\">"),
        };
        html += &escape(column.name);
    }
    html.push_str("<tbody>\n");
    for row in table {
        html.push_str("<tr>");
        for cell in row {
            html.push_str("<td>");
            html.push_str(&escape(cell));
        }
        html.push('\n');
    }
    html.push_str("</table>");
    let mut all = scrolling("scroll tall", caption, &html);
    if !more.is_empty() {
        // No cell has a tab: text of a file is one line of printable characters.
        let lines: Vec<String> = more.iter().map(|row| row.join("\t")).collect();
        let _ = write!(
            all,
            "<script type=\"application/json\" class=\"more\">{}</script>\n\
             <noscript><p>Without scripts only the first {MOST_IN_TABLE} of these rows are here.</p></noscript>\n",
            json(&lines)
        );
    }
    all
}
