use super::*;
use hovera_core::{Bound, Op, made_up};
use proptest::prelude::*;

/// A row of a = 12, b = 4, s = 2048 that took so long at this clock.
pub(crate) fn row(head_dim: u64, time_us: f64, clock_mhz: f64) -> Row {
    made_up::row(Op::Score, head_dim).time_us(time_us).clock_mhz(clock_mhz).build()
}

#[track_caller]
fn near(got: Result<f64, Missing>, want: f64) {
    let got = got.unwrap();
    assert!((got / want - 1.0).abs() < 1e-9, "{got}, want {want}");
}

#[test]
fn a_compute_bound_row_by_hand() {
    // Head dim 1024: 2 · 48 · 2048² · 1024 = 412,316,860,416 FLOP, 512 FLOP/B, in 1,000,000 cycles: 625
    // us at 1600 MHz.
    let (device, mut row) = (made_up::h100(), row(1024, 625.0, 1600.0));
    row.telemetry.energy_j = Some(0.4);
    let card = RatedCard::new(&device);
    near(Metric::Tflops.of_row(&row, &card), 659.706_976_665_6);
    // 1,000,000 cycles at 1830 MHz take 546.448... us.
    near(Metric::TflopsAtClock.of_row(&row, &card), 754.539_854_561_28);
    near(Metric::TflopsAtClock.of_row(&row, &card.at_clock(1000.0)), 412.316_860_416);
    // The peak at 1600 MHz is 989 · 1600 / 1830 = 864.699... TFLOP/s.
    near(Metric::PercentOfPeak.of_row(&row, &card), 659.706_976_665_6 / 864.699_453_551_912_6 * 100.0);
    near(Metric::FlopPerCycle.of_row(&row, &card), 412_316.860_416 / 132.0);
    near(Metric::GflopsPerWatt.of_row(&row, &card), 1_030.792_151_04);
    // 805,306,368 bytes.
    near(Metric::GbPerSecond.of_row(&row, &card), 1_288.490_188_8);
}

#[test]
fn what_is_over_a_time_is_of_any_of_a_row_s_times_at_both_of_its_speeds() {
    let mut softmax = made_up::row_of(made_up::softmax((12, 4, 2048, 2048))).time_us(400.0).build();
    let over_time = |row: &Row, metric: Metric, stat| metric.over_time(row, stat);
    near(over_time(&softmax, Metric::GbPerSecond, Stat::Median), 2_013.265_92);
    near(over_time(&softmax, Metric::Tflops, Stat::Median), 2.516_582_4);
    let timing = softmax.timing.as_mut().unwrap();
    (timing.min_us, timing.mean_us) = (Some(200.0), None);
    timing.second = Some(hovera_core::SecondSpeed { time_us: 800.0, share: 0.25 });
    near(over_time(&softmax, Metric::GbPerSecond, Stat::Min), 4_026.531_84);
    let untold = Missing::Stat { stat: Stat::Mean };
    assert_eq!(over_time(&softmax, Metric::GbPerSecond, Stat::Mean), Err(untold));
    near(Ok(Metric::GbPerSecond.at_second_speed(&softmax, None).unwrap()), 1_006.632_96);
    let over: Vec<Metric> = Metric::ALL.iter().copied().filter(|metric| metric.is_over_time()).collect();
    assert_eq!(over, [Metric::Tflops, Metric::GbPerSecond]);
}

#[test]
fn a_memory_bound_row_is_not_scaled_by_a_clock_that_it_does_not_follow() {
    // Head dim 8: 15.9 FLOP/B, far below the ridge of 295.
    let (device, row) = (made_up::h100(), row(8, 200.0, 1980.0));
    let card = RatedCard::new(&device).at_clock(990.0);
    near(Metric::TflopsAtClock.of_row(&row, &card), 16.106_127_36);
    near(Metric::Tflops.of_row(&row, &card), 16.106_127_36);
}

#[test]
fn what_a_row_says_of_its_bound_counts_more_than_what_was_expected() {
    let device = made_up::h100();
    let card = RatedCard::new(&device).at_clock(990.0);
    let mut thin = row(8, 200.0, 1980.0);
    assert_eq!(card.bound(&thin), Ok(Bound::Memory));
    thin.bound = Some(Bound::Compute);
    near(Metric::TflopsAtClock.of_row(&thin, &card), 16.106_127_36 / 2.0);
    // A card without a datasheet can be compared at a clock that is stated.
    let unknown = Device { name: "Made-Up 100".into(), ..Device::default() };
    near(Metric::TflopsAtClock.of_row(&thin, &RatedCard::new(&unknown).at_clock(990.0)), 16.106_127_36 / 2.0);
    assert!(Metric::TflopsAtClock.of_row(&thin, &RatedCard::new(&unknown)).is_err());
}

