use super::*;

#[test]
fn the_published_titles() {
    assert_eq!(Op::Score.title(), "Attention Key Query Score");
    assert_eq!(Op::Values.title(), "Attention over Values");
}

#[test]
fn a_definition_is_a_sentence_and_no_two_ops_share_a_title() {
    for op in Op::ALL {
        let definition = op.definition();
        assert!(definition.ends_with('.') && definition.trim() == definition, "{op}: {definition:?}");
        assert_eq!(Op::ALL.iter().filter(|other| other.title() == op.title()).count(), 1, "{op}");
    }
}

#[test]
fn two_products_are_of_attention_and_two_of_no_layer() {
    assert_eq!(Op::all_of_attention().collect::<Vec<_>>(), [Op::Score, Op::Values]);
    let with_heads: Vec<_> = Op::ALL.iter().filter(|op| op.is_of_attention()).collect();
    assert_eq!(with_heads, [&Op::Score, &Op::Values, &Op::Attention]);
    let of_none: Vec<_> = Op::ALL.iter().filter(|op| !op.is_of_layer()).collect();
    assert_eq!(of_none, [&Op::Gemm, &Op::Bmm]);
}

#[test]
fn the_published_charts_are_over_sizes_of_a_layer() {
    assert_eq!(Op::all_published().collect::<Vec<_>>(), [Op::Score, Op::Values, Op::Attention]);
    assert!(Op::all_published().all(Op::is_of_layer));
}

#[test]
fn a_layer_has_keys_and_values_and_no_logits() {
    let counts =
        [Op::Query, Op::Key, Op::MlpDown, Op::Logits, Op::Gemm, Op::Attention, Op::Softmax].map(Op::in_layer);
    assert_eq!(counts, [1, 2, 1, 0, 0, 0, 0]);
}

#[test]
fn each_pass_of_an_op_has_a_layout_and_only_what_is_fused_has_one_backward_pass() {
    for op in Op::ALL {
        assert_eq!(op.passes().len(), op.facts().layouts.len(), "{op}");
        assert_eq!(op.passes()[0], Pass::Forward, "{op}");
        assert_eq!(op.passes().contains(&Pass::Backward), op.is_fused(), "{op}");
    }
}

#[test]
fn every_op_is_a_product_but_attention_in_one_kernel_and_the_softmax() {
    let of = |work| Op::ALL.iter().copied().filter(|op| op.work() == work).collect::<Vec<_>>();
    assert_eq!((of(Work::Fused), of(Work::Rows)), (vec![Op::Attention], vec![Op::Softmax]));
    for op in Op::ALL.iter().copied() {
        assert_eq!([op.is_product(), op.is_fused(), op.is_of_rows()].iter().filter(|is| **is).count(), 1);
    }
}

#[test]
fn an_op_depends_on_the_sizes_of_its_sides_and_no_others() {
    let keys = [
        "heads",
        "batch",
        "seq",
        "hidden",
        "head_dim",
        "head_dim_v",
        "kv_heads",
        "seq_key",
        "ffn",
        "vocab",
        "tensor_parallel",
        "gemm_batch",
        "m",
        "n",
        "k",
    ];
    let of = |op: Op| keys.into_iter().filter(|key| op.depends_on(key)).collect::<Vec<_>>().join(" ");
    assert_eq!(of(Op::Score), "heads batch seq head_dim kv_heads seq_key tensor_parallel");
    assert_eq!(of(Op::Attention), "heads batch seq head_dim head_dim_v kv_heads seq_key tensor_parallel");
    // Neither how wide the heads are, nor who shares their keys.
    assert_eq!(of(Op::Softmax), "heads batch seq seq_key tensor_parallel");
    assert_eq!(of(Op::Qkv), "heads batch seq hidden head_dim kv_heads tensor_parallel");
    assert_eq!(of(Op::Projection), "heads batch seq hidden head_dim tensor_parallel");
    assert_eq!(of(Op::MlpGate), "batch seq hidden ffn tensor_parallel");
    assert_eq!(of(Op::Logits), "batch seq hidden vocab tensor_parallel");
    assert_eq!((of(Op::Gemm), of(Op::Bmm)), ("m n k".to_owned(), "gemm_batch m n k".to_owned()));
}

#[test]
fn work_grows_with_the_head_dim_as_the_sides_do() {
    let grows = |op: Op| op.growth();
    assert_eq!([Op::Score, Op::Values].map(grows), [1, 1]);
    assert_eq!([Op::Qkv, Op::Projection, Op::MlpUp, Op::MlpDown].map(grows), [2, 2, 2, 2]);
    assert_eq!([Op::Logits, Op::Gemm, Op::Bmm, Op::Softmax].map(grows), [1, 0, 0, 0]);
}
