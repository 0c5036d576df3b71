//! The whole backend without a GPU: a driver and a cuBLAS that compute on the host, in a child process.
//! What it proves is the calls, their order, and what happens when they fail; `gpu.rs` proves the rest.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions, not in what they call")]

use hovera_bench::{Backend, BackendError, Burst, Launch, Replay};
use hovera_core::{
    Cache, Dtype, Engine, Layout, Op, Pacing, Plan, Point, SharedText, SweepSpec, Timer, made_up,
};
use hovera_cuda::CudaBackend;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[path = "simulated/fused.rs"]
mod fused;
#[path = "simulated/softmax.rs"]
mod softmax;

include!("simulated/compile.rs");

/// Which scenario a child plays.
const CHILD: &str = "HOVERA_TEST_SIMULATED";

const NVML_ASIDE: &str = "libnvidia-ml-aside.so";

/// The folder of the compiled libraries.
fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulated");
        let libraries = [
            ("libcuda.rs", "libcuda.so.1"),
            ("libcublas.rs", "libcublas.so.12"),
            ("libcublaslt.rs", "libcublasLt.so.12"),
            ("libcudnn.rs", "libcudnn.so.9"),
            // Under a name that nobody looks for: most tests have no NVML.
            ("libnvidia_ml.rs", NVML_ASIDE),
        ];
        compiled(&folder, &libraries, &[]);
        // cuDNN looks for it by the name that it has itself, wherever it was opened from.
        let named = ["-C", "link-arg=-Wl,-soname,libnvrtc.so.12"];
        compiled(&folder, &[("libnvrtc.rs", "libnvrtc.so.12")], &named);
        folder
    })
}

/// Output of a scenario in a child process. A panic in it, or anything but a clean end, fails.
fn play(scenario: &str, environment: &[(&str, &str)]) -> String {
    play_with(libraries(), scenario, environment)
}

fn play_with(folder: &Path, scenario: &str, environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, scenario)
        .env("LD_LIBRARY_PATH", folder)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("panicked"), "{scenario}: {text}\n{errors}");
    text
}

/// Not a test of its own: what the other tests run in a child process.
#[test]
fn child() {
    match std::env::var(CHILD).as_deref() {
        Ok("sweep") => sweep(),
        Ok("order") => order(),
        Ok("memory") => memory(),
        Ok("wrong") => wrong(),
        Ok("stamps") => stamps(),
        Ok("short_bursts") => short_bursts(),
        Ok("long_burst") => long_burst(),
        Ok("turns") => turns(),
        Ok("dtypes") => dtypes(),
        Ok("products") => products(),
        Ok("tuned") => tuned(),
        Ok("timers") => timers(),
        Ok("cold") => cold(),
        Ok("metered") => metered(),
        Ok("broken graph") => println!("GRAPH {:?}", broken_graph()),
        Ok("engines") => engines(),
        Ok("kernels") => kernels(),
        Ok("one kernel") => println!("KERNEL {:?}", one_kernel()),
        Ok("run") => println!("RUN {:?}", run()),
        Ok(other) => assert!(fused::plays(other) || softmax::plays(other), "no scenario {other}"),
        Err(_) => {}
    }
}

fn point(op: Op, dtype: Dtype, layout: Layout, sizes: (u64, u64, u64, u64)) -> Point {
    let point = made_up::point_of_layer(op, made_up::layer(sizes));
    Point { dtype, layout, pacing: Pacing::None, ..point }
}

/// The points of a spec of an op that cuDNN computes.
fn points_of(op: &str, lines: &str) -> Vec<Point> {
    let text = format!("name = \"n\"\nop = \"{op}\"\nmethod.pacing = \"none\"\n{lines}");
    let spec = SweepSpec::parse("n.toml", &text).unwrap();
    Plan::expand(&spec, Engine::Cublas).unwrap().points().to_vec()
}

fn score(sizes: (u64, u64, u64, u64)) -> Point {
    point(Op::Score, Dtype::F16, Layout::Nn, sizes)
}

fn burst(warmup: u32, samples: u32) -> Burst {
    Burst { warmup, samples, each: 1, timer: Timer::Event }
}

fn run() -> Result<Vec<f64>, BackendError> {
    let mut backend = CudaBackend::open(0)?;
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1)?;
    backend.prepare(&small)?;
    let launches = backend.launch(&burst(1, 3))?;
    backend.verify()?;
    Ok(launches.iter().map(|launch| launch.time_us).collect())
}

fn sweep() {
    let mut backend = CudaBackend::open(0).unwrap();
    println!("DEVICE {:?}", backend.device());
    println!("SOFTWARE {:?}", backend.software());
    println!("TROUBLES {:?}", backend.troubles());
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let mut points = Vec::new();
        for op in [Op::Score, Op::Values] {
            for &layout in Layout::OF_SWEEPS {
                let sizes = [(1, 1, 1, 1), (3, 1, 17, 1), (2, 2, 1, 7), (2, 1, 33, 63), (1, 1, 65, 130)];
                points.extend(sizes.map(|sizes| point(op, dtype, layout, sizes)));
            }
        }
        backend.reserve(dtype, &points, 5).unwrap();
        for point in &points {
            backend.supports(point).unwrap();
            backend.prepare(point).unwrap();
            assert!(backend.verify().is_err(), "{point:?} was not computed yet");
            for stamps in [true, false] {
                backend.set_stamps(stamps);
                let launches = backend.launch(&burst(1, 5)).unwrap();
                backend.verify().unwrap_or_else(|error| panic!("{point:?}: {error}"));
                assert_eq!(launches.len(), 5);
                for launch in launches {
                    assert!((launch.time_us - 50.048).abs() < 1e-3);
                    let clock = launch.sm_clock_mhz;
                    assert!(clock.map_or(!stamps, |mhz| stamps && (mhz - 1500.0).abs() < 0.1), "{clock:?}");
                }
            }
        }
    }
    assert_eq!(backend.launch(&burst(2, 0)).unwrap(), []);
    assert_eq!(backend.launch(&burst(1, 150)).unwrap().len(), 150);
}

