//! A results file or readings are refused with an error, or are written as they were read. What is torn is
//! whole once it is cut where the error says.
#![no_main]

use hovera_core::{FileKind, Readings, Results};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if FileKind::of_text(bytes) == Some(FileKind::Readings) {
        let _ = Readings::parse("r.csv", bytes);
        return;
    }
    let Ok((results, torn)) = Results::parse_repairing("r.csv", bytes) else { return };
    if let Some(torn) = torn {
        let cut = &bytes[..torn.byte_offset as usize];
        assert_eq!(Results::parse("r.csv", cut).as_ref(), Ok(&results), "cut at {}", torn.byte_offset);
    }
    let written = results.to_csv();
    let again = Results::parse("r.csv", &written).expect("what was written can be read");
    assert_eq!(again.to_csv(), written);
    assert_eq!(again.rows.len(), results.rows.len());
    for (again, row) in again.rows.iter().zip(&results.rows) {
        assert_eq!((again.point, again.device, again.status), (row.point, row.device, row.status));
        assert_eq!((again.timing, again.bound), (row.timing, row.bound));
    }
});
