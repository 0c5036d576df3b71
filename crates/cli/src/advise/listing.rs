//! Advice as a table for people.

use super::{Line, record};
use crate::args::TableFormat;
use crate::talk::grid::Grid;
use crate::talk::table::Room;
use crate::talk::voice::printable;
use anyhow::Result;
use hovera_advise::LEAST;
use hovera_core::{Origin, change_in_percent, in_percent};

const NOT_IN_IT: &str =
    "not in it: softmax, norms, activations, embeddings, fused attention, communication between ranks";

/// So many lines of a results file are printed for people; programs get all.
const MOST: usize = 30;

/// What is above a table, and what is below it.
pub(super) struct Around {
    /// Of what the advice is.
    pub(super) heading: String,
    /// What else there is to say.
    pub(super) remarks: Vec<String>,
    /// Whether lines are of a whole model, which has layers and parameters.
    pub(super) is_of_model: bool,
    /// Whether several cards were asked about.
    pub(super) several_cards: bool,
}

pub(super) fn text(
    lines: &[Line],
    around: &Around,
    format: TableFormat,
    width: Option<usize>,
) -> Result<String> {
    Ok(match format {
        TableFormat::Csv => record::csv(lines)?,
        TableFormat::Json => record::json(lines)?,
        TableFormat::Table => printable(&for_people(lines, around, |grid| grid.table(width))),
        TableFormat::Md => printable(&for_people(lines, around, Grid::markdown)),
    })
}

fn for_people(lines: &[Line], around: &Around, table: impl Fn(&Grid) -> String) -> String {
    let mut text = format!("{}\n", around.heading);
    if lines.is_empty() {
        let least = in_percent(LEAST, 0);
        text += &format!(
            "nothing to change: no neighbouring value saves {least} of the time or more with its whole interval above zero\n"
        );
    } else {
        text += &table(&grid(&lines[..lines.len().min(MOST)], around));
    }
    if lines.len() > MOST {
        text += &format!("and {} more; --format csv or json has all\n", lines.len() - MOST);
    }
    let predicted = lines.iter().any(|line| line.origin == Origin::Predicted);
    let note = "±: half the 80 % interval of what is saved of all; predicted, not measured";
    let measured = "±: half the 80 % interval of what is saved of all";
    if !lines.is_empty() {
        text += &format!("{}\n", if predicted { note } else { measured });
    }
    for remark in &around.remarks {
        text += &format!("note: {remark}\n");
    }
    text + NOT_IN_IT + "\n"
}

fn grid(lines: &[Line], around: &Around) -> Grid {
    let has_measured = lines.iter().any(|line| line.measured.is_some());
    let mut columns: Vec<(&str, Room)> = Vec::new();
    columns.extend((!around.is_of_model).then_some(("products", Room::Cut)));
    columns.extend([("size", Room::Kept), ("now", Room::Kept), ("better", Room::Kept)]);
    columns.extend(around.is_of_model.then_some(("saves of layer", Room::LeftOut(2))));
    columns.push((if around.is_of_model { "saves of all" } else { "saves" }, Room::Kept));
    columns.push(("±", Room::Kept));
    columns.extend(has_measured.then_some(("measured", Room::Kept)));
    columns.extend(around.is_of_model.then_some(("parameters", Room::LeftOut(3))));
    columns.extend([("FLOP", Room::LeftOut(4)), ("why", Room::LeftOut(6))]);
    columns.extend(around.several_cards.then_some(("least on", Room::LeftOut(1))));
    columns.extend((!around.is_of_model).then_some(("by", Room::LeftOut(5))));
    let row = |line: &Line| {
        let with_head_dim = |value: u32, side: usize| match line.head_dims {
            Some(dims) => format!("{value} of {}", dims[side]),
            None => value.to_string(),
        };
        let mut row = Vec::new();
        row.extend((!around.is_of_model).then(|| line.subject.clone()));
        row.extend([line.size.to_owned(), with_head_dim(line.from, 0), with_head_dim(line.to, 1)]);
        row.extend(
            around.is_of_model.then(|| line.of_layers.map(|share| in_percent(share, 1)).unwrap_or_default()),
        );
        row.extend([in_percent(line.saved, 1), in_percent(line.half_width, 1)]);
        row.extend(has_measured.then(|| {
            let said = |measured: &super::Measured| {
                format!("{} ± {}", in_percent(measured.saved, 1), in_percent(measured.half_width, 1))
            };
            line.measured.as_ref().map_or_else(|| "not measured".to_owned(), said)
        }));
        let change = |[before, after]: [u128; 2]| change_in_percent(after as f64 / before as f64, 1);
        row.extend(around.is_of_model.then(|| line.parameters.map(change).unwrap_or_default()));
        row.extend([change(line.flop), line.cause.to_string()]);
        row.extend(around.several_cards.then(|| line.card.clone()));
        row.extend((!around.is_of_model).then(|| line.origin.to_string()));
        row
    };
    let columns = columns.into_iter().map(|(name, room)| (name.to_owned(), room)).collect();
    Grid { columns, rows: lines.iter().map(row).collect() }
}
