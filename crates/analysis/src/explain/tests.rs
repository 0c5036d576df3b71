use super::*;
use hovera_core::{Dtype, Engine, Gemm, Kernel, Layout, Op, Operand, made_up};
use proptest::prelude::*;

fn gemm(m: u64, n: u64, k: u64) -> Gemm {
    Gemm::new(48, m, n, k).unwrap()
}

fn kernel(tile: &str, stages: &str, split_k: u32) -> Kernel {
    Kernel {
        tile: Some(tile.into()),
        stages: Some(stages.into()),
        split_k: Some(split_k),
        ..Kernel::default()
    }
}

#[track_caller]
fn near(got: Option<f64>, want: f64) {
    assert!(got.is_some_and(|got| (got - want).abs() < 1e-12), "{got:?}, want {want}");
}

#[test]
fn whole_tiles_in_a_last_wave_that_is_half_empty() {
    // 128 along n, 256 along m: 16 x 8 x 48 tiles are 46 waves of 132 and 72 tiles.
    let tiling = Tiling::of_kernel(gemm(2048, 2048, 768), &kernel("128x256", "64x4", 1), Some(132)).unwrap();
    assert_eq!((tiling.along_m(), tiling.along_n(), tiling.tiles()), (8, 16, 6144));
    near(tiling.waves(), 6144.0 / 132.0);
    near(tiling.last_wave_idle(), 60.0 / 132.0);
    near(tiling.idle(), 60.0 / (47.0 * 132.0));
    assert_eq!((tiling.edge_padding(), tiling.stage_k, tiling.k_padding()), (0.0, Some(64), Some(0.0)));
}

#[test]
fn a_partial_tile_and_a_partial_step_are_padding() {
    // n = 100 in one tile of 128; k = 2048 in three parts of 683, each 11 steps of 64.
    let tiling = Tiling::of_kernel(gemm(2048, 100, 2048), &kernel("128x256", "64x3", 3), Some(132)).unwrap();
    assert_eq!((tiling.along_m(), tiling.along_n(), tiling.tiles()), (8, 1, 1152));
    near(Some(tiling.edge_padding()), 28.0 / 128.0);
    near(tiling.k_padding(), 64.0 / 2112.0);
    // A tile that is as wide along m would have no padding there: the order of the two counts.
    let turned = Tiling::of_kernel(gemm(2048, 100, 2048), &kernel("256x128", "64x3", 3), Some(132)).unwrap();
    near(Some(turned.edge_padding()), 156.0 / 256.0);
}

#[test]
fn the_tile_of_a_single_column_is_the_other_way_round() {
    let tiling = |n| Tiling::of_kernel(gemm(2048, n, 2048), &kernel("256x8", "64x3", 1), Some(132)).unwrap();
    assert_eq!((tiling(1).tile_m, tiling(1).tile_n, tiling(1).tiles()), (256, 8, 8 * 48));
    near(Some(tiling(1).edge_padding()), 7.0 / 8.0);
    assert_eq!((tiling(2).tile_m, tiling(2).tile_n, tiling(2).tiles()), (8, 256, 256 * 48));
}

#[test]
fn what_the_library_does_not_tell_is_not_made_up() {
    let gemm = gemm(2048, 2048, 64);
    let parts_untold = Kernel {
        tile: Some("128x128".into()),
        name: Some("nvjet_sm90_hsh_128x128_64x4_1x2_h_bz_splitK_NNT".into()),
        ..Kernel::default()
    };
    assert_eq!(Tiling::of_kernel(gemm, &parts_untold, Some(132)), None);
    let told = Kernel { split_k: Some(2), ..parts_untold };
    assert_eq!(Tiling::of_kernel(gemm, &told, Some(132)).unwrap().split_k, 2);
    assert_eq!(Tiling::of_kernel(gemm, &Kernel::default(), Some(132)), None);
    for tile in ["", "128", "x", "0x128", "128x-1", "wide"] {
        assert_eq!(Tiling::of_kernel(gemm, &kernel(tile, "64x4", 1), Some(132)), None, "{tile}");
    }
    let tiling = Tiling::of_kernel(gemm, &kernel("128x128", "auto", 0), None).unwrap();
    assert_eq!((tiling.stage_k, tiling.k_padding(), tiling.waves(), tiling.idle()), (None, None, None, None));
    assert_eq!(tiling.tiles(), 16 * 16 * 48);
}

