//! The cells of a heat map, and the numbers in them.

use super::{Area, Drawn, at, markers, snapped, write};
use crate::chart::Cells;
use crate::colour_map::{text_on, viridis};
use crate::font;
use crate::layout::{Key, Label, Layout, pt};
use crate::significant::decimals_of;
use plotters::prelude::Rectangle;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color as _, RGBColor};

/// Of a cell without a value: no colour of the map.
const EMPTY: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
const NUMBER_FONT: f64 = pt(8.0);
/// Smaller numbers are left out of all cells.
const LEAST_NUMBER_FONT: f64 = pt(5.0);
/// From the middle of a noisy cell's dot to two of its sides, in pixels.
const NOISY_ROOM: f64 = 5.0;
/// From a number to the sides of its cell, in pixels.
const PADDING: f64 = 3.0;

pub(super) fn cells(cells: &Cells, layout: &Layout, area: &Area<'_>) -> Drawn {
    for (value, low, high) in placed(cells, layout) {
        let colour = value.map_or(EMPTY, |value| colour(value, layout));
        area.draw(&Rectangle::new([at(snapped(low)), at(snapped(high))], colour.filled()))?;
    }
    Ok(())
}

/// A hollow dot in the upper right corner of each noisy cell.
pub(super) fn noisy(cells: &Cells, layout: &Layout, area: &Area<'_>) -> Drawn {
    for (row, column) in &cells.noisy {
        let (left, bottom) = layout.place((*column as f64, *row as f64));
        let (right, top) = layout.place((*column as f64 + 1.0, *row as f64 + 1.0));
        // No more than a quarter of a small cell.
        let scale = ((right - left).min(bottom - top) / 4.0 / NOISY_ROOM).min(1.0);
        let centre = (right - NOISY_ROOM * scale, top + NOISY_ROOM * scale);
        markers::key(Key::Noisy, centre, scale, area)?;
    }
    Ok(())
}

/// Each cell's value in it, in one size, where all of them fit.
pub(super) fn numbers(cells: &Cells, layout: &Layout, area: &Area<'_>) -> Drawn {
    let with_numbers = || placed(cells, layout).filter_map(|(value, low, high)| Some((value?, low, high)));
    let decimals = decimals_of(with_numbers().map(|(value, ..)| value).fold(0.0, f64::max));
    let written = |value: f64| format!("{value:.decimals$}");
    let widest = with_numbers().map(|(value, ..)| font::width(&written(value), 1.0)).fold(0.0, f64::max);
    let Some((_, low, high)) = with_numbers().next() else { return Ok(()) };
    let (width, height) = (high.0 - low.0 - 2.0 * PADDING, low.1 - high.1 - 2.0 * PADDING);
    let size = NUMBER_FONT.min(width / widest).min(height);
    if size < LEAST_NUMBER_FONT {
        return Ok(());
    }
    for (value, low, high) in with_numbers() {
        let middle = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1) + 0.38 * size);
        let label = Label { text: written(value), size, at: middle };
        write(&label, HPos::Center, text_on(colour(value, layout)), area)?;
    }
    Ok(())
}

fn colour(value: f64, layout: &Layout) -> RGBColor {
    viridis(layout.colour_bar.as_ref().map_or(0.0, |bar| bar.scale.part(value)))
}

/// Every cell with the places of its lower left and upper right corners.
fn placed(cells: &Cells, layout: &Layout) -> impl Iterator<Item = (Option<f64>, (f64, f64), (f64, f64))> {
    cells.rows.iter().enumerate().flat_map(move |(j, row)| {
        row.iter().enumerate().map(move |(i, value)| {
            let corner = |i: usize, j: usize| layout.place((i as f64, j as f64));
            (*value, corner(i, j), corner(i + 1, j + 1))
        })
    })
}
