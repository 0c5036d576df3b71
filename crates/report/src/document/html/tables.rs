//! Tables, each in a container of its own that scrolls.

use super::escape::escape;
use crate::document::conditions::Fact;
use crate::document::grid::Grid;
use crate::document::measurements::{ColumnUse, Measurements};
use std::fmt::Write as _;

/// An empty cell that is empty on purpose.
const NONE: &str = "–";

fn scrolling(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{table}</div>\n",
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
    scrolling(&grid.caption, &table)
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
    scrolling("Conditions and provenance", &(html + "</table>"))
}

/// The rows. The script takes it apart into pages; without it, all are there.
pub(super) fn measurements(measurements: &Measurements, caption: &str) -> String {
    let mut html =
        format!("<table class=\"rows\"><caption><span>{}</span></caption><thead><tr>", escape(caption));
    for column in &measurements.columns {
        let kind = match column.kind {
            ColumnUse::Number => " class=\"n\"",
            ColumnUse::Word => " data-choose",
            ColumnUse::Text => "",
        };
        let _ = write!(html, "<th scope=\"col\"{kind}>{}", escape(column.name));
    }
    html.push_str("<tbody>\n");
    for row in &measurements.rows {
        html.push_str("<tr>");
        for cell in row {
            html.push_str("<td>");
            html.push_str(&escape(cell));
        }
        html.push('\n');
    }
    scrolling(caption, &(html + "</table>"))
}
