//! What a file is, by its content: a file that one command wants is often given to another, and only what hovera
//! wrote may be written over.

use crate::args::Format;
use hovera_core::FileKind;
use std::fmt;
use std::path::Path;

/// What a file is, as far as its start and its end tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    // What hovera reads.
    Results,
    Readings,
    Spec,
    Model,
    FigureList,
    ImportMap,
    CookbookLog,
    NvbenchJson,
    // What hovera writes, by marks that only it leaves.
    Chart(Format),
    ReportHtml,
    ReportMarkdown,
    ReportLatex,
    ComparisonCsv,
    ComparisonJson,
    ComparisonMarkdown,
    FleetCsv,
    FleetJson,
    FleetMarkdown,
    KernelsCsv,
    Card,
    ManPage,
    // Neither.
    Picture(&'static str),
    Html,
    Archive(&'static str),
    Parquet,
    Toml,
    Json,
    Other,
}

/// How much of a file's start and of its end is looked at.
pub(crate) const LOOKED_AT: usize = 64 * 1024;

impl Kind {
    /// By a file's start and its end, of [`LOOKED_AT`] bytes each; of a small file they are the same.
    pub(crate) fn by_content(start: &[u8], end: &[u8]) -> Kind {
        if start.is_empty() {
            return Kind::Empty;
        }
        if let Some(kind) = by_signature(start, end) {
            return kind;
        }
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        let (start, end) = (String::from_utf8_lossy(start), String::from_utf8_lossy(end));
        of_text(&start, &end)
    }

    /// Of a file that is in memory.
    pub(crate) fn of_all(bytes: &[u8]) -> Kind {
        Kind::by_content(
            &bytes[..bytes.len().min(LOOKED_AT)],
            &bytes[bytes.len().saturating_sub(LOOKED_AT)..],
        )
    }

    /// Whether it bears a mark that only this program leaves. Results are of this program too, but what was measured
    /// is no version of anything.
    pub(crate) fn is_written_by_hovera(self) -> bool {
        match self {
            Kind::Chart(_)
            | Kind::ReportHtml
            | Kind::ReportMarkdown
            | Kind::ReportLatex
            | Kind::ComparisonCsv
            | Kind::ComparisonJson
            | Kind::ComparisonMarkdown
            | Kind::FleetCsv
            | Kind::FleetJson
            | Kind::FleetMarkdown
            | Kind::KernelsCsv
            | Kind::Card
            | Kind::ManPage => true,
            Kind::Empty
            | Kind::Results
            | Kind::Readings
            | Kind::Spec
            | Kind::Model
            | Kind::FigureList
            | Kind::ImportMap
            | Kind::CookbookLog
            | Kind::NvbenchJson
            | Kind::Picture(_)
            | Kind::Html
            | Kind::Archive(_)
            | Kind::Parquet
            | Kind::Toml
            | Kind::Json
            | Kind::Other => false,
        }
    }

    /// The command that takes such a file, ahead of its name; none where none does.
    fn taken_by(self) -> Option<&'static str> {
        match self {
            Kind::Results => Some("draw it with: hovera plot"),
            Kind::Readings => Some("draw it with: hovera plot"),
            Kind::Spec => Some("measure it with: hovera run"),
            Kind::Model => Some("list and measure its products with: hovera model"),
            Kind::CookbookLog => Some("turn it into results with: hovera import cookbook"),
            Kind::NvbenchJson => Some("turn it into results with: hovera import nvbench"),
            Kind::Parquet => {
                Some("turn a table of AIConfigurator into results with: hovera import aiconfigurator")
            }
            _ => None,
        }
    }

    /// What to do with a file of this name, where that can be told.
    pub(crate) fn advice(self, name: &Path) -> Option<String> {
        match self {
            Kind::FigureList => Some("draw what it lists with: hovera figures --dir FOLDER".to_owned()),
            Kind::Card => Some("predict by it with: hovera predict SPEC --card FILE".to_owned()),
            Kind::ImportMap => Some("it goes with: hovera import csv FILE --map".to_owned()),
            kind => kind.taken_by().map(|command| format!("{command} {}", crate::shell::argument(name))),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Empty => "an empty file",
            Kind::Results => "a results file",
            Kind::Readings => "published readings",
            Kind::Spec => "a sweep's spec",
            Kind::Model => "a model's configuration",
            Kind::FigureList => "a list of figures",
            Kind::ImportMap => "a map of a table's columns",
            Kind::CookbookLog => "a log of the original benchmark",
            Kind::NvbenchJson => "a file of nvbench's",
            Kind::Chart(Format::Svg) => "a chart that hovera drew (SVG)",
            Kind::Chart(Format::Png) => "a chart that hovera drew (PNG)",
            Kind::Chart(Format::Pdf) => "a chart that hovera drew (PDF)",
            Kind::ReportHtml => "a report that hovera wrote (HTML)",
            Kind::ReportMarkdown => "a report that hovera wrote (Markdown)",
            Kind::ReportLatex => "a report that hovera wrote (LaTeX)",
            Kind::ComparisonCsv => "a comparison that hovera wrote (CSV)",
            Kind::ComparisonJson => "a comparison that hovera wrote (JSON)",
            Kind::ComparisonMarkdown => "a comparison that hovera wrote (Markdown)",
            Kind::FleetCsv => "a fleet that hovera wrote (CSV)",
            Kind::FleetJson => "a fleet that hovera wrote (JSON)",
            Kind::FleetMarkdown => "a fleet that hovera wrote (Markdown)",
            Kind::Card => "a card file that hovera wrote",
            Kind::KernelsCsv => "a table of kernels that hovera wrote (CSV)",
            Kind::ManPage => "a manual page of hovera's",
            Kind::Picture(format) => return write!(f, "a picture ({format})"),
            Kind::Html => "an HTML page",
            Kind::Archive(format) => return write!(f, "a compressed file or table ({format})"),
            Kind::Toml => "a TOML file",
            Kind::Parquet => "a table in Parquet",
            Kind::Json => "a JSON file",
            Kind::Other => "another kind of file",
        })
    }
}

