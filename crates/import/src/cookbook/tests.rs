//! Logs in the formats of the original. Every number is made up.

use super::*;
use hovera_core::{Engine, Layout, Op, Plan, Stat, SweepSpec};
use proptest::prelude::*;

/// As the scripts of 2023 print a layer: no sequence length, old labels, one of two ranks.
const OLD: &str = "1.12.0 \n\n\
[2023-04-05 06:07:08,901] [INFO] [distributed.py:36:init_distributed] noise\n\
num_attention_heads: 8, hidden_size: 100, train_micro_batch_size_per_gpu: 3, tensor_mp_size: 2, pipeline_mp_size: 1, dp_size: 1\n\
\n\nEstimate\n--------\n\
Elapsed time for attention_key_value_query_transform (3x100x150, b=64): 0.0001\n\
Throughput (in TFLOP/s) for attention_key_value_query_transform (3x100x150, b=64): 0.064\n\
Elapsed time for attention_key_query_prob (12x64x12x64): 0.0002\n\
Throughput (in TFLOP/s) for attention_key_query_prob (12x64x12x64): 0.006\n\
Elapsed time for attention_prob_times_values (12x64x64x12): 0.0001\n\
Throughput (in TFLOP/s) for attention_prob_times_values (12x64x64x12): 0.012\n\
Elapsed time for attention_dropout (3x4x64x64): 0.0012\n\
Elapsed time for attention_linear_projection (3x50x100, b=64): 0.0001\n\
Throughput (in TFLOP/s) for attention_linear_projection (3x50x100, b=64): 0.019\n\
Elapsed time for mlp_h_to_4h (3x100x200, b=64): 0.0001\n\
Throughput (in TFLOP/s) for mlp_h_to_4h (3x100x200, b=64): 0.077\n\
Elapsed time for mlp_4h_to_h (3x200x100, b=64): 0.0001\n\
Throughput (in TFLOP/s) for mlp_4h_to_h (3x200x100, b=64): 0.077\n\
\nAttention duration (in seconds): 0.0004\nAttention throughput (in TFLOP/s): 1.269\n\
Transformer - MLP - Attention (in seconds): 0.0000\n\
====================\n";

/// As today's scripts do, header and all.
const NEW: &str = "\nBenchmark started on 2024-05-06 07:08:09\n\n** Command line:\n\
/usr/bin/python3 transformer_flops.py --hidden_size 256 --num_iterations 30 --num_warmup_iterations 7\n\n\
** Platform:\n_CudaDeviceProperties(name='NVIDIA H100 PCIe', major=9, minor=0, total_memory=81000MB, multi_processor_count=114)\n\n\
** Critical component versions:\ntorch=2.2.1, cuda=12.1, nccl=(2, 19, 3)\n\n\
num_attention_heads: 4, hidden_size: 256, train_micro_batch_size_per_gpu: 2, seq_length: 128, vocab_size: 1000, train_batch_size: 256, tensor_mp_size: 1, pipeline_mp_size: 1, dp_size: 1\n\
Elapsed time for qkv_transform (2x256x768, b=128): 0.0001\n\
Throughput (in TFLOP/s) for qkv_transform (2x256x768, b=128): 1.007\n\
Elapsed time for attention_score (8x128x64x128): 0.0001\n\
Throughput (in TFLOP/s) for attention_score (8x128x64x128): 0.168\n\
Elapsed time for attention_over_value (8x128x128x64): 0.0001\n\
Throughput (in TFLOP/s) for attention_over_value (8x128x128x64): 0.168\n\
Elapsed time for logit_block (2x1000x256, b=128): 0.0001\n\
Throughput (in TFLOP/s) for logit_block (2x1000x256, b=128): 1.311\n";

fn provenance() -> Provenance {
    Provenance { file: "logs/made-up.out".into(), device: Some("Card".into()), ..Provenance::default() }
}

fn import(log: &str) -> Imported {
    read(log.as_bytes(), &provenance(), &Selection::default(), None).unwrap()
}

fn refused(log: &str) -> String {
    read(log.as_bytes(), &provenance(), &Selection::default(), None).unwrap_err().to_string()
}

/// Op, layout, products, m, n, k and time in ns of each row.
fn sizes(imported: &Imported) -> Vec<(Op, Layout, [u32; 4], f64)> {
    let stat = imported.results.stat();
    let of = |row: &Row| {
        let gemm = row.point.gemm;
        let sizes = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()];
        (row.point.op, row.point.layout, sizes, (row.timing.unwrap().time_us(stat).unwrap() * 1e3).round())
    };
    imported.results.rows.iter().map(of).collect()
}

