//! What the types of `sys` refuse, and what they own, with the simulated libraries of `tests/simulated` in a child
//! process. Only safe calls are made here: none may make the device touch memory that is not its own.

use super::*;
use hovera_bench::BackendError;
use hovera_core::{Gemm, Layout};
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::OnceLock;

include!("../../tests/simulated/compile.rs");

/// Which scenario a child plays.
const CHILD: &str = "HOVERA_TEST_MISUSE";

const WORKSPACE: u64 = 32 << 20;

/// Plays a scenario in a child process with the simulated libraries, and says what it printed.
fn play(scenario: &str) -> String {
    static COMPILED: OnceLock<()> = OnceLock::new();
    let program = std::env::current_exe().unwrap();
    let folder = program.with_file_name("simulated-for-sys");
    COMPILED.get_or_init(|| {
        let libraries = [
            ("libcuda.rs", "libcuda.so.1"),
            ("libcublas.rs", "libcublas.so.12"),
            ("libcublaslt.rs", "libcublasLt.so.12"),
            ("libcudnn.rs", "libcudnn.so.9"),
            ("libnvrtc.rs", "libnvrtc.so.12"),
        ];
        compiled(&folder, &libraries, &[]);
    });
    let output = Command::new(program)
        .args(["sys::misuse::child", "--exact", "--nocapture"])
        .env(CHILD, scenario)
        .env("LD_LIBRARY_PATH", &folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("panicked"), "{scenario}: {text}\n{errors}");
    assert!(text.contains("PLAYED"), "{scenario}: {text}");
    text
}

/// Not a test of its own: what the other tests run in a child process.
#[test]
fn child() {
    let Ok(scenario) = std::env::var(CHILD) else { return };
    match scenario.as_str() {
        "ownership" => ownership(),
        "matrices" => matrices(),
        "candidates" => candidates(),
        "captures" => captures(),
        "kernels" => kernels(),
        "attention" => attention(),
        "softmax" => softmax(),
        other => panic!("no scenario {other}"),
    }
    println!("PLAYED");
}

fn context() -> Rc<Context> {
    let driver = Driver::open().unwrap();
    Context::retain(driver, driver.device(0).unwrap()).unwrap()
}

fn refused<T>(result: Result<T, BackendError>, part: &str) {
    match result.map(drop) {
        Err(BackendError::Device(text)) => assert!(text.contains(part), "{text}"),
        other => panic!("{other:?} instead of {part:?}"),
    }
}

const HALF: Arithmetic = Arithmetic { operand: Element::F16, result: Element::F16, compute: Compute::F32 };
const EIGHTH: Arithmetic =
    Arithmetic { operand: Element::E4m3, result: Element::Bf16, compute: Compute::F32 };

fn square(size: u64) -> Gemm {
    Gemm::new(1, size, size, size).unwrap()
}

/// Matrices of 16 x 16 at the start of so much memory, 4096 bytes apart.
fn small(memory: &Rc<Memory>, arithmetic: Arithmetic) -> Matrices<'_> {
    let regions = [0, 4096, 8192].map(|start| memory.region(start..start + 4096).unwrap());
    Matrices::new(square(16), arithmetic, Layout::Nt, regions).unwrap()
}

