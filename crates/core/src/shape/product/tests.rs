use super::*;
use crate::shape::dimension::{Batch, Ffn, HeadDim, HeadDimV};
use proptest::prelude::*;

/// Heads, heads of keys, head dim, hidden size, MLP, vocabulary, batch, queries, keys and ranks.
fn sizes(of: [u64; 10]) -> ModelSizes {
    let [heads, kv_heads, head_dim, hidden, ffn, vocab, batch, seq, seq_key, ranks] = of;
    ModelSizes {
        heads: Heads::new(heads).ok(),
        batch: Batch::new(batch).ok(),
        seq: Seq::new(seq).ok(),
        hidden: Hidden::new(hidden).ok(),
        head_dim: HeadDim::new(head_dim).ok(),
        kv_heads: KvHeads::new(kv_heads).ok(),
        seq_key: SeqKey::new(seq_key).ok(),
        ffn: Ffn::new(ffn).ok(),
        vocab: Vocab::new(vocab).ok(),
        tensor_parallel: TensorParallel::new(ranks).ok(),
        head_dim_v: None,
    }
}

const LLAMA_3_8B: [u64; 10] = [32, 8, 128, 4096, 14_336, 128_256, 1, 8192, 8192, 1];

fn product(op: Op, pass: Pass, of: [u64; 10]) -> Product {
    Product::of_model(op, pass, &sizes(of)).unwrap()
}

fn gemm(op: Op, pass: Pass, of: [u64; 10]) -> [u64; 4] {
    product(op, pass, of).gemm.into()
}

fn refused(op: Op, of: [u64; 10]) -> String {
    Product::of_model(op, Pass::Forward, &sizes(of)).unwrap_err().to_string()
}

#[test]
fn the_products_of_a_llama_layer_by_hand() {
    let forward = |op| gemm(op, Pass::Forward, LLAMA_3_8B);
    assert_eq!(forward(Op::Qkv), [1, 8192, 6144, 4096]);
    assert_eq!((forward(Op::Query), forward(Op::Key)), ([1, 8192, 4096, 4096], [1, 8192, 1024, 4096]));
    // Eight heads of keys, each that of four heads of 8192 queries.
    assert_eq!((forward(Op::Score), forward(Op::Values)), ([8, 32_768, 8192, 128], [8, 32_768, 128, 8192]));
    assert_eq!(forward(Op::Projection), [1, 8192, 4096, 4096]);
    assert_eq!(
        (forward(Op::MlpUp), forward(Op::MlpGate)),
        ([1, 8192, 14_336, 4096], [1, 8192, 14_336, 4096])
    );
    assert_eq!(forward(Op::MlpDown), [1, 8192, 4096, 14_336]);
    assert_eq!(forward(Op::Logits), [1, 8192, 128_256, 4096]);
    // 2·8192·(6144·4096 + 4096·4096 + 3·14336·4096) of the weights and 4·32·8192²·128 of attention.
    let ops = [Op::Qkv, Op::Score, Op::Values, Op::Projection, Op::MlpUp, Op::MlpGate, Op::MlpDown];
    let layer: u128 = ops.map(|op| product(op, Pass::Forward, LLAMA_3_8B).gemm.flop()).iter().sum();
    assert_eq!(layer, 3_573_412_790_272 + 1_099_511_627_776);
}

#[test]
fn a_head_dim_need_not_be_hidden_size_over_heads() {
    // Gemma 2 2B: 8 heads of 256 at hidden size 2304, 4 heads of keys.
    let gemma = [8, 4, 256, 2304, 9216, 256_000, 1, 1024, 1024, 1];
    assert_eq!(gemm(Op::Qkv, Pass::Forward, gemma), [1, 1024, 4096, 2304]);
    assert_eq!(gemm(Op::Projection, Pass::Forward, gemma), [1, 1024, 2304, 2048]);
    let score = product(Op::Score, Pass::Forward, gemma);
    assert_eq!(score.gemm, Gemm::new(4, 2048, 1024, 256).unwrap());
    assert_eq!(score.model.hidden, Hidden::new(2048).ok(), "attention does not depend on the hidden size");
}

#[test]
fn decoding_has_one_query_and_as_many_keys_as_the_cache() {
    let decode = [32, 8, 128, 4096, 14_336, 128_256, 16, 1, 4096, 1];
    assert_eq!(gemm(Op::Score, Pass::Forward, decode), [128, 4, 4096, 128]);
    assert_eq!(gemm(Op::Values, Pass::Forward, decode), [128, 4, 128, 4096]);
    assert_eq!(gemm(Op::MlpUp, Pass::Forward, decode), [1, 16, 14_336, 4096]);
    assert_eq!(product(Op::MlpUp, Pass::Forward, decode).model.seq_key, None);
    assert_eq!(product(Op::Score, Pass::Forward, decode).model.seq_key, SeqKey::new(4096).ok());
}