#[test]
fn a_layer_of_2023_is_in_blas_order_and_of_the_slowest_of_99() {
    let imported = import(OLD);
    // FLOP over throughput, by hand: 2 · 192 · 150 · 100 / 0.064 = 90,000 ns, and so on.
    assert_eq!(
        sizes(&imported),
        [
            (Op::Qkv, Layout::Nt, [1, 192, 150, 100], 90_000.0),
            (Op::Score, Layout::Nn, [12, 64, 64, 12], 196_608.0),
            (Op::Values, Layout::Nn, [12, 64, 12, 64], 98_304.0),
            (Op::Projection, Layout::Nt, [1, 192, 100, 50], 101_053.0),
            (Op::MlpUp, Layout::Nt, [1, 192, 200, 100], 99_740.0),
            (Op::MlpDown, Layout::Nt, [1, 192, 100, 200], 99_740.0),
        ]
    );
    let rows = &imported.results.rows;
    let layer = rows[1].point.layer().unwrap();
    // 100 / 8 floored, as the script floors; the model keeps its heads.
    assert_eq!((layer.heads().get(), layer.hidden().get(), layer.head_dim().get()), (8, 100, 12));
    assert_eq!((layer.batch().get(), layer.seq().get()), (3, 64));
    assert_eq!(rows[1].point.tensor_parallel(), Some(2));
    assert!(rows.iter().all(|row| row.note.starts_with("one of 2 tensor-parallel ranks")));
    let method = &imported.results.front_matter.method;
    assert_eq!(
        (method.preset.as_deref(), method.stat, method.timer.as_str()),
        (Some("paper-2023"), Stat::Max, "host")
    );
    assert_eq!((method.warmup, method.min_samples, method.max_samples), (Some(50), Some(99), Some(99)));
    let front = &imported.results.front_matter;
    let source = front.source.as_ref().unwrap();
    assert_eq!((source.file.as_str(), source.dated.as_deref()), ("made-up.out", Some("2023-04-05")));
    assert_eq!(
        (front.sweep.name.as_str(), front.software.gemm.as_str()),
        ("made-up", "cuBLAS, by PyTorch 1.12.0")
    );
    assert_eq!(imported.account.troubles(), Vec::<String>::new());
    assert_eq!(
        imported.account.to_string(),
        "read 1 configurations, 9 other lines\n\
         no GEMM, not imported: 1 attention_dropout, 3 summaries of whole layers\n\
         times are the slowest launch of each point by the host's clock (paper-2023): its labels are those of 2023"
    );
}

/// What is measured by a sweep of one's own, with the layouts of PyTorch, can be compared with what the scripts measured.
#[test]
fn the_products_of_a_log_are_those_of_a_sweep_of_the_same_model() {
    let own = |lines: &str| {
        let spec = SweepSpec::parse("own.toml", &format!("name = \"own\"\n{lines}")).unwrap();
        Plan::expand(&spec, Engine::Cublas).unwrap().points()[0]
    };
    let of = |imported: &Imported, op| {
        let row = imported.results.rows.iter().find(|row| row.point.op == op).unwrap();
        (row.point.product(), row.point.layout)
    };
    let (old, new) = (import(OLD), import(NEW));
    let up = own("op = \"mlp_up\"\nhidden = 100\nbatch = 3\nseq = 64\ntensor_parallel = 2");
    assert_eq!(of(&old, Op::MlpUp), (up.product(), up.layout));
    let qkv = own("op = \"qkv\"\nheads = 4\nhidden = 256\nbatch = 2\nseq = 128");
    assert_eq!(of(&new, Op::Qkv), (qkv.product(), qkv.layout));
    let score = own(
        "op = \"score\"\nheads = 8\nhidden = 100\nbatch = 3\nseq = 64\ntensor_parallel = 2\nremainder = \"floor\"",
    );
    assert_eq!(of(&old, Op::Score), (score.product(), score.layout));
}