fn ownership() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let kernels = Kernels::load(&context, 4, true).unwrap();
    let blas = Blas::open(&stream, None).unwrap();
    let lt = Lt::open(&context, blas.path()).unwrap();
    let memory = Memory::allocate(&context, 1 << 14).unwrap();
    let (workspace, scale) =
        (Memory::allocate(&context, WORKSPACE).unwrap(), Memory::allocate(&context, 4).unwrap());
    stream.write(scale.region(0..4).unwrap(), &[1f32.to_bits()]).unwrap();
    stream.fill_bytes(memory.region(0..1 << 14).unwrap(), 0).unwrap();
    blas.set_workspace(workspace.region(0..WORKSPACE).unwrap()).unwrap();

    let matrices = small(&memory, EIGHTH);
    let product = LtProduct::new(&lt, &matrices, scale.region(0..4).unwrap()).unwrap();
    let candidates = product.candidates(&matrices, WORKSPACE, 8).unwrap();
    let captured = CapturedWork::record(&stream, || {
        kernels.stamp(&stream, memory.region(12_288..12_288 + 96)?)?;
        blas.bmm(&small(&memory, HALF))?;
        candidates[0].launch(&stream, &matrices, workspace.region(0..WORKSPACE)?)
    });
    let graph = captured.unwrap().into_graph().unwrap();
    drop((product, candidates));

    let owned: Vec<std::rc::Weak<dyn std::any::Any>> = {
        fn weak<T: 'static>(owned: Rc<T>) -> std::rc::Weak<dyn std::any::Any> {
            let owned: Rc<dyn std::any::Any> = owned;
            Rc::downgrade(&owned)
        }
        vec![weak(memory), weak(workspace), weak(scale), weak(stream), weak(lt)]
    };
    drop((kernels, blas, context));
    assert!(owned.iter().all(|owned| owned.upgrade().is_some()), "the graph does not own all that it uses");
    println!("STILL THERE");
    graph.launch().unwrap();
    println!("DROP");
    drop(graph);
    assert!(owned.iter().all(|owned| owned.upgrade().is_none()), "something is never freed");
}

#[test]
fn a_graph_owns_memory_module_handles_and_stream_until_it_is_dropped() {
    let output = play("ownership");
    let (before, after) = output.split_once("DROP\n").unwrap();
    assert!(before.contains("STILL THERE") && !before.contains("destroyed") && !before.contains("LIVE"));
    // Module, context and all: nothing is left.
    for gone in ["CUBLAS destroyed", "CUBLASLT destroyed, LIVE 0", "\nLIVE 0"] {
        assert!(after.contains(gone), "{output}");
    }
}

fn matrices() {
    let memory = Memory::allocate(&context(), 1 << 14).unwrap();
    let region = |start: u64, bytes: u64| memory.region(start..start + bytes).unwrap();
    let new = |gemm, regions| Matrices::new(gemm, HALF, Layout::Nn, regions);
    let apart = [region(0, 512), region(512, 512), region(1024, 512)];
    assert!(new(square(16), apart).is_ok());
    for (short, what) in [(0, "A: 256 elements"), (1, "B: 256 elements"), (2, "C: 256 elements")] {
        let mut regions = apart;
        regions[short] = region(4096, 511);
        refused(new(square(16), regions), what);
        regions[short] = region(4097, 512);
        refused(new(square(16), regions), "is not aligned to 2 bytes");
    }
    refused(new(square(17), apart), "A: 289 elements of 2 bytes do not fit in 512 bytes");
    let largest = i32::MAX as u64;
    refused(new(Gemm::new(largest, largest, largest, largest).unwrap(), apart), "do not fit in 512 bytes");
    refused(new(Gemm::new(largest, largest, 2, 2).unwrap(), apart), "do not fit in 512 bytes");
    for operand in [0, 1] {
        let mut regions = apart;
        regions[2] = region(if operand == 0 { 510 } else { 1022 }, 512);
        regions[1 - operand] = region(8192, 512);
        refused(new(square(16), regions), if operand == 0 { "C and A overlap" } else { "C and B overlap" });
    }
    // The operands may be one and the same: nothing is written to them.
    assert!(new(square(16), [region(0, 512), region(0, 512), region(1024, 512)]).is_ok());
    refused(memory.region(16_000..16_385), "bytes 16000 to 16385 asked for of an allocation of 16384");
    refused(memory.region(u64::MAX - 1..u64::MAX), "asked for of an allocation");
}

#[test]
fn matrices_that_do_not_fit_are_not_aligned_or_overlap_cannot_be_had() {
    play("matrices");
}