#[test]
fn a_sweep_is_verified_and_timed() {
    let output = play("sweep", &[]);
    assert!(output.contains("name: \"Simulated GPU\""), "{output}");
    assert!(output.contains("cuBLAS 12.4.3 (libcublas.so.12)"), "{output}");
    // There is no NVML here: what cannot be looked at is a trouble.
    assert!(output.contains("TROUBLES [Unknown(\"NVML "), "{output}");
    assert!(output.contains("CUBLAS destroyed") && output.contains("LIVE 0"), "something leaks: {output}");
}

fn stamps() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    let launches = backend.launch(&burst(1, 100)).unwrap();
    let mut times: Vec<f64> = launches.iter().map(|launch| launch.time_us).collect();
    times.sort_by(f64::total_cmp);
    println!("MEDIAN {:.3} of {}", times[50], launches.len());
    assert!(launches.iter().all(|launch| (launch.sm_clock_mhz.unwrap() - 1500.0).abs() < 0.1));
}

#[test]
fn stamps_disturb_no_short_launch_and_still_tell_its_clock() {
    let play = |ns| play("stamps", &[("SIM_DISTURB_NS", "500"), ("SIM_LAUNCH_NS", ns)]);
    assert!(play("5024").contains("MEDIAN 5.024 of 100"));
    // Of a long one they are a part too small to see.
    assert!(play("500000").contains("MEDIAN 500.500 of 100"));
}

fn short_bursts() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    for _ in 0..2 {
        backend.prepare(&small).unwrap();
        (0..3).for_each(|_| assert_eq!(backend.launch(&burst(1, 7)).unwrap().len(), 7));
    }
}

#[test]
fn only_the_first_burst_of_short_launches_is_run_twice() {
    // One hold when the device is opened, and one for each group of launches, with twelve behind it.
    let groups = |each: u64| format!("HOLDS {}\n", 1 + 13 * 2 * each);
    let play = |ns| play("short_bursts", &[("SIM_LAUNCH_NS", ns)]);
    let (short, long) = (play("5000"), play("500000"));
    assert!(short.contains(&groups(4)) && long.contains(&groups(3)), "{short}{long}");
}

fn long_burst() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    let us: f64 = std::env::var("SIM_LAUNCH_NS").unwrap().parse::<f64>().unwrap() / 1e3;
    for (index, launch) in backend.launch(&burst(1, 500)).unwrap().iter().enumerate() {
        assert!((launch.time_us - us).abs() < 0.1 && launch.sm_clock_mhz.is_some(), "{index}: {launch:?}");
    }
    println!("LAUNCHES {}", backend.launch(&burst(1, 500)).unwrap().len());
}

#[test]
fn a_long_burst_never_lets_the_device_rest() {
    // One hold when the device is opened, and one for each burst: what follows is queued in time. Twelve more are behind
    // the last launch of each burst, and of each group that is run again.
    let ballast = |last_groups| 12 * last_groups;
    let play = |ns, overtake| play("long_burst", &[("SIM_LAUNCH_NS", ns), ("SIM_OVERTAKE", overtake)]);
    let calm = play("500000", "0");
    assert!(calm.contains("LAUNCHES 500") && calm.contains(&format!("HOLDS {}\n", 3 + ballast(2))), "{calm}");
    // The first burst of launches that are too short for stamps between them is run twice; the device does not rest within it either.
    let middling = play("100000", "0");
    assert!(middling.contains("LAUNCHES 500"), "{middling}");
    assert!(middling.contains(&format!("HOLDS {}\n", 4 + ballast(3))), "{middling}");
    // A group that the device may have waited for is run again, behind a hold of its own.
    for (overtake, holds, last_groups) in [("1", 5, 3), ("2", 4, 2), ("3", 4, 2), ("9", 4, 2)] {
        let late = play("500000", overtake);
        let held = format!("HOLDS {}\n", holds + ballast(last_groups));
        assert!(late.contains("LAUNCHES 500") && late.contains(&held), "{overtake}: {late}");
    }
}

fn turns() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    // The first graph of all is preceded by what stamps add.
    backend.launch(&Burst { timer: Timer::Graph, ..burst(1, 6) }).unwrap();
    for timer in [Timer::Graph, Timer::Event] {
        backend.prepare(&small).unwrap();
        println!("BURSTS");
        (0..7).for_each(|_| _ = backend.launch(&Burst { timer, ..burst(1, 6) }).unwrap());
    }
    for replay in [0, 3].map(|place| Replay { place, visits: 3, warmup: 2, launches: 4 }) {
        backend.make_graph(&replay).unwrap();
        println!("VISITS");
        backend.replay(&replay).unwrap();
    }
}

#[test]
fn bursts_and_visits_begin_at_each_gpc_in_turn() {
    let output = play("turns", &[("SIM_LAUNCH_NS", "500000")]);
    let began = |part: &str| -> Vec<u32> {
        part.lines().filter_map(|line| line.strip_prefix("TURN ")?.parse().ok()).collect()
    };
    let bursts: Vec<_> = output.split("BURSTS\n").skip(1).map(began).collect();
    let visits: Vec<_> = output.split("VISITS\n").skip(1).map(began).collect();
    assert_eq!(visits, [vec![1, 2, 4], vec![6, 8, 1]], "{output}");
    // Behind the last burst the second part has the visits' turns, too.
    assert_eq!(bursts[0], [1, 2, 4, 6, 8, 1, 2], "{output}");
    assert_eq!(bursts[1][..7], [1, 2, 4, 6, 8, 1, 2], "{output}");
}

