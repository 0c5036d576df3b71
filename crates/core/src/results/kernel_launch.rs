//! What a call of a library launches, as the driver tells it.

use crate::results::kernel::Kernel;
use crate::results::kernel_name::{KernelTraits, function_name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many in each direction. As text `128x2x48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The first direction, in which neighbours have numbers one apart.
    pub x: u32,
    /// The second.
    pub y: u32,
    /// The third.
    pub z: u32,
}

impl Extent {
    /// What its text says; nothing of any other text.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Extent> {
        let mut counts = text.split('x').map(|count| count.parse().ok());
        let extent = Extent { x: counts.next()??, y: counts.next()??, z: counts.next()?? };
        counts.next().is_none().then_some(extent)
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.x, self.y, self.z)
    }
}

/// One kernel of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelLaunch {
    /// The driver's name of it.
    pub symbol: String,
    /// Thread blocks.
    pub grid: Extent,
    /// Threads of a block.
    pub block: Extent,
    /// Thread blocks of a cluster: of one, where the launch asks for none. Nothing where the driver does not tell.
    pub cluster: Option<Extent>,
    /// Shared memory of a block in bytes: what the launch adds.
    pub dynamic_shared_bytes: u32,
    /// The same: what the code has of its own.
    pub static_shared_bytes: Option<u32>,
    /// Registers of a thread.
    pub registers: Option<u32>,
}

impl KernelLaunch {
    /// Its name as people say it.
    #[must_use]
    pub fn name(&self) -> String {
        function_name(&self.symbol)
    }

    /// Shared memory of a block in bytes, both kinds of it.
    #[must_use]
    pub fn shared_bytes(&self) -> Option<u32> {
        self.static_shared_bytes.map(|bytes| bytes + self.dynamic_shared_bytes)
    }

    /// What the name says.
    #[must_use]
    pub fn traits(&self) -> Option<KernelTraits> {
        KernelTraits::from_name(&self.name())
    }
}

/// All that one call of a library makes the device do, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLaunches {
    /// Its kernels. A product whose reduction is cut into parts can have a second one that adds them up.
    pub kernels: Vec<KernelLaunch>,
    /// How often it sets memory: counters and sums start at 0.
    pub memsets: u32,
}

impl CallLaunches {
    /// The kernel that multiplies: the first whose name is that of a GEMM, or else the first.
    #[must_use]
    pub fn gemm_kernel(&self) -> Option<&KernelLaunch> {
        self.kernels.iter().find(|launch| launch.traits().is_some()).or(self.kernels.first())
    }

    /// Adds to what a library has told of a kernel: what ran as the driver has it; tile and stages by the kernel's
    /// name, where the library is silent.
    pub fn tell(&self, kernel: &mut Kernel) {
        let Some(launch) = self.gemm_kernel() else { return };
        if let Some(traits) = launch.traits() {
            let text =
                |pair: Option<(u32, u32)>| pair.map(|(first, second)| format!("{first}x{second}").into());
            kernel.tile = kernel.tile.take().or_else(|| text(traits.tile));
            kernel.stages = kernel.stages.take().or_else(|| text(traits.stages));
        }
        kernel.name = Some(launch.name().into());
        kernel.grid = Some(launch.grid.to_string().into());
        kernel.block = Some(launch.block.to_string().into());
        kernel.cluster = launch.cluster.map(|cluster| cluster.to_string().into()).or(kernel.cluster.take());
        kernel.registers = launch.registers;
        kernel.kernels_per_call = u32::try_from(self.kernels.len()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(symbol: &str) -> KernelLaunch {
        let extent = |x, y, z| Extent { x, y, z };
        KernelLaunch {
            symbol: symbol.to_owned(),
            grid: extent(128, 2, 48),
            block: extent(128, 1, 1),
            cluster: Some(extent(2, 1, 1)),
            dynamic_shared_bytes: 32_768,
            static_shared_bytes: Some(16),
            registers: Some(252),
        }
    }

    const TURING: &str =
        "_ZN7cutlass7Kernel2I55cutlass_75_tensorop_f16_s1688gemm_f16_128x128_nn_align1EEvNT_6ParamsE";
    const HOPPER: &str = "nvjet_sm90_hsh_192x160_64x3_2x1_v_bz_coopB_NNN";

    #[test]
    fn an_extent_is_read_as_it_is_written() {
        let written = Extent { x: 128, y: 2, z: 48 };
        assert_eq!(Extent::of_text(&written.to_string()), Some(written));
        for other in ["auto", "", "2x1", "2x1x1x1", "2x1x", "-2x1x1"] {
            assert_eq!(Extent::of_text(other), None, "{other}");
        }
    }

    #[test]
    fn a_launch_has_the_name_that_people_say_and_what_that_says() {
        let turing = launch(TURING);
        assert_eq!(turing.name(), "cutlass_75_tensorop_f16_s1688gemm_f16_128x128_nn_align1");
        assert_eq!(turing.traits().and_then(|traits| traits.tile), Some((128, 128)));
        assert_eq!(turing.grid.to_string(), "128x2x48");
        assert_eq!(launch("unheard_of").traits(), None);
    }

    #[test]
    fn a_row_gets_what_ran_and_what_its_name_says() {
        let call = CallLaunches { kernels: vec![launch(TURING)], memsets: 0 };
        let mut kernel = Kernel::default();
        call.tell(&mut kernel);
        let told = Kernel {
            name: Some("cutlass_75_tensorop_f16_s1688gemm_f16_128x128_nn_align1".into()),
            tile: Some("128x128".into()),
            grid: Some("128x2x48".into()),
            block: Some("128x1x1".into()),
            cluster: Some("2x1x1".into()),
            registers: Some(252),
            kernels_per_call: Some(1),
            ..Kernel::default()
        };
        assert_eq!(kernel, told);
    }

    #[test]
    fn what_the_library_says_of_tile_and_stages_stays_and_the_driver_knows_the_cluster() {
        let mut kernel = Kernel {
            tile: Some("192x160".into()),
            stages: Some("64xauto".into()),
            cluster: Some("auto".into()),
            ..Kernel::default()
        };
        CallLaunches { kernels: vec![launch(HOPPER)], memsets: 1 }.tell(&mut kernel);
        assert_eq!(kernel.stages.as_deref(), Some("64xauto"));
        assert_eq!(kernel.cluster.as_deref(), Some("2x1x1"));
        let silent = KernelLaunch { cluster: None, ..launch(HOPPER) };
        let mut kernel = Kernel { cluster: Some("auto".into()), ..Kernel::default() };
        CallLaunches { kernels: vec![silent], memsets: 1 }.tell(&mut kernel);
        assert_eq!((kernel.cluster.as_deref(), kernel.stages.as_deref()), (Some("auto"), Some("64x3")));
    }

    #[test]
    fn of_several_kernels_the_one_that_multiplies_is_told() {
        let (sum, other) = (launch("_ZN8cublasLt19splitKreduce_kernelILi32EEvT_"), launch("unheard_of"));
        let call = CallLaunches { kernels: vec![sum.clone(), launch(HOPPER), other.clone()], memsets: 0 };
        assert_eq!(call.gemm_kernel(), Some(&launch(HOPPER)));
        let mut kernel = Kernel::default();
        call.tell(&mut kernel);
        assert_eq!(kernel.kernels_per_call, Some(3));
        assert_eq!(
            CallLaunches { kernels: vec![other.clone(), sum], memsets: 0 }.gemm_kernel(),
            Some(&other)
        );
        assert_eq!(CallLaunches::default().gemm_kernel(), None);
        let mut untold = Kernel::default();
        CallLaunches::default().tell(&mut untold);
        assert_eq!(untold, Kernel::default());
    }
}
