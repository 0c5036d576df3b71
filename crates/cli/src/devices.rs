//! `hovera devices`: what is here, and what would spoil a measurement.

use crate::exit;
use crate::plan_summary::bytes;
use crate::talk::streams;
use crate::talk::voice::printable;
use anyhow::Result;
use hovera_bench::Backend;
use hovera_cpu::CpuBackend;
use hovera_cuda::ListedDevice;

pub(crate) fn devices() -> Result<u8> {
    let cpu = CpuBackend::open();
    let threads = cpu.device().threads.unwrap_or(1);
    let name = &cpu.device().name;
    let cpu = format!("cpu     {name}, {threads} threads (measured with --backend cpu only)\n");
    streams::print(&printable(&cpu))?;
    let mut of_the_driver: Vec<String> = Vec::new();
    for listed in hovera_cuda::devices()? {
        streams::print(&printable(&(describe(&listed) + "\n")))?;
        for trouble in listed.troubles.iter().filter(|trouble| trouble.is_of_the_driver()) {
            let said = trouble.to_string();
            of_the_driver.extend(Some(said).filter(|said| !of_the_driver.contains(said)));
        }
    }
    let cudnn = match hovera_cuda::cudnn() {
        Ok(name) => format!("cudnn   {name}: ops attention and softmax\n"),
        Err(why) => {
            format!("cudnn   not found, so the ops attention and softmax cannot be measured: {why}\n")
        }
    };
    streams::print(&printable(&cudnn))?;
    // The same of every card.
    for trouble in of_the_driver {
        streams::print(&printable(&format!("driver  ! {trouble}\n")))?;
    }
    Ok(exit::DONE)
}

fn describe(listed: &ListedDevice) -> String {
    let device = &listed.device;
    let facts = [
        device.compute_capability.as_ref().map(|cc| format!("compute capability {cc}")),
        device.sm_count.map(|n| format!("{n} SMs")),
        device.memory_bytes.map(|total| match listed.memory_free {
            Some(free) => format!("{} of {} free", bytes(free.into()), bytes(total.into())),
            None => bytes(total.into()).to_string(),
        }),
        device.sm_clock_max_mhz.map(|mhz| format!("up to {mhz} MHz")),
        device.power_limit_w.map(|w| format!("power limit {w:.0} W")),
        device.ecc.map(|on| format!("ECC {}", if on { "on" } else { "off" })),
        listed.temperature_c.map(|c| format!("{c} °C")),
        listed.utilization_percent.map(|busy| format!("{busy} % busy")),
        device.id.as_ref().map(|id| format!("id {id}")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let mut text = format!("cuda {}  {}\n        {}", listed.ordinal, device.name, facts.join(", "));
    let mut of_the_card = listed.troubles.iter().filter(|trouble| !trouble.is_of_the_driver()).peekable();
    let is_good = of_the_card.peek().is_none();
    for trouble in of_the_card {
        text.push_str(&format!("\n        ! {trouble}"));
    }
    if is_good {
        text.push_str("\n        nothing that would spoil a measurement");
    }
    text
}