#[test]
fn a_driver_that_refuses_clusters_measures_without_turns() {
    let output = play("turns", &[("SIM_LAUNCH_NS", "500000"), ("SIM_NO_CLUSTERS", "1")]);
    assert!(output.contains("VISITS") && output.contains("LIVE 0") && !output.contains("TURN"), "{output}");
}

/// Every dtype with each engine and layout that has it, at sizes that suit it.
fn dtypes() {
    let mut backend = CudaBackend::open(0).unwrap();
    for dtype in Dtype::ALL {
        let sizes = match dtype {
            Dtype::F8e4m3 => [(2, 1, 32, 16), (1, 3, 48, 80)],
            Dtype::Int8 => [(2, 1, 20, 12), (1, 3, 36, 68)],
            _ => [(2, 1, 21, 13), (1, 3, 1, 7)],
        };
        let mut points = Vec::new();
        for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
            for op in [Op::Score, Op::Values] {
                for &layout in Layout::OF_SWEEPS {
                    points.extend(sizes.map(|sizes| Point { engine, ..point(op, *dtype, layout, sizes) }));
                }
            }
        }
        points.retain(|point| backend.supports(point).is_ok());
        println!("DTYPE {dtype}: {} points", points.len());
        backend.reserve(*dtype, &points, 5).unwrap();
        for point in &points {
            backend.prepare(point).unwrap();
            assert!(backend.verify().is_err(), "{point:?} was not computed yet");
            backend.launch(&burst(0, 1)).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point:?}: {error}"));
        }
    }
}

#[test]
fn every_dtype_is_computed_right_by_each_engine_that_has_it() {
    let output = play("dtypes", &[]);
    for dtype in ["f16: 48", "bf16: 48", "f32: 48", "tf32: 48", "e4m3: 8", "int8: 12"] {
        assert!(output.contains(&format!("DTYPE {dtype} points")), "{output}");
    }
    // The handle itself goes last.
    assert!(output.contains("CUBLASLT destroyed, LIVE 0") && output.contains("\nLIVE 0"), "{output}");
}

/// Products of a model, forward and backward, on one rank and on two, and of no model, in every layout.
fn products() {
    let text = r#"
        name = "products"
        [[part]]
        op = ["qkv", "query", "key", "score", "values", "projection", "mlp_up", "mlp_gate", "mlp_down", "logits"]
        pass = ["forward", "data_gradient", "weight_gradient"]
        heads = 4
        kv_heads = 2
        head_dim = 5
        hidden = 11
        ffn = 14
        vocab = 17
        batch = 2
        seq = 3
        seq_key = 7
        tensor_parallel = [1, 2]
        [[part]]
        op = ["gemm", "bmm"]
        layout = ["nn", "nt", "tn", "tt"]
        gemm_batch = 3
        m = [1, 6]
        n = [1, 5]
        k = [1, 7]
    "#;
    let spec = SweepSpec::parse("products.toml", text).unwrap();
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
    let mut backend = CudaBackend::open(0).unwrap();
    backend.reserve(Dtype::F16, plan.points(), 5).unwrap();
    for engine in [Engine::Cublas, Engine::CublasLt] {
        for point in plan.points() {
            let point = Point { engine, ..*point };
            backend.prepare(&point).unwrap();
            assert!(backend.verify().is_err(), "{point} was not computed yet");
            backend.launch(&burst(0, 1)).unwrap();
            backend.verify().unwrap_or_else(|error| panic!("{point}: {error}"));
        }
    }
    println!("PRODUCTS {}", plan.len());
}

#[test]
fn products_of_a_model_and_of_none_are_computed_right() {
    let output = play("products", &[]);
    assert!(output.contains(&format!("PRODUCTS {}\n", 2 * 30 + 2 * 4 * 8)), "{output}");
}

fn tuned() {
    let mut backend = CudaBackend::open(0).unwrap();
    let square = Point { engine: Engine::Tuned, ..score((2, 1, 20, 12)) };
    let first = Point { engine: Engine::CublasLt, ..square };
    backend.reserve(Dtype::F16, &[square], 1).unwrap();
    match backend.prepare(&first) {
        Ok(kernels) => println!("FIRST {kernels:?}"),
        Err(error) => return println!("FIRST {error:?}"),
    }
    let kernels = backend.prepare(&square).unwrap();
    for (index, kernel) in kernels.iter().enumerate() {
        backend.choose(index).unwrap();
        assert!(backend.verify().is_err(), "choosing leaves what the last one computed");
        backend.launch(&burst(1, 2)).unwrap();
        let text = |text: &Option<SharedText>| text.as_deref().unwrap_or("-").to_owned();
        let number = |number: Option<String>| number.unwrap_or("-".to_owned());
        println!(
            "CANDIDATE {} tile {} stages {} split {} cluster {} waves {} workspace {}: {:?}",
            text(&kernel.algo),
            text(&kernel.tile),
            text(&kernel.stages),
            number(kernel.split_k.map(|split| split.to_string())),
            text(&kernel.cluster),
            number(kernel.waves.map(|waves| waves.to_string())),
            number(kernel.workspace_bytes.map(|bytes| bytes.to_string())),
            backend.verify()
        );
    }
    let missing = backend.choose(kernels.len()).unwrap_err().to_string();
    assert_eq!(missing, "no candidate 7: there are 7");
}

