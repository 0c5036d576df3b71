//! What the sweep and a worker say to each other, and how it goes over a socket.

use hovera_bench::{BackendError, Burst, EnergyReading, Launch};
use hovera_core::{
    AttentionShape, Batch, Device, Gemm, Heads, Hidden, Kernel, Point, Seq, Software, Telemetry, Timer,
    UnknownWord,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::str::FromStr;

/// The longest message: the points of the largest sweep, with room.
const LONGEST: u32 = 1 << 30;

/// What the sweep asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    Supports(WirePoint),
    Memory,
    Footprint(WirePoint),
    Reserve { dtype: String, points: Vec<WirePoint>, seed: u64 },
    Prepare(WirePoint),
    Choose(usize),
    Launch(WireBurst),
    LaunchMetered(WireBurst),
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
    /// Of each launch its time in µs and its SM clock in MHz; and of each reading of the energy counter its
    /// share of the burst and what it said in J.
    Launched(Vec<(f64, Option<f64>)>, Vec<(f64, f64)>),
    Energy(Option<f64>),
    Telemetry(Telemetry),
    Failed(Failure),
}

/// What is known of a backend once it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) device: Device,
    pub(crate) software: Software,
    pub(crate) timers: Vec<String>,
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

/// A [`BackendError`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Failure {
    Unavailable(String),
    Unsupported(String),
    OutOfMemory { needed: u128, available: u64 },
    WrongResult(String),
    Device(String),
    Lost(String),
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Failure {
        match error {
            BackendError::Unavailable(text) => Failure::Unavailable(text),
            BackendError::Unsupported(text) => Failure::Unsupported(text),
            BackendError::OutOfMemory { needed, available } => Failure::OutOfMemory { needed, available },
            BackendError::WrongResult(text) => Failure::WrongResult(text),
            BackendError::Device(text) => Failure::Device(text),
            BackendError::Lost(text) => Failure::Lost(text),
            other => Failure::Device(other.to_string()),
        }
    }
}

impl From<Failure> for BackendError {
    fn from(failure: Failure) -> BackendError {
        match failure {
            Failure::Unavailable(text) => BackendError::Unavailable(text),
            Failure::Unsupported(text) => BackendError::Unsupported(text),
            Failure::OutOfMemory { needed, available } => BackendError::OutOfMemory { needed, available },
            Failure::WrongResult(text) => BackendError::WrongResult(text),
            Failure::Device(text) => BackendError::Device(text),
            Failure::Lost(text) => BackendError::Lost(text),
        }
    }
}

/// A [`Point`]: words as in a results file, and sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WirePoint {
    op: String,
    dtype: String,
    layout: String,
    engine: String,
    pacing: String,
    cache: String,
    /// Heads, batch, seq and hidden; the head dim follows.
    layer: Option<[u32; 4]>,
    /// `gemm_batch`, m, n, k.
    gemm: [u32; 4],
}

impl From<&Point> for WirePoint {
    fn from(point: &Point) -> WirePoint {
        let layer = |l: AttentionShape| [l.heads().get(), l.batch().get(), l.seq().get(), l.hidden().get()];
        let gemm = point.gemm;
        WirePoint {
            op: point.op.to_string(),
            dtype: point.dtype.to_string(),
            layout: point.layout.to_string(),
            engine: point.engine.to_string(),
            pacing: point.pacing.to_string(),
            cache: point.cache.to_string(),
            layer: point.layer.map(layer),
            gemm: [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()],
        }
    }
}

impl WirePoint {
    pub(crate) fn point(&self) -> Result<Point, BackendError> {
        let sizes = || -> Result<_, hovera_core::ShapeError> {
            let [gemm_batch, m, n, k] = self.gemm.map(u64::from);
            let gemm = Gemm::new(gemm_batch, m, n, k)?;
            let Some([heads, batch, seq, hidden]) = self.layer.map(|layer| layer.map(u64::from)) else {
                return Ok((None, gemm));
            };
            let (heads, batch, seq) = (Heads::new(heads)?, Batch::new(batch)?, Seq::new(seq)?);
            let layer = AttentionShape::from_hidden_floored(heads, batch, seq, Hidden::new(hidden)?)?;
            Ok((Some(layer), gemm))
        };
        let (layer, gemm) = sizes().map_err(garbled)?;
        Ok(Point {
            op: word(&self.op)?,
            dtype: word(&self.dtype)?,
            layout: word(&self.layout)?,
            engine: word(&self.engine)?,
            pacing: word(&self.pacing)?,
            cache: word(&self.cache)?,
            layer,
            gemm,
        })
    }
}

/// A [`Burst`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireBurst {
    warmup: u32,
    samples: u32,
    timer: String,
}

impl From<&Burst> for WireBurst {
    fn from(burst: &Burst) -> WireBurst {
        let Burst { warmup, samples, timer } = *burst;
        WireBurst { warmup, samples, timer: timer.to_string() }
    }
}

impl WireBurst {
    pub(crate) fn burst(&self) -> Result<Burst, BackendError> {
        let timer: Timer = word(&self.timer)?;
        Ok(Burst { warmup: self.warmup, samples: self.samples, timer })
    }
}

