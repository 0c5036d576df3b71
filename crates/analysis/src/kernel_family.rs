//! What a kernel was written for, in words: one home for explanations, reports and charts.

use hovera_core::{Generation, Kernel, KernelTraits};
use std::cmp::Ordering;
use std::fmt;

/// The generation and the operands that a kernel was written for, as far as its name says. Head dims of one series
/// tend to run kernels of one family: that is why the lines of a chart part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelFamily {
    /// Of cards. Newer cards run older kernels, with the instructions of that time.
    pub generation: Generation,
    /// What the rows of its operands must be a multiple of, in elements.
    pub alignment: Option<u32>,
}

impl KernelFamily {
    /// Of a row's kernel; none where the driver told no name, or the name does not say the generation.
    #[must_use]
    pub fn of_kernel(kernel: &Kernel) -> Option<KernelFamily> {
        KernelFamily::of_traits(&kernel.traits()?)
    }

    fn of_traits(traits: &KernelTraits) -> Option<KernelFamily> {
        Some(KernelFamily { generation: traits.generation?, alignment: traits.alignment })
    }

    /// The rows that its operands may have: `rows of any length`.
    #[must_use]
    pub fn rows(&self) -> Option<String> {
        Some(match self.alignment? {
            1 => "rows of any length".to_owned(),
            multiple => format!("rows that are multiples of {multiple} elements"),
        })
    }

    /// As the object of a sentence: `a Turing kernel for rows of any length`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let vowel = self.generation.to_string().starts_with(['A', 'E', 'I', 'O', 'U']);
        let rows = self.rows().map(|rows| format!(" for {rows}")).unwrap_or_default();
        format!("{} {} kernel{rows}", if vowel { "an" } else { "a" }, self.generation)
    }
}

/// `cutlass_75_…_align1`: as much of a kernel's name as tells its family.
#[must_use]
pub fn abbreviated_kernel(name: &str) -> String {
    let words: Vec<&str> = name.split('_').collect();
    let [first, second, rest @ ..] = &words[..] else { return name.to_owned() };
    let alignment = rest
        .iter()
        .find(|word| word.strip_prefix("align").is_some_and(|digits| digits.parse::<u32>().is_ok()));
    match alignment {
        Some(alignment) => format!("{first}_{second}_…_{alignment}"),
        None if rest.is_empty() => name.to_owned(),
        None => format!("{first}_{second}_…"),
    }
}

/// Kernels that a chart shows alike: those of a family, and where that says no alignment, as of Hopper's `nvjet`, those
/// of one tile of it. Their order is that of the generations, then of alignments, then of tiles by their area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelGroup {
    generation: Option<Generation>,
    /// `cutlass`, `nvjet`, or the whole name of a kernel that nothing is known of.
    library: Option<String>,
    alignment: Option<u32>,
    tile: Option<(u32, u32)>,
}

/// The words of names that say whose kernel it is.
const LIBRARIES: [&str; 4] = ["cutlass", "cutlass3x", "nvjet", "xmma"];

impl KernelGroup {
    /// Of a row's kernel; none where the driver told no name.
    #[must_use]
    pub fn of_kernel(kernel: &Kernel) -> Option<KernelGroup> {
        let name = kernel.name.as_deref()?;
        let Some(traits) = kernel.traits() else {
            let library = Some(name.to_owned());
            return Some(KernelGroup { generation: None, library, alignment: None, tile: None });
        };
        let library = name.split('_').take(2).find(|word| LIBRARIES.contains(word)).map(str::to_owned);
        let KernelTraits { generation, alignment, tile, .. } = traits;
        let tile = tile.filter(|_| generation.is_none() || alignment.is_none());
        Some(KernelGroup { generation, library, alignment, tile })
    }

    /// What it is ordered by: what is not known comes last.
    fn rank(&self) -> impl Ord + use<'_> {
        let unknown_last = |value: Option<u32>| value.map_or((1, 0), |value| (0, value));
        (
            self.generation.map_or((1, None), |generation| (0, Some(generation))),
            unknown_last(self.alignment),
            &self.library,
            self.tile.map(|(rows, columns)| (u64::from(rows) * u64::from(columns), rows)),
        )
    }
}

impl PartialOrd for KernelGroup {
    fn partial_cmp(&self, other: &KernelGroup) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KernelGroup {
    fn cmp(&self, other: &KernelGroup) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl fmt::Display for KernelGroup {
    /// `Turing cutlass align1`, `Hopper nvjet 192x192`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.generation.map(|generation| generation.to_string()),
            self.library.clone(),
            self.alignment.map(|alignment| format!("align{alignment}")),
            self.tile.map(|(rows, columns)| format!("{rows}x{columns}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURING: &str = "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1";
    const AMPERE: &str = "cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2";

    fn kernel(name: &str) -> Kernel {
        Kernel { name: Some(name.into()), ..Kernel::default() }
    }

    fn nvjet(tile: &str) -> String {
        format!("nvjet_sm90_hsh_{tile}_64x3_2x1_v_bz_coopB_NNN")
    }

    #[test]
    fn a_family_in_words() {
        let said = |name: &str| KernelFamily::of_kernel(&kernel(name)).unwrap().in_words();
        assert_eq!(said(TURING), "a Turing kernel for rows of any length");
        assert_eq!(said(AMPERE), "an Ampere kernel for rows that are multiples of 2 elements");
        assert_eq!(said(&nvjet("192x192")), "a Hopper kernel");
        assert_eq!(KernelFamily::of_kernel(&kernel("unheard_of")), None);
        assert_eq!(KernelFamily::of_kernel(&Kernel::default()), None);
    }

    #[test]
    fn names_are_cut_to_what_tells_their_family() {
        assert_eq!(abbreviated_kernel(TURING), "cutlass_75_…_align1");
        assert_eq!(abbreviated_kernel(&nvjet("192x192")), "nvjet_sm90_…");
        assert_eq!(["gemm", "a_b", "a_b_alignment"].map(abbreviated_kernel), ["gemm", "a_b", "a_b_…"]);
    }

    #[test]
    fn groups_are_ordered_by_generation_alignment_and_tile_and_told_apart_by_their_words() {
        let names = [
            "unheard_of".to_owned(),
            nvjet("192x192"),
            nvjet("64x256"),
            "nvjet_hsh_64x256_64x3_1x2_h_bz_NNT".to_owned(),
            nvjet("320x128"),
            AMPERE.to_owned(),
            "cutlass_80_tensorop_f16_s16816gemm_f16_128x256_32x3_nn_align2".to_owned(),
            TURING.to_owned(),
            "ampere_fp16_s16816gemm_fp16_128x64_ldg8_f2f_stages_64x4_nn".to_owned(),
        ];
        let groups: std::collections::BTreeSet<KernelGroup> =
            names.iter().filter_map(|name| KernelGroup::of_kernel(&kernel(name))).collect();
        let said: Vec<String> = groups.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Turing cutlass align1",
                "Ampere cutlass align2",
                "Ampere 128x64",
                "Hopper nvjet 64x256",
                "Hopper nvjet 192x192",
                "Hopper nvjet 320x128",
                "nvjet 64x256",
                "unheard_of",
            ]
        );
        assert_eq!(KernelGroup::of_kernel(&Kernel::default()), None);
    }
}
