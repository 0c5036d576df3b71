//! The facts of a card.

use crate::nvml::GpuLimits;
use crate::sys::{Attribute, Driver};
use hovera_bench::BackendError;
use hovera_core::Device;
use sha2::{Digest, Sha256};

/// A GPU as the driver numbers it.
#[derive(Clone, Copy)]
pub(crate) struct Gpu {
    /// The driver's handle.
    pub(crate) handle: i32,
    pub(crate) uuid: [u8; 16],
    pub(crate) compute_capability: (u32, u32),
    pub(crate) sm_count: u32,
}

impl Gpu {
    pub(crate) fn find(driver: &Driver, ordinal: u32) -> Result<Gpu, BackendError> {
        let handle = driver.device(ordinal)?;
        let attribute = |attribute| driver.attribute(handle, attribute);
        Ok(Gpu {
            handle,
            uuid: driver.uuid(handle)?,
            compute_capability: (
                attribute(Attribute::ComputeCapabilityMajor)?,
                attribute(Attribute::ComputeCapabilityMinor)?,
            ),
            sm_count: attribute(Attribute::SmCount)?,
        })
    }

    /// Whether blocks can be launched in clusters.
    pub(crate) fn has_clusters(&self) -> bool {
        self.compute_capability.0 >= 9
    }

    /// The card for the front matter of a results file.
    pub(crate) fn describe(&self, driver: &Driver, limits: &GpuLimits) -> Result<Device, BackendError> {
        let mhz = |attribute| driver.attribute(self.handle, attribute).ok().map(|khz| khz / 1000);
        let (major, minor) = self.compute_capability;
        Ok(Device {
            name: driver.name(self.handle)?,
            backend: "cuda".to_owned(),
            id: Some(short_id(self.uuid)),
            compute_capability: Some(format!("{major}.{minor}")),
            sm_count: Some(self.sm_count),
            threads: None,
            memory_bytes: Some(driver.total_memory(self.handle)?),
            l2_bytes: driver.attribute(self.handle, Attribute::L2Bytes).ok().map(u64::from),
            sm_clock_max_mhz: limits.sm_clock_max_mhz.or_else(|| mhz(Attribute::SmClockKhz)),
            memory_clock_max_mhz: limits.memory_clock_max_mhz.or_else(|| mhz(Attribute::MemoryClockKhz)),
            power_limit_w: limits.power_limit_w,
            power_limit_default_w: limits.power_limit_default_w,
            ecc: limits.ecc,
        })
    }
}

/// Tells cards apart without telling which they are.
fn short_id(uuid: [u8; 16]) -> String {
    Sha256::digest(uuid).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_is_eight_hex_digits_of_a_hash() {
        // sha256 of 16 zero bytes begins 374708ff.
        assert_eq!(super::short_id([0; 16]), "374708ff");
    }
}
