use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Every symbol that cuBLAS 13.1 launched for f16 products of 12 heads, batch 4 and sequence 2048, at all head dims from
/// 1 to 2730, on an H100: 6,240 captured calls of `torch.bmm`.
const H100: &str = include_str!("h100-a12.txt");

fn traits(name: &str) -> KernelTraits {
    KernelTraits::from_name(name).unwrap_or_else(|| panic!("{name} says nothing"))
}

#[test]
fn every_kernel_of_an_h100_sweep_says_generation_tile_and_alignment() {
    let mut families = BTreeMap::new();
    for symbol in H100.lines() {
        let name = function_name(symbol);
        let read = traits(&name);
        *families.entry(read.family().unwrap()).or_insert(0) += 1;
        // The name holds the words that were read, in this order.
        let (rows, columns) = read.tile.unwrap();
        let tile = format!("_{rows}x{columns}_");
        let behind = name.split_once(&tile).unwrap_or_else(|| panic!("{name}: {tile}")).1;
        let stages = read.stages.map(|(depth, count)| format!("{depth}x{count}_"));
        assert!(behind.starts_with(stages.as_deref().unwrap_or("")), "{name}: {stages:?}");
        // Only Turing's kernels of two stages do not say so.
        assert_eq!(stages.is_none(), name.contains("_75_tensorop_"), "{name}");
        assert_eq!(read.cluster.is_some(), name.starts_with("nvjet"), "{name}");
        assert!(!read.split_k && !read.warp_specialized, "{name}");
    }
    let families: Vec<(&str, u32)> =
        families.iter().map(|(family, count)| (family.as_str(), *count)).collect();
    assert_eq!(families, [("Ampere align2", 9), ("Hopper", 37), ("Turing align1", 9)]);
}

#[test]
fn words_of_a_name_in_their_places() {
    let nvjet = traits("nvjet_sm90_hsh_320x128_64x3_1x2_h_bz_coopB_NNT");
    let hopper = KernelTraits {
        generation: Some(Generation::Hopper),
        tile: Some((320, 128)),
        stages: Some((64, 3)),
        cluster: Some((1, 2)),
        ..KernelTraits::default()
    };
    assert_eq!(nvjet, hopper);
    // As cuBLAS 12 has it.
    let older = traits("nvjet_hsh_320x128_64x3_1x2_h_bz_splitK_NNT");
    assert_eq!(older, KernelTraits { generation: None, split_k: true, ..hopper });
    assert_eq!(older.family(), None);

    let turing = traits("cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1");
    assert_eq!(
        turing,
        KernelTraits {
            generation: Some(Generation::Turing),
            alignment: Some(1),
            tile: Some((256, 128)),
            ..KernelTraits::default()
        }
    );
    let ampere = traits("cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2");
    assert_eq!((ampere.stages, ampere.family().as_deref()), (Some((32, 3)), Some("Ampere align2")));

    // The instruction, 64x128x16, is no tile.
    let cutlass3 = traits(
        "cutlass3x_sm90_tensorop_s64x128x16gemm_f16_f16_f32_f16_f16_128x256x64_2x1x1_0_tnn_align8_warpspecialized_\
         cooperative_epi_tma",
    );
    assert_eq!((cutlass3.tile, cutlass3.stages, cutlass3.cluster), (Some((128, 256)), None, Some((2, 1))));
    assert!(cutlass3.warp_specialized && cutlass3.alignment == Some(8));

    let xmma = traits(
        "sm80_xmma_gemm_f16f16_f16f32_f32_nn_n_tilesize128x64x32_stage4_warpsize2x2x1_tensor16x8x16_kernel",
    );
    assert_eq!((xmma.tile, xmma.stages), (Some((128, 64)), Some((32, 4))));
    let split = "sm90_xmma_gemm_f16f16_f16f32_f32_tn_n_tilesize64x64x64_warpgroupsize1x1x1_execute_split_k_kernel__5x_cublas";
    assert!(traits(split).split_k && traits(split).stages.is_none());
    let segment = "sm90_xmma_gemm_f16f16_f16f32_f32_tn_n_tilesize64x64x64_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas";
    assert!(!traits(segment).split_k);

    let named = traits("ampere_fp16_s16816gemm_fp16_64x128_sliced1x2_ldg8_f2f_stages_64x5_nn");
    assert_eq!(
        (named.generation, named.tile, named.stages),
        (Some(Generation::Ampere), Some((64, 128)), Some((64, 5)))
    );
    let volta = traits("volta_sgemm_128x32_nn");
    assert_eq!((volta.family().as_deref(), volta.tile), (Some("Volta"), Some((128, 32))));
}