#[test]
fn all_candidates_are_offered_once_and_each_can_be_chosen() {
    let output = play("tuned", &[]);
    let candidates: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("CANDIDATE ")).collect();
    // In the order of the limits 32 MiB, 4 MiB and 0, without what was there before.
    assert_eq!(
        candidates,
        [
            // What cuBLAS itself runs takes part as well, and tells nothing of it.
            "cublas tile - stages - split - cluster - waves - workspace -: Ok(())",
            "66 tile 128x256 stages 128xauto split 1 cluster 2x1x1 waves 1.5 workspace 0: Ok(())",
            "66 reduction=2 tile 256x128 stages 128xauto split 8 cluster 1x2x1 waves 1.5 workspace 31457280: Ok(())",
            "21 inner=4 tile 64x64 stages 64x2 split 1 cluster auto waves 1.5 workspace 0: Ok(())",
            "66 reduction=2 swizzle=1 tile 128x128 stages 128xauto split 2 cluster 1x1x1 waves 1.5 workspace 1048576: Ok(())",
            "66 custom=5 tile 128x256 stages 128xauto split 1 cluster 2x1x1 waves 1.5 workspace 0: Ok(())",
            "99 tile 60000 stages - split 1 cluster 1 waves 1.5 workspace 0: Ok(())",
        ]
    );
    let first = output.lines().find(|line| line.starts_with("FIRST ")).unwrap();
    assert!(first.starts_with("FIRST [Kernel { algo: Some(\"66\")") && first.matches("Kernel").count() == 1);
}

#[test]
fn a_candidate_that_computes_wrong_is_caught_and_none_at_all_is_said() {
    let output = play("tuned", &[("SIM_LT", "row")]);
    assert_eq!(output.matches(": Ok(())").count(), 6, "{output}");
    assert!(output.contains("workspace 0: Err(WrongResult(\"40 of 800 entries are NaN"), "{output}");
    let output = play("tuned", &[("SIM_LT", "none")]);
    assert!(
        output.contains(
            "FIRST Unsupported(\"cublasLt offers no algorithm for 2 products of 20x20x12 in f16, layout nn\")"
        ),
        "{output}"
    );
}

fn timers() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = Point { engine: Engine::Tuned, ..score((2, 1, 20, 12)) };
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    let timed = |backend: &mut CudaBackend, timer| backend.launch(&Burst { timer, ..burst(1, 70) });
    let replay = |place| Replay { place, visits: 1, warmup: 3, launches: 27 };
    let replayed = |backend: &mut CudaBackend, place| {
        backend.replay(&replay(place)).map(|visits| {
            assert_eq!(visits.len(), 1);
            visits[0]
        })
    };
    let graph = match replayed(&mut backend, 0) {
        Ok(launch) => launch,
        Err(error) => {
            println!("GRAPH {error:?}");
            assert_eq!(timed(&mut backend, Timer::Event).unwrap().len(), 70, "the stream is no more");
            return;
        }
    };
    backend.verify().unwrap();
    // What is ahead of the stamps does not count, nor what they add: nothing here, as the launch ahead tells.
    assert!((graph.time_us - 40.048).abs() < 1e-3, "{graph:?}");
    assert!((graph.sm_clock_mhz.unwrap() - 1500.0).abs() < 0.1, "{graph:?}");
    println!("THE SAME AGAIN");
    assert_eq!(replayed(&mut backend, 0), Ok(graph));
    println!("ANOTHER PLACE");
    let first = backend.probe().operands().unwrap();
    replayed(&mut backend, 1).unwrap();
    backend.verify().unwrap();
    assert_ne!(backend.probe().operands().unwrap(), first);
    println!("THREE VISITS");
    let three = Replay { visits: 3, ..replay(0) };
    let visits = backend.replay(&three).unwrap();
    assert!(
        visits.len() == 3 && visits.iter().all(|visit| (visit.time_us - 40.048).abs() < 1e-3),
        "{visits:?}"
    );
    backend.verify().unwrap();
    let third = backend.probe().operands().unwrap();
    replayed(&mut backend, 2).unwrap();
    assert_eq!(backend.probe().operands().unwrap(), third, "each visit is at the next place");
    println!("LAUNCH BY LAUNCH");
    let each = timed(&mut backend, Timer::Graph).unwrap();
    assert_eq!(each.len(), 70);
    assert!(each.iter().all(|launch| (launch.time_us - 40.048).abs() < 1e-3), "{each:?}");
    let shared = backend.launch(&Burst { timer: Timer::Graph, each: 3, ..burst(2, 5) }).unwrap();
    assert!(
        shared.len() == 5 && shared.iter().all(|launch| (launch.time_us - 40.048).abs() < 1e-3),
        "{shared:?}"
    );
    assert_eq!(backend.launch(&Burst { timer: Timer::Graph, ..burst(3, 0) }), Ok(Vec::new()));
    let event = timed(&mut backend, Timer::Event).unwrap();
    assert!((event[0].time_us - 50.048).abs() < 1e-3);
    println!("CHOOSE");
    backend.choose(1).unwrap();
    assert!(backend.verify().is_err());
    replayed(&mut backend, 0).unwrap();
    backend.verify().unwrap();
    backend.set_stamps(false);
    assert_eq!(replayed(&mut backend, 0), Ok(Launch { sm_clock_mhz: None, ..graph }));
    println!("THE NEXT POINT");
    backend.prepare(&small).unwrap();
    backend.set_stamps(true);
    let host = timed(&mut backend, Timer::Host).unwrap();
    assert_eq!(host.len(), 70);
    assert!(host.iter().all(|launch| launch.time_us > 0.0 && launch.time_us != 50.048));
    assert!((host[0].sm_clock_mhz.unwrap() - 1500.0).abs() < 0.1);
    assert_eq!(backend.energy_j(), None, "there is no NVML here");
}