#[test]
fn where_the_limits_meet_the_rows_around_decide_how_far_the_clock_counts() {
    let device = made_up::h100();
    let rows: Vec<Row> = [(312, Bound::Compute), (328, Bound::Memory), (344, Bound::Compute)]
        .map(|(head_dim, bound)| Row { bound: Some(bound), ..row(head_dim, 300.0, 1500.0) })
        .to_vec();
    let response = ClockResponse::of_rows(&rows);
    let (alone, among) = (RatedCard::new(&device), RatedCard::new(&device).responding(&response));
    let gain = |card: &RatedCard<'_>, row| {
        Metric::TflopsAtClock.of_row(row, card).unwrap() / Metric::Tflops.of_row(row, card).unwrap()
    };
    assert_eq!((gain(&alone, &rows[1]) - 1.0, (gain(&alone, &rows[0]) - 1.22).abs() < 1e-9), (0.0, true));
    let exponent = response.exponent(&rows[1]).unwrap();
    assert!((0.5..0.7).contains(&exponent), "{exponent}");
    assert!((gain(&among, &rows[1]) - 1.22f64.powf(exponent)).abs() < 1e-12);
}

#[test]
fn what_is_missing_is_named() {
    let (device, mut row) = (made_up::h100(), row(1024, 625.0, 1600.0));
    let says = |metric: Metric, row: &Row, device: &Device| {
        metric.of_row(row, &RatedCard::new(device)).unwrap_err().to_string()
    };
    assert_eq!(says(Metric::GflopsPerWatt, &row, &device), "no energy was measured (energy_j is empty)");
    let unknown = Device { name: "Made-Up 100".into(), ..Device::default() };
    for metric in [Metric::TflopsAtClock, Metric::PercentOfPeak] {
        assert_eq!(says(metric, &row, &unknown), "there is no datasheet of \"Made-Up 100\"");
    }
    assert_eq!(says(Metric::FlopPerCycle, &row, &unknown), "how many SMs \"Made-Up 100\" has is not known");
    let v100 = Device { name: "Tesla V100-SXM2-16GB".into(), ..Device::default() };
    row.point.dtype = Dtype::Tf32;
    assert_eq!(
        says(Metric::PercentOfPeak, &row, &v100),
        "the datasheet of the V100 SXM2 has no peak for tf32"
    );
    row.timing.as_mut().unwrap().cycles_median = None;
    for metric in [Metric::TflopsAtClock, Metric::PercentOfPeak, Metric::FlopPerCycle] {
        assert!(says(metric, &row, &device).starts_with("the true SM clock was not measured"));
    }
    row.timing = None;
    for metric in Metric::ALL {
        assert_eq!(says(*metric, &row, &device), "nothing was timed");
    }
}

#[test]
fn an_energy_counter_that_did_not_move_says_nothing() {
    let (device, mut row) = (made_up::h100(), row(64, 50.0, 1600.0));
    row.telemetry.energy_j = Some(0.0);
    row.telemetry.power_w = Some(500.0);
    assert_eq!(Metric::GflopsPerWatt.of_row(&row, &RatedCard::new(&device)), Err(Missing::Energy));
}

proptest! {
    #[test]
    fn the_metrics_of_a_row_agree(d in 1u64..4000, time_us in 1.0f64..1e5, clock in 200.0f64..2500.0) {
        let (device, row) = (made_up::h100(), row(d, time_us, clock));
        let card = RatedCard::new(&device);
        let of = |metric: Metric, card: &RatedCard<'_>| metric.of_row(&row, card).unwrap();
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        // At the clock that it had, the throughput at that clock is the throughput.
        prop_assert!(close(of(Metric::TflopsAtClock, &card.at_clock(clock)), of(Metric::Tflops, &card)));
        // A share of the peak is one of the FLOP per cycle that the tensor cores can do.
        let full = 989e6 / 1830.0 / 132.0;
        prop_assert!(close(of(Metric::PercentOfPeak, &card), of(Metric::FlopPerCycle, &card) / full * 100.0));
        // At the rated clock, the peak is the rated one.
        if card.bound(&row) == Ok(Bound::Compute) {
            prop_assert!(close(of(Metric::PercentOfPeak, &card), of(Metric::TflopsAtClock, &card) / 9.89));
        }
    }

    #[test]
    fn cycles_not_the_weather_decide_what_is_compared(d in 500u64..4000, cycles in 1e4f64..1e8, clock in 200.0f64..2500.0) {
        let device = made_up::h100();
        let card = RatedCard::new(&device);
        let (cool, warm) = (row(d, cycles / 1830.0, 1830.0), row(d, cycles / clock, clock));
        for metric in [Metric::TflopsAtClock, Metric::PercentOfPeak, Metric::FlopPerCycle] {
            let (a, b) = (metric.of_row(&cool, &card).unwrap(), metric.of_row(&warm, &card).unwrap());
            prop_assert!((a / b - 1.0).abs() < 1e-9, "{} {} {}", metric, a, b);
        }
    }
}