#[test]
fn what_is_not_known_says_nothing() {
    for name in [
        "",
        "_",
        "cublasLt::splitKreduce_kernel",
        "gemv2T_kernel_val",
        "gemvNSP_kernel",
        "internal::gemvx::kernel",
        "nvjet",
        "nvjet_sm90",
        "nvjet_sm90_hsh_192x192_64x3",
        "nvjet_sm42_hsh_192x192_64x3_2x1_v_bz_NNN",
        "nvjet_sm90_hsh_192x0_64x3_2x1_v_bz_NNN",
        "cutlass_81_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2",
        "cutlass_80_tensorop_f16_s16816conv_f16_256x128_32x3_nn_align2",
        "cutlass_80_tensorop_f16_s16816gemm_f16_nn_align2",
        "cutlass3x_sm90_tensorop_s64x128x16gemm_f16",
        "sm80_xmma_fprop_implicit_tilesize128x128x32",
        "sm80_xmma_gemm_f16f16_f16f32_f32_nn_n",
        "hopper_fp16_gemm_128x128",
        "ampere_fp16_conv_128x128",
        "stamp",
    ] {
        assert_eq!(KernelTraits::from_name(name), None, "{name}");
    }
}

#[test]
fn symbols_are_told_as_people_say_them() {
    for (symbol, name) in [
        ("nvjet_sm90_hsh_96x256_64x4_1x2_h_bz_coopA_NNN", "nvjet_sm90_hsh_96x256_64x4_1x2_h_bz_coopA_NNN"),
        (
            "_ZN7cutlass7Kernel2I55cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1EEvNT_6ParamsE",
            "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1",
        ),
        ("_ZN7cutlass13device_kernelIN4deep4nameEEEvNT_6ParamsE", "name"),
        ("_ZN8cublasLt19splitKreduce_kernelILi32ELi16EffffEEvT_", "cublasLt::splitKreduce_kernel"),
        ("_Z17gemv2T_kernel_valIiifffLi128EEvT_", "gemv2T_kernel_val"),
        ("_ZN12_GLOBAL__N_1L6kernelEv", "kernel"),
        // Cut off, and not what it begins like.
        ("_ZN7cutlass7Kernel2I55cutlass_75", "cutlass::Kernel2"),
        ("_Z", "_Z"),
        ("_Z99short", "_Z99short"),
        ("", ""),
    ] {
        assert_eq!(function_name(symbol), name);
    }
}

proptest! {
    #[test]
    fn no_name_makes_it_panic(name in "(_Z|N|I|[0-9]{1,3}|x|_|é|nvjet|cutlass|cutlass3x|sm90|gemm|tilesize|64x64|align1){0,12}") {
        _ = KernelTraits::from_name(&function_name(&name));
    }
}

#[test]
fn a_kernel_of_fused_attention_says_what_it_rounds_the_head_dim_up_to() {
    let read = |name: &str| traits(name);
    // As the driver names them on an H100 with cuDNN 9.14 and 9.19, at head dims 32, 72, 136 and 256.
    for (tile, width) in [("64x256x64", 64), ("64x128x128", 128), ("64x128x192", 192), ("64x128x256", 256)] {
        let name = format!("sdpa_sm90_flash_fprop_wgmma_f16_knob_7_{tile}_4x1x1_cga1x1x1_kernel0_0");
        let forward = read(&format!("cudnn_generated_fort_native_{name}"));
        assert_eq!((forward.head_width, forward.generation), (Some(width), Some(Generation::Hopper)));
        assert_eq!(forward, read(&name));
        // Its tile is none of a stored result.
        assert_eq!((forward.tile, forward.stages), (None, None));
    }
    let backward = read(
        "cudnn_generated_fort_native_sdpa_sm90_flash_bprop_wgmma_f16_knob_26_64x64x128_1x4x1_cga1x1x1_kernel0_0",
    );
    assert_eq!(backward.head_width, Some(128));
    assert_eq!(backward.family().as_deref(), Some("Hopper"));
    for other in
        ["sdpa", "sdpa_sm90", "sdpa_smXX_64x128x64", "cudnn_generated_fort_native_conv_sm90_64x64x64"]
    {
        assert_eq!(KernelTraits::from_name(other), None, "{other}");
    }
}