#[test]
fn the_operand_whose_rows_are_worst_aligned_limits_the_loads() {
    let limiting = |op, layout, dtype, d| {
        let alignment = Alignment::of_gemm(made_up::published_layer(d).gemm(op).unwrap(), dtype, layout);
        let of = |operand: &Operand| (operand.name, operand.row, operand.bytes());
        alignment.limiting().iter().map(of).collect::<Vec<_>>()
    };
    let f16 = Dtype::F16;
    // 100 halves are 200 bytes, which 8 divides and 16 does not.
    assert_eq!(limiting(Op::Score, Layout::Nn, f16, 100), [('A', 'k', 8)]);
    assert_eq!(limiting(Op::Score, Layout::Nt, f16, 100), [('A', 'k', 8), ('B', 'k', 8)]);
    assert_eq!(limiting(Op::Values, Layout::Nn, f16, 100), [('B', 'n', 8), ('C', 'n', 8)]);
    assert_eq!(limiting(Op::Values, Layout::Nn, f16, 101), [('B', 'n', 2), ('C', 'n', 2)]);
    assert_eq!(limiting(Op::Values, Layout::Tn, f16, 104), []);
    let odd_m = Alignment::of_gemm(gemm(100, 64, 64), f16, Layout::Tn);
    assert_eq!(
        odd_m.limiting().iter().map(|a| (a.name, a.row, a.bytes())).collect::<Vec<_>>(),
        [('A', 'm', 8)]
    );
    assert_eq!(limiting(Op::Score, Layout::Nn, f16, 104), []);
    assert_eq!(limiting(Op::Score, Layout::Nn, Dtype::F32, 100), []);
    // fp8 in, 16 bits out: a row of C is twice as long as one of B.
    assert_eq!(limiting(Op::Values, Layout::Nn, Dtype::F8e4m3, 8), [('B', 'n', 8)]);
    let wanted = Alignment::of_gemm(made_up::published_layer(8).gemm(Op::Score).unwrap(), f16, Layout::Nn)
        .operands[0]
        .wanted_multiple();
    assert_eq!(wanted, 8);
}

fn row(head_dim: u64, engine: Engine) -> Row {
    made_up::row(Op::Score, head_dim).engine(engine).time_us(500.0).clock_mhz(1830.0).interval(0.002).build()
}

fn results() -> Results {
    let rows = [Engine::Cublas, Engine::Tuned].into_iter().flat_map(|e| [768, 769, 776].map(|d| row(d, e)));
    made_up::results(made_up::gpu("NVIDIA H200"), rows.collect())
}

fn selection(hidden: u32) -> Selection {
    Selection {
        op: Op::Score,
        hidden: Some(hidden),
        heads: None,
        batch: None,
        seq: None,
        dtype: None,
        layout: None,
        engine: None,
        pacing: None,
    }
}

#[test]
fn a_softmax_is_asked_for_without_a_hidden_size_and_a_product_never() {
    let of = |seq| made_up::row_of(made_up::softmax((12, 4, seq, 64))).time_us(10.0).build();
    let rows = [row(768, Engine::Cublas), of(64), of(128)].to_vec();
    let results = made_up::results(made_up::gpu("NVIDIA H200"), rows);
    let softmax = Selection { op: Op::Softmax, hidden: None, ..selection(1) };
    let all = Explanation::find(&results, &softmax).unwrap();
    assert_eq!(all.iter().map(|it| it.row.point.gemm().m()).collect::<Vec<_>>(), [64, 128]);
    let one = &all[1];
    // 48·128·64 elements, twice 2 bytes, in 10 µs; the tiles of a GEMM it has none of.
    assert!((one.memory_gb_s.unwrap() - 157.286_4).abs() < 1e-6);
    assert_eq!((one.tiling, one.intensity, one.neighbours.len()), (None, 1.25, 0));
    let says = |selection| Explanation::find(&results, &selection).unwrap_err().to_string();
    assert_eq!(
        says(Selection { hidden: Some(768), ..softmax }),
        "hidden = 768: op softmax does not depend on it: leave it out"
    );
    assert_eq!(
        says(Selection { hidden: None, ..selection(1) }),
        "hidden is not said: op score depends on it"
    );
}

