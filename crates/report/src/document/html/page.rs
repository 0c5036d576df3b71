//! The page.

use super::data::{ChartData, json};
use super::escape::{escape, sentence};
use super::policy::policy;
use super::tables;
use crate::document::findings::Statement;
use crate::document::pictures::Picture;
use crate::document::section::{Part, Section};
use crate::document::side_by_side::SideBySide;
use crate::document::summary::Summary;
use crate::document::{Report, enumerated};
use hovera_plot::Chart;

const STYLE: &str = include_str!("page.css");
/// One script of three files: what scales and formats numbers, the charts, the tables.
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("scale.js"),
    include_str!("chart.js"),
    include_str!("table.js")
);

/// Said of a chart with more points than it can show.
const THINNED: &str = "Of a line with very many points, the first, the lowest, the highest and the last of each of 500 \
     columns are shown.";

/// The whole file.
pub(in crate::document) fn page(report: &Report) -> String {
    let title = format!("{} {}", report.subject.title(), enumerated(&report.cards));
    let charts: Vec<Option<ChartData<'_>>> =
        report.pictures().map(|(_, picture)| ChartData::of_picture(picture)).collect();
    // The first is at the head.
    let mut chart_number = 0;
    let summary = summary(report, &mut chart_number);
    let side_by_side = side_by_side(report, &mut chart_number);
    let sections: String =
        report.sections.iter().map(|section| self::section(report, section, &mut chart_number)).collect();
    let title = escape(&title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#report\">Skip to the report</a>\n\
         <header><h1>{title}</h1>\n{made}</header>\n\
         <main id=\"report\">\n{summary}{introduction}{contents}{side_by_side}{sections}</main>\n\
         <footer><p>Made by {made_with} from {files}. Every sentence, chart and table follows from the rows of \
         these files.</p></footer>\n\
         <script type=\"application/json\" id=\"charts\">{charts}</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        policy = policy(STYLE, SCRIPT),
        made = made(report),
        introduction = introduction(report),
        contents = contents(report),
        made_with = escape(&report.made_with),
        files = escape(&enumerated(&report.sections.iter().map(|s| s.source.clone()).collect::<Vec<_>>())),
        charts = json(&charts),
    )
}

/// When and by what each file was measured.
fn made(report: &Report) -> String {
    let items: String = report.summary.made.iter().map(|made| format!("<li>{}", sentence(made))).collect();
    format!("<ul class=\"made\">{items}</ul>\n")
}

/// The finding: three sentences, the first chart, a small table, and what its words mean.
fn summary(report: &Report, chart_number: &mut usize) -> String {
    let Summary { sentences, grid, definitions, .. } = &report.summary;
    let words: String = sentences.iter().map(|it| format!("<p>{}</p>\n", sentence(it))).collect();
    let definitions: Vec<String> =
        definitions.iter().map(|(op, it)| format!("<dt>{op}<dd>{}", escape(it))).collect();
    let first = report.first_picture().map(|(_, picture)| {
        let title = escape(&picture.title);
        format!("<section class=\"first\"><h3>{title}</h3>\n{}</section>\n", figure(picture, chart_number))
    });
    format!(
        "<section id=\"finding\" aria-labelledby=\"finding-h\"><h2 id=\"finding-h\">In short</h2>\n\
         <div class=\"words\">{words}</div>\n{first}<div class=\"sizes\">{grid}<dl>{definitions}</dl></div></section>\n",
        definitions = definitions.concat(),
        first = first.unwrap_or_default(),
        grid = grid.as_ref().map(tables::grid).unwrap_or_default(),
    )
}

fn introduction(report: &Report) -> &'static str {
    match (report.subject.of_attention, report.subject.has_series) {
        (true, true) => {
            "<p>How fast the batched matrix products of attention run: throughput over hidden size, one line for each \
     power of two that divides the head dim. A line <code>h/a = 8</code> is every head dim that 8 divides and 16 \
     does not; <code>h/a = 64</code> is every multiple of 64.</p>\n"
        }
        (false, true) => {
            "<p>How fast matrix products run: throughput over the size that each sweep varies. Over hidden size, a \
             line <code>h/a = 8</code> is every head dim that 8 divides and 16 does not; <code>h/a = 64</code> is every \
             multiple of 64.</p>\n"
        }
        (true, false) => {
            "<p>How fast the matrix products of attention run: throughput over the sizes that each sweep varies.</p>\n"
        }
        (false, false) => {
            "<p>How fast matrix products run: throughput over the sizes that each sweep varies.</p>\n"
        }
    }
}

fn contents(report: &Report) -> String {
    let mut items = String::new();
    if report.side_by_side.is_some() {
        items += "<li><a href=\"#side-by-side\">Side by side</a>";
    }
    for section in &report.sections {
        let number = section.number;
        items += &format!("<li><a href=\"#s{number}\">{}</a><ul>", escape(&heading(section)));
        for (i, part) in section.parts.iter().enumerate() {
            items += &format!("<li><a href=\"#s{number}-c{}\">{}</a>", i + 1, escape(&part.title));
        }
        items += &format!(
            "<li><a href=\"#s{number}-made\">{}</a><li><a href=\"#s{number}-rows\">{}</a>\
             <li><a href=\"#s{number}-facts\">Conditions and provenance</a></ul>",
            section.how(),
            section.all_rows()
        );
    }
    format!("<nav aria-label=\"Contents\"><ul>{items}</ul></nav>\n")
}

