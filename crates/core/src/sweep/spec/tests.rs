use super::*;
use crate::shape::op::Op;
use crate::shape::vocabulary::{Pacing, Stat, Timer};
use crate::sweep::plan::Plan;
use crate::sweep::timers::Timers;
use proptest::prelude::*;

const VALID: &str = r#"# every head dim of the published charts
name = "attention-a12"
op = ["score", "values"]
dtype = "f16"
layout = "nn"
engine = "cublas"
heads = 12
batch = 4
seq = 2048
head_dim = { from = 1, to = 2730 }
per_series = 64

[method]
pacing = "burst"
idle_ratio = 2.0
warmup = 1
min_samples = 8
max_samples = 32
ci_target = 0.005
seed = 1
"#;

fn parse(text: &str) -> Result<SweepSpec, SpecError> {
    SweepSpec::parse("spec.toml", text)
}

/// The message for a spec of name, heads and head_dim with `lines` after them, from line 4 on.
fn refused(lines: &str) -> String {
    parse(&format!("name = \"n\"\nheads = 12\nhead_dim = 64\n{lines}")).unwrap_err().to_string()
}

/// The message for a spec with nothing but name, heads and, on line 3, `walk`.
fn refused_walk(walk: &str) -> String {
    parse(&format!("name = \"n\"\nheads = 12\n{walk}")).unwrap_err().to_string()
}

#[test]
fn a_full_spec_says_what_it_says() {
    let spec = parse(VALID).unwrap();
    assert_eq!(spec.name(), "attention-a12");
    assert_eq!(spec.text(), VALID);
    assert_eq!(spec.engines(), [Engine::Cublas]);
    assert_eq!(spec.point_count(), 5460);
    let idle = IdleRule::Ratio(2.0);
    assert_eq!(*spec.method(), MethodSpec { idle, min_samples: 8, max_samples: 32, ..MethodSpec::default() });
    let method = spec.method().front_matter(Timers::one(Timer::Event), &[], "standard normal");
    assert_eq!((method.pacing.as_str(), method.idle_ratio), ("burst", Some(2.0)));
    assert_eq!((method.timer.as_str(), method.min_samples, method.seed), ("event", Some(8), Some(1)));
}

#[test]
fn what_is_absent_has_the_documented_default() {
    let spec = parse("name = \"n\"\nheads = 12\nhead_dim = 64").unwrap();
    let part = &spec.parts[0];
    assert_eq!((spec.parts.len(), part.ops.as_slice()), (1, &[Op::Score, Op::Values][..]));
    assert_eq!((spec.dtypes.as_slice(), part.layouts()), (&[Dtype::F16][..], vec![None]));
    let sizes = |key| part.sizes(key).unwrap().iter().collect::<Vec<_>>();
    assert_eq!((sizes("batch"), sizes("seq")), (vec![4], vec![2048]));
    assert_eq!((spec.engines(), part.per_series), (&[][..], None));
    assert_eq!(*spec.method(), MethodSpec::default());
}

#[test]
fn a_spec_without_idling_has_no_idle_ratio() {
    let spec = parse("name = \"n\"\nheads = 1\nhead_dim = 1\nmethod.pacing = \"none\"").unwrap();
    let method = spec.method().front_matter(Timers::one(Timer::Event), &[], "zeros");
    assert_eq!((method.pacing.as_str(), method.idle_ratio, method.idle_after), ("none", None, None));
    assert_eq!(
        refused("[method]\npacing = \"none\"\nidle_ratio = 2"),
        "spec.toml:6: method.idle_ratio = 2: want no idle_ratio without pacing = \"burst\""
    );
    assert_eq!(
        refused("[method]\nidle_ratio = 2\nidle_after = 1"),
        "spec.toml:6: method.idle_after = 1: want either idle_ratio or idle_after, idle_before_ms and idle_least, not both"
    );
    assert_eq!(
        refused("[method]\nsustained_seconds = 1"),
        "spec.toml:5: method.sustained_seconds = 1: want no sustained_seconds without pacing = \"sustained\""
    );
}

