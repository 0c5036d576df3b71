//! An NVML that knows any card, and of it the energy: 500 W since it was started, in steps of 20 ms. It says
//! whenever it is asked for that, and obeys the environment:
//!
//! - `SIM_NVML=hang`: asked for the energy it never answers; `break`: with an error.

#![allow(non_snake_case)]
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

static STARTED: OnceLock<Instant> = OnceLock::new();

const INSUFFICIENT_SIZE: c_int = 7;
const GPU_IS_LOST: c_int = 15;
const STEP_MS: u64 = 20;
const WATTS: u64 = 500;

#[unsafe(no_mangle)]
extern "C" fn nvmlInit_v2() -> c_int {
    STARTED.get_or_init(Instant::now);
    0
}

#[unsafe(no_mangle)]
extern "C" fn nvmlShutdown() -> c_int {
    println!("NVML shut down");
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlSystemGetDriverVersion(text: *mut c_char, room: c_uint) -> c_int {
    let version = c"550.54.15".to_bytes_with_nul();
    if version.len() > room as usize {
        return INSUFFICIENT_SIZE;
    }
    unsafe { std::ptr::copy(version.as_ptr().cast(), text, version.len()) };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetHandleByUUID(_uuid: *const c_char, device: *mut *mut c_void) -> c_int {
    unsafe { *device = 1 as *mut c_void };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetTotalEnergyConsumption(_d: *mut c_void, millijoules: *mut c_ulonglong) -> c_int {
    println!("ENERGY");
    match std::env::var("SIM_NVML").as_deref() {
        Ok("hang") => std::thread::sleep(Duration::from_secs(3600)),
        Ok("break") => return GPU_IS_LOST,
        _ => {}
    }
    let since = STARTED.get().map_or(Duration::ZERO, Instant::elapsed).as_millis() as u64;
    unsafe { *millijoules = since / STEP_MS * STEP_MS * WATTS };
    0
}
