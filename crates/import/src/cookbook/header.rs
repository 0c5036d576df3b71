//! What a log says of itself ahead of its measurements.

use crate::cards;
use hovera_core::Device;

/// Launches that did not count, unless the command line says otherwise.
const WARMUP: u32 = 50;

/// Date, versions, cards and command line, as far as a log has them. A log can be several, one after the other.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Days, each with the line on which it first stands.
    dates: Vec<(u64, String)>,
    torch: Option<String>,
    cuda: Option<String>,
    conflict: Option<Conflict>,
    /// Cards, each with the line on which it first stands.
    devices: Vec<(u64, Device)>,
    card: Option<usize>,
    iterations: Option<u32>,
    warmups: Vec<u32>,
}

/// Two versions of what rows of one file have in common.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) what: &'static str,
    pub(super) first: String,
    pub(super) second: String,
}

/// More days than any log is of: the rest says nothing new.
const MOST_DAYS: usize = 100;

impl Header {
    /// Looks for a fact in a line.
    pub(super) fn take(&mut self, line: u64, text: &str) {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("Benchmark started on ").or(text.strip_prefix('[')) {
            if let Some(day) = rest.get(..10).filter(|day| is_date(day))
                && self.dates.len() < MOST_DAYS
                && !self.dates.iter().any(|(_, known)| known == day)
            {
                self.dates.push((line, day.to_owned()));
            }
        } else if let Some(properties) = text.strip_prefix("_CudaDeviceProperties(") {
            if let Some(device) = device(properties) {
                let known = self.devices.iter().position(|(_, known)| *known == device);
                if known.is_none() {
                    self.devices.push((line, device));
                }
                self.card = known.or(self.devices.len().checked_sub(1));
            }
        } else if text.starts_with("torch=") {
            let value = |key: &str| {
                text.split(", ")
                    .find_map(|item| item.strip_prefix(key))
                    .filter(|v| is_version(v))
                    .map(str::to_owned)
            };
            keep(&mut self.torch, value("torch="), "version of PyTorch", &mut self.conflict);
            keep(&mut self.cuda, value("cuda="), "version of CUDA", &mut self.conflict);
        } else if is_version(text) && text.matches('.').count() == 2 {
            // The scripts of 2023 print PyTorch's version and nothing else on their first line.
            keep(&mut self.torch, Some(text.to_owned()), "version of PyTorch", &mut self.conflict);
        } else if text.contains(".py ") {
            self.iterations = flag(text, "--num_iterations");
            self.warmups.push(flag(text, "--num_warmup_iterations").unwrap_or(WARMUP));
            self.warmups.dedup();
        }
    }

    /// The first day, `2024-03-07`.
    pub(super) fn date(&self) -> Option<&str> {
        self.dates.first().map(|(_, day)| day.as_str())
    }

    /// Every day, with its line.
    pub(super) fn dates(&self) -> &[(u64, String)] {
        &self.dates
    }

    /// What the last command line says.
    pub(super) fn iterations(&self) -> Option<u32> {
        self.iterations
    }

    /// Launches that did not count; none where that differs.
    pub(super) fn warmup(&self) -> Option<u32> {
        match self.warmups.as_slice() {
            [] => Some(WARMUP),
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The cards that the log names, each with its line.
    pub(super) fn devices(&self) -> &[(u64, Device)] {
        &self.devices
    }

    /// Which of them was named last.
    pub(super) fn card(&self) -> Option<usize> {
        self.card
    }

    pub(super) fn conflict(&self) -> Option<&Conflict> {
        self.conflict.as_ref()
    }

    /// Whether PyTorch was built for CUDA, as far as its version tells.
    pub(super) fn is_cuda(&self) -> bool {
        !self.torch.as_ref().is_some_and(|version| version.contains("rocm"))
    }

    pub(super) fn software(&self, by_cublas: bool) -> String {
        let cuda = self.cuda.as_ref().map(|version| format!(" of CUDA {version}")).unwrap_or_default();
        let torch = self.torch.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        if by_cublas {
            format!("cuBLAS{cuda}, by PyTorch{torch}")
        } else {
            format!("not known, by PyTorch{torch}")
        }
    }
}

fn keep(
    place: &mut Option<String>,
    found: Option<String>,
    what: &'static str,
    conflict: &mut Option<Conflict>,
) {
    match (place.as_ref(), found) {
        (None, found) => *place = found,
        (Some(first), Some(second)) if *first != second && conflict.is_none() => {
            *conflict = Some(Conflict { what, first: first.clone(), second });
        }
        _ => {}
    }
}

fn is_date(text: &str) -> bool {
    let is = |(byte, place): (u8, usize)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().zip(0..).all(is)
}

/// `1.13.1`, `2.1.0+cu121`.
fn is_version(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+.".contains(c))
}

/// `name='NVIDIA A100-SXM4-80GB', major=8, minor=0, total_memory=81050MB, multi_processor_count=108)`.
fn device(properties: &str) -> Option<Device> {
    let value = |key: &str| {
        let rest = &properties[properties.find(key)? + key.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse::<u32>().ok()
    };
    let name = properties.strip_prefix("name='")?.split_once('\'')?.0;
    let capability = || Some(format!("{}.{}", value("major=")?, value("minor=")?));
    Some(Device {
        compute_capability: capability(),
        sm_count: value("multi_processor_count="),
        ..cards::device(name)
    })
}

fn flag(text: &str, name: &str) -> Option<u32> {
    let mut words = text.split_whitespace().skip_while(|word| *word != name);
    words.nth(1)?.parse().ok().filter(|count| (1..=1_000_000).contains(count))
}
