use super::*;
use hovera_core::{
    Batch, Dtype, Engine, Ffn, HeadDim, Heads, Hidden, ModelSizes, Pass, Point, Product, Seq, TensorParallel,
    Vocab, made_up,
};
use proptest::prelude::*;

/// A product of a model by its sizes, each where it is not 0.
#[derive(Clone, Copy, Default)]
struct Sizes {
    hidden: u64,
    ffn: u64,
    vocab: u64,
    heads: u64,
    head_dim: u64,
    batch: u64,
    seq: u64,
    ranks: u64,
}

fn row(op: Op, pass: Pass, sizes: Sizes) -> Row {
    fn some<T, E: std::fmt::Debug>(size: u64, new: fn(u64) -> Result<T, E>) -> Option<T> {
        (size > 0).then(|| new(size).unwrap())
    }
    let model = ModelSizes {
        hidden: some(sizes.hidden, Hidden::new),
        ffn: some(sizes.ffn, Ffn::new),
        vocab: some(sizes.vocab, Vocab::new),
        heads: some(sizes.heads, Heads::new),
        head_dim: some(sizes.head_dim, HeadDim::new),
        batch: some(sizes.batch.max(1), Batch::new),
        seq: some(sizes.seq.max(128), Seq::new),
        tensor_parallel: some(sizes.ranks, TensorParallel::new),
        ..ModelSizes::default()
    };
    let product = Product::of_model(op, pass, &model).unwrap();
    let made_up = made_up::product(Op::Gemm, (1, 1, 1, 1));
    let layout = op.usual_layout(pass);
    made_up::row_of(Point { op, pass, layout, model: product.model, gemm: product.gemm, ..made_up }).build()
}

fn gemm(m: u64, n: u64, k: u64) -> Row {
    made_up::row_of(made_up::product(Op::Gemm, (1, m, n, k))).build()
}

fn arranged(rows: &[Row], wanted: Wanted) -> Result<Vec<Arrangement>, String> {
    let placed: Vec<Placed<'_>> = rows.iter().map(|row| Placed { card: row.device as usize, row }).collect();
    arrange(&placed, &wanted).map_err(|error| error.to_string())
}

fn chosen(rows: &[Row]) -> Vec<Arrangement> {
    arranged(rows, Wanted::default()).unwrap()
}

/// `x/by: apart` of each.
fn said(charts: &[Arrangement]) -> Vec<String> {
    let one = |chart: &Arrangement| {
        let by = chart.by.map_or("-", Dimension::as_str);
        let apart = chart.apart.iter().map(|(it, value)| format!("{it} {}", it.value_in_words(*value)));
        format!("{}/{by}: {}", chart.x, apart.collect::<Vec<_>>().join(", "))
    };
    charts.iter().map(one).collect()
}

fn mlp(op: Op, pass: Pass, hidden: u64) -> Row {
    row(op, pass, Sizes { hidden, ffn: 4 * hidden, ..Sizes::default() })
}

#[test]
fn the_mlp_over_hidden_size_has_a_line_for_each_pass_and_its_width_follows() {
    let mut rows = Vec::new();
    for op in [Op::MlpUp, Op::MlpDown] {
        for pass in Op::MlpUp.passes() {
            rows.extend((1..=20).map(|i| mlp(op, *pass, 256 * i)));
        }
    }
    let charts = chosen(&rows);
    assert_eq!(said(&charts), ["hidden/pass: ", "hidden/pass: "]);
    assert_eq!((charts[0].ops.as_slice(), charts[1].ops.as_slice()), (&[Op::MlpUp][..], &[Op::MlpDown][..]));
    assert!(charts.iter().all(|chart| chart.ffn_over_hidden == Some(4.0) && chart.rows.len() == 60));
}

#[test]
fn a_vocabulary_in_steps_has_a_line_for_each_power_of_two() {
    let sizes = |vocab| Sizes { hidden: 256, vocab, ..Sizes::default() };
    let steps = (0..=32).map(|i| 49_152 + 64 * i).chain(50_241..=50_303);
    let rows: Vec<Row> = steps.map(|vocab| row(Op::Logits, Pass::Forward, sizes(vocab))).collect();
    let charts = chosen(&rows);
    assert_eq!(said(&charts), ["vocab/alignment: "]);
    assert_eq!(charts[0].line_of(&rows[0]), 64);
    assert_eq!(charts[0].fixed[0], (Dimension::Hidden, 256));
    // Those of steps alone are one line.
    assert_eq!(said(&chosen(&rows[..33])), ["vocab/-: "]);
}

#[test]
fn octaves_of_tokens_are_one_line() {
    let rows: Vec<Row> = (0..=14).map(|i| gemm(1 << i, 4096, 1024)).collect();
    let charts = chosen(&rows);
    assert_eq!(said(&charts), ["m/-: "]);
    assert_eq!(charts[0].fixed, [(Dimension::N, 4096), (Dimension::K, 1024), (Dimension::GemmBatch, 1)]);
    assert!(spans_octaves(&rows.iter().map(|row| charts[0].x_of(row)).collect()));
    assert!(!spans_octaves(&(1..=64).map(|i| 256 * i).collect()));
}

