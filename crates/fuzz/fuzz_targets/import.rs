//! Another benchmark's file is refused with an error, or becomes a results file that can be read. The first
//! byte says which format: `c`ookbook, `t`able (its map, a line `---`, the table), `n`vbench or, by a digit, a tool's.
#![no_main]

use hovera_core::{Dtype, Results};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};
use hovera_import::{Provenance, Selection, cookbook, csv, nvbench, tools};
use libfuzzer_sys::fuzz_target;

const TOOLS: [Tool; 7] = [
    Tool::HipblasltBench,
    Tool::RocblasBench,
    Tool::TunableOp,
    Tool::CutlassProfiler,
    Tool::Triton,
    Tool::Tritonbench,
    Tool::Aiter,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((format, bytes)) = bytes.split_first() else { return };
    let provenance =
        Provenance { file: "log".into(), device: Some("NVIDIA H100 PCIe".into()), ..Provenance::default() };
    let everything = Selection::default();
    let imported = match format {
        b'c' => cookbook::read(bytes, &provenance, &everything, None),
        b't' => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            let Some((map, table)) = text.split_once("\n---\n") else { return };
            csv::Map::parse("map.toml", map)
                .and_then(|map| csv::read(table.as_bytes(), &map, &provenance, &everything))
        }
        b'n' => nvbench::read(bytes, &Unsaid::default(), &provenance, &everything),
        digit @ b'0'..=b'6' => {
            let tool = TOOLS[usize::from(digit - b'0')];
            let untold = Untold {
                dtype: Some(Dtype::F16),
                unit: Some(ValueUnit::Milliseconds),
                ..Untold::default()
            };
            tools::read(bytes, tool, &untold, &provenance, &everything)
        }
        _ => return,
    };
    let Ok(imported) = imported else { return };
    let written = imported.results.to_csv();
    let read = Results::parse("r.csv", &written).expect("what was imported can be read");
    assert_eq!(read.rows.len(), imported.results.rows.len());
    let _ = imported.account.to_string();
});
