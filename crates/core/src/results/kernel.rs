//! What the library ran, and the columns that hold it.

use crate::results::field::{Field, stored};
use crate::results::kernel_name::KernelTraits;
use crate::words::shared::SharedText;

/// The kernel behind a point, as far as the library and the driver tell. Rows of a file share their texts: there are few
/// kernels, and many rows.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kernel {
    /// Algorithm id.
    pub algo: Option<SharedText>,
    /// Tile, `128x256`, as cuBLAS names it: rows by columns of its column-major C. hovera asks it for
    /// the row-major C as its transpose, so that here the first runs along n and the second along m.
    /// Where n is 1, C is both row-major and column-major and asked for as it is, as PyTorch does: the
    /// first runs along m. Where the library does not say, by the kernel's name.
    pub tile: Option<SharedText>,
    /// Pipeline stages, depth by number. Where the library does not say, by the kernel's name.
    pub stages: Option<SharedText>,
    /// Split-K factor.
    pub split_k: Option<u32>,
    /// Thread block cluster, `2x1x1`: as launched, or as the library names it where the driver does not tell.
    pub cluster: Option<SharedText>,
    /// Waves over the SMs.
    pub waves: Option<f64>,
    /// Workspace in bytes.
    pub workspace_bytes: Option<u64>,
    /// The kernel that multiplies, by its name in the driver, as people say it.
    pub name: Option<SharedText>,
    /// Thread blocks of its launch, `128x2x48`.
    pub grid: Option<SharedText>,
    /// Threads of a block, `256x1x1`.
    pub block: Option<SharedText>,
    /// Registers of a thread.
    pub registers: Option<u32>,
    /// Kernels of one call of the library: more than one where a second adds up the parts of a reduction.
    pub kernels_per_call: Option<u32>,
}

impl Kernel {
    /// What its name says.
    #[must_use]
    pub fn traits(&self) -> Option<KernelTraits> {
        KernelTraits::from_name(self.name.as_deref()?)
    }
}

/// A column for each of its fields.
pub(crate) const COLUMNS: &[Field<Kernel>] = &[
    stored!(Kernel.algo, "", "Algorithm id of the library."),
    stored!(
        Kernel.tile,
        "",
        "Tile as cuBLAS names it, `128x256`: along n, then along m. By the kernel's name where the library is silent."
    ),
    stored!(Kernel.stages, "", "Pipeline stages, depth by number, from the same."),
    stored!(Kernel.split_k, "", "Into how many parts the reduction is split."),
    stored!(
        Kernel.cluster,
        "",
        "Thread block cluster, `2x1x1`, as launched; as the library names it where the driver does not tell."
    ),
    stored!(Kernel.waves, "", "Waves of tiles over the SMs."),
    stored!(Kernel.workspace_bytes, "B", "Workspace."),
    stored!(Kernel.name as "kernel", "", "The kernel that multiplies, by its name in the driver.").since(1),
    stored!(Kernel.grid, "", "Thread blocks of its launch, `128x2x48`.").since(1),
    stored!(Kernel.block, "", "Threads of a block, `256x1x1`.").since(1),
    stored!(Kernel.registers, "", "Registers of a thread.").since(1),
    stored!(Kernel.kernels_per_call, "", "Kernels of one call of the library, sums of parts included.")
        .since(1),
];