fn candidates() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let blas = Blas::open(&stream, None).unwrap();
    let lt = Lt::open(&context, blas.path()).unwrap();
    let memory = Memory::allocate(&context, WORKSPACE + 16_384).unwrap();
    let other = Memory::allocate(&self::context(), 1 << 16).unwrap();
    let scale = memory.region(0..4).unwrap();
    let workspace = memory.region(16_384..16_384 + WORKSPACE).unwrap();
    let matrices = small(&memory, HALF);
    let product = LtProduct::new(&lt, &matrices, scale).unwrap();
    let candidate = product.candidates(&matrices, WORKSPACE, 8).unwrap().remove(0);
    candidate.launch(&stream, &matrices, workspace).unwrap();

    let regions = [0, 4096, 8192].map(|start| memory.region(start..start + 4096).unwrap());
    for (gemm, arithmetic, layout) in
        [(square(8), HALF, Layout::Nt), (square(16), EIGHTH, Layout::Nt), (square(16), HALF, Layout::Nn)]
    {
        let others = Matrices::new(gemm, arithmetic, layout, regions).unwrap();
        refused(candidate.launch(&stream, &others, workspace), "for a product of");
        refused(product.candidates(&others, WORKSPACE, 1), "for a product of");
    }
    let shifted = [128, 4096, 8192].map(|start| memory.region(start..start + 4096 - 128).unwrap());
    let shifted = Matrices::new(square(16), HALF, Layout::Nt, shifted).unwrap();
    refused(candidate.launch(&stream, &shifted, workspace), "is not aligned to 256 bytes");
    refused(
        candidate.launch(&stream, &matrices, memory.region(16_400..16_400 + 512).unwrap()),
        "workspace is not aligned to 256 bytes",
    );
    let large = product.candidates(&matrices, WORKSPACE, 8).unwrap();
    let large = large.iter().find(|candidate| candidate.workspace_bytes > 512).unwrap();
    refused(
        large.launch(&stream, &matrices, memory.region(16_384..16_384 + 512).unwrap()),
        "do not fit in 512 bytes",
    );
    refused(candidate.launch(&stream, &small(&other, HALF), workspace), "another context");
    refused(blas.bmm(&small(&other, HALF)), "another context");
    refused(stream.fill_bytes(other.region(0..8).unwrap(), 0), "another context");
    refused(blas.set_workspace(other.region(0..1 << 16).unwrap()), "another context");
    let short = memory.region(0..3).unwrap();
    refused(LtProduct::new(&lt, &small(&memory, EIGHTH), short), "scale: 1 elements of 4 bytes");
    refused(
        LtProduct::new(&lt, &small(&memory, EIGHTH), memory.region(2..6).unwrap()),
        "scale is not aligned",
    );
}

#[test]
fn a_candidate_is_launched_on_its_own_product_in_its_own_context_and_workspace_only() {
    play("candidates");
}

fn captures() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let memory = Memory::allocate(&context, 4096).unwrap();
    let region = memory.region(0..64).unwrap();
    let empty = CapturedWork::record(&stream, || Ok(())).unwrap().into_graph().unwrap();
    let within = |work: &dyn Fn() -> Result<(), BackendError>| CapturedWork::record(&stream, work);
    refused(
        within(&|| stream.read(region, &mut [0u8; 64])),
        "a copy to the host cannot be a part of a graph",
    );
    refused(within(&|| stream.write(region, &[0u8; 64])), "a copy from the host cannot be");
    refused(within(&|| empty.launch()), "a graph cannot be a part of a graph");
    refused(within(&|| within(&|| Ok(())).map(drop)), "a capture cannot be");
    let panicking = || -> Result<(), BackendError> { panic!("as the test wants it") };
    std::panic::set_hook(Box::new(|_| ()));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| within(&panicking)));
    drop(std::panic::take_hook());
    assert!(caught.is_err());
    // The stream lives on.
    stream.write(region, &[7u8; 64]).unwrap();
    let mut read = [0u8; 65];
    refused(stream.read(region, &mut read), "read: 65 elements of 1 bytes do not fit in 64 bytes");
    stream.read(region, &mut read[..64]).unwrap();
    assert_eq!(read[63], 7);
    empty.launch().unwrap();
}

#[test]
fn what_would_dangle_in_a_graph_is_refused_and_the_stream_lives_on() {
    assert!(play("captures").contains("\nLIVE 0"));
}

