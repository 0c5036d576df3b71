//! A file of each format, written by hand, with every value that comes of it; and files that are refused, with what is said.
//! No number in them was measured.

mod formats;
mod points;
mod round_trip;

use hovera_core::{Results, Row, Stat};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold};
use hovera_import::{Imported, Naming, Provenance, Selection, aiconfigurator, cookbook, csv, nvbench, tools};

/// How a file is read.
enum How<'h> {
    Cookbook,
    Csv(&'h str),
    Nvbench(Unsaid),
    Tool(Tool, Untold),
    Aiconfigurator(Naming),
}

/// What becomes of a file, or why nothing does. What is written is what is read again.
fn import(how: &How<'_>, bytes: &[u8], device: Option<&str>) -> Result<Imported, String> {
    let provenance =
        Provenance { file: "made-up".into(), device: device.map(str::to_owned), ..Provenance::default() };
    let everything = Selection::default();
    let imported = match how {
        How::Cookbook => cookbook::read(bytes, &provenance, &everything, None),
        How::Csv(map) => {
            csv::Map::parse("map.toml", map).and_then(|map| csv::read(bytes, &map, &provenance, &everything))
        }
        How::Nvbench(unsaid) => nvbench::read(bytes, unsaid, &provenance, &everything),
        How::Tool(tool, untold) => tools::read(bytes, *tool, untold, &provenance, &everything),
        How::Aiconfigurator(columns) => {
            let mut reader = aiconfigurator::Reader::new(columns, &provenance, &everything);
            reader.add("made-up", bytes.to_vec()).and_then(|()| reader.finish())
        }
    };
    let imported = imported.map_err(|error| error.to_string())?;
    let again = Results::parse("r.csv", imported.results.to_csv()).expect("what was imported can be read");
    assert_eq!(again, imported.results);
    Ok(imported)
}

/// A row with all that a file can say of it: `gemm f16 nt cublas other cold 1x16x4096x8192: median 20 us of 3, card, kernel; note`.
fn told(results: &Results, row: &Row) -> String {
    let (point, gemm) = (row.point, row.point.gemm);
    let mut text = format!(
        "{} {} {} {} {} {} {}x{}x{}x{}: ",
        point.op,
        point.dtype,
        point.layout,
        point.engine,
        point.pacing,
        point.cache,
        gemm.gemm_batch(),
        gemm.m(),
        gemm.n(),
        gemm.k()
    );
    match row.timing {
        None => text += row.status.as_str(),
        Some(timing) => {
            let of = |stat: &Stat| Some(format!("{stat} {}", digits(timing.time_us(*stat)?)));
            text += &Stat::ALL.iter().filter_map(of).collect::<Vec<_>>().join(", ");
            text += " us";
            text += &timing.ci_us.map(|ci_us| format!(" ±{}", digits(ci_us))).unwrap_or_default();
            text += &timing.samples.map(|samples| format!(" of {samples}")).unwrap_or_default();
        }
    }
    text += &format!(", {}", results.front_matter.device[row.device as usize].name);
    text += &row.kernel_name().map(|kernel| format!(", {kernel}")).unwrap_or_default();
    if !row.note.is_empty() {
        text += &format!("; {}", row.note);
    }
    text
}

/// Six digits of a number, without zeros at the end.
fn digits(number: f64) -> String {
    format!("{}", format!("{number:.5e}").parse::<f64>().expect("a number"))
}

/// Every row in words.
fn rows(imported: &Imported) -> Vec<String> {
    imported.results.rows.iter().map(|row| told(&imported.results, row)).collect()
}

fn naming(named: &[&str], filters: &[&str], ignored: &[&str]) -> Naming {
    let [named, filters, ignored] =
        [named, filters, ignored].map(|list| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    Naming::parse(&named, &filters, &ignored).expect("a naming")
}