#[test]
fn gradients_are_those_of_pytorch() {
    let of = |op: Op, pass| (gemm(op, pass, LLAMA_3_8B), op.usual_layout(pass).as_str());
    // 8192 × 1024 outputs, whose gradient times the weights is that of the input, and transposed times the input that of
    // the weights: 1024 × 4096, as they are stored.
    assert_eq!(of(Op::Key, Pass::Forward), ([1, 8192, 1024, 4096], "nt"));
    assert_eq!(of(Op::Key, Pass::DataGradient), ([1, 8192, 4096, 1024], "nn"));
    assert_eq!(of(Op::Key, Pass::WeightGradient), ([1, 1024, 4096, 8192], "tn"));
    // The gradients of keys (8192 × 128, over the four heads that share them) and of values.
    assert_eq!(of(Op::Score, Pass::WeightGradient), ([8, 8192, 128, 32_768], "tn"));
    assert_eq!(of(Op::Values, Pass::DataGradient), ([8, 32_768, 8192, 128], "nt"));
    assert_eq!(of(Op::Values, Pass::WeightGradient), ([8, 8192, 128, 32_768], "tn"));
}

#[test]
fn ranks_share_heads_mlp_and_vocabulary() {
    let of_8 = [32, 8, 128, 4096, 14_336, 128_256, 1, 8192, 8192, 8];
    let forward = |op| gemm(op, Pass::Forward, of_8);
    assert_eq!(forward(Op::Qkv), [1, 8192, 768, 4096]);
    assert_eq!(forward(Op::Score), [1, 32_768, 8192, 128]);
    assert_eq!(forward(Op::Projection), [1, 8192, 4096, 512]);
    assert_eq!(forward(Op::MlpDown), [1, 8192, 4096, 1792]);
    assert_eq!(forward(Op::Logits), [1, 8192, 16_032, 4096]);
    assert_eq!(product(Op::Logits, Pass::Forward, of_8).adjustment(8), None);
}

#[test]
fn what_ranks_do_not_divide_is_refused_or_padded_or_computed_by_several_and_said() {
    let with = |place: usize, size: u64| {
        let mut of = LLAMA_3_8B;
        of[9] = 16;
        of[place] = size;
        of
    };
    assert_eq!(refused(Op::Projection, with(0, 40)), "heads = 40 is not a multiple of tensor_parallel = 16");
    assert_eq!(refused(Op::MlpUp, with(4, 14_337)), "ffn = 14337 is not a multiple of tensor_parallel = 16");
    assert_eq!(
        refused(Op::Key, with(1, 12)),
        "kv_heads = 12 and tensor_parallel = 16: want one to be a multiple of the other"
    );
    assert_eq!(refused(Op::Score, with(1, 12)), "heads = 32 is not a multiple of kv_heads = 12");
    let qkv = product(Op::Qkv, Pass::Forward, with(9, 16));
    assert_eq!(qkv.gemm.n(), (2 + 2) * 128);
    assert_eq!(
        qkv.adjustment(16).unwrap().to_string(),
        "kv_heads 8 are fewer than the 16 tensor-parallel ranks: 2 ranks compute the same keys and values"
    );
    let logits = product(Op::Logits, Pass::Forward, with(5, 50_257));
    assert_eq!(logits.gemm.n(), 3142);
    assert_eq!(
        logits.adjustment(16).unwrap().to_string(),
        "vocab 50257 is padded to 50272, so that 16 tensor-parallel ranks divide it"
    );
}

#[test]
fn what_is_missing_is_named() {
    let none = ModelSizes { heads: Heads::new(8).ok(), ..ModelSizes::default() };
    let missing = |op| Product::of_model(op, Pass::Forward, &none).unwrap_err().to_string();
    assert_eq!(missing(Op::Score), "op score depends on batch");
    assert_eq!(missing(Op::Logits), "op logits depends on batch");
    assert_eq!(missing(Op::Bmm), "op bmm is of no model: it has m, n and k of its own");
    let gemm = Gemm::new(1, 2, 3, 4).unwrap();
    assert_eq!(Product::of_no_model(Op::Gemm, gemm).unwrap().gemm, gemm);
    assert!(Product::of_no_model(Op::MlpUp, gemm).is_err());
}