#[test]
fn a_graph_is_captured_once_for_each_place_and_candidate_and_its_time_shared_out() {
    let output = play("timers", &[]);
    let wanted = |line: &&str| {
        ["GRAPH", "THE SAME", "ANOTHER", "THREE", "LAUNCH", "CHOOSE"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let graphs: Vec<&str> = output.lines().filter(wanted).collect();
    // The first three tell what the stamps themselves take.
    let once = [
        "GRAPH of 0",
        "GRAPH of 0",
        "GRAPH of 0",
        "GRAPH of 30",
        "THE SAME AGAIN",
        "ANOTHER PLACE",
        "GRAPH of 30",
        "THREE VISITS",
        "GRAPH of 90",
        "GRAPH of 30",
        "LAUNCH BY LAUNCH",
        "GRAPH of 65",
        "GRAPH of 7",
        "GRAPH of 17",
        "CHOOSE",
        "GRAPH of 30",
    ];
    assert_eq!(graphs, once, "{output}");
    assert!(output.contains("\nLIVE 0"), "{output}");
    // The driver puts a graph where one was that is gone: those of a point stay, so that each is elsewhere.
    let gone = |between: &str| between.lines().filter(|line| *line == "GONE").count();
    let (of_stamps, rest) = output.split_once("THE SAME AGAIN").unwrap();
    let (of_point, behind) = rest.split_once("THE NEXT POINT").unwrap();
    assert_eq!([of_stamps, of_point, behind].map(gone), [3, 0, 8], "{output}");
}

#[test]
fn launches_take_turns_with_two_workspaces() {
    let output = play("timers", &[]);
    let (_, pages) = output.split_once("PRODUCTS by the page of their workspace: ").unwrap();
    let pages: Vec<u32> =
        pages.lines().next().unwrap().split(' ').map(|products| products.parse().unwrap()).collect();
    assert!(pages.iter().all(|products| *products > 100) && pages[0].abs_diff(pages[1]) < 10, "{pages:?}");
}

#[test]
fn what_cannot_be_captured_is_an_error_and_the_stream_lives_on() {
    let output = play("timers", &[("SIM_CAPTURE", "refuse")]);
    assert!(output.contains("GRAPH Device(\"cublasGemmStridedBatchedEx failed with"), "{output}");
    assert!(output.contains("\nLIVE 0"), "{output}");
    for call in [
        "cuStreamBeginCapture_v2",
        "cuStreamEndCapture",
        "cuGraphInstantiateWithFlags",
        "cuGraphUpload",
        "cuGraphLaunch",
    ] {
        let output = play("broken graph", &[("SIM_FAIL", &format!("{call}:1"))]);
        let name = call.trim_end_matches("_v2").replace("InstantiateWithFlags", "Instantiate");
        assert!(output.contains(&format!("GRAPH Err(Lost(\"{name} failed with CUDA_ERROR_SIM")), "{output}");
    }
}

fn broken_graph() -> Result<usize, BackendError> {
    let mut backend = CudaBackend::open(0)?;
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1)?;
    backend.prepare(&small)?;
    backend.replay(&Replay { place: 0, visits: 1, warmup: 1, launches: 3 }).map(|_| 3)
}

fn metered() {
    let mut backend = CudaBackend::open(0).unwrap();
    let small = score((2, 1, 20, 12));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    backend.launch(&burst(1, 100)).unwrap();
    for _ in 0..2 {
        println!("METERED");
        // 300 ms in the world's time.
        let (launches, readings) = backend.launch_metered(&burst(1, 600)).unwrap();
        assert_eq!(launches.len(), 600);
        assert!(readings.is_sorted_by(|a, b| a.share < b.share && a.joules <= b.joules), "{readings:?}");
        assert!(readings.iter().all(|reading| (0.0..=1.0).contains(&reading.share)), "{readings:?}");
        let risen = readings.first().map(|first| readings[readings.len() - 1].joules > first.joules);
        println!("READINGS {} risen {risen:?}", readings.len());
        backend.launch(&burst(1, 200)).unwrap();
        println!("PARKED");
        backend.launch(&burst(1, 200)).unwrap();
    }
    println!("METERED");
    assert!(backend.launch_metered(&Burst { timer: Timer::Host, ..burst(0, 1) }).is_ok());
    println!("DROP");
    drop(backend);
    println!("DROPPED");
}

/// Output of the scenario `metered` on a machine with NVML.
fn play_metered(folder: &str, environment: &[(&str, &str)]) -> String {
    let folder =
        copied(folder, &[("libcublasLt.so.12", "libcublasLt.so.12"), (NVML_ASIDE, "libnvidia-ml.so.1")]);
    let real = [("SIM_REAL", "1"), ("SIM_LAUNCH_NS", "500000")];
    play_with(&folder, "metered", &[&real, environment].concat())
}

/// How many readings each of the two bursts had, and whether the counter rose in it.
fn readings(output: &str) -> Vec<&str> {
    output.lines().filter_map(|line| line.strip_prefix("READINGS ")).collect()
}

#[test]
fn energy_is_read_beside_metered_bursts_only_until_the_backend_is_dropped() {
    let output = play_metered("nvml", &[]);
    assert_eq!(readings(&output).len(), 2, "{output}");
    assert!(readings(&output).iter().all(|said| said.ends_with(" risen Some(true)")), "{output}");
    // An unmetered burst later, whoever reads has noticed that the metered one is over.
    let others = output.split("METERED\n").map(|part| part.rsplit("PARKED\n").next().unwrap());
    let others: Vec<&str> = others.take(3).collect();
    assert!(others.iter().all(|part| !part.contains("ENERGY") && !part.contains("READINGS")), "{output}");
    // The thread held NVML, and it is let go of before the backend is gone.
    let end = output.split("DROP\n").nth(1).unwrap();
    assert!(end.find("NVML shut down") < end.find("DROPPED") && end.contains("NVML shut down"), "{output}");
    assert!(output.contains("LIVE 0"), "{output}");
}

#[test]
fn an_nvml_that_hangs_breaks_or_is_missing_costs_the_energy_and_nothing_else() {
    for energy in ["hang", "break"] {
        let output = play_metered(energy, &[("SIM_NVML", energy)]);
        assert_eq!(readings(&output), ["0 risen None"; 2], "{energy}: {output}");
        assert!(output.contains("DROPPED") && output.contains("LIVE 0"), "{energy}: {output}");
    }
    let output = play("metered", &[("SIM_REAL", "1"), ("SIM_LAUNCH_NS", "500000")]);
    assert_eq!(readings(&output), ["0 risen None"; 2], "{output}");
    assert!(output.contains("DROPPED") && !output.contains("ENERGY"), "{output}");
}

fn cold() {
    let mut backend = CudaBackend::open(0).unwrap();
    let [cold, larger] = [64, 128].map(|d| Point { cache: Cache::Cold, ..score((1, 1, d, d)) });
    // A, B and C are 8 KiB each. 85 other sets are 2040 KiB, 86 are more than twice the 1 MiB of L2.
    let sets = 87;
    // Of the larger one, 32 KiB each, 23: the workspace is the same.
    let [bytes, of_larger] = [cold, larger].map(|point| backend.footprint(&point).unwrap());
    assert_eq!(of_larger - bytes, 3 * (23 * 32768 - sets * 8192));
    backend.reserve(Dtype::F16, &[cold], 1).unwrap();
    assert!(backend.prepare(&larger).is_err(), "there is room for fewer sets");
    backend.reserve(Dtype::F16, &[larger, cold], 1).unwrap();
    backend.prepare(&cold).unwrap();
    let mut seen = Vec::new();
    for _ in 0..sets {
        assert_eq!(backend.verify().is_err(), seen.is_empty());
        backend.launch(&burst(0, 1)).unwrap();
        backend.verify().unwrap();
        seen.push(backend.probe().operands().unwrap());
    }
    assert!((1..seen.len()).all(|i| !seen[..i].contains(&seen[i])), "a set was used again too early");
    backend.launch(&burst(0, 1)).unwrap();
    assert_eq!(backend.probe().operands().unwrap(), seen[0]);
    // Each launch of a graph has a set of its own, and so have those of the next place. Any check is of the last.
    for (place, last) in [(0, 19), (1, 39), (4, 99 - 87)] {
        backend.replay(&Replay { place, visits: 1, warmup: 3, launches: 17 }).unwrap();
        backend.verify().unwrap();
        assert_eq!(backend.probe().operands().unwrap(), seen[last]);
    }
    println!("COLD done");
}

#[test]
fn a_cold_launch_finds_none_of_its_matrices_in_the_cache() {
    // The first burst of shorter launches is run twice, and takes two turns with the sets.
    let output = play("cold", &[("SIM_L2", "1048576"), ("SIM_LAUNCH_NS", "200000")]);
    assert!(output.contains("GRAPH of 20\n") && output.contains("COLD done"), "{output}");
}

/// The kernels of products by cuBLAS and of all candidates, none of which is launched.
fn kernels() {
    let mut backend = CudaBackend::open(0).unwrap();
    println!("TROUBLES {:?}", backend.troubles());
    let points = [13, 12, 16].map(|head_dim| score((2, 1, 24, head_dim)));
    let tuned = Point { engine: Engine::Tuned, ..points[2] };
    backend.reserve(Dtype::F16, &[points[0], points[1], points[2], tuned], 1).unwrap();
    let tell = |backend: &mut CudaBackend| match backend.call_launches().unwrap() {
        None => println!("KERNELS untold"),
        Some(launches) => {
            println!("KERNELS after {} memsets", launches.memsets);
            launches.kernels.iter().for_each(|kernel| println!("{kernel:?}"));
        }
    };
    for point in &points {
        backend.prepare(point).unwrap();
        tell(&mut backend);
        assert!(backend.verify().is_err(), "something was launched");
        backend.launch(&burst(0, 1)).unwrap();
        backend.verify().unwrap();
    }
    let candidates = backend.prepare(&tuned).unwrap().len();
    for index in 0..candidates {
        backend.choose(index).unwrap();
        tell(&mut backend);
    }
    backend.replay(&Replay { place: 0, visits: 1, warmup: 0, launches: 1 }).unwrap();
}

#[test]
fn the_kernels_of_a_call_are_told_and_nothing_of_it_runs() {
    let output = play("kernels", &[]);
    let told: Vec<&str> = output.split("KERNELS ").skip(1).collect();
    assert_eq!(told.len(), 3 + 7);
    let wanted = [
        ("after 0 memsets", "s1688gemm_f16_256x128_nn_align1E", "z: 2 }, block: Extent { x: 256,", "229"),
        (
            "after 0 memsets",
            "s16816gemm_f16_256x128_32x3_nn_align2E",
            "grid: Extent { x: 1, y: 1, z: 2 }",
            "213",
        ),
        (
            "after 1 memsets",
            "nvjet_sm90_hsh_192x192_64x3_2x1_v_bz_coopB_NNN",
            "grid: Extent { x: 4, y: 1, z: 1 }",
            "168",
        ),
    ];
    for (told, (memsets, name, grid, registers)) in told.iter().zip(wanted) {
        assert!(told.starts_with(memsets) && told.matches("KernelLaunch").count() == 1, "{told}");
        assert!(told.contains(name) && told.contains(grid), "{told}");
        assert!(
            told.contains(&format!("static_shared_bytes: Some(16), registers: Some({registers})")),
            "{told}"
        );
    }
    // No cluster is one of one block.
    assert!(told[0].contains("cluster: Some(Extent { x: 1, y: 1, z: 1 })"), "{}", told[0]);
    assert!(told[2].contains("cluster: Some(Extent { x: 2, y: 1, z: 1 })"), "{}", told[2]);
    // cuBLAS's own way, then the candidates: two of them cut the reduction into parts.
    let counts: Vec<usize> = told[3..].iter().map(|told| told.matches("KernelLaunch").count()).collect();
    assert_eq!(counts, [1, 1, 2, 1, 2, 1, 1]);
    assert!(told[5].contains("splitK_NNN") && told[5].contains("splitKreduce_kernel"), "{}", told[5]);
    assert!(output.contains("\nLIVE 0"), "{output}");
}

#[test]
fn a_driver_that_does_not_tell_kernels_is_said_to_once_and_measures_all_the_same() {
    let folder = copied("no-nodes", &[("libcublasLt.so.12", "libcublasLt.so.12")]);
    compiled(&folder, &[("libcuda.rs", "libcuda.so.1")], &["--cfg", "no_nodes"]);
    let output = play_with(&folder, "kernels", &[]);
    assert_eq!(output.matches("KERNELS untold").count(), 10, "{output}");
    assert_eq!(output.matches("KernelsUntold { cuda: \"12.4\" }").count(), 1, "{output}");
    assert!(output.contains("\nLIVE 0"), "{output}");
}

fn one_kernel() -> Result<Option<(String, Option<u32>, bool)>, BackendError> {
    let mut backend = CudaBackend::open(0)?;
    let small = score((1, 1, 24, 16));
    backend.reserve(Dtype::F16, &[small], 1)?;
    backend.prepare(&small)?;
    let told = backend.call_launches();
    if !matches!(told, Err(BackendError::Lost(_))) {
        backend.launch(&burst(0, 1))?;
        backend.verify()?;
    }
    let Some(launches) = told? else { return Ok(None) };
    let first = &launches.kernels[0];
    Ok(Some((first.symbol.clone(), first.registers, first.cluster.is_some())))
}

#[test]
fn what_the_driver_does_not_tell_of_a_kernel_is_an_error_or_missing_and_no_measurement_fails_of_it() {
    let output = play("one kernel", &[]);
    assert!(output.contains("KERNEL Ok(Some((\"nvjet_sm90_hsh_192x192"), "{output}");
    for call in [
        "cuGraphGetNodes",
        "cuGraphNodeGetType",
        "cuGraphKernelNodeGetParams_v2",
        "cuKernelGetFunction",
        "cuFuncGetName",
    ] {
        let output = play("one kernel", &[("SIM_NODES", call)]);
        let name = call.trim_end_matches("_v2");
        assert!(output.contains(&format!("KERNEL Err(Device(\"{name} failed with ")), "{output}");
        assert!(output.contains("\nLIVE 0"), "{output}");
    }
    let output = play("one kernel", &[("SIM_NODES", "cuFuncGetAttribute")]);
    assert!(output.contains("coopB_NNN\", None, true)))"), "{output}");
    let output = play("one kernel", &[("SIM_NODES", "cuGraphKernelNodeGetAttribute")]);
    assert!(output.contains("coopB_NNN\", Some(168), false)))"), "{output}");
    let output = play("one kernel", &[("SIM_CAPTURE", "refuse")]);
    assert!(output.contains("KERNEL Err(Device(\"cublasGemmEx failed"), "{output}");
    let output = play("one kernel", &[("SIM_FAIL", "cuStreamBeginCapture_v2:1")]);
    assert!(output.contains("KERNEL Err(Lost(\"cuStreamBeginCapture failed"), "{output}");
}

fn engines() {
    let backend = CudaBackend::open(0).unwrap();
    for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
        println!("ENGINE {:?}", backend.supports(&Point { engine, ..score((1, 1, 8, 8)) }));
    }
}