#[test]
fn the_next_size_gives_lines_and_what_else_varies_gives_charts_by_name() {
    let mut rows = Vec::new();
    for m in 1..=10 {
        for n in 1..=4 {
            rows.extend([64, 128].map(|k| gemm(m * 100, n * 100, k)));
        }
    }
    assert_eq!(said(&chosen(&rows)), ["m/n: k 64", "m/n: k 128"]);
    let over_k = Wanted { x: Some(Dimension::K), ..Wanted::default() };
    let charts = arranged(&rows, over_k).unwrap();
    assert_eq!((charts.len(), said(&charts)[0].as_str()), (4, "k/m: n 100"));
}

#[test]
fn an_element_type_never_shares_a_chart_unless_it_is_asked_for() {
    let mut rows: Vec<Row> = (1..=9).map(|i| gemm(100 * i, 64, 64)).collect();
    let mut others = rows.clone();
    others.iter_mut().for_each(|row| row.point.dtype = Dtype::Bf16);
    rows.extend(others);
    assert_eq!(said(&chosen(&rows)), ["m/-: dtype f16", "m/-: dtype bf16"]);
    let by = Wanted { by: Some(Dimension::Dtype), ..Wanted::default() };
    assert_eq!(said(&arranged(&rows, by).unwrap()), ["m/dtype: "]);
}

#[test]
fn over_ranks_batch_and_sequence_tell_charts_apart_where_neither_follows() {
    let mut rows = Vec::new();
    for ranks in [1, 2, 4, 8] {
        let sizes = Sizes { hidden: 512, ffn: 2048, ranks, seq: 8192, batch: 1, ..Sizes::default() };
        rows.extend(Op::MlpUp.passes().iter().map(|pass| row(Op::MlpUp, *pass, sizes)));
        rows.push(row(Op::MlpUp, Pass::Forward, Sizes { seq: 128, batch: 64, ..sizes }));
    }
    assert_eq!(
        said(&chosen(&rows)),
        ["tensor_parallel/pass: seq 128", "tensor_parallel/pass: seq 8192"]
            .map(|said| said.replace("/pass: seq 128", "/-: seq 128"))
    );
}

#[test]
fn heads_are_lines_over_hidden_size_at_one_series() {
    let mut rows = Vec::new();
    for heads in [8, 12, 16] {
        for head_dim in [64, 128, 192, 256, 320] {
            let sizes = Sizes { heads, head_dim, hidden: heads * head_dim, ..Sizes::default() };
            rows.push(row(Op::Score, Pass::Forward, sizes));
        }
    }
    let charts = chosen(&rows);
    assert_eq!(said(&charts), ["hidden/head_dim: "]);
    let by = Wanted { by: Some(Dimension::Heads), ..Wanted::default() };
    let charts = arranged(&rows, by).unwrap();
    assert_eq!(said(&charts), ["hidden/heads: "]);
    assert!(charts[0].fixed.contains(&(Dimension::Series, 64)));
}

#[test]
fn a_profiler_s_soup_is_dots_over_flop_unless_something_is_asked() {
    let rows: Vec<Row> =
        (1..=200).map(|i| gemm(1 + i * 37 % 101, 1 + i * 53 % 97, 1 + i * 71 % 89)).collect();
    let charts = chosen(&rows);
    assert_eq!(said(&charts), ["flop/-: "]);
    assert!(charts[0].is_scattered);
    let over_m = Wanted { x: Some(Dimension::M), ..Wanted::default() };
    let error = arranged(&rows, over_m).unwrap_err();
    assert!(error.starts_with("gemm over m would be 97 charts"), "{error}");
    assert!(
        error.contains("differ in n (97 values)") && error.ends_with("want by, or where for some of them"),
        "{error}"
    );
}

#[test]
fn two_rows_at_one_place_are_refused_by_their_point() {
    let mut rows: Vec<Row> = (1..=9).map(|i| gemm(100 * i, 64, 64)).collect();
    rows.push(gemm(500, 64, 64));
    let error = arranged(&rows, Wanted::default()).unwrap_err();
    assert!(error.starts_with("2 rows are at one place of a chart: gemm f16 nn"), "{error}");
}

#[test]
fn kernels_of_one_point_tell_charts_apart_or_are_lines() {
    let named = |m, kernel: &str| {
        let mut row = gemm(m, 64, 64);
        row.kernel.name = Some(kernel.into());
        row
    };
    let rows: Vec<Row> = [1, 2, 3].into_iter().flat_map(|m| [named(m, "naive"), named(m, "tiled")]).collect();
    let charts = chosen(&rows);
    assert_eq!(charts.len(), 2);
    assert_eq!(charts[1].value_in_words(Dimension::Kernel, charts[1].apart[0].1), "tiled");
    let by = Wanted { by: Some(Dimension::Kernel), ..Wanted::default() };
    let charts = arranged(&rows, by).unwrap();
    assert_eq!(charts.len(), 1);
    assert_eq!([0, 1].map(|i| charts[0].line_of(&rows[i])), [1, 2]);
}

