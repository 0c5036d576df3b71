//! The CUDA driver and what it says of its cards.

use super::functions::{DriverFunctions, DriverVersionFunctions, NodeFunctions};
use super::library::{Library, driver_candidates};
use cudarc::driver::sys::{CUdevice, CUdevice_attribute_enum as Raw, CUuuid};
use hovera_bench::BackendError;
use std::ffi::{CStr, c_char, c_int};

/// The oldest driver API that will do: the PTX of the kernels is of CUDA 12.0.
const OLDEST: i32 = 12_000;

/// An initialised driver.
#[derive(Clone, Copy)]
pub(crate) struct Driver {
    pub(super) functions: DriverFunctions,
    /// Where the driver has them.
    pub(super) node_functions: Option<NodeFunctions>,
    version: i32,
}

/// A number that the driver knows of a card.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute {
    ComputeCapabilityMajor,
    ComputeCapabilityMinor,
    SmCount,
    L2Bytes,
    SmClockKhz,
    MemoryClockKhz,
}

impl Attribute {
    fn raw(self) -> c_int {
        let raw = match self {
            Attribute::ComputeCapabilityMajor => Raw::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
            Attribute::ComputeCapabilityMinor => Raw::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
            Attribute::SmCount => Raw::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT,
            Attribute::L2Bytes => Raw::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE,
            Attribute::SmClockKhz => Raw::CU_DEVICE_ATTRIBUTE_CLOCK_RATE,
            Attribute::MemoryClockKhz => Raw::CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE,
        };
        raw as c_int
    }
}

impl Driver {
    /// Loads and initialises the driver.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`]: no driver, too old a driver, or one that does not start.
    pub(crate) fn open() -> Result<Driver, BackendError> {
        let advice = "no NVIDIA driver on this machine? Install one for CUDA 12.0 or newer \
                      (525 or newer), or give the container its GPUs (docker run --gpus all)";
        // SAFETY: the driver's initialisers are made for being loaded at run time.
        let library = unsafe { Library::open("the NVIDIA driver", &driver_candidates(), advice) }?;
        // SAFETY: the signature is that of cuda.h of CUDA 12 and 13.
        let old = unsafe { DriverVersionFunctions::bind(&library) }?;
        let mut version = 0;
        // SAFETY: it writes one int, and may be called before cuInit.
        let status = unsafe { (old.cuDriverGetVersion)(&mut version) };
        if status != 0 {
            return Err(BackendError::Unavailable(format!(
                "{}: cuDriverGetVersion failed with error {status}: the driver is broken; does nvidia-smi work?",
                library.file()
            )));
        }
        if version < OLDEST {
            return Err(BackendError::Unavailable(format!(
                "the NVIDIA driver ({}) is for CUDA {}: hovera needs one for CUDA {} or newer. \
                 Install driver 525 or newer",
                library.file(),
                dotted(version),
                dotted(OLDEST)
            )));
        }
        // SAFETY: the signatures are those of cuda.h of CUDA 12 and 13.
        let functions = unsafe { DriverFunctions::bind(&library) }?;
        // SAFETY: the signatures are those of cuda.h of CUDA 12.3 to 13.
        let node_functions = unsafe { NodeFunctions::bind(&library) }.ok();
        library.keep();
        let driver = Driver { functions, node_functions, version };
        // SAFETY: any thread may call it at any time; the flags must be 0 and are.
        let status = unsafe { (functions.cuInit)(0) };
        driver.check("cuInit", status).map_err(|error| {
            let visible = match std::env::var("CUDA_VISIBLE_DEVICES") {
                Ok(list) => format!("CUDA_VISIBLE_DEVICES is {list:?}. "),
                Err(_) => String::new(),
            };
            BackendError::Unavailable(format!("no usable GPU: {error}. {visible}Does nvidia-smi show one?"))
        })?;
        Ok(driver)
    }

    /// CUDA version of the driver, 1000 · major + 10 · minor.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// CUDA version of the driver, `13.0`.
    pub(crate) fn cuda(&self) -> String {
        dotted(self.version)
    }

    /// Whether it tells the kernels of a graph.
    pub(crate) fn tells_kernels(&self) -> bool {
        self.node_functions.is_some()
    }