fn heading(section: &Section) -> String {
    enumerated(&section.cards)
}

fn side_by_side(report: &Report, chart_number: &mut usize) -> String {
    let Some(SideBySide { statements, grids, pictures, .. }) = &report.side_by_side else {
        return String::new();
    };
    let grids: String = grids.iter().map(tables::grid).collect();
    let statements = self::statements(statements);
    let pictures: String = pictures
        .iter()
        .filter(|picture| !report.is_first(picture))
        .map(|picture| {
            format!(
                "<section><h3>{}</h3>\n{}</section>\n",
                escape(&picture.title),
                figure(picture, chart_number)
            )
        })
        .collect();
    format!("<section id=\"side-by-side\"><h2>Side by side</h2>\n{statements}{grids}{pictures}</section>\n")
}

fn section(report: &Report, section: &Section, chart_number: &mut usize) -> String {
    let number = section.number;
    let parts: String = section
        .parts
        .iter()
        .enumerate()
        .map(|(i, part)| self::part(report, part, &format!("s{number}-c{}", i + 1), chart_number))
        .collect();
    format!(
        "<section id=\"s{number}\" aria-labelledby=\"s{number}-h\"><h2 id=\"s{number}-h\">{heading}</h2>\n\
         <p class=\"source\">Sweep <q>{sweep}</q>, file <q>{source}</q></p>\n{origin}{parts}\
         <section id=\"s{number}-made\"><h3>{how}</h3>\n{statements}</section>\n\
         <section id=\"s{number}-rows\"><h3>{all_rows}</h3>\n{measurements}</section>\n\
         <section id=\"s{number}-facts\"><h3>Conditions and provenance</h3>\n{facts}{spec}</section>\n</section>\n",
        heading = escape(&heading(section)),
        sweep = escape(&section.sweep),
        source = escape(&section.source),
        origin = origin(section),
        statements = statements(&section.statements),
        measurements = tables::measurements(
            &section.measurements,
            &section.measurements.caption(&section.source),
            section.stem(),
        ),
        facts = tables::facts(&section.facts),
        spec = spec(section),
        how = section.how(),
        all_rows = section.all_rows(),
    )
}

fn origin(section: &Section) -> String {
    let said = |origin| format!("<p class=\"origin\">{}</p>\n", sentence(origin));
    section.origin.as_ref().map(said).unwrap_or_default()
}

fn spec(section: &Section) -> String {
    if section.spec.is_empty() {
        return String::new();
    }
    let (heading, text) = (section.the_spec(), escape(&section.spec));
    format!("<details><summary>{heading}</summary><pre>{text}</pre></details>\n")
}

fn statements(statements: &[Statement]) -> String {
    if statements.is_empty() {
        return String::new();
    }
    let item = |statement: &Statement| {
        format!("<li><strong>{}.</strong> {}", escape(statement.topic), sentence(&statement.sentence))
    };
    format!("<ul class=\"findings\">{}</ul>\n", statements.iter().map(item).collect::<String>())
}

fn part(report: &Report, part: &Part, id: &str, chart_number: &mut usize) -> String {
    let figure = match report.is_first(&part.picture) {
        true => "<p>Its chart is <a href=\"#finding\">the first one</a>.</p>\n".to_owned(),
        false => figure(&part.picture, chart_number),
    };
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h3 id=\"{id}-h\">{}</h3>\n{figure}{}{}</section>\n",
        escape(&part.title),
        statements(&part.statements),
        part.table.as_ref().map(tables::grid).unwrap_or_default()
    )
}

/// A chart: the picture, and the place where the script draws the one that takes its place. The policy lets no
/// font in.
fn figure(picture: &Picture, chart_number: &mut usize) -> String {
    let data = ChartData::of_picture(picture);
    let thinned = data.as_ref().is_some_and(|data| data.thinned).then_some(THINNED);
    let notes = picture.notes.iter().map(String::as_str).chain(thinned);
    let notes: String = notes.map(|note| format!("<li>{}", escape(note))).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul class=\"notes\">{notes}</ul>") };
    let (live, still) = match data {
        Some(_) => (
            format!("<div class=\"live\" data-chart=\"{chart_number}\" hidden></div>"),
            "<div class=\"still\">".to_owned(),
        ),
        // Nothing takes its place where it is too small to read: there it scrolls.
        None => {
            let label = escape(&picture.title);
            let still =
                format!("<div class=\"still only\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">");
            (String::new(), still)
        }
    };
    *chart_number += 1;
    let Chart { subtitle, caption, .. } = &picture.chart;
    let caption: Vec<&str> = [subtitle, caption].into_iter().flatten().map(String::as_str).collect();
    format!(
        "<figure class=\"chart\" data-file=\"{stem}.svg\">{live}{still}{svg}</div><figcaption>{caption}{notes}</figcaption>\
         </figure>\n",
        stem = escape(&picture.stem),
        svg = picture.figure.svg_without_font(),
        caption = escape(&caption.join(", ")),
    )
}