#[test]
fn equal_products_have_equal_sizes() {
    let one = product(Op::MlpUp, Pass::Forward, [32, 8, 128, 4096, 14_336, 1, 1, 8192, 8192, 1]);
    let of_another_model = product(Op::MlpUp, Pass::Forward, [64, 64, 80, 4096, 14_336, 2, 1, 8192, 9, 1]);
    assert_eq!(one, of_another_model);
    let not_said = ModelSizes {
        kv_heads: None,
        seq_key: None,
        tensor_parallel: None,
        ..sizes([12, 1, 64, 768, 1, 1, 4, 128, 1, 1])
    };
    let said = sizes([12, 12, 64, 768, 1, 1, 4, 128, 128, 1]);
    for op in [Op::Score, Op::Qkv, Op::Key] {
        let of = |sizes| Product::of_model(op, Pass::Forward, sizes).unwrap();
        assert_eq!(of(&not_said), of(&said), "{op}");
    }
}

prop_compose! {
    /// A model whose heads, MLP and vocabulary the ranks divide.
    fn whole()(ranks in 1u64..9, kv_heads in 1u64..9, per_key in 1u64..9, head_dim in 1u64..300, hidden in 1u64..9000,
        ffn in 1u64..3000, vocab in 1u64..9000, batch in 1u64..5, seq in 1u64..5000, seq_key in 1u64..5000) -> [u64; 10] {
        let kv_heads = kv_heads * ranks;
        [kv_heads * per_key, kv_heads, head_dim, hidden, ffn * ranks, vocab * ranks, batch, seq, seq_key, ranks]
    }
}

fn op_of_model() -> impl Strategy<Value = Op> {
    prop::sample::select(Op::ALL.iter().copied().filter(|op| op.is_of_layer()).collect::<Vec<_>>())
}

fn op_and_pass() -> impl Strategy<Value = (Op, Pass)> {
    op_of_model().prop_flat_map(|op| (Just(op), prop::sample::select(op.passes())))
}

proptest! {
    #[test]
    fn the_ranks_together_compute_the_whole(
        of in whole(), (op, pass) in op_and_pass(),
    ) {
        let (ranks, mut alone) = (of[9], of);
        alone[9] = 1;
        let (share, all) = (product(op, pass, of).flop(), product(op, pass, alone).flop());
        prop_assert_eq!(share * u128::from(ranks), all);
        prop_assert_eq!(product(op, pass, of).adjustment(ranks as u32), None);
    }

    #[test]
    fn forward_and_backward_are_one_to_two_whatever_the_ranks(of in whole(), op in op_of_model()) {
        prop_assume!(op.is_product());
        let flop = |pass| product(op, pass, of).gemm.flop();
        let forward = flop(Pass::Forward);
        prop_assert_eq!(flop(Pass::DataGradient) + flop(Pass::WeightGradient), 2 * forward);
        // The gradient of an operand is as large as that operand.
        let [one, data, weights] = [Pass::Forward, Pass::DataGradient, Pass::WeightGradient].map(|pass| product(op, pass, of).gemm);
        prop_assert_eq!((data.c_len(), weights.c_len()), (one.a_len(), one.b_len()));
    }

    #[test]
    fn padding_and_sharing_never_leave_anything_out(
        of in whole(), vocab in 1u64..9000, kv_heads in 1u64..9, times in 1u64..9, op in op_of_model(),
    ) {
        let mut of = of;
        // Each head of keys is that of several ranks.
        (of[0], of[1], of[5], of[9]) = (of[0] * kv_heads * times, kv_heads, vocab, kv_heads * times);
        of[4] *= of[9];
        let ranks = of[9];
        let share = product(op, Pass::Forward, of);
        let mut alone = of;
        alone[9] = 1;
        let (together, all) = (share.gemm.flop() * u128::from(ranks), product(op, Pass::Forward, alone).gemm.flop());
        prop_assert!(together >= all);
        prop_assert!(together == all || share.adjustment(ranks as u32).is_some(), "{op} is {together} and not {all}");
    }

    #[test]
    fn a_product_is_told_by_its_sizes(of in whole(), (op, pass) in op_and_pass()) {
        let product = product(op, pass, of);
        let point = crate::Point { op, pass, model: product.model, gemm: product.gemm, ..crate::made_up::point(Op::Score, 8) };
        prop_assert_eq!(point.check(), Ok(()));
        prop_assert_eq!(point.tensor_parallel(), Some(of[9] as u32));
        prop_assert!(point.is_told_by_model());
        let other = crate::Point { gemm: Gemm::new(1, 1 << 30, 1, 1).unwrap(), ..point };
        prop_assert!(other.check().is_err());
    }
}

