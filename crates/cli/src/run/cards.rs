//! The devices of a run: the CPU, or one or more GPUs of one model.

use crate::args::{BackendName, Devices, Measuring};
use crate::talk::voice::Voice;
use crate::worker;
use anyhow::{Context, Result, bail, ensure};
use hovera_bench::{Backend, BackendError};
use hovera_core::MethodSpec;
use hovera_cpu::CpuBackend;
use hovera_worker::Worker;
use std::collections::BTreeSet;

/// A device of a run.
pub(crate) type OpenBackend = Box<dyn Backend + Send>;

/// Opens what the arguments ask for: at least one, and all of one model.
pub(crate) fn open(args: &Measuring, method: &MethodSpec, voice: Voice) -> Result<Vec<OpenBackend>> {
    if args.backend == BackendName::Cpu {
        ensure!(args.device.is_none(), "--device chooses GPUs; --backend cpu always measures the whole CPU");
        // Only a process of its own can be ended in the middle of a product.
        return Ok(vec![match args.max_point_time {
            None => Box::new(CpuBackend::open()),
            Some(limit) => Box::new(worker::open_cpu(limit)?),
        }]);
    }
    let opened = open_gpus(args, method);
    let workers = match args.backend {
        BackendName::Auto => {
            opened.context("no usable GPU; to measure this machine's CPU instead, add --backend cpu")?
        }
        _ => opened?,
    };
    warn(&workers, voice);
    let spoilt = workers.iter().find(|(_, worker)| worker.remarks().iter().any(|remark| remark.spoils));
    if let (true, Some((number, worker))) = (args.strict, spoilt) {
        let name = &worker.device().name;
        bail!(BackendError::Unavailable(format!(
            "--strict: GPU {number}, {name}, is in a state that would spoil the measurement"
        )));
    }
    refuse_a_mixture(&workers)?;
    Ok(workers.into_iter().map(|(_, worker)| Box::new(worker) as OpenBackend).collect())
}

/// Says what is to be known of the GPUs: what is true of several of them, once.
fn warn(workers: &[(u32, Worker)], voice: Voice) {
    let remarks = workers.iter().flat_map(|(_, worker)| worker.remarks());
    let mut said = BTreeSet::new();
    for text in remarks.map(|remark| &remark.text).filter(|text| said.insert(*text)) {
        let of = workers.iter().filter(|(_, worker)| worker.remarks().iter().any(|it| it.text == *text));
        let numbers: Vec<String> = of.map(|(number, _)| number.to_string()).collect();
        match workers.len() {
            1 => voice.warn(text),
            _ => voice.warn(&format!("GPU {}: {text}", numbers.join(", "))),
        }
    }
}

/// All at once: a driver takes its time for each.
fn open_gpus(args: &Measuring, method: &MethodSpec) -> Result<Vec<(u32, Worker)>, BackendError> {
    let numbers = match &args.device {
        None => BTreeSet::from([0]),
        Some(Devices::These(numbers)) => numbers.clone(),
        // Where there is none, opening the first says why.
        Some(Devices::All) => (0..hovera_cuda::device_count()?.max(1)).collect(),
    };
    std::thread::scope(|scope| {
        let open = |number| {
            let opening = scope.spawn(move || worker::open(number, args.max_point_time, method));
            (number, opening)
        };
        let opening: Vec<_> = numbers.into_iter().map(open).collect();
        let opened = opening.into_iter().map(|(number, opening)| {
            let panicked = || BackendError::Unavailable(format!("GPU {number}: opening it panicked"));
            Ok((number, opening.join().map_err(|_| panicked())??))
        });
        opened.collect()
    })
}

/// Points are shared out: of cards of different models, no chart would know which it shows.
fn refuse_a_mixture(workers: &[(u32, Worker)]) -> Result<()> {
    let model = |worker: &Worker| (worker.device().name.clone(), worker.device().sm_count);
    let Some(((first, one), rest)) = workers.split_first() else { return Ok(()) };
    if let Some((number, other)) = rest.iter().find(|(_, worker)| model(worker) != model(one)) {
        let same: Vec<String> = workers
            .iter()
            .filter(|(_, worker)| model(worker) == model(one))
            .map(|(number, _)| number.to_string())
            .collect();
        bail!(
            "GPU {first} is {} and GPU {number} is {}: only GPUs of one model can share a sweep; \
             name those of one model, as in --device {}, and measure the others into another file",
            one.device().name,
            other.device().name,
            same.join(",")
        );
    }
    Ok(())
}
