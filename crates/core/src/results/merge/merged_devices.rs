//! The cards of all files, each once.

use super::MergeError;
use crate::results::front_matter::difference::keys;
use crate::results::front_matter::{Device, FrontMatter};
use std::collections::BTreeMap;

/// What makes cards one model. The rest (memory, clocks, power limit, ECC) is a card's own and stands in
/// its table.
const MODEL: [&str; 6] = ["name", "backend", "compute_capability", "sm_count", "threads", "l2_bytes"];

/// In the order they came.
#[derive(Debug)]
pub(super) struct MergedDevices {
    /// The first card, if there is one: the model of all.
    model: Option<Device>,
    devices: Vec<Device>,
    /// By everything that is said of it.
    index_of: BTreeMap<String, u32>,
    /// With the file that had it first.
    index_of_id: BTreeMap<String, (u32, String)>,
}

impl MergedDevices {
    pub(super) fn new(first: &FrontMatter) -> MergedDevices {
        MergedDevices {
            model: first.device.first().cloned(),
            devices: Vec::new(),
            index_of: BTreeMap::new(),
            index_of_id: BTreeMap::new(),
        }
    }

    /// Takes a file's cards in, and tells the index of each.
    pub(super) fn join(
        &mut self,
        file: &str,
        first: &str,
        devices: &[Device],
    ) -> Result<Vec<u32>, MergeError> {
        devices.iter().map(|device| self.index(file, first, device)).collect()
    }

    fn index(&mut self, file: &str, first: &str, device: &Device) -> Result<u32, MergeError> {
        let different = |first: &str, what, [theirs, ours]: [String; 2]| MergeError::Different {
            file: file.to_owned(),
            first: first.to_owned(),
            what,
            theirs,
            ours,
        };
        let of_model = self.model.as_ref().map(|model| keys(device, model)).unwrap_or_default();
        if let Some((key, values)) = of_model.into_iter().find(|(key, _)| MODEL.contains(&key.as_str())) {
            return Err(different(first, format!("device.{key}"), values));
        }
        let said = table(device).to_string();
        if let Some(index) = self.index_of.get(&said) {
            return Ok(*index);
        }
        let index = u32::try_from(self.devices.len()).unwrap_or(u32::MAX);
        if let Some(id) = &device.id {
            if let Some((earlier, of)) = self.index_of_id.get(id)
                && let Some((key, values)) = keys(device, &self.devices[*earlier as usize]).into_iter().next()
            {
                return Err(different(of, format!("card {id}: {key}"), values));
            }
            self.index_of_id.insert(id.clone(), (index, file.to_owned()));
        }
        self.index_of.insert(said, index);
        self.devices.push(device.clone());
        Ok(index)
    }

    /// By id, and for each card in the order they came its new index.
    pub(super) fn sorted(self) -> (Vec<Device>, Vec<u32>) {
        let mut cards: Vec<(usize, Device)> = self.devices.into_iter().enumerate().collect();
        cards.sort_by_cached_key(|(_, device)| (device.id.clone(), table(device).to_string()));
        let mut new_index = vec![0; cards.len()];
        for (new, (old, _)) in (0..).zip(&cards) {
            new_index[*old] = new;
        }
        (cards.into_iter().map(|(_, device)| device).collect(), new_index)
    }
}

fn table(device: &Device) -> toml::Table {
    toml::Table::try_from(device).expect("strings, numbers and flags are TOML")
}