/// Fused attention of a layer at batch 2, 6 heads, 3 of keys, 5 queries and so many keys.
fn fused(pass: Pass, mask: Mask, seq_key: u64, head_dim_v: u64) -> Product {
    let sizes = ModelSizes {
        head_dim_v: HeadDimV::new(head_dim_v).ok(),
        ..sizes([6, 3, 8, 48, 1, 1, 2, 5, seq_key, 1])
    };
    Product::of_model(Op::Attention, pass, &sizes).unwrap().masked(mask).unwrap()
}

#[test]
fn fused_attention_is_counted_as_its_two_products_and_half_of_them_under_a_causal_mask() {
    let whole = fused(Pass::Forward, Mask::None, 7, 8);
    let explicit = |op| product(op, Pass::Forward, [6, 3, 8, 48, 1, 1, 2, 5, 7, 1]);
    assert_eq!(whole.flop(), explicit(Op::Score).flop() + explicit(Op::Values).flop());
    // 4·b·a·s·t·d, and 2.5 times that for the five products backward.
    assert_eq!(whole.flop(), 4 * 2 * 6 * 5 * 7 * 8);
    assert_eq!(2 * fused(Pass::Backward, Mask::None, 7, 8).flop(), 5 * whole.flop());
    for pass in [Pass::Forward, Pass::Backward] {
        let [whole, causal] = [Mask::None, Mask::Causal].map(|mask| fused(pass, mask, 5, 8).flop());
        assert_eq!(2 * causal, whole, "{pass}");
    }
    // Values of 4: the products with them are half as many.
    assert_eq!(fused(Pass::Forward, Mask::None, 7, 4).flop(), 2 * 2 * 6 * 5 * 7 * (8 + 4));
    assert_eq!(fused(Pass::Backward, Mask::None, 7, 4).flop(), 2 * 2 * 6 * 5 * 7 * (3 * 8 + 2 * 4));
}

#[test]
fn fused_attention_touches_q_k_v_and_o_and_backward_their_gradients_too() {
    let (q, k, v, o) = (2 * 6 * 5 * 8, 2 * 3 * 7 * 8, 2 * 3 * 7 * 4, 2 * 6 * 5 * 4);
    let bytes = 2 * (q + k + v + o);
    assert_eq!(fused(Pass::Forward, Mask::None, 7, 4).bytes(Dtype::Bf16), bytes);
    assert_eq!(fused(Pass::Backward, Mask::None, 7, 4).bytes(Dtype::Bf16), 2 * bytes + 4 * 2 * 6 * 5);
}

#[test]
fn equal_fused_products_are_equal_points() {
    let of = |seq_key, head_dim_v| fused(Pass::Forward, Mask::None, seq_key, head_dim_v).model;
    assert_eq!((of(5, 8).seq_key, of(5, 8).head_dim_v), (None, None));
    assert_eq!((of(7, 4).seq_key, of(7, 4).head_dim_v), (SeqKey::new(7).ok(), HeadDimV::new(4).ok()));
    let score = ModelSizes { head_dim_v: HeadDimV::new(4).ok(), ..sizes(LLAMA_3_8B) };
    assert_eq!(Product::of_model(Op::Score, Pass::Forward, &score).unwrap().model.head_dim_v, None);
}

#[test]
fn a_softmax_is_of_the_scores_of_each_head_whatever_it_is_wide_and_whoever_shares_its_keys() {
    let softmax = |sizes| product(Op::Softmax, Pass::Forward, sizes);
    let whole = softmax([6, 3, 8, 48, 1, 1, 2, 5, 7, 1]);
    let gemm = whole.gemm;
    assert_eq!((gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()), (2 * 6, 5, 7, 1));
    // Five operations for each of b·a·s·t elements, which are read once and written once.
    assert_eq!(whole.flop(), 5 * 2 * 6 * 5 * 7);
    assert_eq!(whole.bytes(Dtype::Bf16), 2 * 2 * 2 * 6 * 5 * 7);
    assert_eq!(whole, softmax([6, 2, 128, 999, 1, 1, 2, 5, 7, 1]));
    // Its matrices are those that `score` writes and `values` reads.
    let score = product(Op::Score, Pass::Forward, [6, 3, 8, 48, 1, 1, 2, 5, 7, 1]).gemm;
    let values = product(Op::Values, Pass::Forward, [6, 3, 8, 48, 1, 1, 2, 5, 7, 1]).gemm;
    assert_eq!((gemm.c_len(), gemm.c_len()), (score.c_len(), values.a_len()));
    // Keys as long as the queries are not said.
    assert_eq!(softmax([6, 3, 8, 48, 1, 1, 2, 5, 5, 1]).model.seq_key, None);
    let halves = softmax([6, 3, 8, 48, 1, 1, 2, 5, 7, 2]);
    assert_eq!((halves.gemm.gemm_batch(), 2 * halves.flop()), (6, whole.flop()));
    let sizes = sizes([6, 3, 8, 48, 1, 1, 2, 5, 7, 4]);
    let uneven = Product::of_model(Op::Softmax, Pass::Forward, &sizes).unwrap_err().to_string();
    assert_eq!(uneven, "heads = 6 is not a multiple of tensor_parallel = 4");
}

