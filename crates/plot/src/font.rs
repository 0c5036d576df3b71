//! DejaVu Sans, the one font of every chart, and the sizes of text set in it.

use std::sync::LazyLock;
use ttf_parser::Face;

/// The family name, as SVG and plotters are told it.
pub(crate) const FAMILY: &str = "DejaVu Sans";

/// What a character that the font lacks is drawn as.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(bytes(), 0).expect("the bundled font is a font"));

/// The font file.
pub(crate) fn bytes() -> &'static [u8] {
    dejavu::sans::regular()
}

/// Width of a line of text in the unit of `size` (kerning not counted: it is below one per cent).
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let units: u32 = text
        .chars()
        .filter_map(|c| FACE.glyph_index(c))
        .filter_map(|glyph| FACE.glyph_hor_advance(glyph))
        .map(u32::from)
        .sum();
    f64::from(units) * size / f64::from(FACE.units_per_em())
}

/// `text` as it can be drawn: without control characters and the marks that reorder a line, and
/// with `\u{fffd}` for what the font has no glyph for.
pub(crate) fn drawable(text: &str) -> String {
    text.chars()
        .filter(|c| !is_control(*c))
        .map(|c| if FACE.glyph_index(c).is_some() { c } else { REPLACEMENT })
        .collect()
}

/// Whether a character is an order to the machine that reads it rather than something to read:
/// C0 and C1 controls, bidirectional overrides, and what XML does not allow.
pub(crate) fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A line of text made to fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) text: String,
    pub(crate) size: f64,
}

/// Shrinks `text` from `size` to no less than `least` until it is at most `room` wide, then cuts
/// its end off with an ellipsis.
pub(crate) fn fit(text: &str, size: f64, least: f64, room: f64) -> Fitted {
    let text = drawable(text);
    let natural = width(&text, size);
    if natural <= room {
        return Fitted { text, size };
    }
    // A hair less, so that rounding does not cut what was shrunk to fit.
    let size = (size * room / natural * (1.0 - 1e-9)).max(least);
    Fitted { text: elide(&text, |cut| width(cut, size) <= room), size }
}

/// `text` in lines that are at most `room` wide, broken after a comma where that is possible, else between words,
/// else within one: nothing is left out. `text` is [`drawable`].
pub(crate) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    // A hair less, so that rounding does not make a line too wide.
    let room = room * (1.0 - 1e-9);
    let wide = |piece: &str, used: f64| used + width(piece.trim_end(), size) > room;
    let (mut lines, mut used) = (vec![String::new()], 0.0);
    let mut put = |piece: &str, used: &mut f64| {
        if wide(piece, *used) {
            lines.push(String::new());
            *used = 0.0;
        }
        *used += width(piece, size);
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    };
    for fact in text.split_inclusive(", ") {
        if !wide(fact, 0.0) {
            put(fact, &mut used);
            continue;
        }
        for word in fact.split_inclusive(' ') {
            if !wide(word, 0.0) {
                put(word, &mut used);
                continue;
            }
            for c in word.chars() {
                put(c.encode_utf8(&mut [0; 4]), &mut used);
            }
        }
    }
    let lines = lines.into_iter().map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The longest start of `text` that fits, with an ellipsis where something is missing.
pub(crate) fn elide(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    let cut = |count: usize| format!("{}…", text[..ends[count]].trim_end());
    // Longer text is wider, so the longest that fits is found by halving.
    let longest = (0..ends.len()).collect::<Vec<_>>().partition_point(|&n| fits(&cut(n)));
    if longest == 0 { String::new() } else { cut(longest - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_the_width_that_the_font_gives_them() {
        // DejaVu Sans: 1303 of 2048 units for each digit.
        assert!((width("250", 10.0) - 3.0 * 13030.0 / 2048.0).abs() < 1e-9);
    }

    #[test]
    fn text_that_fits_is_left_alone() {
        assert_eq!(fit("NVIDIA", 7.0, 5.0, 100.0), Fitted { text: "NVIDIA".into(), size: 7.0 });
    }

    #[test]
    fn long_text_shrinks_first_and_is_cut_only_then() {
        let shrunk = fit(&"x".repeat(20), 10.0, 5.0, 100.0);
        assert_eq!(shrunk.text.len(), 20);
        assert!(shrunk.size < 10.0 && shrunk.size > 5.0);
        for length in 14..28 {
            assert_eq!(fit(&"x".repeat(length), 10.0, 5.0, 83.3).text.len(), length);
        }
        let cut = fit(&"x".repeat(500), 10.0, 5.0, 100.0);
        assert!(cut.text.ends_with("x…") && cut.size == 5.0);
        let w = width(&cut.text, 5.0);
        assert!(w <= 100.0 && w > 92.0, "{w}");
    }

    #[test]
    fn a_text_in_lines_is_whole_and_is_broken_after_a_fact_where_it_can_be() {
        let facts = "power limit 700 W, SM clock 1201 MHz, layout nn, engine cublas";
        let room = width("power limit 700 W, SM clock 1201 ", 7.0);
        assert_eq!(
            wrapped(facts, 7.0, room),
            ["power limit 700 W,", "SM clock 1201 MHz, layout nn,", "engine cublas"]
        );
        for (text, room) in
            [(facts, 60.0), ("x".repeat(200).as_str(), 50.0), (facts, 1e9), (facts, 1.0), ("", 10.0)]
        {
            let lines = wrapped(text, 7.0, room);
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
            assert!(room < 10.0 || lines.iter().all(|line| width(line, 7.0) <= room), "{lines:?}");
        }
    }

    #[test]
    fn where_nothing_fits_nothing_is_drawn() {
        assert_eq!(fit("wide", 10.0, 5.0, 1.0).text, "");
        assert_eq!(fit("", 10.0, 5.0, 0.0).text, "");
    }

    #[test]
    fn what_cannot_be_drawn_is_dropped_or_replaced() {
        assert_eq!(drawable("a\u{0}\u{7}\n\u{202e}b"), "ab");
        assert_eq!(drawable("卡 h·a"), "\u{fffd} h·a");
    }
}
