//! A program that a wheel has put into a Python environment, beside NVIDIA's wheels.

use super::*;

/// An environment with this program in `bin`.
fn environment() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("environment-{}", std::process::id()));
    std::fs::create_dir_all(root.join("bin")).unwrap();
    // A link within one disk: /proc/self/exe names it as it was started.
    std::fs::hard_link(assert_cmd::cargo::cargo_bin("hovera"), root.join("bin/hovera")).unwrap();
    root
}

#[test]
fn it_finds_the_cublas_of_the_wheels_though_the_environment_is_not_active() {
    let (machine, environment) = (Machine::new(1), environment());
    let put = |folder: &str, names: &[&str]| {
        let folder = environment.join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for name in names {
            std::fs::copy(libraries().join(name), folder.join(name)).unwrap();
        }
        folder
    };
    let driver = put("driver", &["libcuda.so.1"]);
    let run = || {
        let mut installed = Command::new(environment.join("bin/hovera"));
        installed.args(machine.command(&[]).get_args()).current_dir(machine.folder.path(""));
        installed.envs(machine.environment.clone()).env("LD_LIBRARY_PATH", &driver);
        for variable in ["CUDA_VISIBLE_DEVICES", "VIRTUAL_ENV", "CONDA_PREFIX"] {
            installed.env_remove(variable);
        }
        installed.output().unwrap()
    };
    let without = run();
    assert!(said(&without).contains("cannot load cuBLAS"), "{}", said(&without));
    let wheel =
        put("lib/python3.12/site-packages/nvidia/cublas/lib", &["libcublas.so.12", "libcublasLt.so.12"]);
    let with = run();
    std::fs::remove_dir_all(&environment).unwrap();
    assert!(with.status.success(), "{}: {}", wheel.display(), said(&with));
    machine.assert_complete();
}