fn kernels() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let kernels = Kernels::load(&context, 4, true).unwrap();
    let memory = Memory::allocate(&context, 1 << 14).unwrap();
    let matrices = small(&memory, HALF);
    let region = |start: u64, bytes: u64| memory.region(start..start + bytes).unwrap();
    stream.fill_bytes(region(0, 1 << 14), 0).unwrap();
    let entries = [Entry::new(0, 15, 15), Entry::new(0, 0, 0)];
    let look = |entries: &[Entry], at, out| kernels.reference_dots(&stream, &matrices, entries, at, out);
    look(&entries, region(12_288, 32), region(12_320, 48)).unwrap();
    refused(look(&entries, region(12_288, 31), region(12_320, 48)), "entries to check: 2 elements of 16");
    refused(look(&entries, region(12_288, 32), region(12_320, 47)), "reference values: 2 elements of 24");
    refused(look(&entries, region(12_288, 32), region(12_324, 48)), "reference values is not aligned to 8");
    refused(look(&entries, region(12_288, 32), region(12_304, 48)), "reference values overlap");
    for outside in [Entry::new(1, 0, 0), Entry::new(0, 16, 0), Entry::new(0, 0, u32::MAX)] {
        refused(look(&[outside], region(12_288, 32), region(12_320, 48)), "is not in a result of");
    }
    refused(kernels.stamp(&stream, region(12_288, 95)), "stamps: 4 elements of 24");
    refused(kernels.stamp(&stream, region(12_292, 96)), "stamps is not aligned");
    refused(kernels.fill_normal(&stream, region(1, 8), Element::F32, 1, 0), "is not aligned to 4 bytes");
    refused(
        kernels.count_missing(&stream, region(2, 8), Element::F16, region(12_288, 16)),
        "the result is not aligned to 4 bytes",
    );
    refused(
        kernels.count_missing(&stream, region(0, 8), Element::F16, region(12_288, 8)),
        "missing entries: 1 elements of 16",
    );
}

#[test]
fn kernels_stay_within_what_they_are_given() {
    play("kernels");
}

/// 2 heads of 8 queries and 8 keys, 16 wide: 512 bytes each of Q, K, V and O.
fn small_attention(pass: AttentionPass) -> Attention {
    let shape =
        AttentionShape { batch: 1, heads: 2, kv_heads: 2, queries: 8, keys: 8, head_dim: 16, head_dim_v: 16 };
    Attention { shape, is_bf16: false, is_causal: true, pass }
}

fn attention() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let blas = Blas::open(&stream, None).unwrap();
    let cudnn = Cudnn::open(&stream, blas.path()).unwrap();
    let memory = Memory::allocate(&context, 1 << 14).unwrap();
    let other = Memory::allocate(&self::context(), 1 << 14).unwrap();
    stream.fill_bytes(memory.region(0..1 << 14).unwrap(), 0).unwrap();
    let part = |start: u64| memory.region(start..start + 1024).unwrap();
    let workspace = part(12_288);
    let regions =
        AttentionRegions { q: part(0), k: part(1024), v: part(2048), o: part(3072), training: None };
    let plan = Rc::new(AttentionPlan::new(&cudnn, small_attention(AttentionPass::Forward)).unwrap());
    let launch = |regions: &AttentionRegions<'_>, workspace| plan.launch(&stream, regions, workspace);
    launch(&regions, workspace).unwrap();

    let short = memory.region(1024..1024 + 511).unwrap();
    refused(launch(&AttentionRegions { k: short, ..regions }, workspace), "K: 256 elements of 2 bytes");
    // The library would load from there all the same, and compute something else.
    let odd = memory.region(1032..2048).unwrap();
    refused(launch(&AttentionRegions { k: odd, ..regions }, workspace), "K is not aligned to 16 bytes");
    refused(launch(&AttentionRegions { o: part(2560), ..regions }, workspace), "O and V overlap");
    refused(launch(&regions, part(3584)), "O and the workspace overlap");
    refused(launch(&regions, memory.region(12_288..12_298).unwrap()), "cuDNN's workspace: 256 elements");
    let foreign = other.region(0..1024).unwrap();
    refused(launch(&AttentionRegions { q: foreign, ..regions }, workspace), "another context");
    refused(
        plan.launch(&Stream::new(&context).unwrap(), &regions, workspace),
        "cuDNN works in another stream",
    );
    for pass in [AttentionPass::ForwardWithStatistics, AttentionPass::Backward] {
        let plan = Rc::new(AttentionPlan::new(&cudnn, small_attention(pass)).unwrap());
        refused(plan.launch(&stream, &regions, workspace), "no memory for the statistics");
    }
    let narrow = AttentionShape { head_dim: 12, ..small_attention(AttentionPass::Forward).shape };
    let decode = AttentionShape { queries: 1, ..small_attention(AttentionPass::Forward).shape };
    for (shape, says) in [(narrow, "head_dim 12"), (decode, "mask causal")] {
        match AttentionPlan::new(&cudnn, Attention { shape, ..small_attention(AttentionPass::Forward) }) {
            Err(BackendError::Unsupported(text)) => assert!(text.starts_with(says), "{text}"),
            other => panic!("{:?}", other.map(drop)),
        }
    }

    // A graph owns plan, handle and memory.
    let captured = CapturedWork::record(&stream, || launch(&regions, workspace)).unwrap();
    let graph = captured.into_graph().unwrap();
    drop((plan, cudnn));
    graph.launch().unwrap();
    println!("STILL THERE");
}