pub(crate) fn launched(launches: &[Launch], readings: &[EnergyReading]) -> Reply {
    let launches = launches.iter().map(|launch| (launch.time_us, launch.sm_clock_mhz));
    let readings = readings.iter().map(|reading| (reading.share, reading.joules));
    Reply::Launched(launches.collect(), readings.collect())
}

pub(crate) fn launches(pairs: Vec<(f64, Option<f64>)>) -> Vec<Launch> {
    pairs.into_iter().map(|(time_us, sm_clock_mhz)| Launch { time_us, sm_clock_mhz }).collect()
}

pub(crate) fn readings(pairs: Vec<(f64, f64)>) -> Vec<EnergyReading> {
    pairs.into_iter().map(|(share, joules)| EnergyReading { share, joules }).collect()
}

/// A word of a results file.
pub(crate) fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, BackendError> {
    text.parse().map_err(garbled)
}

/// Only another version of this program says what this one does not understand.
fn garbled(error: impl std::fmt::Display) -> BackendError {
    BackendError::Device(format!("a message between hovera and its worker makes no sense: {error}"))
}

/// Sends one message.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = rmp_serde::to_vec_named(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other(format!("a message of {} bytes", body.len())))?;
    // One write: the other side wakes up once.
    to.write_all(&[&length.to_le_bytes()[..], &body].concat())
}

/// Receives one message. Nothing that comes makes it panic, or take more memory than has come.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    let mut body = Vec::new();
    from.take(length.into()).read_to_end(&mut body)?;
    if body.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    rmp_serde::from_slice(&body).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_bench::fake;
    use hovera_core::{Cache, Dtype, Op, Pacing};
    use proptest::prelude::*;

    fn there_and_back<T: Serialize + DeserializeOwned>(message: &T) -> T {
        let mut bytes = Vec::new();
        send(&mut bytes, message).unwrap();
        receive(&mut bytes.as_slice()).unwrap()
    }

    #[test]
    fn every_kind_of_message_arrives_as_it_was() {
        let device = Device { name: "GPU".into(), sm_count: Some(4), ecc: Some(true), ..Device::default() };
        let remarks = vec![Remark { text: "busy".into(), spoils: true }];
        let (software, timers) = (Software::default(), vec!["event".into()]);
        let kernel = Kernel { algo: Some("66".into()), waves: Some(1.5), ..Kernel::default() };
        let telemetry = Telemetry { power_w: Some(0.1 + 0.2), temp_c: Some(40), ..Telemetry::default() };
        for reply in [
            Reply::Opened(Box::new(Opened { device, software, timers, remarks })),
            Reply::Done,
            Reply::Bytes(u128::MAX),
            Reply::Kernels(vec![kernel, Kernel::default()]),
            Reply::Launched(vec![(0.1 + 0.2, None), (f64::INFINITY, Some(1e-300))], vec![]),
            Reply::Launched(vec![], vec![(0.1 + 0.2, 1e9 / 3.0), (1.0, 0.0)]),
            Reply::Energy(None),
            Reply::Telemetry(telemetry),
            Reply::Failed(Failure::OutOfMemory { needed: u128::MAX, available: 7 }),
            Reply::Failed(Failure::Lost("gone".into())),
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
        let values = Point { op: Op::Values, layer: Some(floored), dtype: Dtype::Int8, ..score };
        let bare = Point { op: Op::Bmm, layer: None, cache: Cache::Cold, ..score };
        for point in [score, values, bare] {
            assert_eq!(there_and_back(&WirePoint::from(&point)).point(), Ok(point));
        }
    }

    #[test]
    fn launches_and_readings_arrive_as_they_were() {
        let sent =
            [Launch { time_us: 1.5, sm_clock_mhz: None }, Launch { time_us: 2.5, sm_clock_mhz: Some(9.0) }];
        let read = [EnergyReading { share: 0.25, joules: 1e6 }, EnergyReading { share: 0.75, joules: 2e6 }];
        let Reply::Launched(times, energies) = there_and_back(&launched(&sent, &read)) else { panic!() };
        assert_eq!((launches(times).as_slice(), readings(energies).as_slice()), (&sent[..], &read[..]));
    }

    #[test]
    fn a_point_that_cannot_be_is_an_error() {
        let good = WirePoint::from(&fake::point(Op::Score, 8, Pacing::None));
        let bad = [
            WirePoint { op: "sore".into(), ..good.clone() },
            WirePoint { gemm: [0, 1, 1, 1], ..good.clone() },
            WirePoint { layer: Some([12, 4, 2048, 3]), ..good.clone() },
            WirePoint { layer: Some([u32::MAX; 4]), ..good },
        ];
        for point in bad {
            let error = point.point().unwrap_err().to_string();
            assert!(error.starts_with("a message between hovera and its worker makes no sense: "), "{error}");
        }
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
            let point = WirePoint::from(&fake::point(Op::Score, 8, Pacing::None));
            let mut bytes = Vec::new();
            send(&mut bytes, &Request::Prepare(point)).unwrap();
            let cut = cut % bytes.len();
            prop_assert!(receive::<Request>(&mut &bytes[..cut]).is_err());
        }
    }
}