/// Files that are no text begin with their format's signature.
fn by_signature(start: &[u8], end: &[u8]) -> Option<Kind> {
    const SIGNATURES: [(&[u8], Kind); 8] = [
        (b"\xFF\xD8\xFF", Kind::Picture("JPEG")),
        (b"GIF8", Kind::Picture("GIF")),
        (b"\x1F\x8B", Kind::Archive("gzip")),
        (b"\x28\xB5\x2F\xFD", Kind::Archive("zstd")),
        (b"PK\x03\x04", Kind::Archive("zip, or a workbook such as .xlsx")),
        (b"PAR1", Kind::Parquet),
        (b"\xD0\xCF\x11\xE0", Kind::Archive("an old workbook such as .xls")),
        (b"ARROW1", Kind::Archive("Arrow")),
    ];
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(if is_own_png(start) { Kind::Chart(Format::Png) } else { Kind::Picture("PNG") });
    }
    if start.starts_with(b"%PDF-") {
        return Some(if is_own_pdf(start, end) { Kind::Chart(Format::Pdf) } else { Kind::Picture("PDF") });
    }
    SIGNATURES.into_iter().find(|(signature, _)| start.starts_with(signature)).map(|(_, kind)| kind)
}

/// A chart of ours says `hovera` in a text chunk ahead of its pixels, or, of a version that did not, is of RGB at
/// exactly 200 dpi and says nothing at all.
fn is_own_png(start: &[u8]) -> bool {
    const DPI_200: &[u8] = &[0, 0, 0x1E, 0xC2, 0, 0, 0x1E, 0xC2, 1];
    let (mut at, mut silent, mut rgb, mut dpi) = (8, true, false, false);
    while let Some(head) = start.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let data = start.get(at + 8..(at + 8).saturating_add(length)).unwrap_or_default();
        match &head[4..] {
            b"IDAT" | b"IEND" => break,
            b"IHDR" => rgb = data.get(8..10) == Some(&[8, 2]),
            b"pHYs" => dpi = data == DPI_200,
            b"tEXt" | b"iTXt" if contains(data, b"hovera") => return true,
            _ => silent = false,
        }
        at = (at + 12).saturating_add(length);
    }
    silent && rgb && dpi
}

/// A chart of ours names `hovera` as its creator, or, of a version that did not, has a title and a subject and
/// names no program.
fn is_own_pdf(start: &[u8], end: &[u8]) -> bool {
    let has = |text: &[u8]| contains(end, text) || contains(start, text);
    let silent = ![&b"/Creator"[..], b"/Producer", b"/Author"].into_iter().any(has);
    let titled = start.starts_with(b"%PDF-1.7\n") && has(b"/Title") && has(b"/Subject");
    has(b"/Creator(hovera") || has(b"/Producer(hovera") || silent && titled && has(b"<pdf:PDFVersion>1.7")
}

/// How the titles of reports begin: of attention alone, and of any product.
const REPORT_TITLES: [&str; 2] = ["Attention GEMMs on ", "GEMMs on "];

