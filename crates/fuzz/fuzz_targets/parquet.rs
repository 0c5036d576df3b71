//! A Parquet file that calls itself a table of AIConfigurator is refused with an error, or becomes a results file that can be
//! read.
#![no_main]

use hovera_core::Results;
use hovera_import::aiconfigurator::Reader;
use hovera_import::{Naming, Provenance, Selection};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (columns, everything) = (Naming::default(), Selection::default());
    let provenance = Provenance { file: "gemm_perf.parquet".into(), ..Provenance::default() };
    let mut reader = Reader::new(&columns, &provenance, &everything);
    if reader.add("gemm_perf.parquet", bytes.to_vec()).is_err() {
        return;
    }
    let Ok(imported) = reader.finish() else { return };
    let written = imported.results.to_csv();
    let read = Results::parse("r.csv", &written).expect("what was imported can be read");
    assert_eq!(read.rows.len(), imported.results.rows.len());
    let _ = imported.account.to_string();
});