fn softmax() {
    let context = context();
    let stream = Stream::new(&context).unwrap();
    let blas = Blas::open(&stream, None).unwrap();
    let cudnn = Cudnn::open(&stream, blas.path()).unwrap();
    let memory = Memory::allocate(&context, 1 << 14).unwrap();
    let other = Memory::allocate(&self::context(), 1 << 14).unwrap();
    stream.fill_bytes(memory.region(0..1 << 14).unwrap(), 0).unwrap();
    let part = |start: u64| memory.region(start..start + 1024).unwrap();
    let of = |rows, columns| SoftmaxPlan::new(&cudnn, Softmax { rows, columns, is_bf16: true });
    // 500 elements of 2 bytes.
    let plan = Rc::new(of(20, 25).unwrap());
    let launch = |scores, probabilities| plan.launch(&stream, scores, probabilities);
    launch(part(0), part(1024)).unwrap();

    let short = memory.region(1024..1024 + 999).unwrap();
    refused(launch(short, part(4096)), "the matrix of scores: 500 elements of 2 bytes");
    refused(launch(part(0), short), "the matrix of probabilities: 500 elements of 2 bytes");
    refused(
        launch(memory.region(8..2048).unwrap(), part(4096)),
        "the matrix of scores is not aligned to 16 bytes",
    );
    refused(launch(part(0), part(512)), "scores and probabilities overlap");
    refused(launch(part(0), other.region(0..1024).unwrap()), "another context");
    refused(
        plan.launch(&Stream::new(&context).unwrap(), part(0), part(1024)),
        "cuDNN works in another stream",
    );
    for (rows, columns, says) in [
        (1 << 31, 1, "2147483648 rows of a softmax: cuDNN counts 2147483647 at most"),
        (1 << 20, 1 << 20, "cudnnSetTensor4dDescriptor failed with cuDNN's status 3000"),
    ] {
        match of(rows, columns) {
            Err(BackendError::Unsupported(text)) => assert!(text.starts_with(says), "{text}"),
            other => panic!("{:?}", other.map(drop)),
        }
    }

    // A graph owns plan, handle and memory.
    let captured = CapturedWork::record(&stream, || launch(part(0), part(1024))).unwrap();
    let graph = captured.into_graph().unwrap();
    drop((plan, cudnn));
    graph.launch().unwrap();
    println!("STILL THERE");
}

#[test]
fn a_softmax_is_computed_on_matrices_that_fit_are_aligned_and_apart_only() {
    let output = play("softmax");
    let (before, after) = output.split_once("STILL THERE").unwrap();
    assert!(!before.contains("CUDNN destroyed") && after.contains("CUDNN destroyed, LIVE 0"), "{output}");
}

#[test]
fn attention_is_computed_on_matrices_that_fit_are_aligned_and_apart_only() {
    let output = play("attention");
    let (before, after) = output.split_once("STILL THERE").unwrap();
    assert!(!before.contains("CUDNN destroyed") && after.contains("CUDNN destroyed, LIVE 0"), "{output}");
}