#[test]
fn a_layer_of_2024_is_of_the_fastest_and_its_header_names_the_card() {
    let provenance = Provenance { device: None, ..provenance() };
    let imported = read(NEW.as_bytes(), &provenance, &Selection::default(), None).unwrap();
    assert_eq!(
        sizes(&imported),
        [
            (Op::Qkv, Layout::Nt, [1, 256, 768, 256], 99_964.0),
            (Op::Score, Layout::Nn, [8, 128, 128, 64], 99_864.0),
            (Op::Values, Layout::Nn, [8, 128, 64, 128], 99_864.0),
            // The script's A is tokens by vocabulary: what it runs has n = h.
            (Op::Logits, Layout::Nt, [1, 256, 256, 1000], 99_979.0),
        ]
    );
    let front = &imported.results.front_matter;
    assert_eq!((front.method.stat, front.method.warmup), (Stat::Min, Some(7)));
    assert_eq!(imported.results.rows[0].timing.unwrap().samples, Some(30));
    assert_eq!((front.device[0].name.as_str(), front.device[0].sm_count), ("NVIDIA H100 PCIe", Some(114)));
    assert_eq!(front.software.gemm, "cuBLAS of CUDA 12.1, by PyTorch 2.2.1");
    assert_eq!(imported.account.decided.len(), 1);
    assert!(imported.account.decided[0].ends_with("it is dated 2024-05-06, after 6 March 2024"));
}

#[test]
fn until_march_2024_the_slowest_was_printed_under_today_s_labels() {
    let rule = |log: &str, rule| {
        let imported = read(log.as_bytes(), &provenance(), &Selection::default(), rule);
        imported.map(|imported| (imported.results.stat(), imported.results.front_matter.method.timer))
    };
    let dated = |day: &str| NEW.replace("2024-05-06", day);
    assert_eq!(rule(&dated("2024-03-05"), None).unwrap(), (Stat::Max, "event".to_owned()));
    assert_eq!(rule(&dated("2024-03-07"), None).unwrap(), (Stat::Min, "event".to_owned()));
    assert_eq!(rule(NEW, Some(Rule::Paper2023)).unwrap(), (Stat::Max, "host".to_owned()));

    // A plain product has had one label from the start, and a mean in 2023.
    let mm = "Elapsed time for 64x32x128: 0.000\nThroughput (in TFLOP/s) for 64x32x128: 4.096\n";
    assert_eq!(
        rule(mm, None).unwrap_err().to_string(),
        "logs/made-up.out: its labels are the same in 2023 and 2024: name the rule with --method \
         paper-2023, worst-2024, cookbook-2024, mm-2024"
    );
    assert_eq!(rule(mm, Some(Rule::Paper2023)).unwrap(), (Stat::Mean, "host".to_owned()));
    assert_eq!(rule(mm, Some(Rule::Cookbook2024)).unwrap(), (Stat::Min, "event".to_owned()));
    let both = format!("{mm}{}", mm.replace("64x32x128", "2x64x32x128"));
    assert!(
        rule(&both, None).unwrap_err().to_string().contains("some of its times are by mean and some by max")
    );
    let mixed = NEW.replace("Benchmark started", "Benchmark").replace("torch=2.2.1", "torch=1.12.0");
    let mixed = format!("{OLD}{mixed}");
    assert!(refused(&mixed).contains("it has labels of 2023 and of 2024"));
}

#[test]
fn the_mm_script_of_2024_runs_a_linear_layer_on_all_rows_of_the_batch() {
    let mm = "Elapsed time for 512x256x100, b=1: 0.0010\nThroughput (in TFLOP/s) for 512x256x100, b=1: 0.026\n\
              Elapsed time for 512x256x101, b=3: 0.0010\nThroughput (in TFLOP/s) for 512x256x101, b=3: 0.079\n";
    let imported = import(mm);
    // 2 · 512 · 100 · 256 / 0.026 TFLOP/s and 2 · 1536 · 101 · 256 / 0.079.
    assert_eq!(
        sizes(&imported),
        [
            (Op::Gemm, Layout::Nt, [1, 512, 100, 256], 1_008_246.0),
            (Op::Gemm, Layout::Nt, [1, 1536, 101, 256], 1_005_438.0),
        ]
    );
    let method = &imported.results.front_matter.method;
    assert_eq!((method.stat, method.timer.as_str(), method.max_samples), (Stat::Mean, "host", Some(100)));
    assert_eq!(imported.account.troubles(), Vec::<String>::new());
    assert!(imported.account.decided[0].ends_with("(mm-2024): its labels have b= and no name"));
    let beside = format!("{mm}Throughput (in TFLOP/s) for 64x32x128: 4.096\n");
    assert!(
        refused(&beside).contains("it has products with b= and no name, of the mm script of 2024, beside")
    );
    let four = mm.replace("512x256x100", "2x512x256x100");
    assert!(import(&four).account.troubles().join("").contains("want four sizes"));
}

