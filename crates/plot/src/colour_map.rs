//! Colours for numbers: viridis, which is perceptually uniform, readable by the colour-blind and in
//! grey (van der Walt and Smith, matplotlib 1.5; public domain).

use plotters::style::RGBColor;

/// The colour of a part from 0 to 1, dark to bright; parts outside have that of the nearest end.
pub(crate) fn viridis(part: f64) -> RGBColor {
    let colour = colorous::VIRIDIS.eval_continuous(part.clamp(0.0, 1.0));
    RGBColor(colour.r, colour.g, colour.b)
}

/// Black or white, whichever is told better from a ground: the one whose contrast by WCAG 2.2 is
/// higher.
pub(crate) fn text_on(ground: RGBColor) -> RGBColor {
    let RGBColor(red, green, blue) = ground;
    let linear = |channel: u8| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    let (on_black, on_white) = ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05));
    if on_black > on_white { RGBColor(0, 0, 0) } else { RGBColor(255, 255, 255) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_matplotlibs() {
        assert_eq!(viridis(0.0), RGBColor(0x44, 0x01, 0x54));
        assert_eq!(viridis(1.0), RGBColor(0xfd, 0xe7, 0x25));
        assert_eq!(viridis(-7.0), viridis(0.0));
        // #21918c in matplotlib.
        let RGBColor(red, green, blue) = viridis(0.5);
        assert!(red.abs_diff(0x21) < 3 && green.abs_diff(0x91) < 3 && blue.abs_diff(0x8c) < 3);
    }

    #[test]
    fn text_is_white_on_the_dark_end_and_black_on_the_bright_one() {
        assert_eq!(text_on(viridis(0.0)), RGBColor(255, 255, 255));
        assert_eq!(text_on(viridis(1.0)), RGBColor(0, 0, 0));
    }
}
