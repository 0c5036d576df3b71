//! Products as a results file names them, and back.

use crate::fused;
use crate::product::{Counted, LaidOutGemm, ModelProducts, Section};
use crate::workload::{Balance, Fuse, Groups, Logits, Workload};
use hovera_core::{Gemm, Layout, ModelInfo, ModelSection, Pass};
use std::fmt;
use std::str::FromStr;

/// A product in a results file's list of them that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[[model]] {model}: product {product:?}: want one such as \"1 x qkv forward nt 1x8192x2304x768\"")]
pub struct RecordError {
    /// The model.
    pub model: String,
    /// What stands there.
    pub product: String,
}

/// `1 x qkv forward nt 1x8192x2304x768`.
impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { name, pass, product: LaidOutGemm { gemm, layout }, times } = self;
        write!(f, "{times} x {name} {pass} {layout} {gemm}")
    }
}

fn counted(text: &str) -> Option<Counted> {
    let words: Vec<&str> = text.split(' ').collect();
    let [times, "x", name, pass, layout, sizes] = words[..] else { return None };
    let sizes: Vec<u64> = sizes.split('x').map(u64::from_str).collect::<Result<_, _>>().ok()?;
    let [batch, m, n, k] = sizes[..] else { return None };
    let gemm = Gemm::new(batch, m, n, k).ok()?;
    Some(Counted {
        name: name.to_owned(),
        pass: Pass::from_str(pass).ok().filter(|pass| *pass != Pass::Backward)?,
        product: LaidOutGemm { gemm, layout: Layout::from_str(layout).ok()? },
        times: u64::from_str(times).ok().filter(|times| *times > 0)?,
    })
}

impl ModelProducts {
    /// What a results file says of them.
    #[must_use]
    pub fn info(&self, name: &str, workload: &Workload) -> ModelInfo {
        let section = |section: &Section| ModelSection {
            name: section.name.clone(),
            repeats: section.repeats,
            products: section.products.iter().map(ToString::to_string).collect(),
            fused: section.fused.iter().map(ToString::to_string).collect(),
        };
        ModelInfo {
            name: name.to_owned(),
            workload: workload.to_string(),
            remarks: self.remarks.clone(),
            section: self.sections.iter().map(section).collect(),
        }
    }

    /// The products that a results file lists.
    ///
    /// # Errors
    /// [`RecordError`] for the first that is none.
    pub fn from_info(info: &ModelInfo) -> Result<ModelProducts, RecordError> {
        let section = |section: &ModelSection| {
            let products = section.products.iter().map(|text| {
                let error = || RecordError { model: info.name.clone(), product: text.clone() };
                counted(text).ok_or_else(error)
            });
            let products = products.collect::<Result<_, _>>()?;
            let fused = section.fused.iter().map(|text| {
                let error = || RecordError { model: info.name.clone(), product: text.clone() };
                fused::parse(text).ok_or_else(error)
            });
            let fused = fused.collect::<Result<_, _>>()?;
            Ok(Section { name: section.name.clone(), repeats: section.repeats, products, fused })
        };
        let sections = info.section.iter().map(section).collect::<Result<_, _>>()?;
        Ok(ModelProducts { sections, remarks: info.remarks.clone() })
    }
}

/// `training step, batch 1, seq 8192, one of 4 tensor-parallel ranks`: what is not as usual is said.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Workload { batch, seq, keys, tensor_parallel, training, logits, balance, fuse, groups } = self;
        f.write_str(if *training { "training step" } else { "forward" })?;
        write!(f, ", batch {batch}, seq {seq}")?;
        if let Some(keys) = keys {
            write!(f, ", {keys} keys")?;
        }
        if *tensor_parallel > 1 {
            write!(f, ", one of {tensor_parallel} tensor-parallel ranks")?;
        }
        if *logits == Logits::Last {
            f.write_str(", logits of the last tokens")?;
        }
        if let Balance::Busiest(times) = balance {
            write!(f, ", busiest expert at {times} times the mean")?;
        }
        match fuse {
            Fuse::AsModel => {}
            Fuse::All => f.write_str(", fused linear layers")?,
            Fuse::None => f.write_str(", separate linear layers")?,
        }
        match groups {
            Groups::Together => Ok(()),
            Groups::Copied => f.write_str(", keys and values copied for each head"),
        }
    }
}
