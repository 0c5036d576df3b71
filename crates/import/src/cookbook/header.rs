//! What a log says of itself ahead of its measurements.

use hovera_core::Device;

/// Launches that did not count, unless the command line says otherwise.
const WARMUP: u32 = 50;

/// Date, versions, card and command line, as far as a log has them. The first of each counts.
#[derive(Debug, Default)]
pub(super) struct Header {
    date: Option<String>,
    torch: Option<String>,
    cuda: Option<String>,
    device: Option<Device>,
    iterations: Option<u32>,
    warmup: Option<u32>,
}

impl Header {
    /// Looks for a fact in a line.
    pub(super) fn take(&mut self, text: &str) {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("Benchmark started on ").or(text.strip_prefix('[')) {
            keep_first(&mut self.date, rest.get(..10).filter(|day| is_date(day)).map(str::to_owned));
        } else if let Some(properties) = text.strip_prefix("_CudaDeviceProperties(") {
            keep_first(&mut self.device, device(properties));
        } else if text.starts_with("torch=") {
            let value = |key: &str| {
                text.split(", ")
                    .find_map(|item| item.strip_prefix(key))
                    .filter(|v| is_version(v))
                    .map(str::to_owned)
            };
            keep_first(&mut self.torch, value("torch="));
            keep_first(&mut self.cuda, value("cuda="));
        } else if is_version(text) && text.matches('.').count() == 2 {
            // The scripts of 2023 print PyTorch's version and nothing else on their first line.
            keep_first(&mut self.torch, Some(text.to_owned()));
        } else if text.contains(".py ") {
            keep_first(&mut self.iterations, flag(text, "--num_iterations"));
            keep_first(&mut self.warmup, flag(text, "--num_warmup_iterations"));
        }
    }

    /// The day, `2024-03-07`.
    pub(super) fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    pub(super) fn iterations(&self) -> Option<u32> {
        self.iterations
    }

    pub(super) fn warmup(&self) -> u32 {
        self.warmup.unwrap_or(WARMUP)
    }

    /// The card that the log names.
    pub(super) fn device(&self) -> Option<Device> {
        self.device.clone()
    }

    /// A card by the name that the user gives it, with what the log says of it where that is the same.
    pub(super) fn named(&self, name: &str) -> Device {
        let same = self.device.clone().filter(|device| device.name == name);
        same.unwrap_or_else(|| Device {
            name: name.to_owned(),
            backend: "cuda".to_owned(),
            ..Device::default()
        })
    }

    pub(super) fn software(&self) -> String {
        let cuda = self.cuda.as_ref().map(|version| format!(" of CUDA {version}")).unwrap_or_default();
        let torch = self.torch.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        format!("cuBLAS{cuda}, by PyTorch{torch}")
    }
}

fn keep_first<T>(place: &mut Option<T>, found: Option<T>) {
    if place.is_none() {
        *place = found;
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
        name: name.to_owned(),
        backend: "cuda".to_owned(),
        compute_capability: capability(),
        sm_count: value("multi_processor_count="),
        ..Device::default()
    })
}

fn flag(text: &str, name: &str) -> Option<u32> {
    let mut words = text.split_whitespace().skip_while(|word| *word != name);
    words.nth(1)?.parse().ok().filter(|count| (1..=1_000_000).contains(count))
}