/// A folder with copies of the driver, cuBLAS, and others under the names given.
fn copied(folder: &str, others: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let always = ["libcuda.so.1", "libcublas.so.12"].map(|library| (library, library));
    for (library, name) in [&always, others].concat() {
        // Another test run may have the old one open.
        let fresh = folder.join(format!("{name}.{}", std::process::id()));
        std::fs::copy(libraries().join(library), &fresh).unwrap();
        std::fs::rename(fresh, folder.join(name)).unwrap();
    }
    folder
}

#[test]
fn without_cublaslt_its_engines_say_so_and_cublas_works() {
    let folder = copied("no-cublaslt", &[]);
    let output = play_with(&folder, "engines", &[]);
    let said: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("ENGINE ")).collect();
    assert_eq!(said[0], "Ok(())");
    assert!(said[1].starts_with("Err(Unsupported(\"engine cublaslt: cannot load cublasLt"), "{output}");
    assert!(
        said[2].contains("tried libcublasLt.so.12") && said[2].contains("Engine cublas works"),
        "{output}"
    );
    let output = play("engines", &[]);
    assert_eq!(output.matches("ENGINE Ok(())").count(), 3, "{output}");
}

fn order() {
    let mut backend = CudaBackend::open(0).unwrap();
    // The places of the small one have room for anything as small.
    let (small, large) = (score((2, 1, 16, 8)), score((2, 1, 5000, 8)));
    let refused = |result: Result<(), BackendError>, part: &str| {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    };
    refused(backend.launch(&burst(1, 1)).map(drop), "call prepare before launch");
    refused(backend.prepare(&small).map(drop), "call reserve before prepare");
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    refused(backend.prepare(&large).map(drop), "not among those that memory was reserved for");
    refused(backend.launch(&burst(1, 1)).map(drop), "call prepare before launch");
    refused(backend.reserve(Dtype::Bf16, &[small], 1), "f16 point among those");
    refused(backend.supports(&Point { dtype: Dtype::F8e4m3, ..small }), "cuBLAS has no fp8");
    refused(backend.prepare(&Point { engine: Engine::Cpu, ..small }).map(drop), "has cublas");
    refused(backend.choose(0), "call prepare before launch");
    refused(backend.verify(), "call prepare before launch");
    backend.prepare(&small).unwrap();
    refused(backend.choose(1), "no candidate 1: there are 1");
    refused(CudaBackend::open(3).map(drop), "no GPU 3: the only one here is 0");
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(0, 2)).unwrap().len(), 2);
    println!("ORDER done");
}

