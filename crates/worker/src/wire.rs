//! What the sweep and a worker say to each other, and how it goes over a socket.

use hovera_bench::{BackendError, Burst, EnergyReading, Launch, Replay};
use hovera_core::{CallLaunches, Device, Dtype, Kernel, Point, Software, Telemetry, Timer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The longest message: the points of the largest sweep, with room.
const LONGEST: u32 = 1 << 31;

/// What the sweep asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    Supports(Point),
    Memory,
    Footprint(Point),
    Reserve { dtype: Dtype, points: Vec<Point>, seed: u64 },
    Prepare(Point),
    Choose(usize),
    CallLaunches,
    Launch(Burst),
    MakeGraph(Replay),
    Replay(Replay),
    LaunchMetered(Burst),
    Verify,
    Energy,
    Telemetry,
}

/// What the worker answers; `Opened` comes first, and unasked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Reply {
    Opened(Box<Opened>),
    Done,
    Bytes(u128),
    Kernels(Vec<Kernel>),
    CallLaunches(Option<CallLaunches>),
    Launched(Vec<Launch>),
    Metered(Vec<Launch>, Vec<EnergyReading>),
    Energy(Option<f64>),
    Telemetry(Telemetry),
    Failed(BackendError),
}

/// What is known of a backend once it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) device: Device,
    pub(crate) software: Software,
    pub(crate) timers: Vec<Timer>,
    pub(crate) remarks: Vec<Remark>,
}

/// Something to be known of a device before it is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// A sentence.
    pub text: String,
    /// Whether it would spoil a measurement.
    pub spoils: bool,
}

/// Sends one message.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = rmp_serde::to_vec_named(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other(format!("a message of {} bytes", body.len())))?;
    // One write: the other side wakes up once.
    to.write_all(&[&length.to_le_bytes()[..], &body].concat())
}

/// Why no message was received.
#[derive(Debug)]
pub(crate) enum NoMessage {
    /// The connection broke off, or what came is no message at all.
    Broken(io::Error),
    /// A whole message came, and is none of those that were possible: only another version of this program
    /// says what this one does not understand. What follows can be received.
    Garbled(BackendError),
}

impl From<io::Error> for NoMessage {
    fn from(error: io::Error) -> NoMessage {
        NoMessage::Broken(error)
    }
}