#[test]
fn cards_that_call_one_product_differently_share_a_chart_over_its_own_sizes() {
    let mut rows: Vec<Row> = [128, 256, 512]
        .map(|seq| row(Op::MlpUp, Pass::Forward, Sizes { hidden: 64, ffn: 256, seq, ..Sizes::default() }))
        .to_vec();
    for m in [128, 256, 512] {
        let mut other = gemm(m, 256, 64);
        (other.device, other.point.engine) = (1, Engine::Other);
        rows.push(other);
    }
    let wanted = Wanted { x: Some(Dimension::M), across: Some(Dimension::Gpu), ..Wanted::default() };
    let charts = arranged(&rows, wanted).unwrap();
    assert_eq!((said(&charts), charts[0].ops.len()), (vec!["m/-: ".to_owned()], 2));
    assert_eq!(charts[0].fixed, [(Dimension::N, 256), (Dimension::K, 64), (Dimension::GemmBatch, 1)]);
    assert_eq!(arranged(&rows, Wanted { x: None, ..wanted }).unwrap(), charts, "nobody has to say over what");
    // Without another card they are two products.
    assert_eq!(arranged(&rows, Wanted { across: None, ..wanted }).unwrap().len(), 2);
}

#[test]
fn a_size_never_follows_from_the_card() {
    let mut rows: Vec<Row> = (1..=9).map(|i| gemm(100 * i, 64, 64)).collect();
    rows.extend((1..=9).map(|i| Row { device: 1, ..gemm(100 * i, 128, 64) }));
    let wanted = Wanted { across: Some(Dimension::Gpu), ..Wanted::default() };
    assert_eq!(said(&arranged(&rows, wanted).unwrap()), ["m/-: n 64", "m/-: n 128"]);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let rows = [mlp(Op::MlpUp, Pass::Forward, 256), mlp(Op::MlpUp, Pass::Forward, 512)];
    let error = |x, by| arranged(&rows, Wanted { x, by, ..Wanted::default() }).unwrap_err();
    assert_eq!(
        error(Some(Dimension::Vocab), None),
        "x = vocab: no row has one; want hidden, ffn, seq, batch, tensor_parallel, m, n, k, gemm_batch, flop"
    );
    assert!(error(Some(Dimension::Pass), None).starts_with("x = pass: want a size: hidden"));
    assert_eq!(
        error(Some(Dimension::Hidden), Some(Dimension::Hidden)),
        "x = hidden and by = hidden: want two different ones"
    );
    let lines: Vec<Row> = (1..=41).flat_map(|n| [gemm(1, n, 8), gemm(2, n, 8)]).collect();
    let by = Wanted { x: Some(Dimension::M), by: Some(Dimension::N), ..Wanted::default() };
    assert_eq!(
        arranged(&lines, by).unwrap_err(),
        "by = n: 41 lines in one chart of gemm: want at most 40; where n = … chooses some"
    );
    assert_eq!(arranged(&lines, Wanted { is_grid: true, ..by }).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn every_row_is_in_one_chart_and_alone_at_its_place(
        sizes in prop::collection::btree_set((1u64..6, 1u64..6, 1u64..6), 1..40),
        x in prop::sample::select(vec![None, Some(Dimension::M), Some(Dimension::N), Some(Dimension::K)]),
        by in prop::sample::select(vec![None, Some(Dimension::N), Some(Dimension::K)]),
    ) {
        prop_assume!(x.is_none() || x != by);
        let rows: Vec<Row> = sizes.iter().map(|(m, n, k)| gemm(*m, *n, *k)).collect();
        let charts = arranged(&rows, Wanted { x, by, ..Wanted::default() }).unwrap();
        let mut seen: Vec<usize> = charts.iter().flat_map(|chart| chart.rows.clone()).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..rows.len()).collect::<Vec<_>>());
        for chart in charts.iter().filter(|chart| !chart.is_scattered) {
            prop_assert!(x.is_none_or(|x| x == chart.x));
            let places: BTreeSet<(u128, u128)> =
                chart.rows.iter().map(|i| (chart.line_of(&rows[*i]), chart.x_of(&rows[*i]))).collect();
            prop_assert_eq!(places.len(), chart.rows.len());
            // What a chart says that all have in common, all have.
            for (size, value) in &chart.fixed {
                prop_assert!(chart.rows.iter().all(|i| size.of_point(&rows[*i].point) == *value));
            }
        }
    }

    #[test]
    fn what_charts_are_over_is_what_varies_most(m in 1u64..9, n in 1u64..9, k in 1u64..9) {
        let mut rows = Vec::new();
        for a in 1..=m {
            for b in 1..=n {
                rows.extend((1..=k).map(|c| gemm(a, b, c)));
            }
        }
        let most = m.max(n).max(k);
        let counts = [(Dimension::M, m), (Dimension::N, n), (Dimension::K, k)];
        let want = counts.iter().find(|(_, count)| *count == most).unwrap().0;
        let charts = chosen(&rows);
        prop_assume!(!charts[0].is_scattered);
        prop_assert_eq!(charts[0].x, want);
    }
}