#[test]
fn a_softmax_is_aligned_as_its_rows_are_and_bound_by_memory() {
    let of = |keys| {
        let point = crate::made_up::softmax((12, 4, 2048, keys));
        let names: String = point.alignment().limiting().iter().map(|operand| operand.name).collect();
        (names, point.alignment().is_full(), point.load())
    };
    assert_eq!(of(2048), (String::new(), true, crate::Load::Light));
    assert_eq!(of(2047), ("AC".to_owned(), false, crate::Load::Light));
    let sheet = crate::Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap();
    let point = crate::made_up::softmax((12, 4, 2048, 2048));
    assert_eq!(sheet.expected_bound(&point), Some(crate::Bound::Memory));
    // 466 µs were measured, and 805 MB take 240 at the rated bandwidth.
    let seconds = sheet.launch_seconds(&point).unwrap();
    assert!((300e-6..900e-6).contains(&seconds), "{seconds}");
}

#[test]
fn a_mask_or_pass_that_an_op_does_not_have_is_refused() {
    let refused = |op, pass, mask| {
        let whole = Product::of_model(op, pass, &sizes(LLAMA_3_8B)).and_then(|whole| whole.masked(mask));
        whole.unwrap_err().to_string()
    };
    assert_eq!(
        refused(Op::Attention, Pass::DataGradient, Mask::None),
        "op attention has no pass data_gradient: want forward, backward"
    );
    assert_eq!(
        refused(Op::Qkv, Pass::Backward, Mask::None),
        "op qkv has no pass backward: want forward, data_gradient, weight_gradient"
    );
    assert_eq!(refused(Op::Score, Pass::Forward, Mask::Causal), "op score has no mask");
    assert_eq!(refused(Op::Softmax, Pass::Forward, Mask::Causal), "op softmax has no mask");
    assert_eq!(
        refused(Op::Softmax, Pass::Backward, Mask::None),
        "op softmax has no pass backward: want forward"
    );
    let decode = sizes([32, 8, 128, 4096, 14_336, 128_256, 16, 1, 4096, 1]);
    let decode = Product::of_model(Op::Attention, Pass::Forward, &decode).unwrap();
    assert!(
        decode
            .masked(Mask::Causal)
            .unwrap_err()
            .to_string()
            .starts_with("mask = causal with seq_key = 4096 other than seq = 1: want mask = none")
    );
}

#[test]
fn what_is_counted_by_a_convention_is_said_of_its_op_alone() {
    for op in Op::ALL {
        assert_eq!(Product::conventions(*op).is_some(), !op.is_product(), "{op}");
    }
    let points = [Op::Score, Op::Attention].map(|op| crate::made_up::point(op, 64));
    let told = crate::Convention::of(&points);
    assert_eq!(told.iter().map(|it| it.op.as_str()).collect::<Vec<_>>(), ["attention"]);
    assert!(told[0].flop.contains("half of either where mask = causal"), "{}", told[0].flop);
    assert_eq!(crate::Convention::of(&points[..1]), []);
    let told = crate::Convention::of(&[crate::made_up::softmax((12, 4, 8, 8))]);
    assert!(told[0].flop.starts_with("5*b*a*s*t: ") && told[0].bytes.contains("read once"), "{told:?}");
}

#[test]
fn heads_that_kernels_would_compute_wrong_are_told_without_any_kernel() {
    let whole = fused(Pass::Forward, Mask::None, 7, 8);
    assert_eq!((whole.narrow_rows(Dtype::F16), whole.narrow_rows(Dtype::Bf16)), (None, None));
    let narrow = fused(Pass::Forward, Mask::None, 7, 4).narrow_rows(Dtype::Bf16).unwrap();
    assert!(
        narrow.starts_with("head_dim_v 4: cuDNN's fused attention has heads of multiples of 8 alone"),
        "{narrow}"
    );
    let score = crate::made_up::point(Op::Score, 12).product();
    assert_eq!(score.narrow_rows(Dtype::F16), None);
}