/// Receives one message. Nothing that comes makes it panic, or take more memory than has come.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, NoMessage> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        let error = format!("a message of {length} bytes");
        return Err(NoMessage::Broken(io::Error::new(io::ErrorKind::InvalidData, error)));
    }
    let mut body = Vec::new();
    from.take(length.into()).read_to_end(&mut body)?;
    if body.len() < length as usize {
        return Err(NoMessage::Broken(io::ErrorKind::UnexpectedEof.into()));
    }
    rmp_serde::from_slice(&body).map_err(|error| {
        let text = format!("a message between hovera and its worker is not valid: {error}");
        NoMessage::Garbled(BackendError::Device(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_bench::fake;
    use hovera_core::{
        AttentionShape, Batch, Cache, Engine, Extent, Gemm, Heads, Hidden, KernelLaunch, Layout, MAX_POINTS,
        Mask, ModelSizes, Op, Pacing, Pass, Seq,
    };
    use proptest::prelude::*;

    fn there_and_back<T: Serialize + DeserializeOwned>(message: &T) -> T {
        let mut bytes = Vec::new();
        send(&mut bytes, message).unwrap();
        receive(&mut bytes.as_slice()).unwrap()
    }

    #[test]
    fn every_kind_of_message_arrives_as_it_was() {
        let device = Device { name: "GPU".into(), sm_count: Some(4), ecc: Some(true), ..Device::default() };
        let launch = |time_us, sm_clock_mhz| Launch { time_us, sm_clock_mhz };
        let reading = |share, joules| EnergyReading { share, joules };
        let remarks = vec![Remark { text: "busy".into(), spoils: true }];
        let (software, timers) = (Software::default(), vec![Timer::Event]);
        let kernel = Kernel { algo: Some("66".into()), waves: Some(1.5), ..Kernel::default() };
        let telemetry = Telemetry { power_w: Some(0.1 + 0.2), temp_c: Some(40), ..Telemetry::default() };
        let extent = |x, y, z| Extent { x, y, z };
        let launches = CallLaunches {
            kernels: vec![KernelLaunch {
                symbol: "nvjet".into(),
                grid: extent(132, 1, 1),
                block: extent(384, 1, 1),
                cluster: None,
                dynamic_shared_bytes: 200_000,
                static_shared_bytes: Some(0),
                registers: Some(168),
            }],
            memsets: 1,
        };
        for reply in [
            Reply::CallLaunches(None),
            Reply::CallLaunches(Some(launches)),
            Reply::Opened(Box::new(Opened { device, software, timers, remarks })),
            Reply::Done,
            Reply::Bytes(u128::MAX),
            Reply::Kernels(vec![kernel, Kernel::default()]),
            Reply::Launched(vec![launch(0.1 + 0.2, None), launch(f64::INFINITY, Some(1e-300))]),
            Reply::Metered(vec![launch(1.5, None)], vec![reading(0.1 + 0.2, 1e9 / 3.0), reading(1.0, 0.0)]),
            Reply::Energy(None),
            Reply::Telemetry(telemetry),
            Reply::Failed(BackendError::OutOfMemory { needed: u128::MAX, available: 7 }),
            Reply::Failed(BackendError::Stopped),
            Reply::Failed(BackendError::Lost("gone".into())),
        ] {
            assert_eq!(there_and_back(&reply), reply);
        }
    }

    #[test]
    fn a_point_arrives_as_it_was() {
        let score = fake::point(Op::Score, 1365, Pacing::Burst);
        let (heads, batch) = (Heads::new(3).unwrap(), Batch::new(1).unwrap());
        let (seq, hidden) = (Seq::new(8).unwrap(), Hidden::new(100).unwrap());
        let floored = AttentionShape::from_hidden_floored(heads, batch, seq, hidden).unwrap();
        let values = Point { op: Op::Values, model: floored.into(), dtype: Dtype::Int8, ..score };
        let bare = Point { op: Op::Bmm, model: ModelSizes::default(), cache: Cache::Cold, ..score };
        for point in [score, values, bare] {
            assert_eq!(there_and_back(&Request::Prepare(point)), Request::Prepare(point));
        }
    }

    #[test]
    fn a_burst_arrives_as_it_was() {
        let burst = Burst { warmup: 0, samples: u32::MAX, each: 7, timer: Timer::Graph };
        assert_eq!(there_and_back(&Request::LaunchMetered(burst)), Request::LaunchMetered(burst));
        let replay = Replay { place: u32::MAX, visits: 3, warmup: 0, launches: 125 };
        for request in [Request::MakeGraph(replay), Request::Replay(replay)] {
            assert_eq!(there_and_back(&request), request);
        }
    }

    #[test]
    fn the_points_of_the_largest_sweep_fit_one_message() {
        let max = 2_147_483_647;
        let point = Point {
            op: Op::Projection,
            pass: Pass::WeightGradient,
            mask: Mask::Causal,
            dtype: Dtype::F8e4m3,
            layout: Layout::Nt,
            engine: Engine::CublasLt,
            pacing: Pacing::Sustained,
            cache: Cache::Cold,
            model: ModelSizes::try_from([max; 11]).unwrap(),
            gemm: Gemm::new(max, max, max, max).unwrap(),
        };
        let longest_pass = Pass::ALL.iter().map(|pass| pass.as_str().len()).max();
        assert_eq!(longest_pass, Some(point.pass.as_str().len()));
        let longest_op = Op::ALL.iter().map(|op| op.as_str().len()).max();
        assert_eq!(longest_op, Some(point.op.as_str().len()));
        let bytes = rmp_serde::to_vec_named(&point).unwrap().len() as u64;
        assert!(bytes * (MAX_POINTS + 1) <= LONGEST.into(), "{bytes} bytes a point");
    }

    #[test]
    fn a_point_that_cannot_be_is_an_error() {
        /// A point as another program might send it.
        #[derive(Clone, Serialize)]
        struct Sent {
            op: &'static str,
            pass: &'static str,
            mask: &'static str,
            dtype: &'static str,
            layout: &'static str,
            engine: &'static str,
            pacing: &'static str,
            cache: &'static str,
            model: [u32; 11],
            gemm: [u32; 4],
        }
        #[derive(Serialize)]
        enum SentRequest {
            Prepare(Sent),
        }
        let received = |sent: Sent| {
            let mut bytes = Vec::new();
            send(&mut bytes, &SentRequest::Prepare(sent)).unwrap();
            receive::<Request>(&mut bytes.as_slice())
        };
        let good = Sent {
            op: "score",
            pass: "forward",
            mask: "none",
            dtype: "f16",
            layout: "nn",
            engine: "cublas",
            pacing: "none",
            cache: "hot",
            model: [12, 4, 2048, 96, 8, 0, 0, 0, 0, 0, 0],
            gemm: [48, 2048, 2048, 8],
        };
        let point = fake::point(Op::Score, 8, Pacing::None);
        assert_eq!(received(good.clone()).unwrap(), Request::Prepare(point));
        let bad = [
            (Sent { op: "sore", ..good.clone() }, "op = \"sore\": want score"),
            (Sent { gemm: [0, 1, 1, 1], ..good.clone() }, "gemm_batch = 0: want 1 to 2147483647"),
            (Sent { pass: "backwards", ..good.clone() }, "pass = \"backwards\": want forward"),
            (Sent { mask: "casual", ..good.clone() }, "mask = \"casual\": want none, causal"),
            (Sent { model: [u32::MAX; 11], ..good }, "heads = 4294967295: want 1 to 2147483647"),
        ];
        for (sent, why) in bad {
            let Err(NoMessage::Garbled(error)) = received(sent) else { panic!("taken: {why}") };
            let (error, begins) =
                (error.to_string(), "a message between hovera and its worker is not valid: ");
            assert!(error.strip_prefix(begins).is_some_and(|rest| rest.starts_with(why)), "{error}");
        }
    }

    #[test]
    fn after_a_message_that_makes_no_sense_the_next_is_received() {
        let mut bytes = vec![1, 0, 0, 0, 0xc1];
        send(&mut bytes, &Request::Memory).unwrap();
        let from = &mut bytes.as_slice();
        assert!(matches!(receive::<Request>(from), Err(NoMessage::Garbled(_))));
        assert_eq!(receive::<Request>(from).unwrap(), Request::Memory);
        let too_long = (LONGEST + 1).to_le_bytes();
        assert!(matches!(receive::<Request>(&mut &too_long[..]), Err(NoMessage::Broken(_))));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_message_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            _ = receive::<Reply>(&mut bytes.as_slice());
            let framed = [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat();
            _ = receive::<Reply>(&mut framed.as_slice());
            _ = receive::<Request>(&mut framed.as_slice());
        }

        #[test]
        fn a_message_that_is_cut_is_an_error(cut in 0usize..1000) {
            let point = fake::point(Op::Score, 8, Pacing::None);
            let mut bytes = Vec::new();
            send(&mut bytes, &Request::Prepare(point)).unwrap();
            let cut = cut % bytes.len();
            prop_assert!(matches!(receive::<Request>(&mut &bytes[..cut]), Err(NoMessage::Broken(_))));
        }
    }
}
