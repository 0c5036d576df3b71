//! Benchmark results as charts: a plain [`Chart`], drawn as SVG, PNG and PDF.
//!
//! ```
//! use hovera_plot::{Axis, Chart, Colour, Dash, DataPoint, Figure, Intervals, Style, Trace};
//! let chart = Chart {
//!     title: "Made up".into(),
//!     subtitle: None,
//!     x: Axis::linear("Hidden Size", 0.0, 32768.0, 4096.0),
//!     y: Axis::linear("Throughput (TFLOPs/s)", 0.0, 250.0, 50.0),
//!     cells: None,
//!     traces: vec![Trace {
//!         label: "h/a = 64".into(),
//!         listed: true,
//!         heading: None,
//!         colour: Colour::hex(0xe377c2),
//!         style: Style::Line(Dash::Solid),
//!         points: [(768.0, 61.5), (32256.0, 233.0)].map(DataPoint::from).to_vec(),
//!         intervals: Intervals::None,
//!     }],
//!     caption: None,
//!     desc: "A line from 61.5 to 233 TFLOP/s.".into(),
//! };
//! let figure = Figure::draw(&chart)?;
//! // 72 px is hidden size 0, 656 px is 32768; 440 px is 0 TFLOP/s, 50 px is 250.
//! assert!(figure.svg().contains(r#"d="M85.69 344.06L646.88 76.52""#));
//! assert!(figure.svg().contains(">Hidden Size</text>"));
//! assert!(figure.png()?.starts_with(b"\x89PNG"));
//! assert!(figure.pdf()?.starts_with(b"%PDF"));
//! # Ok::<(), hovera_plot::PlotError>(())
//! ```

#![forbid(unsafe_code)]

mod canvas;
mod chart;
mod colour_map;
mod decimate;
mod draw;
mod error;
mod figure;
mod fleet;
mod font;
mod font_subset;
mod layout;
mod marker_shape;
mod round_range;
mod scale;
mod shares;
mod significant;
mod terminal;
mod throughput;
mod xml;

pub use decimate::thinned_line;

pub use chart::{
    Axis, Cells, Chart, Colour, Dash, DataPoint, Density, Intervals, Marker, RowPlace, Spacing, Style, Trace,
};
pub use error::PlotError;
pub use figure::Figure;
pub use fleet::{CardDeviation, FleetChart};
pub use terminal::terminal_text;

pub use shares::{Part, SharesChart, Wholes};
pub use throughput::{
    AxisMax, AxisMaxError, ChartError, ChartKind, ChartOptions, Markers, NamedChart, NamedResults, Note,
    Overlay, charts, charts_across, readings_charts, suited_kind, with_readings,
};
