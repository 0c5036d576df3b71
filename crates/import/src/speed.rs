//! Whether a card can have been so fast: a unit that is wrong by a thousand shows in nothing else.

use hovera_core::{Datasheet, Device, Dtype, Row, Stat};

/// What no card of 2025 does, in TFLOP/s, dense: where there is no datasheet.
const MOST_TFLOPS: f64 = 20_000.0;
/// How far above its rated peak a card may be: it may run faster than its rated boost clock.
const ABOVE_PEAK: f64 = 1.15;

/// FLOP/s beyond which no reader of results takes a row, whatever the card.
const POSSIBLE: std::ops::RangeInclusive<f64> = 1.0..=1e18;

/// Why no device can have taken a row's times.
pub(crate) fn impossible(row: &Row) -> Option<String> {
    let timing = row.timing?;
    let flop = row.point.flop() as f64;
    let rate = |stat: &Stat| Some((*stat, timing.time_us(*stat)?, flop / timing.time_us(*stat)? * 1e6));
    let (stat, time_us, rate) =
        Stat::ALL.iter().filter_map(rate).find(|(.., rate)| !POSSIBLE.contains(rate))?;
    let time_us = if (1e-6..1e9).contains(&time_us) { time_us.to_string() } else { format!("{time_us:e}") };
    Some(format!(
        "a {stat} time of {time_us} us makes {:e} TFLOP/s, which no device does: the unit or a size is probably wrong",
        rate / 1e12
    ))
}

/// A warning for each card whose rows are faster than it can be. `units` are the units of a time, from the shortest, with
/// their length in microseconds, and `unit` is the one that was read; none where the file's format says which.
pub(crate) fn warnings(
    rows: &[Row],
    stat: Stat,
    devices: &[Device],
    unit: Option<(&str, &[(&'static str, f64)])>,
) -> Vec<String> {
    let warning = |(device, index): (&Device, u32)| {
        let mut fast = 0_usize;
        let mut worst: Option<(f64, f64, Dtype, &Row)> = None;
        for row in rows.iter().filter(|row| row.device == index) {
            let Some(tflops) = row.tflops(stat) else { continue };
            let limit = limit(&device.name, row.point.dtype);
            if tflops <= limit * ABOVE_PEAK {
                continue;
            }
            fast += 1;
            if worst.is_none_or(|(rate, limit, ..)| tflops / limit > rate / limit) {
                worst = Some((tflops, limit, row.point.dtype, row));
            }
        }
        let (tflops, limit, dtype, row) = worst?;
        let of = match Datasheet::lookup(&device.name).and_then(|sheet| sheet.peak(dtype)) {
            Some(_) => format!("the datasheet of {} has {limit} in {dtype}", device.name),
            None => "no card does 20,000".to_owned(),
        };
        let gemm = row.point.gemm;
        let shape = format!("{}x{}x{}x{}", gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k());
        Some(format!(
            "{fast} of {} rows are faster than the card can be: {shape} at {tflops:.0} TFLOP/s, and {of}. {}",
            rows.len(),
            unit_that_fits(tflops / limit, unit)
        ))
    };
    devices.iter().zip(0..).filter_map(warning).collect()
}

fn limit(card: &str, dtype: Dtype) -> f64 {
    Datasheet::lookup(card).and_then(|sheet| sheet.peak(dtype)).unwrap_or(MOST_TFLOPS)
}

/// The shortest unit, longer than the one that was read, in which the fastest row is possible.
fn unit_that_fits(excess: f64, unit: Option<(&str, &[(&'static str, f64)])>) -> String {
    let longer = |(read, units): (&str, &[(&'static str, f64)])| {
        let length = |name: &str| units.iter().find(|(unit, _)| *unit == name).map(|(_, us)| *us);
        let read_us = length(read)?;
        let fits = units.iter().find(|(_, us)| us / read_us * ABOVE_PEAK >= excess && *us > read_us)?;
        Some(format!("Read as {read}; {} would fit", fits.0))
    };
    unit.and_then(longer)
        .unwrap_or_else(|| "The unit, the dtype, the device or a size is probably wrong".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Op, Status, Timing, made_up};

    const UNITS: &[(&str, f64)] = &[("ns", 1e-3), ("us", 1.0), ("ms", 1e3), ("s", 1e6)];

    fn rows(time_us: f64) -> Vec<Row> {
        let row = made_up::row_of(made_up::product(Op::Gemm, (1, 4096, 4096, 4096))).lost(Status::Ok, "");
        vec![Row { timing: Some(Timing::only(Stat::Mean, time_us, None)), ..row }]
    }

    fn said(time_us: f64, card: &str, unit: Option<&str>) -> Vec<String> {
        let devices = [Device { name: card.into(), ..Device::default() }];
        warnings(&rows(time_us), Stat::Mean, &devices, unit.map(|unit| (unit, UNITS)))
    }

    #[test]
    fn above_the_peak_the_unit_that_would_fit_is_said() {
        // 137.4 GFLOP: 300 us are 458 TFLOP/s.
        assert!(said(300.0, "NVIDIA H100 80GB HBM3", Some("us")).is_empty());
        let wrong = said(0.3, "NVIDIA H100 80GB HBM3", Some("us")).join("");
        assert!(
            wrong.starts_with(
                "1 of 1 rows are faster than the card can be: 1x4096x4096x4096 at 458130 TFLOP/s, and the \
                 datasheet of NVIDIA H100 80GB HBM3 has 989 in f16. Read as us; ms would fit"
            ),
            "{wrong}"
        );
        assert!(said(3e-4, "NVIDIA H100 80GB HBM3", Some("ns")).join("").ends_with("ms would fit"));
        assert!(said(300.0, "NVIDIA A100-SXM4-40GB", None).join("").contains("is probably wrong"));
    }

    #[test]
    fn what_no_device_can_have_done_is_said_with_its_time() {
        assert_eq!(impossible(&rows(300.0)[0]), None);
        let said = impossible(&rows(0.0001)[0]).unwrap();
        assert!(said.starts_with("a mean time of 0.0001 us makes 1.374389"), "{said}");
        let long = impossible(&rows(1e30)[0]).unwrap();
        assert!(long.starts_with("a mean time of 1e30 us makes"), "{long}");
    }

    #[test]
    fn a_card_without_a_datasheet_is_held_against_what_no_card_does() {
        assert!(said(10.0, "Made-Up 1", Some("us")).is_empty());
        assert!(
            said(0.3, "Made-Up 1", Some("us")).join("").contains("and no card does 20,000. Read as us; ms")
        );
    }
}
