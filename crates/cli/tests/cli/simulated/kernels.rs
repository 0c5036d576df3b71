//! `hovera kernels`, on a simulated card whose cuBLAS chooses by alignment as an H100's does.

use super::{Machine, compile_with};
use std::path::PathBuf;
use std::process::Output;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A folder with a cuBLAS of another version, which has another kernel for head dims that are multiples of 8.
fn upgrade(machine: &Machine) -> PathBuf {
    let folder = machine.folder.path("newer");
    std::fs::create_dir_all(&folder).unwrap();
    compile_with("simulated/libcublas.rs", &folder.join("libcublas.so.12"), &["--cfg", "upgraded"]);
    folder
}

const TURING: &str = "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1";
const HOPPER: &str = "nvjet_sm90_hsh_192x192_64x3_2x1_v_bz_coopB_NNN";

#[test]
fn the_kernels_of_a_sweep_are_counted_by_family() {
    let said = done(&Machine::new(1).hovera(&["kernels", "s.toml"]).output().unwrap());
    assert!(
        said.starts_with("cuBLAS 12.4.3 (libcublas.so.12), Simulated GPU: 24 points, 3 kernels, "),
        "{said}"
    );
    assert!(said.contains("\n  score f16 nn cublas: 24 points\n"), "{said}");
    // Of 1 to 24 there are 12 odd, and 3 multiples of 8.
    assert!(said.contains(&format!("        12  Turing align1   {TURING}\n")), "{said}");
    assert!(said.contains("         9  Ampere align2   cutlass_80_"), "{said}");
    assert!(said.contains(&format!("         3  Hopper          {HOPPER}\n")), "{said}");
}

#[test]
fn a_table_has_a_row_for_each_point() {
    let machine = Machine::new(1);
    let said = done(&machine.hovera(&["kernels", "s.toml", "-o", "k.csv"]).output().unwrap());
    assert_eq!(said, "");
    let table = machine.folder.read("k.csv");
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 1 + 24);
    assert!(
        rows[0]
            .starts_with("library,op,dtype,layout,engine,heads,batch,seq,hidden,head_dim,gemm_batch,m,n,k,")
    );
    assert_eq!(
        rows[1],
        format!(
            "cuBLAS 12.4.3 (libcublas.so.12),score,f16,nn,cublas,2,1,32,2,1,2,32,32,1,forward,,,,,1,{TURING},Turing align1,\
             256x128,,1x1x2,256x1x1,1x1x1,49168,229,1,0,"
        )
    );
    assert_eq!(
        rows[8],
        format!(
            "cuBLAS 12.4.3 (libcublas.so.12),score,f16,nn,cublas,2,1,32,16,8,2,32,32,8,forward,,,,,1,{HOPPER},Hopper,192x192,64x3,\
             4x1x1,384x1x1,2x1x1,200016,168,1,1,"
        )
    );
    let piped =
        done(&machine.hovera(&["kernels", "s.toml", "-o", "-", "--engine", "tuned"]).output().unwrap());
    assert_eq!(piped.lines().count(), 25);
    // By candidates of cublasLt the tile is what that says, which is not in the name of this one.
    let lt =
        done(&machine.hovera(&["kernels", "s.toml", "-o", "-", "--engine", "cublaslt"]).output().unwrap());
    assert!(lt.lines().nth(1).unwrap().contains(",128x256,128xauto,"), "{lt}");
}

#[test]
fn an_upgrade_is_told_by_what_it_changes() {
    let machine = Machine::new(1);
    let (older, newer) = (super::libraries().display().to_string(), upgrade(&machine));
    let file = newer.join("libcublas.so.12").display().to_string();
    let newer = newer.display().to_string();
    let both = |newer: &str| {
        let args = ["kernels", "s.toml", "--library", &older, "--library", newer];
        done(&machine.hovera(&args).output().unwrap())
    };
    let said = both(&newer);
    assert!(said.contains("cuBLAS 12.4.3 (") && said.contains("cuBLAS 12.5.0 ("), "{said}");
    let changes = said.split_once("\nfrom cuBLAS 12.4.3 (").unwrap().1;
    assert!(
        changes.contains("to cuBLAS 12.5.0 (libcublas.so.12): 3 of 24 points change their kernel\n"),
        "{said}"
    );
    let change = format!(
        "         3  score f16 nn cublas: {HOPPER} -> nvjet_sm90_hsh_256x128_64x4_2x1_v_bz_coopA_NNN\n"
    );
    assert!(changes.ends_with(&change), "{said}");
    assert!(both(&file).contains("3 of 24 points change"), "a file and its folder mean the same");
    assert!(both(&older).contains("0 of 24 points change"));
}