#[test]
fn sizes_are_a_value_a_range_or_a_list_of_both_in_the_order_listed() {
    let sizes = |text: &str| {
        let spec = parse(&format!("name = \"n\"\nheads = 1\nhead_dim = {text}")).unwrap();
        let walked = spec.parts[0].sizes("head_dim").unwrap();
        let sizes: Vec<u32> = walked.iter().collect();
        assert_eq!(sizes.len() as u64, walked.len());
        assert_eq!(sizes.iter().max().copied(), Some(walked.max()));
        assert_eq!(sizes.iter().min().copied(), Some(walked.min()));
        sizes
    };
    assert_eq!(sizes("64"), [64]);
    assert_eq!(sizes("0x40"), [64]);
    assert_eq!(sizes("{ from = 1, to = 9, step = 3 }"), [1, 4, 7]);
    assert_eq!(sizes("{ from = 5, to = 5 }"), [5]);
    assert_eq!(sizes("[128, { from = 8, to = 24, step = 8 }, 1]"), [128, 8, 16, 24, 1]);
    assert_eq!(sizes("{ from = 2147483646, to = 2147483647 }"), [2_147_483_646, 2_147_483_647]);
}

#[test]
fn a_size_that_cannot_be_is_named_with_file_line_key_value_and_what_would_be_right() {
    let want = "want an integer, 1 to 2147483647, a range { from, to, step }, or a list of these";
    for value in ["0", "-1", "2147483648", "99999999999999999999999", "12.0", "nan", "inf", "\"12\"", "true"]
    {
        assert_eq!(refused(&format!("batch = {value}")), format!("spec.toml:4: batch = {value}: {want}"));
    }
    assert_eq!(refused("seq = [\n  128,\n  0,\n]"), format!("spec.toml:6: seq = 0: {want}"));
    assert_eq!(refused("seq = [[1]]"), format!("spec.toml:4: seq = [1]: {want}"));
    assert_eq!(refused("seq = []"), "spec.toml:4: seq = []: want at least one value");
}

#[test]
fn a_range_that_cannot_be_is_refused_before_anything_is_listed() {
    let refused = |range: &str| refused_walk(&format!("head_dim = {range}"));
    assert_eq!(
        refused("{ from = 9, to = 1 }"),
        "spec.toml:3: head_dim = { from = 9, to = 1 }: want `from` no greater than `to`: this range is empty"
    );
    assert_eq!(
        refused("{ from = 1, to = 9, step = 0 }"),
        "spec.toml:3: head_dim.step = 0: want an integer, 1 to 2147483647"
    );
    assert_eq!(
        refused("{ from = -3, to = 9 }"),
        "spec.toml:3: head_dim.from = -3: want an integer, 1 to 2147483647"
    );
    assert_eq!(
        refused("{ from = 1 }"),
        "spec.toml:3: head_dim.to is missing: want the last size of the range"
    );
    assert_eq!(
        refused("{ from = 1, too = 9 }"),
        "spec.toml:3: unknown key head_dim.too (did you mean to?): want one of from, to, step"
    );
    assert_eq!(
        refused("{ from = 1, to = 2147483647 }"),
        "spec.toml:3: head_dim = { from = 1, to = 2147483647 }: want at most 10000000 sizes, not 2147483647"
    );
}

#[test]
fn too_many_points_are_counted_without_listing_them() {
    let error = parse(
        "name = \"n\"\nheads = { from = 1, to = 200 }\nseq = { from = 1, to = 200 }\nhead_dim = { from = 1, to = 200 }",
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "spec.toml:4: the sweep has 16000000 points: want at most 10000000"
    );
}

#[test]
fn sizes_that_are_too_large_together_are_refused() {
    assert_eq!(
        refused("batch = 200000000"),
        "spec.toml:4: batch = 200000000 with heads = 12 makes gemm_batch = 2400000000: want at most 2147483647"
    );
    assert_eq!(
        refused_walk("head_dim = [1, 200000000]"),
        "spec.toml:3: head_dim = 200000000 with heads = 12 makes hidden = 2400000000: want at most 2147483647"
    );
}