    /// Turns a status into an error that names the call.
    pub(crate) fn check(&self, call: &str, status: c_int) -> Result<(), BackendError> {
        if status == 0 {
            return Ok(());
        }
        let text = |get: unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int| {
            let mut text = std::ptr::null();
            // SAFETY: it writes one pointer, to a constant string, and gives an error for a status
            // it does not know.
            if unsafe { get(status, &mut text) } != 0 || text.is_null() {
                return None;
            }
            // SAFETY: a constant string of the driver, ended by NUL.
            Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        };
        let name = text(self.functions.cuGetErrorName).unwrap_or_else(|| "unknown error".to_owned());
        let meaning = text(self.functions.cuGetErrorString).map_or(String::new(), |text| format!(": {text}"));
        Err(BackendError::Device(format!("{call} failed with {name} ({status}){meaning}")))
    }

    /// How many cards `CUDA_VISIBLE_DEVICES` lets through.
    pub(crate) fn device_count(&self) -> Result<u32, BackendError> {
        let mut count = 0;
        // SAFETY: it writes one int.
        let status = unsafe { (self.functions.cuDeviceGetCount)(&mut count) };
        self.check("cuDeviceGetCount", status)?;
        Ok(u32::try_from(count).unwrap_or(0))
    }

    /// The card of that number.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] when there is none of that number.
    pub(crate) fn device(&self, ordinal: u32) -> Result<CUdevice, BackendError> {
        let count = self.device_count()?;
        if ordinal >= count {
            return Err(BackendError::Unavailable(match count {
                0 => "the NVIDIA driver works but shows no GPU: is CUDA_VISIBLE_DEVICES empty?".to_owned(),
                1 => format!("no GPU {ordinal}: the only one here is 0"),
                _ => format!("no GPU {ordinal}: there are 0 to {}", count - 1),
            }));
        }
        let mut device = 0;
        // SAFETY: it writes one int; the ordinal is in range, so that the cast keeps it.
        let status = unsafe { (self.functions.cuDeviceGet)(&mut device, ordinal as c_int) };
        self.check("cuDeviceGet", status)?;
        Ok(device)
    }

    /// Product name.
    pub(crate) fn name(&self, device: CUdevice) -> Result<String, BackendError> {
        let mut name = [0u8; 256];
        // SAFETY: it writes at most the 255 bytes offered, the last of them NUL, and one stays 0.
        let status = unsafe { (self.functions.cuDeviceGetName)(name.as_mut_ptr().cast(), 255, device) };
        self.check("cuDeviceGetName", status)?;
        let text = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        Ok(text.to_string_lossy().into_owned())
    }

    /// One attribute.
    pub(crate) fn attribute(&self, device: CUdevice, attribute: Attribute) -> Result<u32, BackendError> {
        let mut value = 0;
        // SAFETY: it writes one int.
        let status = unsafe { (self.functions.cuDeviceGetAttribute)(&mut value, attribute.raw(), device) };
        self.check(&format!("cuDeviceGetAttribute({attribute:?})"), status)?;
        Ok(u32::try_from(value).unwrap_or(0))
    }

    /// Memory in bytes.
    pub(crate) fn total_memory(&self, device: CUdevice) -> Result<u64, BackendError> {
        let mut bytes = 0;
        // SAFETY: it writes one size.
        let status = unsafe { (self.functions.cuDeviceTotalMem_v2)(&mut bytes, device) };
        self.check("cuDeviceTotalMem", status)?;
        Ok(bytes as u64)
    }

    /// The card's UUID, or the MIG instance's.
    pub(crate) fn uuid(&self, device: CUdevice) -> Result<[u8; 16], BackendError> {
        let mut uuid = CUuuid { bytes: [0; 16] };
        // SAFETY: it writes the 16 bytes of the struct.
        let status = unsafe { (self.functions.cuDeviceGetUuid_v2)(&mut uuid, device) };
        self.check("cuDeviceGetUuid", status)?;
        Ok(uuid.bytes.map(|byte| byte as u8))
    }
}

fn dotted(version: i32) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_read_as_people_write_them() {
        assert_eq!(super::dotted(11_040), "11.4");
        assert_eq!(super::dotted(13_000), "13.0");
    }
}
