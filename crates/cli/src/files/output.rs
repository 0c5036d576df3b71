//! Files that a command writes: whole and durable, all of them or none, and never over what is not its own.
//!
//! A file that is there already is replaced only when it is an earlier version of what is written, by its content:
//! a chart over a chart, a report over a report. An input is never written over, by whatever path it is named.

use crate::files::kind::{Kind, LOOKED_AT};
use crate::talk::streams;
use crate::talk::voice::{Voice, shown};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file to be written.
pub(crate) struct NewFile<'a> {
    pub(crate) path: PathBuf,
    bytes: Vec<u8>,
    /// Whether an earlier file of the name, which is no input, may be replaced.
    check: Check<'a>,
}

/// Refuses an earlier file that must stay.
type Check<'a> = Box<dyn Fn(&Path) -> Result<()> + 'a>;

impl<'a> NewFile<'a> {
    /// One that may replace what is of its own kind.
    pub(crate) fn new(path: PathBuf, bytes: Vec<u8>) -> NewFile<'a> {
        let own = Kind::of_all(&bytes);
        let check = move |earlier: &Path| refuse_other_kinds(earlier, own);
        NewFile { path, bytes, check: Box::new(check) }
    }

    /// One that may replace what passes `check`.
    pub(crate) fn replacing(
        path: PathBuf,
        bytes: Vec<u8>,
        check: impl Fn(&Path) -> Result<()> + 'a,
    ) -> NewFile<'a> {
        NewFile { path, bytes, check: Box::new(check) }
    }
}

fn refuse_other_kinds(earlier: &Path, own: Kind) -> Result<()> {
    let name = shown(earlier);
    let kind = kind_of(earlier).with_context(|| format!("{name}: cannot read what is there already"))?;
    ensure!(
        kind == own && own.is_written_by_hovera(),
        "{name}: is there already and is {kind}, not {own}: move it away, or write to another name"
    );
    Ok(())
}

/// Writes the files, each whole and synced before any takes its name, with the names synced as well. Where one cannot
/// be written, what was there before stays as it was. `inputs` are what the command has read.
pub(crate) fn write(files: &[NewFile<'_>], inputs: &[PathBuf]) -> Result<()> {
    let inputs = Inputs::at(inputs);
    let mut taken: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    let mut targets = Vec::new();
    for file in files {
        let target = Target::at(&file.path)?;
        target.check(file, &inputs)?;
        if let Target::File { path, .. } = &target
            && let Some(other) = taken.insert(path.clone(), &file.path)
        {
            bail!("{}: two files would have this name{}", shown(&file.path), also(other, &file.path));
        }
        targets.push(target);
    }
    let staged = files.iter().zip(&targets).map(|(file, target)| target.stage(file));
    let staged = staged.collect::<Result<Vec<_>>>()?;
    let mut written: Vec<String> = Vec::new();
    for ((file, target), staged) in files.iter().zip(&targets).zip(staged) {
        target.put(file, staged).with_context(|| match written.as_slice() {
            [] => "nothing was written".to_owned(),
            before => format!("only {} had been written", before.join(", ")),
        })?;
        written.push(shown(&file.path));
    }
    sync_folders(&targets)
}

/// The same, and says where they are.
pub(crate) fn write_and_say(files: &[NewFile<'_>], inputs: &[PathBuf], voice: Voice) -> Result<()> {
    write(files, inputs)?;
    files.iter().for_each(|file| voice.say(&shown(&file.path)));
    Ok(())
}

/// Makes the folder that files go to.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    ensure!(!folder.exists() || folder.is_dir(), "{}: is no folder: want one for the files", shown(folder));
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot create the folder", shown(folder)))
}

/// Prints one that goes to standard output.
pub(crate) fn print(bytes: &[u8], inputs: &[PathBuf]) -> Result<()> {
    Inputs::at(inputs).refuse(Path::new(STANDARD_OUTPUT))?;
    streams::print_bytes(bytes)
}

const STANDARD_OUTPUT: &str = "/dev/stdout";

fn also(other: &Path, path: &Path) -> String {
    if other == path { String::new() } else { format!(", as {} has", other.display()) }
}

/// What the command has read: the regular files, by what the file system knows them by.
struct Inputs(BTreeMap<(u64, u64), PathBuf>);

impl Inputs {
    fn at(paths: &[PathBuf]) -> Inputs {
        let id = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
            Some(((metadata.dev(), metadata.ino()), path.clone()))
        };
        Inputs(paths.iter().filter_map(id).collect())
    }

    fn refuse(&self, output: &Path) -> Result<()> {
        let Ok(metadata) = fs::metadata(output) else { return Ok(()) };
        let Some(input) = self.0.get(&(metadata.dev(), metadata.ino())) else { return Ok(()) };
        let by = if input == output { String::new() } else { format!(" {}", shown(input)) };
        bail!(
            "{}: is an input of this command{by}, which would be lost; write to another file",
            shown(output)
        )
    }
}

