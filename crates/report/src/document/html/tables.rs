//! Tables, each in a container of its own that scrolls.

use super::escape::{escape, sentence};
use crate::document::conditions::Fact;
use crate::document::measurements::{Kind, Measurements};
use crate::document::series_table::SeriesTable;
use crate::document::side_by_side::SideBySide;
use std::fmt::Write as _;

/// An empty cell that is empty on purpose.
const NONE: &str = "–";

fn scrolling(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{table}</div>\n",
        escape(label)
    )
}

fn heads<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("<th scope=\"col\">{}", escape(name))).collect()
}

fn numbers<'a>(cells: impl IntoIterator<Item = &'a Option<String>>) -> String {
    let cell = |(i, cell): (usize, &Option<String>)| {
        let text = escape(cell.as_deref().unwrap_or(NONE));
        if i == 0 { format!("<th scope=\"row\">{text}") } else { format!("<td>{text}") }
    };
    cells.into_iter().enumerate().map(cell).collect()
}

pub(super) fn series(title: &str, table: &SeriesTable) -> String {
    let mut html = format!(
        "<table class=\"numbers\"><caption>The lines of {} in numbers. A level is the median over the last \
         quarter of the hidden sizes.</caption><thead><tr>{}<tbody>",
        escape(title),
        heads(SeriesTable::COLUMNS)
    );
    for row in &table.rows {
        html += &format!("<tr>{}", numbers(row));
    }
    scrolling(title, &(html + "</table>"))
}

pub(super) fn side_by_side(table: &SideBySide) -> String {
    let mut html = format!(
        "<table class=\"numbers\"><caption>{}: levels, the medians over the last quarter of the hidden \
         sizes.</caption><thead><tr>{}<tbody>",
        escape(&table.title),
        heads(table.columns.iter().map(String::as_str))
    );
    for row in &table.rows {
        html += &format!("<tr>{}", numbers(row));
    }
    let words: String =
        table.statements.iter().map(|words| format!("<p>{}</p>\n", sentence(words))).collect();
    scrolling(&table.title, &(html + "</table>")) + &words
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

/// Every row. The script takes it apart into pages; without it, all are there.
pub(super) fn measurements(measurements: &Measurements, caption: &str) -> String {
    let mut html = format!("<table class=\"rows\"><caption>{}</caption><thead><tr>", escape(caption));
    for column in &measurements.columns {
        let kind = match column.kind {
            Kind::Number => " class=\"n\"",
            Kind::Word => " data-choose",
            Kind::Text => "",
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
