//! Finding and opening shared libraries, with errors that say what was tried.

use hovera_bench::BackendError;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// An open shared library. It is never closed: drivers keep threads and exit handlers in it.
pub(super) struct Library {
    library: libloading::Library,
    path: PathBuf,
}

impl Library {
    /// Opens the first of `candidates` that can be opened. A bare file name goes the loader's way
    /// (`LD_LIBRARY_PATH`, then the system's directories).
    ///
    /// # Safety
    /// The candidates' initialisers must be sound to run.
    pub(super) unsafe fn open(
        what: &str,
        candidates: &[PathBuf],
        advice: &str,
    ) -> Result<Library, BackendError> {
        let mut tried = String::new();
        for path in candidates {
            // SAFETY: the caller vouches for the initialisers.
            match unsafe { libloading::Library::new(path) } {
                Ok(library) => return Ok(Library { library, path: mapped_file(path) }),
                Err(error) => {
                    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    _ = write!(tried, "\n  tried {}: {reason}", path.display());
                }
            }
        }
        let search = std::env::var("LD_LIBRARY_PATH").unwrap_or_else(|_| "(not set)".to_owned());
        Err(BackendError::Unavailable(format!(
            "cannot load {what}{tried}\n  LD_LIBRARY_PATH: {search}\n  {advice}"
        )))
    }

    /// A function of this library.
    ///
    /// # Safety
    /// `F` must be a function pointer of that function's signature.
    pub(super) unsafe fn function<F: Copy>(&self, name: &str) -> Result<F, BackendError> {
        // SAFETY: the caller vouches for the signature; the library is never closed, so that the
        // pointer stays good.
        unsafe { self.library.get::<F>(name.as_bytes()) }.map(|symbol| *symbol).map_err(|_| {
            BackendError::Unavailable(format!(
                "{} has no function {name}: it is too old, or not NVIDIA's. hovera needs CUDA 12.0 or newer",
                self.file()
            ))
        })
    }

    /// Name of the file it came from, without its folder.
    pub(super) fn file(&self) -> String {
        file_name(&self.path)
    }

    /// The file it came from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the library open for the rest of the process.
    pub(super) fn keep(self) {
        std::mem::forget(self.library);
    }
}

/// The file behind an opened library: a soname is often a link to a file that tells the version.
fn mapped_file(opened: &Path) -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    mapped_path(&maps, &file_name(opened)).unwrap_or_else(|| opened.to_owned())
}

fn mapped_path(maps: &str, asked: &str) -> Option<PathBuf> {
    let stem = asked.split(".so").next()?;
    maps.lines()
        .filter_map(|line| line.find('/').map(|start| Path::new(&line[start..])))
        .find(|path| file_name(path).strip_prefix(stem).is_some_and(|rest| rest.starts_with(".so")))
        .map(Path::to_owned)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the CUDA driver may be.
pub(super) fn driver_candidates() -> Vec<PathBuf> {
    // The second is where Windows puts it for WSL.
    ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"].map(PathBuf::from).to_vec()
}

/// Where cuBLAS may be, best first: the folders of `LD_LIBRARY_PATH`, the loader's own, and the usual
/// places of toolkits and wheels. cuBLAS itself finds the libcublasLt beside it. A driver of CUDA 12 cannot run cuBLAS 13, one of CUDA 13 runs both.
pub(super) fn cublas_candidates(driver_version: i32) -> Vec<PathBuf> {
    let majors = majors(driver_version);
    let file = |major: &u32| format!("libcublas.so.{major}");
    let existing = |folder: &PathBuf| {
        majors.iter().map(|major| folder.join(file(major))).filter(|path| path.exists()).collect::<Vec<_>>()
    };
    let explicit = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&explicit).collect::<Vec<_>>().iter().flat_map(existing).collect();
    found.extend(majors.iter().map(|major| PathBuf::from(file(major))));
    found.extend(usual_folders().iter().flat_map(existing));
    found
}

/// What a path means as a cuBLAS: the file itself, or, of a folder, the newest that lies in it of those that
/// [`cublas_candidates`] would look for.
pub(super) fn named_cublas(path: &Path, driver_version: i32) -> Vec<PathBuf> {
    if !path.is_dir() {
        // With a folder, as the loader would look a bare file name up elsewhere.
        let here = path.components().count() == 1;
        return vec![if here { Path::new(".").join(path) } else { path.to_owned() }];
    }
    majors(driver_version).iter().map(|major| path.join(format!("libcublas.so.{major}"))).collect()
}

/// Of cuBLAS, that a driver can run, the newest first.
fn majors(driver_version: i32) -> &'static [u32] {
    if driver_version >= 13_000 { &[13, 12] } else { &[12] }
}

/// Where the cublasLt of an opened cuBLAS may be. By its bare name the loader gives the one that cuBLAS has
/// loaded already; one that is not loaded lies beside it.
pub(super) fn cublaslt_candidates(cublas: &Path) -> Vec<PathBuf> {
    let name = file_name(cublas);
    let major = name.split(".so.").nth(1).and_then(|version| version.split('.').next());
    let name = major.map_or("libcublasLt.so".to_owned(), |major| format!("libcublasLt.so.{major}"));
    vec![PathBuf::from(&name), cublas.with_file_name(name)]
}

/// Where cuDNN may be: as [`cublas_candidates`]. Its other libraries lie beside it.
pub(super) fn cudnn_candidates() -> Vec<PathBuf> {
    by_name_or_in("libcudnn.so.9", &["cudnn/lib"])
}

/// Where the NVRTC of a CUDA may be.
pub(super) fn nvrtc_candidates(cuda_major: usize) -> Vec<PathBuf> {
    by_name_or_in(&format!("libnvrtc.so.{cuda_major}"), &["cu13/lib", "cuda_nvrtc/lib"])
}