/// Where a file goes.
enum Target {
    /// A name in a folder, links followed, and what has it now.
    File { path: PathBuf, folder: PathBuf, earlier: Option<Box<Metadata>> },
    /// A device or a pipe, written as it is.
    Stream,
    /// Standard output, by its name in the file system.
    Stdout,
}

impl Target {
    fn at(path: &Path) -> Result<Target> {
        let cannot = || format!("{}: cannot write", shown(path));
        if path == Path::new(STANDARD_OUTPUT) {
            return Ok(Target::Stdout);
        }
        let (real, earlier) = match fs::metadata(path) {
            Ok(there) if there.is_dir() => bail!("{}: it is a folder", cannot()),
            Ok(there) if there.is_file() => {
                (fs::canonicalize(path).with_context(cannot)?, Some(Box::new(there)))
            }
            Ok(there) if there.file_type().is_char_device() || there.file_type().is_fifo() => {
                return Ok(Target::Stream);
            }
            Ok(_) => bail!("{}: neither a file nor a device that takes text", cannot()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (link_target(path).with_context(cannot)?, None)
            }
            Err(error) => return Err(error).with_context(cannot),
        };
        let name =
            real.file_name().with_context(|| format!("{}: want the name of a file", path.display()))?;
        let folder = match real.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).with_context(cannot)?;
        Ok(Target::File { path: folder.join(name), folder, earlier })
    }

    /// Refuses what must stay as it is.
    fn check(&self, file: &NewFile<'_>, inputs: &Inputs) -> Result<()> {
        let earlier = match self {
            Target::Stdout => return inputs.refuse(&file.path),
            Target::Stream | Target::File { earlier: None, .. } => return Ok(()),
            Target::File { path, .. } => path,
        };
        inputs.refuse(&file.path)?;
        (file.check)(&file.path)?;
        // A file that nobody may write to is not replaced either, though the folder would allow it.
        let writable = File::options().write(true).open(earlier);
        writable.map(drop).with_context(|| format!("{}: cannot write", shown(&file.path)))
    }

    /// The whole file beside the place that it is for, where the system has put it on the disk.
    fn stage(&self, file: &NewFile<'_>) -> Result<Option<NamedTempFile>> {
        let Target::File { folder, earlier, .. } = self else { return Ok(None) };
        let stage = || -> std::io::Result<NamedTempFile> {
            let mut beside = tempfile::Builder::new();
            beside.prefix(".hovera-").suffix(".new").permissions(Permissions::from_mode(0o666));
            let mut beside = beside.tempfile_in(folder)?;
            beside.write_all(&file.bytes)?;
            if let Some(earlier) = earlier {
                // Only who may give files away can keep another's theirs.
                let _ = fchown(beside.as_file(), Some(earlier.uid()), Some(earlier.gid()));
                beside.as_file().set_permissions(earlier.permissions())?;
            }
            beside.as_file().sync_all()?;
            Ok(beside)
        };
        stage().map(Some).with_context(|| format!("{}: cannot write", shown(&file.path)))
    }

    fn put(&self, file: &NewFile<'_>, staged: Option<NamedTempFile>) -> Result<()> {
        let cannot = || format!("{}: cannot write", shown(&file.path));
        match (self, staged) {
            (Target::File { path, .. }, Some(staged)) => {
                staged.persist(path).map(drop).map_err(|error| error.error).with_context(cannot)
            }
            (Target::Stdout, _) => streams::print_bytes(&file.bytes),
            (Target::Stream | Target::File { .. }, _) => {
                let written =
                    File::options().write(true).open(&file.path).and_then(|mut to| to.write_all(&file.bytes));
                match written {
                    // Its reader has seen enough.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                    written => written.with_context(cannot),
                }
            }
        }
    }
}

/// Where a link leads that has nothing at its end, or the path itself.
fn link_target(path: &Path) -> std::io::Result<PathBuf> {
    // As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("too many links"))
}

fn kind_of(path: &Path) -> std::io::Result<Kind> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(LOOKED_AT as u64).read_to_end(&mut start)?;
    let length = file.metadata()?.len();
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT as u64)))?;
    file.take(LOOKED_AT as u64).read_to_end(&mut end)?;
    Ok(Kind::by_content(&start, &end))
}

/// Has the names survive a power cut.
fn sync_folders(targets: &[Target]) -> Result<()> {
    let folders = targets.iter().filter_map(|target| match target {
        Target::File { folder, .. } => Some(folder),
        Target::Stream | Target::Stdout => None,
    });
    let folders: std::collections::BTreeSet<&PathBuf> = folders.collect();
    for folder in folders {
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            // Some network file systems have no such thing.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {}
            synced => synced.with_context(|| {
                format!("{}: the files are written, but a power cut may take their names", folder.display())
            })?,
        }
    }
    Ok(())
}