#[test]
fn a_library_that_is_not_there_is_said_and_no_other_is_taken() {
    let machine = Machine::new(1);
    let output =
        machine.hovera(&["kernels", "s.toml", "--library", "nowhere/libcublas.so.12"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let errors = text(&output.stderr);
    assert!(
        errors.contains("tried nowhere/libcublas.so.12") && !errors.contains("tried libcublas"),
        "{errors}"
    );
    let output = machine.hovera(&["kernels", "s.toml", "--library", "."]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "a folder without one");
    let three = ["kernels", "s.toml", "--library", "a", "--library", "b", "--library", "c"];
    assert_eq!(machine.hovera(&three).output().unwrap().status.code(), Some(2));
}

/// A folder with the libraries of a machine whose driver has no functions that tell kernels.
fn silent(machine: &Machine) -> PathBuf {
    let folder = machine.folder.path("silent");
    std::fs::create_dir_all(&folder).unwrap();
    compile_with("simulated/libcuda.rs", &folder.join("libcuda.so.1"), &["--cfg", "no_nodes"]);
    for library in ["libcublas.so.12", "libcublasLt.so.12"] {
        std::fs::copy(super::libraries().join(library), folder.join(library)).unwrap();
    }
    folder
}

#[test]
fn on_a_driver_that_does_not_tell_a_sweep_is_whole_its_columns_are_empty_and_it_is_said_once() {
    const SAID: &str = "does not tell which kernels run: their columns stay empty";
    for (cards, which) in [(1, "The driver, for CUDA "), (2, "GPU 0, 1: The driver, for CUDA ")] {
        let machine = Machine::new(cards);
        let folder = silent(&machine);
        let output = machine.command(&["--device", "all"]).env("LD_LIBRARY_PATH", &folder).output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        assert!(errors.matches(SAID).count() == 1 && errors.contains(which), "{errors}");
        machine.assert_complete();
        for row in machine.rows() {
            let told =
                ["kernel", "grid", "block", "cluster", "registers", "kernels_per_call", "tile", "stages"];
            assert_eq!((row.status(), row.note()), ("ok", ""));
            assert_eq!(told.map(|column| row.cell(column)), [""; 8]);
        }
        let devices = machine.hovera(&["devices"]).env("LD_LIBRARY_PATH", &folder).output().unwrap();
        let listed = done(&devices);
        assert!(
            listed.matches(SAID).count() == 1 && listed.contains("\ndriver  ! The driver, for"),
            "{listed}"
        );
        // A driver that tells has nothing to be said of it.
        let telling = done(&machine.hovera(&["devices"]).output().unwrap());
        assert!(!telling.contains("driver  !") && !telling.contains(SAID), "{telling}");
    }
}

#[test]
fn a_driver_that_does_not_tell_ends_it_with_what_would() {
    let machine = Machine::new(1);
    let folder = silent(&machine);
    let output = machine.hovera(&["kernels", "s.toml"]).env("LD_LIBRARY_PATH", &folder).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let errors = text(&output.stderr);
    assert!(errors.contains("does not tell which kernels run: one for CUDA 12.3 or newer does"), "{errors}");
    assert_eq!(errors.matches("their columns stay empty").count(), 1, "{errors}");
}

#[test]
fn a_point_that_does_not_fit_or_cannot_be_asked_has_a_reason() {
    let machine = Machine::new(1).with("SIM_NODES", "cuFuncGetName");
    let output = machine.hovera(&["kernels", "s.toml", "-o", "-"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).matches("cuFuncGetName failed with").count(), 24);
    assert!(text(&output.stderr).contains("24 points have no answer"));
    let machine = Machine::new(1).with("SIM_MEMORY", &(900 << 20).to_string());
    machine.folder.write("s.toml", "name = \"s\"\ndtype = \"f16\"\nop = \"score\"\nheads = 12\nbatch = 4\nseq = [32, 8192]\nhead_dim = 8\n");
    let output = machine.hovera(&["kernels", "s.toml", "-o", "-"]).output().unwrap();
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(table.lines().nth(1).unwrap().contains(HOPPER), "{table}");
    assert!(table.lines().nth(2).unwrap().contains(" bytes, "), "{table}");
}

#[test]
fn a_sweep_has_its_kernels_in_its_rows() {
    let machine = Machine::new(1);
    assert!(machine.run(&[]).status.success());
    machine.assert_complete();
    for row in machine.rows() {
        let head_dim: u32 = row.cell("head_dim").parse().unwrap();
        let told = ["kernel", "grid", "block", "cluster", "registers", "kernels_per_call", "tile", "stages"];
        let told = told.map(|column| row.cell(column));
        let wanted = match head_dim {
            8 | 16 | 24 => [HOPPER, "4x1x1", "384x1x1", "2x1x1", "168", "1", "192x192", "64x3"],
            _ if head_dim % 2 == 1 => [TURING, "1x1x2", "256x1x1", "1x1x1", "229", "1", "256x128", ""],
            _ => continue,
        };
        assert_eq!(told, wanted, "{head_dim}");
    }
    let said =
        done(&machine.hovera(&["explain", "s.csv", "--hidden", "30", "--op", "score"]).output().unwrap());
    for line in [
        &format!("kernel      cublas: {TURING}, tile 256x128, cluster 1x1x1\n"),
        "launch      1x1x2 blocks of 256x1x1 threads, 229 registers a thread\n",
        "written for Turing, rows of any length; this card is of the generation Hopper\n",
        "tiles       2 of 128 x 256: 1 along m x 1 along n x 2 products, 0.50 waves of 4\n",
        "-1 head dim 14 (h/a = 2): ",
        ", by cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2\n",
    ] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
}

#[test]
fn a_sweep_whose_kernels_are_not_told_is_measured_and_says_why() {
    let machine = Machine::new(1).with("SIM_NODES", "cuFuncGetName");
    assert!(machine.run(&[]).status.success());
    machine.assert_complete();
    for row in machine.rows() {
        assert_eq!((row.status(), row.cell("kernel"), row.cell("grid")), ("ok", "", ""));
        assert!(
            row.note().contains("the driver does not tell what ran: cuFuncGetName failed with"),
            "{}",
            row.note()
        );
    }
}