#[test]
fn a_value_listed_twice_is_refused_with_both_places() {
    assert_eq!(
        refused("op = [\"score\", \"values\", \"score\"]"),
        "spec.toml:4: op lists score twice, in `\"score\"` and in `\"score\"`: want each value once"
    );
    assert_eq!(
        refused("seq = [128, { from = 64, to = 256, step = 64 }]"),
        "spec.toml:4: seq lists 128 twice, in `128` and in `{ from = 64, to = 256, step = 64 }`: want each value once"
    );
}

#[test]
fn an_illegal_word_is_answered_with_the_legal_ones() {
    assert_eq!(
        refused("op = \"scores\""),
        format!(
            "spec.toml:4: op = \"scores\": want {}",
            Op::ALL.iter().map(|op| op.as_str()).collect::<Vec<_>>().join(", ")
        )
    );
    assert_eq!(refused("dtype = 16"), "spec.toml:4: dtype = 16: want f16, bf16, f32, tf32, e4m3, int8");
    assert_eq!(
        refused("engine = \"blas\""),
        "spec.toml:4: engine = \"blas\": want cublas, cublaslt, tuned, cpu, cudnn"
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_known_ones() {
    assert_eq!(
        refused("head = 3"),
        "spec.toml:4: unknown key head (did you mean heads?): want one of name, dtype, engine, op, pass, mask, \
         layout, heads, kv_heads, batch, seq, seq_key, tensor_parallel, ffn, vocab, gemm_batch, m, n, k, head_dim_v, hidden, \
         head_dim, per_series, remainder, part, method"
    );
    assert!(refused("[method]\nwarm_up = 1").starts_with(
        "spec.toml:5: unknown key method.warm_up (did you mean warmup?): want one of preset, pacing, cache"
    ));
}

#[test]
fn what_has_no_default_must_be_there() {
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert!(error("").starts_with("spec.toml:1: name is missing: want 1 to 100 of a-z"));
    assert_eq!(error("name = \"n\""), "spec.toml:1: heads is missing: want the number of attention heads");
    assert_eq!(
        error("name = \"n\"\nheads = 1"),
        "spec.toml:1: head_dim is missing: want head_dim or hidden: the size that the sweep walks"
    );
    assert_eq!(
        refused("hidden = 768"),
        "spec.toml:4: hidden = 768: want either head_dim or hidden, not both"
    );
    assert_eq!(
        refused("remainder = \"skip\""),
        "spec.toml:4: remainder = \"skip\": want no remainder with head_dim, only with hidden: a head dim leaves none"
    );
}

#[test]
fn a_name_is_fit_for_a_file_name() {
    for good in ["a", "attention-a12", "0.5_x"] {
        assert!(parse(&format!("name = \"{good}\"\nheads = 1\nhead_dim = 1")).is_ok(), "{good}");
    }
    for bad in ["", "A", "..", "-o", "a/b", "a b", "é", "a\\n"] {
        let error = parse(&format!("name = \"{bad}\"\nheads = 1\nhead_dim = 1")).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("spec.toml:1: name = \"{bad}\": want 1 to 100 of a-z")),
            "{error}"
        );
    }
}

