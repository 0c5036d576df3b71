//! What the library ran, and the columns that hold it.

use crate::results::field::{Field, stored};

/// The kernel behind a point, as far as the library tells.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kernel {
    /// Algorithm id.
    pub algo: Option<String>,
    /// Tile, `128x256`, as cuBLAS names it: rows by columns of its column-major C. hovera asks it for
    /// the row-major C as its transpose, so that here the first runs along n and the second along m.
    /// Where n is 1, C is both row-major and column-major and asked for as it is, as PyTorch does: the
    /// first runs along m.
    pub tile: Option<String>,
    /// Pipeline stages.
    pub stages: Option<String>,
    /// Split-K factor.
    pub split_k: Option<u32>,
    /// Thread block cluster, `2x1x1`.
    pub cluster: Option<String>,
    /// Waves over the SMs.
    pub waves: Option<f64>,
    /// Workspace in bytes.
    pub workspace_bytes: Option<u64>,
}

/// A column for each of its fields.
pub(crate) const COLUMNS: &[Field<Kernel>] = &[
    stored!(Kernel.algo, "", "Algorithm id of the library."),
    stored!(Kernel.tile, "", "Tile as cuBLAS names it, `128x256`: along n, then along m."),
    stored!(Kernel.stages, "", "Pipeline stages."),
    stored!(Kernel.split_k, "", "Into how many parts the reduction is split."),
    stored!(Kernel.cluster, "", "Thread block cluster, `2x1x1`."),
    stored!(Kernel.waves, "", "Waves of tiles over the SMs."),
    stored!(Kernel.workspace_bytes, "B", "Workspace."),
];