#[test]
fn calls_out_of_order_are_errors_and_do_no_harm() {
    assert!(play("order", &[]).contains("ORDER done"));
}

fn memory() {
    let mut backend = CudaBackend::open(0).unwrap();
    let (small, large) = (score((2, 1, 16, 8)), score((1, 1, 16_384, 8)));
    let before = backend.memory().unwrap();
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    assert_eq!(backend.memory().unwrap(), before, "what the arena holds can be reserved again");
    let needed = backend.footprint(&large).unwrap();
    let refused = backend.reserve(Dtype::F16, &[large], 1).unwrap_err();
    assert_eq!(refused, BackendError::OutOfMemory { needed, available: before });
    assert_eq!(backend.launch(&burst(1, 2)).unwrap().len(), 2);
    println!("MEMORY done");
}

#[test]
fn too_large_is_an_error_and_the_backend_goes_on() {
    // 1 GiB of memory, of which 768 MiB stay free.
    assert!(play("memory", &[("SIM_MEMORY", "1073741824")]).contains("MEMORY done"));
}

fn wrong() {
    let mut backend = CudaBackend::open(0).unwrap();
    let square = point(Op::Score, Dtype::Bf16, Layout::Nn, (2, 1, 40, 40));
    backend.reserve(square.dtype, &[square], 1).unwrap();
    backend.prepare(&square).unwrap();
    let says = |result: Result<(), BackendError>, part: &str| match result {
        Err(BackendError::WrongResult(text)) => assert!(text.contains(part), "{text}"),
        other => panic!("{other:?}"),
    };
    backend.launch(&burst(0, 1)).unwrap();
    backend.verify().unwrap();
    backend.choose(0).unwrap();
    says(backend.verify(), "3200 of 3200 entries are NaN or were never written");
    backend.launch(&burst(0, 1)).unwrap();
    for other in [Layout::Nt, Layout::Tn, Layout::Tt] {
        says(backend.probe().check_as(other), "C[");
    }
    backend.probe().set_result(0, &[0x40, 0x56]).unwrap();
    says(backend.probe().check(), "C[0][0][0] is ");
    backend.probe().set_result(41, &[0xFF, 0xFF]).unwrap();
    says(backend.probe().check(), "1 of 3200 entries are NaN or were never written, the first at C[0][1][1]");
    println!("WRONG done");
}