/// Where the cublasLt of a CUDA may be, which need not be the one that cuBLAS works with.
pub(super) fn cublaslt_of_major(cuda_major: usize, cublas: &Path) -> Vec<PathBuf> {
    let name = format!("libcublasLt.so.{cuda_major}");
    let mut candidates = by_name_or_in(&name, &["cu13/lib", "cublas/lib"]);
    candidates.insert(1, cublas.with_file_name(name));
    candidates
}

/// A library by its name, as the loader looks for it, or in the usual folders and those of the wheels.
fn by_name_or_in(name: &str, wheels: &[&str]) -> Vec<PathBuf> {
    let wheels =
        wheel_folders().into_iter().flat_map(|root| wheels.iter().map(move |folder| root.join(folder)));
    let folders = usual_folders().into_iter().chain(wheels);
    let existing = folders.map(|folder| folder.join(name)).filter(|path| path.exists());
    [PathBuf::from(name)].into_iter().chain(existing).collect()
}

/// Python environments that NVIDIA's wheels may be in: the active one, and the one that this program is installed in.
/// There a wheel has put it into `bin`, and it runs whether or not the environment is active, as under `uvx`.
fn environments() -> Vec<PathBuf> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let program = std::env::current_exe().ok();
    let own = program.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_owned);
    active.chain(own).collect()
}

/// Where wheels put NVIDIA's libraries.
fn wheel_folders() -> Vec<PathBuf> {
    environments().iter().flat_map(|environment| wheel_folders_in(environment)).collect()
}

/// The same in one environment. Debian's own Python has `dist-packages`.
fn wheel_folders_in(environment: &Path) -> Vec<PathBuf> {
    let pythons = children(&environment.join("lib"), |name| name.starts_with("python3"));
    let packages =
        pythons.iter().flat_map(|python| ["site-packages", "dist-packages"].map(|name| python.join(name)));
    packages.map(|packages| packages.join("nvidia")).filter(|folder| folder.is_dir()).collect()
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        if let Some(root) = std::env::var_os(variable) {
            folders.push(Path::new(&root).join("lib64"));
        }
    }
    folders.push(PathBuf::from("/usr/local/cuda/lib64"));
    let versioned = |name: &str| name.starts_with("cuda-12") || name.starts_with("cuda-13");
    folders.extend(children(Path::new("/usr/local"), versioned).into_iter().map(|root| root.join("lib64")));
    // Conda puts them beside its own libraries.
    folders.extend(std::env::var_os("CONDA_PREFIX").map(|root| Path::new(&root).join("lib")));
    folders.extend(
        wheel_folders().iter().flat_map(|wheels| [wheels.join("cu13/lib"), wheels.join("cublas/lib")]),
    );
    folders
}

/// Folders in `root` by name, the highest first.
fn children(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| wanted(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths.reverse();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapped_file_tells_more_than_the_soname() {
        let maps = "7f00-7f01 r--p 0 08:01 12 /usr/lib/libcublasLt.so.13.1.0.3\n\
                    7f02-7f03 r--p 0 08:01 13 /opt/a b/libcublas.so.13.1.0.3\n\
                    7f04-7f05 rw-p 0 00:00 0 [heap]";
        let path = Path::new("/opt/a b/libcublas.so.13.1.0.3");
        assert_eq!(mapped_path(maps, "libcublas.so.13").as_deref(), Some(path));
        assert_eq!(mapped_path(maps, "libcuda.so.1"), None);
        let beside = Path::new("/opt/a b/libcublasLt.so.13");
        assert_eq!(cublaslt_candidates(path), [Path::new("libcublasLt.so.13"), beside]);
    }

    #[test]
    fn a_cublas_that_is_named_is_no_other() {
        let named = |path: &str| named_cublas(Path::new(path), 13_000);
        assert_eq!(named("/opt/libcublas.so.12"), [Path::new("/opt/libcublas.so.12")]);
        assert_eq!(named("libcublas.so.12"), [Path::new("./libcublas.so.12")]);
        let folder = std::env::temp_dir();
        let in_folder = |version| named_cublas(&folder, version);
        assert_eq!(in_folder(13_000), [folder.join("libcublas.so.13"), folder.join("libcublas.so.12")]);
        assert_eq!(in_folder(12_040), [folder.join("libcublas.so.12")]);
    }

    #[test]
    fn wheels_of_every_python_of_an_environment_are_found() {
        let environment = tempfile::tempdir().unwrap();
        let folder = |python: &str, packages: &str| {
            let folder = environment.path().join("lib").join(python).join(packages).join("nvidia");
            std::fs::create_dir_all(folder.join("cublas/lib")).unwrap();
            folder
        };
        let expected = [folder("python3.13", "site-packages"), folder("python3.11", "dist-packages")];
        std::fs::create_dir_all(environment.path().join("lib/python3.12/site-packages/numpy")).unwrap();
        assert_eq!(wheel_folders_in(environment.path()), expected);
        assert_eq!(wheel_folders_in(&environment.path().join("none")), [] as [PathBuf; 0]);
    }

    #[test]
    fn a_cuda_12_driver_is_not_offered_cublas_13() {
        let names = |version| -> Vec<String> {
            cublas_candidates(version).iter().map(|path| path.display().to_string()).collect()
        };
        assert!(names(12_040).iter().all(|name| name.ends_with("libcublas.so.12")));
        assert!(names(13_000).contains(&"libcublas.so.13".to_owned()));
        assert!(names(13_000).contains(&"libcublas.so.12".to_owned()));
    }
}