#[test]
fn a_method_that_cannot_be_is_refused() {
    let refused = |line: &str| refused(&format!("[method]\n{line}"));
    assert_eq!(
        refused("min_samples = 5"),
        "spec.toml:5: method.min_samples = 5: want an integer, 6 to 1000000: with fewer samples no 95 % \
         confidence interval of a median exists"
    );
    assert_eq!(
        refused("max_samples = 5"),
        "spec.toml:5: method.max_samples = 5: want an integer, 6 to 1000000: no fewer than min_samples"
    );
    for value in ["0", "1", "1.0", "nan", "-0.1", "\"x\""] {
        assert_eq!(
            refused(&format!("ci_target = {value}")),
            format!("spec.toml:5: method.ci_target = {value}: want a number between 0 and 1")
        );
    }
    for key in ["idle_ratio", "idle_after", "idle_before_ms", "idle_least", "run_in_seconds"] {
        for value in ["-1", "1000.1", "inf", "nan"] {
            assert_eq!(
                refused(&format!("{key} = {value}")),
                format!("spec.toml:5: method.{key} = {value}: want a number, 0 to 1000")
            );
        }
    }
    assert_eq!(
        refused("order = \"planned\"\norder_seed = 2"),
        "spec.toml:6: method.order_seed = 2: want no order_seed with order = \"planned\""
    );
    assert_eq!(
        refused("pacing = \"sustained\"\ntimer = \"graph\""),
        "spec.toml:6: method.timer = \"graph\": want no graph timer with pacing = \"sustained\": event or host"
    );
    assert_eq!(
        refused("max_point_seconds = 0"),
        "spec.toml:5: method.max_point_seconds = 0: want a number above 0, to 86400"
    );
    assert_eq!(
        refused("preset = \"paper-2023\"\nwarmup = 3"),
        "spec.toml:6: method.warmup = 3: want no such key beside preset = \"paper-2023\", which sets it"
    );
    assert_eq!(
        refused("pacing = [\"burst\", \"burst\"]"),
        "spec.toml:5: method.pacing lists burst twice, in `\"burst\"` and in `\"burst\"`: want each value once"
    );
    assert_eq!(
        refused("seed = -1"),
        "spec.toml:5: method.seed = -1: want an integer, 0 to 9223372036854775807"
    );
    assert_eq!(
        parse("name = \"n\"\nmethod = 3\nheads = 1\nhead_dim = 1").unwrap_err().to_string(),
        "spec.toml:2: method = 3: want a table"
    );
}

#[test]
fn a_preset_is_the_method_of_those_who_published_by_it() {
    let method = |preset: &str| {
        let text = format!("name = \"n\"\nheads = 1\nhead_dim = 1\nmethod.preset = \"{preset}\"");
        parse(&text).unwrap().method().clone()
    };
    let paper = method("paper-2023");
    assert_eq!((paper.timer, paper.stat, paper.warmup), (Some(Timer::Host), Stat::Max, 50));
    assert_eq!((paper.min_samples, paper.max_samples), (99, 99));
    assert_eq!((paper.pacing.as_slice(), paper.order), (&[Pacing::None][..], Order::Planned));
    let cookbook = method("cookbook-2024");
    assert_eq!((cookbook.timer, cookbook.stat, cookbook.warmup), (Some(Timer::Event), Stat::Min, 50));
    assert_eq!((cookbook.min_samples, cookbook.max_samples), (200, 200));
    let written = cookbook.front_matter(Timers::one(Timer::Event), &[], "zeros");
    assert_eq!((written.preset.as_deref(), written.stat), (Some("cookbook-2024"), Stat::Min));
}

#[test]
fn a_sweep_can_be_paced_in_two_ways_and_computed_by_two_engines() {
    let text = "name = \"n\"\nheads = 1\nhead_dim = [1, 2]\nengine = [\"cublas\", \"tuned\"]\n\
                method.pacing = [\"burst\", \"sustained\"]\nmethod.cache = [\"hot\", \"cold\"]";
    let spec = parse(text).unwrap();
    assert_eq!(spec.point_count(), 2 * 2 * 2 * 2 * 2);
    let method = spec.method().front_matter(Timers::one(Timer::Graph), &[], "zeros");
    assert_eq!((method.pacing.as_str(), method.cache.as_deref()), ("burst+sustained", Some("hot+cold")));
    assert_eq!((method.sustained_seconds, method.timer.as_str()), (Some(1.0), "graph"));
}

#[test]
fn more_samples_at_least_raise_the_most_unless_that_is_set_too() {
    let method = |lines: &str| {
        let text = format!("name = \"n\"\nheads = 1\nhead_dim = 1\n[method]\n{lines}");
        parse(&text).unwrap().method().clone()
    };
    assert_eq!(method("min_samples = 100").max_samples, 144);
    assert_eq!(method("min_samples = 200").max_samples, 200);
    assert_eq!(method("min_samples = 100\nmax_samples = 200").max_samples, 200);
}

#[test]
fn a_hidden_size_below_the_heads_has_no_head_dim() {
    assert_eq!(
        refused_walk("hidden = { from = 4, to = 64 }\nremainder = \"floor\""),
        "spec.toml:3: hidden = 4: want no hidden size below heads = 12: its head_dim is 0"
    );
}