#[test]
fn a_wrong_result_is_caught() {
    assert!(play("wrong", &[]).contains("WRONG done"));
    let output = play("run", &[("SIM_BLAS", "row")]);
    assert!(
        output.contains("40 of 800 entries are NaN or were never written, the first at C[0][19][0]"),
        "{output}"
    );
    let output = play("run", &[("SIM_BLAS", "half")]);
    assert!(output.contains("RUN Err(WrongResult(\"C["), "{output}");
    let output = play("run", &[("SIM_BLAS", "refuse")]);
    assert!(
        output.contains("cublasGemmStridedBatchedEx failed with CUBLAS_STATUS_INVALID_VALUE (7)"),
        "{output}"
    );
}

#[test]
fn a_device_that_overtakes_the_host_is_measured_again_but_not_for_ever() {
    assert!(play("run", &[("SIM_LATE", "3")]).contains("RUN Ok([50.0"));
    let output = play("run", &[("SIM_LATE", "99")]);
    assert!(output.contains("RUN Err(Device(\"the host could not queue 3 launches"), "{output}");
    assert!(output.contains("LIVE 0"), "{output}");
}

#[test]
fn a_device_that_breaks_is_an_error_wherever_it_happens() {
    let anywhere = [
        "cuCtxSetCurrent:1",
        "cuCtxSetCurrent:4",
        "cuStreamCreate:1",
        "cuModuleLoadData:1",
        "cuModuleGetFunction:3",
        "cuEventCreate:9",
        "cuMemAlloc_v2:1",
        "cuMemAlloc_v2:3",
        "cuMemGetInfo_v2:1",
        "cuLaunchKernel:1",
        "cuLaunchKernel:4",
        "cuLaunchKernel:8",
        "cuLaunchKernelEx:2",
        "cuMemsetD8Async:1",
        "cuMemcpyHtoDAsync_v2:1",
        "cuMemcpyDtoHAsync_v2:2",
        "cuStreamSynchronize:2",
        "cuEventRecord:2",
        "cuEventQuery:1",
        "cuEventSynchronize:1",
        "cuEventElapsedTime:1",
    ];
    for fail in anywhere {
        let output = play("run", &[("SIM_FAIL", fail)]);
        let call = fail.split(':').next().unwrap().trim_end_matches("_v2");
        assert!(output.contains("RUN Err("), "{fail}: {output}");
        assert!(output.contains("CUDA_ERROR_SIMULATED (700)"), "{fail}: {output}");
        assert!(output.contains(call), "{fail}: {output}");
        // Nothing is freed after an error that CUDA cannot recover from.
        assert!(!output.contains("LIVE"), "{fail}: {output}");
    }
}