fn of_text(start: &str, end: &str) -> Kind {
    let last_line = end.trim_end().rsplit('\n').next().unwrap_or_default();
    let first_line = start.lines().next().unwrap_or_default();
    let lines = || start.lines().map(str::trim_start);
    let any = |prefix: &str| lines().any(|line| line.starts_with(prefix));
    if start.starts_with("<svg ") || start.starts_with("<?xml") && start.contains("<svg") {
        return if is_own_svg(first_line) { Kind::Chart(Format::Svg) } else { Kind::Picture("SVG") };
    }
    if start.trim_start().to_ascii_lowercase().starts_with("<!doctype html") || start.starts_with("<html") {
        let titled = REPORT_TITLES.iter().any(|title| start.contains(&format!("<title>{title}")));
        let own = titled && start.contains("name=\"referrer\"");
        return if own { Kind::ReportHtml } else { Kind::Html };
    }
    match FileKind::of_text(start) {
        Some(FileKind::Results) => return Kind::Results,
        Some(FileKind::Readings) => return Kind::Readings,
        None => {}
    }
    for (prefix, kind) in [
        ("level,metric,base,other,op,", Kind::ComparisonCsv),
        ("level,metric,card,id,op,", Kind::FleetCsv),
        ("library,op,dtype,layout,engine,", Kind::KernelsCsv),
        ("# Comparison\n\n- base: ", Kind::ComparisonMarkdown),
        ("# Fleet\n\n- ", Kind::FleetMarkdown),
    ] {
        if start.starts_with(prefix) {
            return kind;
        }
    }
    let titled = REPORT_TITLES.iter().any(|title| first_line.starts_with(&format!("# {title}")));
    if titled && last_line.starts_with("Made by hovera ") {
        return Kind::ReportMarkdown;
    }
    if start.starts_with("\\documentclass") && end.contains("\\noindent Made by hovera ") {
        return Kind::ReportLatex;
    }
    if start.starts_with(".ie \\n(.g") && start.contains("\n.TH hovera") {
        return Kind::ManPage;
    }
    if any("Elapsed time for ") || any("Throughput (in TFLOP/s) for ") {
        return Kind::CookbookLog;
    }
    let is_toml = any("[[") || any("[method]");
    if matches!(start.trim_start().chars().next(), Some('{' | '[')) && !is_toml && !is_of_a_rank(first_line) {
        return of_json(start);
    }
    of_toml(start)
}

/// A header of hipblaslt-bench begins with the number of its rank: `[0]:transA`.
fn is_of_a_rank(line: &str) -> bool {
    let rank = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    rank.is_some_and(|(rank, rest)| {
        rank.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with([':', 't'])
    })
}

/// An element of ours is named by 16 hexadecimal digits of its content.
fn is_own_svg(first_line: &str) -> bool {
    let named = first_line.split_once("role=\"img\" aria-labelledby=\"c").map(|(_, name)| name);
    named.is_some_and(|name| {
        name.get(..16).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            && name[16..].starts_with("-title ")
    })
}

fn of_json(start: &str) -> Kind {
    let has = |text: &str| start.contains(text);
    match () {
        () if has("\"schema\": \"hovera-comparison\"") => Kind::ComparisonJson,
        () if has("\"schema\": \"hovera-fleet\"") => Kind::FleetJson,
        () if has("\"model_type\"") => Kind::Model,
        () if has("\"benchmarks\"") && (has("\"devices\"") || has("nvbench")) => Kind::NvbenchJson,
        () => Kind::Json,
    }
}