#[test]
fn a_point_is_explained_for_each_engine_that_ran_it() {
    let results = results();
    let all = Explanation::find(&results, &selection(9216)).unwrap();
    let engines: Vec<_> = all.iter().map(|e| e.row.point.engine).collect();
    assert_eq!(engines, [Engine::Cublas, Engine::Tuned]);
    let one = &all[1];
    // 2 · 48 · 2048² · 768 FLOP in 500 us are 618.5 of 989 TFLOP/s at the rated clock.
    assert!((one.percent_of_peak.clone().unwrap() - 618.475_290_624 / 9.89).abs() < 1e-9);
    // 48 · (2 · 2048 · 768 + 2048²) · 2 bytes in 500 us.
    assert!((one.memory_gb_s.unwrap() - 1_409.286_144).abs() < 1e-6);
    assert!((one.percent_of_bandwidth().unwrap() - 1_409.286_144 / 48.0).abs() < 1e-6);
    let neighbours: Vec<_> =
        one.neighbours.iter().map(|n| (n.distance, n.head_dim, n.series.get(), n.row.is_some())).collect();
    assert_eq!(neighbours, [(-8, 760, 8, false), (-1, 767, 1, false), (1, 769, 1, true), (8, 776, 8, true)]);
    assert_eq!(one.neighbours[2].row.unwrap().point.engine, Engine::Tuned);

    let tuned = Selection { engine: Some(Engine::Tuned), ..selection(9216) };
    assert_eq!(Explanation::find(&results, &tuned).unwrap().len(), 1);
}

#[test]
fn a_point_that_is_not_there_is_told_by_what_is() {
    let results = results();
    let refused = |selection| Explanation::find(&results, &selection).unwrap_err().to_string();
    assert_eq!(
        refused(selection(9220)),
        "hidden = 9220: not in the file for score; the nearest below is 9216 and above is 9228"
    );
    assert_eq!(refused(selection(1)), "hidden = 1: not in the file for score; the nearest above is 9216");
    assert_eq!(refused(Selection { op: Op::Values, ..selection(9216) }), "op = values: the file has score");
    assert_eq!(
        refused(Selection { engine: Some(Engine::CublasLt), ..selection(9216) }),
        "engine = cublaslt: the file has cublas, tuned"
    );
    assert_eq!(refused(Selection { heads: Some(16), ..selection(9216) }), "heads = 16: the file has 12");
}

proptest! {
    #[test]
    fn padding_and_idling_are_shares_and_tiles_cover_the_result(
        m in 1u64..5000, n in 1u64..5000, k in 1u64..5000,
        tile_m in 1u32..600, tile_n in 1u32..600, stage in 1u32..200, split in 1u32..9, sms in 1u32..200,
    ) {
        let tile = if n == 1 { format!("{tile_m}x{tile_n}") } else { format!("{tile_n}x{tile_m}") };
        let kernel = kernel(&tile, &format!("{stage}x3"), split);
        let tiling = Tiling::of_kernel(gemm(m, n, k), &kernel, Some(sms)).unwrap();
        for share in [Some(tiling.edge_padding()), tiling.k_padding(), tiling.last_wave_idle(), tiling.idle()] {
            prop_assert!(share.is_some_and(|share| (0.0..1.0).contains(&share)), "{:?}", share);
        }
        prop_assert!(u64::from(tiling.along_m()) * u64::from(tile_m) >= m);
        prop_assert!((u64::from(tiling.along_m()) - 1) * u64::from(tile_m) < m);
        prop_assert!(u64::from(tiling.along_n()) * u64::from(tile_n) >= n);
    }
}
