//! The algorithms that cublasLt offers for a product, without duplicates, and their names.

use crate::algorithm_names::{CLUSTERS, STAGES, TILES};
use crate::sys::{AlgorithmConfig, Candidate};
use hovera_bench::BackendError;
use hovera_core::Kernel;

/// How many candidates the heuristic is asked for, for each limit on the workspace.
pub(crate) const ASKED: u32 = 64;

/// A limit between no workspace and all of it: what cuBLAS takes by default on older cards. The heuristic
/// offers other algorithms below other limits.
const SMALL_WORKSPACE: u64 = 4 << 20;

/// All candidates over several workspace limits, each configuration once. `all` of the workspace is asked
/// for first, so that the library's own first choice leads.
pub(crate) fn gather(
    all: u64,
    offer: impl Fn(u64) -> Result<Vec<Candidate>, BackendError>,
) -> Result<Vec<Candidate>, BackendError> {
    let mut gathered = offer(all)?;
    for limit in [SMALL_WORKSPACE.min(all), 0] {
        gathered.extend(offer(limit)?);
    }
    Ok(first_of_each(gathered, |candidate| candidate.config))
}

fn first_of_each<T, C: PartialEq>(all: Vec<T>, config: impl Fn(&T) -> C) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all {
        if kept.iter().all(|other| config(other) != config(&one)) {
            kept.push(one);
        }
    }
    kept
}

/// A candidate as a results row names it.
pub(crate) fn kernel(candidate: &Candidate) -> Kernel {
    let config = &candidate.config;
    Kernel {
        algo: algorithm(config).map(Into::into),
        tile: name(TILES, config.tile).map(Into::into),
        stages: name(STAGES, config.stages).map(Into::into),
        split_k: parts(config.split_k),
        cluster: name(CLUSTERS, config.cluster).map(Into::into),
        waves: Some(f64::from(candidate.waves)),
        workspace_bytes: Some(candidate.workspace_bytes),
        ..Kernel::default()
    }
}

/// Parts of k. The library's number is an int32, and -1 for some algorithms with a reduction.
fn parts(split_k: Option<u64>) -> Option<u32> {
    let parts = i32::try_from(split_k?).ok()?;
    u32::try_from(parts).ok().filter(|parts| *parts > 0)
}

/// The id, and what else tells this kernel from others of the same tile, stages, split-K and cluster, where
/// it is not 0: `66`, `21 reduction=2 swizzle=1 custom=3 inner=4`.
fn algorithm(config: &AlgorithmConfig) -> Option<String> {
    let mut text = config.id?.to_string();
    for (what, value) in [
        ("reduction", config.reduction),
        ("swizzle", config.swizzle),
        ("custom", config.custom),
        ("inner", config.inner_shape),
    ] {
        if let Some(value) = value.filter(|value| *value != 0) {
            text.push_str(&format!(" {what}={value}"));
        }
    }
    Some(text)
}

/// The name of an id, or the id where this table lacks a name. Ids without one that mean "undefined", 0,
/// have none.
fn name(names: &[&str], id: Option<u64>) -> Option<String> {
    let id = id?;
    match usize::try_from(id).ok().and_then(|index| names.get(index)) {
        Some(&"") if id == 0 => None,
        Some(&"") | None => Some(id.to_string()),
        Some(name) => Some((*name).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cudarc::cublaslt::sys::{
        cublasLtClusterShape_t as Cluster, cublasLtMatmulStages_t as Stages, cublasLtMatmulTile_t as Tile,
    };

    #[test]
    fn names_are_those_of_the_header() {
        let name = |names, id: u32| name(names, Some(id.into()));
        for (tile, want) in [
            (Tile::CUBLASLT_MATMUL_TILE_8x8, "8x8"),
            (Tile::CUBLASLT_MATMUL_TILE_128x256, "128x256"),
            (Tile::CUBLASLT_MATMUL_TILE_64x768, "64x768"),
            (Tile::CUBLASLT_MATMUL_TILE_256x192, "256x192"),
        ] {
            assert_eq!(name(TILES, tile as u32).as_deref(), Some(want));
        }
        for (stages, want) in [
            (Stages::CUBLASLT_MATMUL_STAGES_64x3, "64x3"),
            (Stages::CUBLASLT_MATMUL_STAGES_128xAUTO, "128xauto"),
        ] {
            assert_eq!(name(STAGES, stages as u32).as_deref(), Some(want));
        }
        for (cluster, want) in [
            (Cluster::CUBLASLT_CLUSTER_SHAPE_AUTO, "auto"),
            (Cluster::CUBLASLT_CLUSTER_SHAPE_2x1x1, "2x1x1"),
            (Cluster::CUBLASLT_CLUSTER_SHAPE_1x15x1, "1x15x1"),
        ] {
            assert_eq!(name(CLUSTERS, cluster as u32).as_deref(), Some(want));
        }
        assert!(TILES.len() >= Tile::CUBLASLT_MATMUL_TILE_END as usize, "tiles are missing");
    }

    #[test]
    fn an_id_that_is_not_in_the_table_is_its_own_name_and_an_undefined_one_has_none() {
        assert_eq!(name(TILES, Some(70_000)).as_deref(), Some("70000"));
        assert_eq!(name(CLUSTERS, Some(1)).as_deref(), Some("1"));
        assert_eq!(name(TILES, Some(0)), None);
        assert_eq!(name(STAGES, None), None);
    }

    #[test]
    fn parts_of_k_that_are_no_number_are_not_told() {
        assert_eq!(parts(Some(8)), Some(8));
        // -1, as cuBLAS 13.1 says of algorithm 43 with a reduction.
        assert_eq!((parts(Some(0xFFFF_FFFF)), parts(Some(0)), parts(None)), (None, None, None));
    }

    #[test]
    fn the_algorithm_says_what_the_other_columns_do_not() {
        let plain = AlgorithmConfig {
            id: Some(66),
            tile: Some(23),
            stages: Some(36),
            split_k: Some(1),
            reduction: Some(0),
            swizzle: Some(0),
            custom: Some(0),
            inner_shape: Some(0),
            cluster: Some(3),
        };
        assert_eq!(algorithm(&plain).as_deref(), Some("66"));
        let special = AlgorithmConfig { reduction: Some(2), swizzle: Some(1), custom: Some(3), ..plain };
        assert_eq!(algorithm(&special).as_deref(), Some("66 reduction=2 swizzle=1 custom=3"));
    }

    #[test]
    fn of_equals_the_first_is_kept_in_its_place() {
        let all = vec![(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        assert_eq!(first_of_each(all, |(config, _)| *config), [(3, 'a'), (1, 'b'), (2, 'd')]);
    }
}