fn of_toml(start: &str) -> Kind {
    // Only keys and tables at the start of a line count, and only of files that are made of them.
    let mut keys = std::collections::BTreeSet::new();
    for line in start.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once('=') {
            _ if line.starts_with('[') => keys.insert(line),
            Some((key, _)) => keys.insert(key.trim()),
            None => false,
        };
    }
    let has = |key: &str| keys.contains(key);
    match () {
        () if has("[[constant]]") && has("gpu") => Kind::Card,
        () if has("[[figure]]") || has("[[report]]") => Kind::FigureList,
        () if has("[[layer]]") => Kind::Model,
        () if has("time_unit") && has("[column]") => Kind::ImportMap,
        () if has("heads") && (has("hidden") || has("head_dim")) => Kind::Spec,
        () if has("name") && (has("[method]") || has("op")) => Kind::Spec,
        () if !keys.is_empty() && toml::from_str::<toml::Table>(start).is_ok() => Kind::Toml,
        () => Kind::Other,
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn kind(text: &str) -> Kind {
        Kind::of_all(text.as_bytes())
    }

    fn in_repository(folder: &str) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn every_figure_and_spec_of_the_repository_is_known_for_what_it_is() {
        let mut seen = 0;
        for path in ["figures", "sweeps", "models"].into_iter().flat_map(in_repository) {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let wants = match ending {
                "svg" => Kind::Chart(Format::Svg),
                "png" => Kind::Chart(Format::Png),
                "pdf" => Kind::Chart(Format::Pdf),
                "html" => Kind::ReportHtml,
                "toml" if path.ends_with("figures/figures.toml") => Kind::FigureList,
                "toml" if path.parent().is_some_and(|folder| folder.ends_with("models")) => Kind::Model,
                "toml" => Kind::Spec,
                _ => continue,
            };
            assert_eq!(Kind::of_all(&std::fs::read(&path).unwrap()), wants, "{}", path.display());
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }

    #[test]
    fn what_others_made_is_not_taken_for_ours() {
        assert_eq!(
            kind("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8in\"><path/></svg>"),
            Kind::Picture("SVG")
        );
        assert_eq!(kind("<!DOCTYPE html>\n<title>mine</title>"), Kind::Html);
        assert_eq!(kind("# Attention GEMMs on my card\n\nNotes.\n"), Kind::Other);
        assert_eq!(kind("# Comparison\n\nof two cats\n"), Kind::Other);
        assert_eq!(kind("\\documentclass{article}\n"), Kind::Other);
        assert_eq!(kind("{\"a\": 1}"), Kind::Json);
        assert_eq!(kind("[0, 1]"), Kind::Json);
        assert_eq!(kind("[0]:transA,transB,m,n,k,us\nT,N,1,2,3,4\n"), Kind::Other);
        assert_eq!(kind("# GEMMs on my card\n\nNotes.\n"), Kind::Other);
        assert_eq!(kind("a,b\n1,2\n"), Kind::Other);
        assert_eq!(kind("colour = \"blue\"\n"), Kind::Toml);
        // matplotlib says who it is; a screenshot has no 200 dpi.
        let png = |chunks: &[(&[u8], &[u8])]| {
            let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
            for (name, data) in chunks {
                bytes.extend((data.len() as u32).to_be_bytes());
                bytes.extend([name, *data, &[0; 4]].concat());
            }
            Kind::of_all(&bytes)
        };
        let header: (&[u8], &[u8]) = (b"IHDR", &[0, 0, 6, 64, 0, 0, 3, 232, 8, 2, 0, 0, 0]);
        let dpi: (&[u8], &[u8]) = (b"pHYs", &[0, 0, 0x1E, 0xC2, 0, 0, 0x1E, 0xC2, 1]);
        assert_eq!(png(&[header, dpi, (b"IDAT", b"x")]), Kind::Chart(Format::Png));
        assert_eq!(png(&[header, (b"IDAT", b"x")]), Kind::Picture("PNG"));
        assert_eq!(
            png(&[header, dpi, (b"tEXt", b"Software\0Matplotlib"), (b"IDAT", b"x")]),
            Kind::Picture("PNG")
        );
        assert_eq!(
            png(&[header, (b"tEXt", b"Software\0hovera 0.2"), (b"IDAT", b"x")]),
            Kind::Chart(Format::Png)
        );
        let typst = b"%PDF-1.7\n/Title(a)/Subject(b)/Creator(Typst)<pdf:PDFVersion>1.7";
        assert_eq!(Kind::of_all(typst), Kind::Picture("PDF"));
    }

    #[test]
    fn a_report_is_known_whether_all_of_it_is_attention_or_not() {
        for title in ["Attention GEMMs on", "GEMMs on"] {
            let markdown = format!("# {title} `card`\n\nMade by hovera 0.2.0 from `a.csv`.\n");
            assert_eq!(kind(&markdown), Kind::ReportMarkdown);
            let html = format!("<!doctype html>\n<meta name=\"referrer\">\n<title>{title} card</title>");
            assert_eq!(kind(&html), Kind::ReportHtml);
        }
    }

    #[test]
    fn what_hovera_reads_is_known_for_what_it_is() {
        assert_eq!(kind(""), Kind::Empty);
        assert_eq!(kind("\u{feff}# a = 1\nop,m,time_median_us\n"), Kind::Results);
        assert_eq!(kind("# gpu = \"A100\"\nreading,op\n"), Kind::Readings);
        assert_eq!(kind("name = \"a\"\nheads = 3\nhead_dim = [1]\n"), Kind::Spec);
        assert_eq!(kind("format = 1\ngpu = \"NVIDIA H200\"\n[[constant]]\nname = \"tensor\"\n"), Kind::Card);
        assert_eq!(kind("time_unit = \"ms\"\n[column]\nm = \"M\"\n"), Kind::ImportMap);
        assert_eq!(
            kind("noise\nElapsed time for attention_key_query_prob (1x1x1x1): 1\n"),
            Kind::CookbookLog
        );
        assert_eq!(kind("{\"model_type\": \"gpt2\"}"), Kind::Model);
        assert_eq!(kind("{\"devices\": [], \"benchmarks\": []}"), Kind::NvbenchJson);
        assert_eq!(Kind::of_all(b"PK\x03\x04..."), Kind::Archive("zip, or a workbook such as .xlsx"));
    }
}
