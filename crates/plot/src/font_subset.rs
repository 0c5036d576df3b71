//! The part of the font that a chart needs, to travel inside its SVG.

use crate::error::PlotError;
use crate::font;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use read_fonts::FontRef;
use read_fonts::collections::IntSet;
use read_fonts::types::{NameId, Tag};
use skera::{Plan, SubsetFlags, subset_font};
use std::collections::BTreeSet;

/// OpenType features that change how a line of Latin text looks; the rest goes.
const FEATURES: [Tag; 2] = [Tag::new(b"kern"), Tag::new(b"liga")];
/// Tables that a browser does without: old kerning (GPOS has it), glyph names, signatures.
const DROPPED: [Tag; 4] = [Tag::new(b"kern"), Tag::new(b"FFTM"), Tag::new(b"DSIG"), Tag::new(b"GDEF")];
/// Name records kept: copyright and family, which the licence asks for.
const NAMES: [NameId; 2] = [NameId::COPYRIGHT_NOTICE, NameId::FAMILY_NAME];
/// English (United States), the language of those records.
const ENGLISH: u16 = 0x0409;

/// A TrueType font of exactly the characters in `used`, with its character map, and without hints.
pub(crate) fn subset(used: &BTreeSet<char>) -> Result<Vec<u8>, PlotError> {
    let refused = |source| PlotError::Subset { characters: used.iter().collect(), source };
    let font = FontRef::new(font::bytes()).expect("the bundled font is a font");
    let plan = Plan::new(
        &IntSet::empty(),
        &used.iter().map(|c| u32::from(*c)).collect(),
        &font,
        SubsetFlags::SUBSET_FLAGS_NO_HINTING,
        &DROPPED.into_iter().collect(),
        &IntSet::all(),
        &FEATURES.into_iter().collect(),
        &NAMES.into_iter().collect(),
        &IntSet::from([ENGLISH]),
    );
    subset_font(&font, &plan).map_err(refused)
}

/// The subset as a CSS rule that needs nothing outside itself.
pub(crate) fn font_face(used: &BTreeSet<char>) -> Result<String, PlotError> {
    let data = STANDARD.encode(subset(used)?);
    let family = font::FAMILY;
    Ok(format!(
        "@font-face{{font-family:\"{family}\";src:url(data:font/ttf;base64,{data}) format(\"truetype\")}}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ttf_parser::Face;

    #[test]
    fn the_subset_is_a_small_valid_font_that_maps_its_characters_as_the_whole_font_does() {
        let used: BTreeSet<char> = "Attention Key Query Score, a=12 ·×→".chars().collect();
        let bytes = subset(&used).unwrap();
        assert!(bytes.len() < 16_000, "{} bytes", bytes.len());
        let (part, whole) = (Face::parse(&bytes, 0).unwrap(), Face::parse(font::bytes(), 0).unwrap());
        assert_eq!(part.units_per_em(), whole.units_per_em());
        assert_eq!((part.ascender(), part.descender()), (whole.ascender(), whole.descender()));
        for c in used {
            let (a, b) = (part.glyph_index(c).unwrap(), whole.glyph_index(c).unwrap());
            assert_eq!(part.glyph_hor_advance(a), whole.glyph_hor_advance(b), "{c}");
            assert_eq!(part.glyph_bounding_box(a), whole.glyph_bounding_box(b), "{c}");
        }
        assert_eq!(part.glyph_index('Z'), None);
    }

    #[test]
    fn kerning_survives() {
        let bytes = subset(&"AV".chars().collect()).unwrap();
        assert!(Face::parse(&bytes, 0).unwrap().tables().gpos.is_some());
    }
}