#[test]
fn a_throughput_that_no_device_has_is_left_out() {
    let log = OLD.replace("12x64x12x64): 0.006", "12x64x12x64): 3000000.006");
    let imported = import(&log);
    assert_eq!(imported.results.rows.len(), 5);
    let said = imported.account.troubles().join("");
    assert!(said.contains("12: a max time of") && said.contains("no device does"), "{said}");
}

#[test]
fn each_row_has_the_card_that_was_named_last() {
    let other = NEW
        .replace("NVIDIA H100 PCIe', major=9", "NVIDIA A100-SXM4-40GB', major=8")
        .replace("multi_processor_count=114", "multi_processor_count=108");
    let both = format!("{NEW}{other}{NEW}");
    let nameless = Provenance { device: None, ..provenance() };
    let read =
        |log: &str, provenance: &Provenance| read(log.as_bytes(), provenance, &Selection::default(), None);
    let imported = read(&both, &nameless).unwrap();
    let cards: Vec<u32> = imported.results.rows.iter().map(|row| row.device).collect();
    assert_eq!((cards, imported.account.merged), (vec![0, 0, 0, 0, 1, 1, 1, 1], 4));
    let listed = &imported.results.front_matter.device;
    assert_eq!(
        (listed[0].name.as_str(), listed[1].name.as_str()),
        ("NVIDIA H100 PCIe", "NVIDIA A100-SXM4-40GB")
    );
    let line = 1 + NEW.lines().count() + NEW.lines().take_while(|line| !line.starts_with("_Cuda")).count();
    assert_eq!(
        read(&both, &provenance()).unwrap_err().to_string(),
        format!(
            "logs/made-up.out:{line}: a second card, \"NVIDIA A100-SXM4-40GB\" after \"NVIDIA H100 PCIe\": --device \
             names them both \"Card\"; leave it out, and each row has its own"
        )
    );
    // What was measured ahead of the first of two cards is of none.
    let unnamed = format!("{}{both}", &NEW[NEW.find("num_attention").unwrap()..]);
    assert!(read(&unnamed, &nameless).unwrap_err().to_string().contains("does not say which GPU"));
}

#[test]
fn a_second_version_or_a_year_with_another_rule_is_refused_with_both() {
    let again = |from: &str, to: &str| refused(&format!("{NEW}{}", NEW.replace(from, to)));
    let said = again("torch=2.2.1", "torch=2.3.0");
    assert!(said.contains("a second version of PyTorch, \"2.3.0\" after \"2.2.1\": "), "{said}");
    let said = again("cuda=12.1", "cuda=12.4");
    assert!(said.contains("a second version of CUDA, \"12.4\" after \"12.1\": "), "{said}");
    let said = again("2024-05-06", "2024-02-03");
    assert!(said.contains("a second date, \"2024-02-03\" after \"2024-05-06\": "), "{said}");
    let imported = import(&format!("{NEW}{}", NEW.replace("2024-05-06", "2024-05-07")));
    assert_eq!(imported.account.merged, 4);
    let launches = import(&format!("{NEW}{}", NEW.replace("--num_iterations 30", "--num_iterations 50")));
    assert_eq!(launches.results.rows[0].timing.unwrap().samples, Some(80));
}

#[test]
fn a_card_that_is_no_nvidia_gpu_did_not_run_cublas() {
    let of = |log: &str, card: &str| {
        let provenance = Provenance { device: Some(card.into()), ..provenance() };
        let imported = read(log.as_bytes(), &provenance, &Selection::default(), None).unwrap();
        let front = imported.results.front_matter;
        (imported.results.rows[0].point.engine, front.software.gemm, front.device[0].backend.clone())
    };
    let other = (Engine::Other, "not known, by PyTorch 1.12.0".to_owned(), "hip".to_owned());
    assert_eq!(of(OLD, "AMD Instinct MI250X"), other);
    let rocm = of(&NEW.replace("torch=2.2.1", "torch=2.2.1+rocm5.7"), "Card");
    assert_eq!((rocm.0, rocm.1.as_str()), (Engine::Other, "not known, by PyTorch 2.2.1+rocm5.7"));
    assert_eq!(of(OLD, "Card").0, Engine::Cublas);
}