#[test]
fn too_few_in_a_series_to_have_both_ends_are_refused() {
    assert_eq!(
        refused("per_series = 1"),
        "spec.toml:4: per_series = 1: want an integer, 2 to 10000000: the first and last of a series are always in"
    );
}

#[test]
fn what_is_not_toml_is_refused_where_it_stops_being_toml() {
    let error = refused("op = \nseq = 3");
    assert!(error.starts_with("spec.toml:4: not TOML: "), "{error}");
    let error = refused("heads = 3");
    assert!(error.starts_with("spec.toml:4: not TOML: duplicate key"), "{error}");
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    for deep in [format!("name = {}", "[".repeat(100_000)), format!("{}a = 1", "a.".repeat(100_000))] {
        assert!(parse(&deep).unwrap_err().to_string().starts_with("spec.toml:1: "));
    }
}

#[test]
fn the_hash_is_of_the_meaning() {
    let hash = |text: &str| parse(text).unwrap().canonical_hash();
    let plain = "name = \"n\"\nheads = 12\nhead_dim = { from = 1, to = 3 }";
    let digits = hash(plain);
    assert!(digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{digits}");
    for same in [
        "head_dim = [1, 2, 3]\nheads = 0xc # twelve\nname = \"n\"",
        "name = \"n\"\nheads = 12\nhead_dim = [{ from = 1, to = 2 }, 3]\nbatch = 4\nop = [\"score\", \"values\"]",
        "name = \"m\"\nheads = 12\nhead_dim = { from = 1, to = 3 }\n[method]\nidle_after = 10\nidle_least = 2\nseed = 1",
    ] {
        assert_eq!(hash(same), digits, "{same}");
    }
    let mut hashes = vec![digits];
    for change in [
        "engine = \"cpu\"",
        "engine = [\"cpu\", \"cublas\"]",
        "method.cache = \"cold\"",
        "method.idle_ratio = 2",
        "method.idle_after = 9",
        "method.idle_before_ms = 9",
        "method.idle_least = 0",
        "method.idle_least = 1",
        "method.run_in_seconds = 0",
        "method.max_point_seconds = 9",
        "method.stat = \"min\"",
        "method.order = \"planned\"",
        "method.order_seed = 2",
        "method.sentinel_every = 0",
        "method.preset = \"paper-2023\"",
        "method.preset = \"cookbook-2024\"",
        "op = \"score\"",
        "op = [\"values\", \"score\"]",
        "batch = 8",
        "seq = 1024",
        "dtype = \"bf16\"",
        "layout = \"nt\"",
        "per_series = 2",
        "method.seed = 2",
        "method.pacing = \"none\"",
        "method.timer = \"host\"",
        "method.ci_target = 0.01",
    ] {
        hashes.push(hash(&format!("{plain}\n{change}")));
    }
    hashes.push(parse(plain).unwrap().with_engine(Engine::Cublas).canonical_hash());
    let all = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn no_mutation_of_a_spec_makes_the_reader_panic_and_every_error_has_file_and_line(
        start in 0..VALID.len(), length in 0usize..20, insert in "[ -~\n]{0,8}|\\PC{0,3}"
    ) {
        let mut text = VALID.to_owned();
        text.replace_range(start..(start + length).min(VALID.len()), &insert);
        if let Err(error) = parse(&text) {
            let message = error.to_string();
            let rest = message.strip_prefix("spec.toml:").unwrap();
            let line: usize = rest[..rest.find(':').unwrap()].parse().unwrap();
            prop_assert!((1..=text.lines().count() + 1).contains(&line), "{}", message);
        }
    }
}

/// The message for a spec of a name and, from line 2 on, these lines.
fn refused_whole(lines: &str) -> String {
    parse(&format!("name = \"n\"\n{lines}")).unwrap_err().to_string()
}

#[test]
fn what_no_op_depends_on_is_refused_by_name() {
    assert_eq!(
        refused("vocab = 50257"),
        "spec.toml:4: vocab = 50257: want no vocab: op score depends on heads, kv_heads, batch, seq, seq_key, \
         tensor_parallel, head_dim; op values depends on heads, kv_heads, batch, seq, seq_key, tensor_parallel, head_dim"
    );
    let gemm = "op = \"gemm\"\nm = 8\nn = 8\nk = 8\n";
    for (key, value) in [
        ("heads", "12"),
        ("kv_heads", "12"),
        ("batch", "4"),
        ("seq", "4"),
        ("seq_key", "4"),
        ("head_dim", "64"),
        ("hidden", "64"),
        ("ffn", "64"),
        ("vocab", "64"),
        ("tensor_parallel", "2"),
        ("gemm_batch", "2"),
        ("per_series", "2"),
        ("pass", "\"forward\""),
        ("remainder", "\"skip\""),
    ] {
        assert_eq!(
            refused_whole(&format!("{gemm}{key} = {value}")),
            format!("spec.toml:6: {key} = {value}: want no {key}: op gemm depends on m, n, k")
        );
    }
    let up = "op = \"mlp_up\"\nhidden = 4096\n";
    for key in ["heads", "head_dim", "kv_heads", "seq_key", "m"] {
        assert_eq!(
            refused_whole(&format!("{up}{key} = 8")),
            format!(
                "spec.toml:4: {key} = 8: want no {key}: op mlp_up depends on batch, seq, tensor_parallel, ffn, hidden"
            )
        );
    }
    // What one of several ops depends on is used.
    assert!(
        parse("name = \"n\"\nop = [\"mlp_up\", \"logits\"]\nhidden = 64\nvocab = 100\nffn = 128").is_ok()
    );
}

#[test]
fn what_an_op_depends_on_and_has_no_default_must_be_there() {
    let ends = |lines: &str, want: &str| {
        let error = refused_whole(lines);
        assert!(error.starts_with("spec.toml:1: ") && error.ends_with(want), "{error}");
    };
    ends(
        "op = \"gemm\"\nm = 1\nn = 2",
        "k is missing: want the reduction: the columns of A and the rows of B",
    );
    ends("op = \"bmm\"\nm = 1\nn = 2\nk = 3", "gemm_batch is missing: want the number of products of a bmm");
    ends("op = \"logits\"\nhidden = 64", "vocab is missing: want the size of the vocabulary");
    ends("op = \"mlp_up\"", "hidden is missing: want head_dim or hidden: the size that the sweep walks");
    ends("op = \"mlp_up\"\nhead_dim = 64", "heads is missing: want the number of attention heads");
    ends("op = \"qkv\"\nhidden = 64", "heads is missing: want the number of attention heads");
    ends("op = \"key\"\nhidden = 64\nhead_dim = 8", "heads is missing: want the number of attention heads");
    assert!(parse("name = \"n\"\nop = \"key\"\nhidden = 64\nhead_dim = 8\nkv_heads = 2").is_ok());
    assert!(parse("name = \"n\"\nop = \"mlp_up\"\nheads = 2\nhead_dim = 64").is_ok());
}

#[test]
fn an_op_is_counted_by_the_sizes_that_it_depends_on() {
    let spec = parse(
        "name = \"n\"\nop = [\"score\", \"qkv\", \"mlp_up\", \"logits\", \"bmm\"]\npass = [\"forward\", \"weight_gradient\"]\n\
         heads = [8, 16]\nkv_heads = [2, 4, 8]\nhead_dim = 64\nhidden = [512, 1024, 1536, 2048, 2560]\nffn = [1000, 2000]\n\
         vocab = [1, 2, 3]\nseq_key = [7, 8]\ntensor_parallel = [1, 2]\ngemm_batch = 5\nm = [1, 2]\nn = 1\nk = [1, 2, 3]",
    )
    .unwrap();
    let (score, qkv, up) = (2 * 3 * 2 * 2, 2 * 3 * 2 * 5, 2 * 5 * 2);
    let (logits, bmm) = (3 * 2 * 5, 2 * 3);
    assert_eq!(spec.point_count(), 2 * (score + qkv + up + logits) + bmm);
}

#[test]
fn a_part_has_what_it_says_and_for_the_rest_what_the_whole_says() {
    let spec = parse(
        "name = \"n\"\nbatch = 1\nseq = [128, 256]\n\
         [[part]]\nop = \"mlp_up\"\nhidden = 64\n\
         [[part]]\nop = \"logits\"\nhidden = [64, 128]\nvocab = 100\nseq = 512\nlayout = \"nn\"\n\
         [[part]]\nop = \"gemm\"\nm = 1\nn = 2\nk = 3\n",
    )
    .unwrap();
    assert_eq!(spec.point_count(), 2 + 2 + 1);
    let refused = |part: &str| refused_whole(&format!("batch = 1\n[[part]]\nop = \"mlp_up\"\n{part}"));
    assert_eq!(
        refused(""),
        "spec.toml:3: part.hidden is missing: want head_dim or hidden: the size that the sweep walks"
    );
    assert!(refused("hidden = 64\nvocab = 3").starts_with("spec.toml:6: part.vocab = 3: want no vocab: "));
    assert!(
        refused("hidden = 64\ndtype = \"f16\"")
            .starts_with("spec.toml:6: unknown key part.dtype: want one of op")
    );
    let unused = refused_whole("vocab = 3\n[[part]]\nop = \"mlp_up\"\nhidden = 64");
    assert!(unused.starts_with("spec.toml:2: vocab = 3: want no vocab: op mlp_up depends on "), "{unused}");
    assert_eq!(refused_whole("part = 3"), "spec.toml:2: part = 3: want tables, each under [[part]]");
    assert_eq!(refused_whole("part = []"), "spec.toml:2: part = []: want at least one value");
}

#[test]
fn the_hash_is_of_every_size_and_every_part() {
    let hash = |text: &str| parse(text).unwrap().canonical_hash();
    let plain =
        "name = \"n\"\nop = [\"qkv\", \"mlp_up\", \"logits\"]\nheads = 8\nhidden = 512\nvocab = 100\n";
    assert_eq!(hash(plain), hash(&format!("{plain}tensor_parallel = 1\npass = \"forward\"")));
    let changes = [
        "",
        "head_dim = 32",
        "kv_heads = 2",
        "ffn = 100",
        "tensor_parallel = 2",
        "pass = \"data_gradient\"",
        "layout = \"nt\"",
        "remainder = \"skip\"\nkv_heads = 4",
        "remainder = \"floor\"",
    ];
    let mut hashes: Vec<String> = changes.iter().map(|change| hash(&format!("{plain}{change}"))).collect();
    let part = "[[part]]\nop = \"gemm\"\nm = 1\nn = 2\nk = ";
    hashes.extend([
        hash(&format!("name = \"n\"\n{part}3")),
        hash(&format!("name = \"n\"\n{part}3\n{part}4")),
        hash(&format!("name = \"n\"\n{part}4\n{part}3")),
        hash("name = \"n\"\nop = \"gemm\"\nm = 1\nn = 3\nk = 2"),
    ]);
    let all = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

/// A file is continued, and shards are merged, by the hash: those of 0.1 must go on with this version.
#[test]
fn the_hash_of_a_recorded_sweep_is_the_one_in_its_file() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/recorded/nvidia-h100-80gb-hbm3");
    for name in ["attention-a12", "attention-a12-full", "heads-by-head-dim", "pacing-a12", "tuned-a12"] {
        let text = std::fs::read(folder.join(format!("{name}.csv"))).unwrap();
        let recorded = crate::results::Results::parse(name, text).unwrap().front_matter.sweep;
        let spec = SweepSpec::parse(name, &recorded.spec).unwrap();
        assert_eq!(spec.canonical_hash(), recorded.spec_hash, "{name}");
    }
}

#[test]
fn fused_attention_is_every_combination_of_its_words_and_sizes() {
    let text = "name = \"n\"\nop = [\"score\", \"attention\"]\npass = [\"forward\", \"backward\"]\n\
                mask = [\"none\", \"causal\"]\ndtype = [\"f16\", \"bf16\"]\nheads = 12\nkv_heads = [4, 12]\n\
                head_dim = 64\nhead_dim_v = [32, 64]\n";
    let spec = parse(text).unwrap();
    // The scores know one pass and no mask, nor a width of values.
    let (score, attention) = (2 * 2, 2 * 2 * 2 * 2 * 2);
    assert_eq!(spec.point_count(), score + attention);
    let plan = Plan::expand(&spec, Engine::Tuned).unwrap();
    assert_eq!(plan.len() as u64, score + attention);
    for point in plan.points() {
        let fused = point.op == Op::Attention;
        let conditions = (point.engine, point.layout.as_str());
        assert_eq!(conditions, if fused { (Engine::Cudnn, "nt") } else { (Engine::Tuned, "nn") }, "{point}");
    }
    let both = parse(&format!("engine = [\"cudnn\", \"cublas\"]\n{text}")).unwrap();
    assert_eq!(both.point_count(), score + attention);
    let last = plan.points().iter().rfind(|point| point.op.is_fused()).unwrap();
    assert_eq!(
        last.to_string(),
        "attention causal backward bf16 nt cudnn burst hot, heads 12, batch 4, seq 2048, hidden 768"
    );
}

#[test]
fn a_softmax_wants_heads_and_lengths_and_no_more() {
    let base = "op = \"softmax\"\nheads = 12\n";
    let spec =
        parse(&format!("name = \"n\"\n{base}seq_key = [1, 33]\nbatch = [1, 2]\ndtype = [\"f16\", \"bf16\"]"));
    assert_eq!(spec.unwrap().point_count(), 8);
    let says = |lines: &str, part: &str| {
        let error = parse(&format!("name = \"n\"\n{base}{lines}")).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    for (lines, key) in [
        ("head_dim = 64", "head_dim"),
        ("hidden = 768", "hidden"),
        ("kv_heads = 4", "kv_heads"),
        ("mask = \"causal\"", "mask"),
    ] {
        says(
            lines,
            &format!("want no {key}: op softmax depends on heads, batch, seq, seq_key, tensor_parallel"),
        );
    }
    says("dtype = \"f32\"", "dtype = \"f32\": want f16 or bf16: op softmax is computed in no other");
    says("layout = \"nt\"", "layout = \"nt\": want layout nn, the only one of op softmax");
    says("pass = \"backward\"", "op softmax has no pass backward: want forward");
    for engine in ["cublas", "cublaslt", "tuned", "cpu"] {
        says(
            &format!("engine = \"{engine}\""),
            &format!("op softmax with engine {engine}: want engine cudnn, which alone computes it"),
        );
    }
}

#[test]
fn what_fused_attention_cannot_be_is_refused_by_name() {
    let base = "op = \"attention\"\nheads = 12\nhead_dim = 64\n";
    let of = |lines: &str| refused_whole(&format!("{lines}\n{base}"));
    let says = |lines: &str, part: &str| {
        let text = of(lines);
        assert!(text.starts_with("spec.toml:") && text.contains(part), "{text}");
    };
    says(
        "dtype = [\"f16\", \"f32\"]",
        "dtype = [\"f16\", \"f32\"]: want f16 or bf16: op attention is computed in no other",
    );
    says("layout = \"nn\"", "layout = \"nn\": want layout nt, the only one of op attention");
    says("pass = \"data_gradient\"", "op attention has no pass data_gradient: want forward, backward");
    says(
        "engine = \"cublas\"",
        "op attention with engine cublas: want engine cudnn, which alone computes it",
    );
    says("engine = [\"cudnn\", \"tuned\"]", "engine tuned computes none of the ops: want it left out");
    let text = format!("name = \"n\"\nmask = \"causal\"\nseq_key = [2048, 4096]\n{base}");
    let error = Plan::expand(&parse(&text).unwrap(), Engine::Cublas).unwrap_err().to_string();
    assert!(
        error.starts_with("spec.toml:3: op attention with heads 12")
            && error.contains("mask = causal with seq_key = 4096 other than seq = 2048"),
        "{error}"
    );
    says("mask = \"banded\"", "mask = \"banded\": want none, causal");
    let score = |lines: &str| refused_whole(&format!("{lines}\nop = \"score\"\nheads = 12\nhead_dim = 64\n"));
    assert!(score("mask = \"causal\"").contains("want no mask: op score depends on "));
    assert!(score("head_dim_v = 8").contains("want no head_dim_v: op score depends on "));
    assert!(
        score("pass = [\"forward\", \"backward\"]")
            .contains("want no pass backward: op attention alone has it")
    );
    assert!(
        score("engine = \"cudnn\"").contains("op score with engine cudnn: want an engine other than cudnn")
    );
}
