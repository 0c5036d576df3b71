//! Reads the recorded sweeps of the repository, and says which points of them a family's card is fitted to.

use hovera_core::{Engine, FileKind, Gemm, Op, Plan, Point, Readings, Results, Series, SweepSpec};
use hovera_predict::{CalibrationPoint, Card, Tile, measured_points, spread_points};
use std::path::PathBuf;

pub(crate) const H100: &str = "recorded/nvidia-h100-80gb-hbm3/";
pub(crate) const H200: &str = "recorded/nvidia-h200/";

/// What Hopper's constants are fitted to: points of seven sweeps of an H100, as they were when it was fitted, what a calibration measures, so that
/// another card's points tell by what the cards differ, and products drawn at random. What transfers to other shapes is
/// tried on sweeps that are not among them.
pub(crate) const HOPPER: &[(&str, usize)] = &[
    ("calibrations/nvidia-h100-80gb-hbm3/sweeps.toml", 390),
    ("calibrations/nvidia-h100-80gb-hbm3/points.toml", 33),
    ("calibration/nvidia-h100-80gb-hbm3/fit-f16.csv", 700),
    ("calibration/nvidia-h100-80gb-hbm3/fit-bf16.csv", 500),
];

/// What Ampere's are fitted to.
pub(crate) const AMPERE: &[(&str, usize)] = &[("reference/a100-sxm4-40gb-attention-a128.csv", 120)];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sweeps")
}

/// The text of a file of the folder `sweeps`.
pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The point of a chart's line at a hidden size, or at the nearest below that the line has.
pub(crate) fn attention_point(readings: &Readings, op: Op, series: Series, hidden: u32) -> Point {
    let step = u32::from(series.get());
    let most = hidden / readings.heads.get();
    // Of the series 64 every multiple, of the others every odd one.
    let mut head_dim = most / step * step;
    if step < 64 && (head_dim / step).is_multiple_of(2) {
        head_dim -= step;
    }
    let (heads, batch, seq) = (readings.heads.get(), readings.batch.get(), readings.seq.get());
    let spec = format!(
        "name = \"reading\"\nop = \"{op}\"\nheads = {heads}\nbatch = {batch}\nseq = {seq}\nhead_dim = {head_dim}\n"
    );
    let spec = SweepSpec::parse("reading", &spec).unwrap_or_else(|error| panic!("{error}"));
    Plan::expand(&spec, Engine::Cublas).unwrap_or_else(|error| panic!("{error}")).points()[0]
}

/// A results file of the folder `sweeps`.
pub(crate) fn read(name: &str) -> Results {
    let text = text(name);
    assert_eq!(FileKind::of_text(&text), Some(FileKind::Results), "{name}");
    Results::parse(name, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Its rows that a calibration can use.
pub(crate) fn points(name: &str) -> Vec<CalibrationPoint> {
    measured_points(&read(name), 0)
}

/// The points of a recipe.
pub(crate) fn chosen(recipe: &[(&str, usize)]) -> Vec<CalibrationPoint> {
    let of = |name: &str| if name.ends_with(".toml") { calibration(name) } else { points(name) };
    recipe.iter().flat_map(|(name, count)| spread_points(&of(name), *count)).collect()
}

/// The points that `hovera calibrate` measured on a card, as a card file has them: of a file of this crate.
pub(crate) fn calibration(name: &str) -> Vec<CalibrationPoint> {
    #[derive(serde::Deserialize)]
    struct Measured {
        points: Vec<Entry>,
    }
    #[derive(serde::Deserialize)]
    struct Entry {
        product: [u64; 4],
        layout: String,
        dtype: String,
        time_us: f64,
        clock_mhz: Option<f64>,
        tile: Option<[u16; 2]>,
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let measured: Measured = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let point = |entry: Entry| {
        let Entry { product: [batch, m, n, k], time_us, clock_mhz, .. } = entry;
        CalibrationPoint {
            gemm: Gemm::new(batch, m, n, k).unwrap_or_else(|error| panic!("{name}: {error}")),
            layout: entry.layout.parse().unwrap_or_else(|_| panic!("{name}: {}", entry.layout)),
            dtype: entry.dtype.parse().unwrap_or_else(|_| panic!("{name}: {}", entry.dtype)),
            time_us,
            clock_mhz,
            tile: entry.tile.map(|[n, m]| Tile::whole(n, m)),
        }
    };
    measured.points.into_iter().map(point).collect()
}

/// The card of a family, fitted from nothing but the starting values.
pub(crate) fn family(recipe: &[(&str, usize)]) -> Card {
    let results = recipe.iter().map(|(name, _)| *name).find(|name| name.ends_with(".csv"));
    let front_matter = read(results.expect("a recipe has a results file")).front_matter;
    let gpu = front_matter.device[0].name.clone();
    Card::calibrate(&gpu, &front_matter.software.gemm, chosen(recipe), false)
        .expect("the sweeps have enough points")
}