#[test]
fn batched_products_have_an_old_and_a_new_label() {
    let old = "Elapsed time for 8x64x32x128: 0.000\nThroughput (in TFLOP/s) for 8x64x32x128: 4.096\n-----\n";
    let row = [(Op::Bmm, Layout::Nn, [8, 64, 128, 32], 1024.0)];
    assert_eq!(sizes(&import(old)), row);
    assert_eq!(import(old).results.rows[0].timing.unwrap().samples, Some(199));
    let new = old.replace("8x64x32x128", "bmm (8x64x32x128)");
    let imported = import(&new);
    assert_eq!((sizes(&imported), imported.results.stat()), (row.to_vec(), Stat::Min));
    assert_eq!(imported.results.rows[0].point.layer(), None);
}

#[test]
fn line_ends_of_other_systems_and_a_missing_last_one_change_nothing() {
    let plain = import(OLD).results;
    assert_eq!(import(&OLD.replace('\n', "\r\n")).results, plain);
    assert_eq!(import(OLD.trim_end_matches(['=', '\n'])).results, plain);
}

#[test]
fn what_is_not_asked_for_is_counted() {
    let selection =
        Selection { ops: vec![Op::Score, Op::Values], tensor_parallel: Some(2), ..Selection::default() };
    let imported = read(OLD.as_bytes(), &provenance(), &selection, None).unwrap();
    assert_eq!((imported.results.rows.len(), imported.account.not_selected), (2, 4));
    let other = Selection { tensor_parallel: Some(4), ..Selection::default() };
    let error = read(OLD.as_bytes(), &provenance(), &other, None).unwrap_err().to_string();
    assert!(error.contains("no measurement to import: read 1 configurations, 6 not asked for"), "{error}");
}

#[test]
fn a_configuration_measured_again_is_one_row_of_all_its_launches() {
    let imported = import(&format!("{OLD}{}", OLD.replace("12x64x12x64): 0.006", "12x64x12x64): 0.004")));
    let row = &imported.results.rows[1];
    let timing = row.timing.unwrap();
    // The slowest of all is that of the second time: 1,179,648 FLOP / 0.004.
    assert_eq!((timing.samples, timing.max_us.map(f64::round)), (Some(198), Some(295.0)));
    assert!(row.note.starts_with("measured 2 times, 0.004 to 0.006 TFLOP/s; one of 2"), "{}", row.note);
    assert_eq!((imported.results.rows.len(), imported.account.merged), (6, 6));
    let text = imported.results.to_csv();
    assert_eq!(Results::parse("r.csv", text).unwrap(), imported.results);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let line = |log: &str| import(log).account.troubles().join("\n");
    for bad in ["0.000", "-1.5", "nan", "inf", "1e3", "", "fast", "9".repeat(400).as_str()] {
        let log = OLD.replace("12x64x12x64): 0.006", &format!("12x64x12x64): {bad}"));
        let said = line(&log);
        assert!(
            said.starts_with("2 times something cannot be read") || said.starts_with("1 times"),
            "{said}"
        );
        assert!(said.contains("12: ") && said.contains("a finite number above 0"), "{bad}: {said}");
        assert_eq!(import(&log).results.rows.len(), 5);
    }
    for (size, want) in [
        ("12x64x0x64", "k = 0: want 1 to 2147483647"),
        ("12x64x99999999999x64", "k = 99999999999: want 1 to 2147483647"),
        ("12x64x12", "want four sizes"),
        ("12x64x12x64, b=2", "want four sizes"),
    ] {
        let said = line(&OLD.replace("12x64x12x64", size));
        assert!(said.contains(want), "{size}: {said}");
    }
    let said = line(&OLD.replace("12x64x12x64", "12xx64x99999999999999999999999"));
    assert!(said.contains("want a component, its sizes"), "{said}");
    let orphan = line(&OLD.replace("Throughput (in TFLOP/s) for mlp_4h_to_h (3x200x100, b=64): 0.077\n", ""));
    assert!(
        orphan.contains("an elapsed time of mlp_4h_to_h (3x200x100, b=64), but no throughput"),
        "{orphan}"
    );
}

#[test]
fn a_layer_whose_configuration_cannot_be_read_is_not_taken_for_the_one_before() {
    let broken = OLD.replace("hidden_size: 100", "hidden_size: many");
    let said = refused(&broken);
    assert!(said.contains("no line above says num_attention_heads"), "{said}");
    let after_another = format!("{OLD}{broken}");
    let imported = import(&after_another);
    assert_eq!((imported.results.rows.len(), imported.account.merged), (6, 0));
    assert_eq!(imported.account.unreadable.count, 7);
}

#[test]
fn a_shape_that_its_configuration_does_not_make_is_left_out_and_counted() {
    let imported = import(&format!("{OLD}{}", OLD.replace("tensor_mp_size: 2", "tensor_mp_size: 4")));
    assert_eq!((imported.results.rows.len(), imported.account.merged), (6, 0));
    assert_eq!(imported.account.misfits.count, 6);
    let said = imported.account.troubles().join("\n");
    assert!(said.contains("attention_key_query_prob (12x64x12x64): want 6x64x12x64 and s = 64"), "{said}");
    // Three ranks do not share eight heads evenly, though the script divides on.
    let uneven = OLD.replace("tensor_mp_size: 2", "tensor_mp_size: 3").replace("(12x64", "(8x64");
    let said = import(&format!("{OLD}{uneven}")).account.troubles().join("\n");
    assert!(
        said.contains("gemm_batch = 8: want 24, or one rank's share of it, 3 for each of its heads"),
        "{said}"
    );
}

#[test]
fn an_elapsed_time_of_another_throughput_is_kept_with_a_note() {
    let log = OLD.replace(
        "attention_prob_times_values (12x64x64x12): 0.0001",
        "attention_prob_times_values (12x64x64x12): 0.0009",
    );
    let imported = import(&log);
    assert_eq!(imported.account.inconsistent.count, 1);
    assert!(imported.results.rows[2].note.contains("elapsed 0.0009 s, by the throughput 0.000098 s"));
}

#[test]
fn a_log_without_a_card_or_a_measurement_is_refused() {
    let nameless = Provenance { device: None, ..provenance() };
    let error = read(OLD.as_bytes(), &nameless, &Selection::default(), None).unwrap_err().to_string();
    assert!(error.contains("does not say which GPU was measured: name it with --device"), "{error}");
    for empty in ["", "\n", "no log at all\n", "a,b\n1,2\n"] {
        assert!(refused(empty).contains("no measurement to import"), "{empty:?}");
    }
}

/// A log that says what these rows say.
fn rendered(rows: &[(u64, u64, u64, u64, u32)]) -> String {
    rows.iter()
        .map(|(b, m, n, k, milli)| {
            let tflops = f64::from(*milli) / 1e3;
            let seconds = 2.0 * (b * m * n * k) as f64 / tflops / 1e12;
            format!(
                "Elapsed time for bmm ({b}x{m}x{n}x{k}): {seconds:.4}\n\
             Throughput (in TFLOP/s) for bmm ({b}x{m}x{n}x{k}): {tflops:.3}\n----\n"
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn a_log_is_read_back_to_the_numbers_it_was_made_of(
        rows in prop::collection::btree_map((1u64..500, 1u64..5000, 1u64..5000, 1u64..5000), 1u32..2_000_000, 1..20)
    ) {
        let rows: Vec<_> = rows.into_iter().map(|((b, m, n, k), milli)| (b, m, n, k, milli)).collect();
        let imported = import(&rendered(&rows));
        prop_assert_eq!(imported.results.rows.len(), rows.len());
        prop_assert!(imported.account.troubles().is_empty(), "{:?}", imported.account.troubles());
        for (row, (b, m, n, k, milli)) in imported.results.rows.iter().zip(rows) {
            let gemm = row.point.gemm;
            let sizes = [gemm.gemm_batch(), gemm.m(), gemm.k(), gemm.n()].map(u64::from);
            prop_assert_eq!(sizes, [b, m, n, k]);
            prop_assert!((row.tflops(Stat::Min).unwrap() / f64::from(milli) * 1e3 - 1.0).abs() < 1e-12);
        }
        let text = imported.results.to_csv();
        prop_assert_eq!(Results::parse("r.csv", text).unwrap(), imported.results);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes[..], &provenance(), &Selection::default(), Some(Rule::Cookbook2024));
    }

    #[test]
    fn no_mutation_of_a_log_makes_the_reader_panic_or_write_what_cannot_be_read(
        new: bool, start in 0usize..2000, length in 0usize..40, insert in "[ -~\n]{0,12}|\\PC{0,3}"
    ) {
        let mut log = if new { NEW } else { OLD }.to_owned();
        let start = start.min(log.len());
        let end = (start + length).min(log.len());
        log.replace_range(start..end, &insert);
        if let Ok(imported) = read(log.as_bytes(), &provenance(), &Selection::default(), None) {
            prop_assert_eq!(Results::parse("r.csv", imported.results.to_csv()).unwrap(), imported.results);
        }
    }
}
