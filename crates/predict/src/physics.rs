//! What a product takes, by constants that mean something.
//!
//! A product is cut into tiles, tiles fill the SMs in waves, a tile takes its steps along k and what it costs besides;
//! memory takes its bytes, or the L2 where they fit; both overlap; a launch has its start; and the power limit sets the clock.

use crate::constants::Constants;
use crate::shape::{Class, Shape};
use crate::tiles::{Tile, WHOLE_TILE, at_once, candidates};

/// What of a datasheet counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sheet {
    /// Streaming multiprocessors.
    pub(crate) sms: f64,
    /// FLOP that the tensor cores of an SM do in a cycle.
    pub(crate) peak: f64,
    /// Memory bandwidth in B/µs, which is MB/s times 10⁻⁶ or GB/s times 10³.
    pub(crate) bandwidth: f64,
    /// L2 in bytes.
    pub(crate) l2: f64,
    /// Rated boost clock in MHz.
    pub(crate) boost: f64,
    /// Whether aligned products have kernels that copy by TMA, which came with Hopper.
    pub(crate) has_tma: bool,
}

/// Products that take more bytes are timed launch by launch (see `hovera_core::Size`), so that each pays its own ramp.
const TIMED_ALONE: f64 = 300e6;

/// µs of a launch over which the power limit sees more than its start.
const LONG: f64 = 15e3;

/// What limits a product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// Time of a launch in µs.
    pub(crate) time: f64,
    /// SM clock in MHz.
    pub(crate) clock: f64,
    /// µs that the arithmetic takes, tiles and waves counted.
    pub(crate) compute: f64,
    /// µs that the memory takes.
    pub(crate) memory: f64,
    /// The tile.
    pub(crate) tile: Tile,
}

/// A second tile is named where it costs at most this factor of the first one's time.
pub(crate) const CLOSE: f64 = 1.03;

/// What is the same for all tiles of a product.
struct Common<'a> {
    shape: &'a Shape,
    class: Class,
    sheet: &'a Sheet,
    by: &'a Constants,
    /// How far rows drift against 256 B, 0 to 1, of A and of B.
    drift: [f64; 2],
    /// What rows that start off lines and sectors add to a tile's cost beside k.
    beside: f64,
    /// By how much longer results take to memory, and operands to the SMs, whose rows start off sectors.
    off_sector: [f64; 2],
    /// Whether products run one by one, each paying its ramp.
    alone: bool,
}

/// Elements of a sector, of 32 B.
const SECTOR: u32 = 16;

/// Results of the smallest tile whose warps are as large as those of the largest.
const LARGE_WARPS: f64 = 16384.0;

/// The longest reduction that the kernels of the class even take in steps of 32.
const FEW_STEPS: f64 = 144.0;

/// The norm that joins two limits: 1 adds them, a large exponent takes the longer.
fn join(a: f64, b: f64, exponent: f64) -> f64 {
    let (short, long) = if a < b { (a, b) } else { (b, a) };
    if long <= 0.0 {
        return 0.0;
    }
    let ratio = short / long;
    // Below this share the short one changes nothing that is seen.
    if ratio < 1e-3 && exponent > 1.5 {
        long
    } else {
        long * (1.0 + ratio.powf(exponent)).powf(1.0 / exponent)
    }
}

/// The same with exponent 8, of two limits of one step.
fn join8(a: f64, b: f64) -> f64 {
    let eighth = |x: f64| {
        let square = x * x;
        let fourth = square * square;
        fourth * fourth
    };
    (eighth(a) + eighth(b)).sqrt().sqrt().sqrt()
}

fn waves_of(tiles: f64, sms: f64, share: f64) -> f64 {
    let waves = tiles / sms;
    if waves <= 1.0 { 1.0 } else { share * waves.ceil() + (1.0 - share) * waves }
}

impl<'a> Common<'a> {
    fn new(shape: &'a Shape, sheet: &'a Sheet, by: &'a Constants) -> Common<'a> {
        let drift = |row: u32| {
            let off = f64::from(row) - 128.0 * (f64::from(row) / 128.0).round();
            1.0 - (-off.abs() / by.drift).exp()
        };
        let bad = |row: u32| !row.is_multiple_of(8);
        let [a, b] = shape.rows;
        let drift_of = |row: u32| if bad(row) { drift(row) } else { 0.0 };
        let off = |rows: u32| {
            [a, b, shape.row_c].iter().filter(|row| !row.is_multiple_of(rows)).count() as f64 / 3.0
        };
        Common {
            shape,
            class: shape.class(),
            sheet,
            by,
            drift: [drift_of(a), drift_of(b)],
            beside: 1.0 + by.line * off(64) + by.sector * off(16),
            off_sector: {
                let is_off = |row: u32| f64::from(!row.is_multiple_of(SECTOR));
                let loads = is_off(a) * shape.m + is_off(b) * shape.n;
                [
                    1.0 + by.store_sector * is_off(shape.row_c),
                    1.0 + by.load_sector * loads / (shape.m + shape.n),
                ]
            },
            alone: shape.read() + shape.written() > TIMED_ALONE,
        }
    }

    /// SM clock in MHz where the power limit does not bind.
    fn light(&self) -> f64 {
        self.by.light_clock * self.sheet.boost
    }

    /// Cycles of the SMs.
    fn cycles(&self, tile: Tile) -> f64 {
        let (shape, by) = (self.shape, self.by);
        let (tn, tm) = (f64::from(tile.n), f64::from(tile.m));
        let split = f64::from(tile.split);
        let padded = |x: f64, step: f64, fill: f64| (1.0 - fill) * (x / step).ceil() * step + fill * x;
        let [fill, fill_n] = if self.class == Class::Aligned { [0.0; 2] } else { [by.fill, by.fill_n] };
        // Few steps: kernels with shorter ones.
        let short = self.class == Class::Odd || (self.class == Class::Even && shape.k <= FEW_STEPS);
        let block = if short { 32.0 } else { 64.0 };
        let steps = padded(shape.k / split, block, fill);
        let columns = (shape.n / tn).ceil();
        let used = padded(shape.n, tn, fill_n) / (columns * tn);
        let (least_step, whole, least) = match self.class {
            Class::Aligned => (by.step_aligned, by.tile_aligned, by.least_aligned),
            Class::Even => (by.step_narrow, by.tile_even, by.least_even),
            Class::Odd => (by.step_narrow, by.tile_odd, by.least_odd),
        };
        let flop = 2.0 * tn * tm / self.sheet.peak;
        // Small tiles share an SM: together they are as fast as one large one, each alone is held up by its latencies.
        let fills = self.class == Class::Aligned && self.sheet.has_tma;
        let together = at_once(self.class, self.sheet.has_tma, tile);
        let fewer = (LARGE_WARPS / (tn * tm)).max(1.0);
        let smaller = |power: f64| if fewer > 1.0 { fewer.powf(power) } else { 1.0 };
        let step = match self.class {
            Class::Aligned => {
                let [_, loads] = self.off_sector;
                join8(flop / by.tensor.min(1.0), 2.0 * (tn + tm) / by.feed * loads)
            }
            Class::Even => {
                flop / by.even * smaller(by.even_small) * self.narrow(by.even_drift, by.even_along, tn, tm)
            }
            Class::Odd => {
                flop / by.odd
                    * smaller(by.odd_small)
                    * if together > 1.0 { 1.0 + by.odd_pair } else { 1.0 }
                    * self.narrow(by.odd_drift, by.odd_along, tn, tm)
            }
        };
        let tiles = shape.batch * columns * (shape.m / tm).ceil() * split;
        let waves = waves_of(tiles, self.sheet.sms * together, by.wave);
        let there = (tiles / self.sheet.sms).ceil().min(together);
        let cost = least + (whole - least).max(0.0) * tn * tm / WHOLE_TILE * self.beside;
        let alone_there = match self.class {
            Class::Aligned => 0.0,
            Class::Even => by.lone_even,
            Class::Odd => by.lone_odd,
        };
        let lone = 1.0 + alone_there * (1.0 - there / together);
        let alone = steps * (step * used * lone).max(least_step) + cost;
        let shown = if there > 1.0 { (1.0 - by.hidden).max(0.0) } else { 1.0 };
        let crowded = there * used * (steps * step + shown * (cost - least)) + least;
        let drain = if self.class == Class::Aligned { by.drain_aligned * tn * tm / WHOLE_TILE } else { 0.0 };
        if fills {
            // A tile's loads begin while the one before on its SM is stored.
            return waves * alone - (waves - 1.0) * by.ahead.min(1.0) * cost + drain;
        }
        waves * alone.max(crowded) + drain
    }

    /// By how much longer steps are whose loads are narrow.
    fn narrow(&self, drift: f64, along: f64, tn: f64, tm: f64) -> f64 {
        let drifting = drift * (self.drift[0] * tm + self.drift[1] * tn) / 128.0;
        (1.0 + drifting) * if self.shape.along_k == [true; 2] { 1.0 + along } else { 1.0 }
    }

    /// µs of the memory, at this clock in MHz.
    fn memory(&self, tile: Tile, clock: f64) -> Memory {
        let (shape, by) = (self.shape, self.by);
        let (read, written) = (shape.read(), shape.written());
        let all = read + written;
        let l2 = by.l2_share * self.sheet.l2;
        let cached = 1.0 / (1.0 + (all / l2).powf(by.l2_edge));
        let tiles = shape.batch
            * (shape.n / f64::from(tile.n)).ceil()
            * (shape.m / f64::from(tile.m)).ceil()
            * f64::from(tile.split);
        let busy = tiles.min(self.sheet.sms);
        let reach = by.reach * busy * clock;
        let bandwidth = |share: f64| join8(1.0 / (share * self.sheet.bandwidth), 1.0 / reach);
        let [stores_off, _] = if self.class == Class::Aligned { self.off_sector } else { [1.0; 2] };
        let store = written * bandwidth(by.dram_write) * stores_off;
        let kept = cached * by.l2_keep.min(1.0);
        let through_l2 = 1.0 / (by.l2_read * busy * clock);
        let reads = join8((1.0 - cached) * read * bandwidth(by.dram_read), read * through_l2);
        let stores = join8((1.0 - kept) * (1.0 - by.store) * store, written * through_l2 * stores_off);
        let ramp = (1.0 - cached) * by.ramp_us;
        Memory { reads, all: reads + stores, bare: (1.0 - kept) * by.store * store + ramp }
    }

    /// µs of the kernel that adds up the parts of a reduction, of the classes even and odd: it reads each in f32 and writes
    /// their sum, after the first kernel wrote them.
    fn second_kernel(&self, tile: Tile, clock: f64) -> f64 {
        if tile.split == 1 {
            return 0.0;
        }
        let least = if self.class == Class::Aligned { self.by.reduce_aligned_us } else { self.by.reduce_us };
        let parts = 2.0 * 4.0 * f64::from(tile.split) * self.shape.batch * self.shape.m * self.shape.n;
        least + parts / (self.by.l2_read * self.sheet.sms * clock)
    }

    /// Of a tile and the cycles that it takes.
    fn terms(&self, tile: Tile, cycles: f64) -> Terms {
        let (by, shape) = (self.by, self.shape);
        let exponent = if self.class == Class::Aligned { by.overlap } else { by.overlap_narrow }.max(1.0);
        let memory = self.memory(tile, self.light());
        // Reads feed the arithmetic, which waits for them now and then; stores go their way beside it.
        let at = |clock: f64| join8(join(cycles / clock, memory.reads, exponent), memory.all);
        let light = at(self.light());
        let share = shape.flop() / (light * self.light() * self.sheet.sms * self.sheet.peak);
        let power = if self.alone { by.power } else { by.power_short };
        let longer = (light / LONG).powi(2);
        let of_dtype = if shape.bf16 { by.power_bf16 } else { 1.0 };
        let power = power * (1.0 + by.power_long * longer / (1.0 + longer)) * of_dtype;
        let capped = by.idle_clock * self.sheet.boost / (1.0 + power * share);
        let clock = if self.class == Class::Aligned { self.light().min(capped) } else { self.light() };
        let start = by.start_us + if self.alone { by.alone_us } else { 0.0 };
        let time = at(clock) + memory.bare + start + self.second_kernel(tile, clock);
        Terms { time, clock, compute: cycles / clock, memory: memory.all, tile }
    }
}

/// µs that the memory takes.
struct Memory {
    /// For what is read.
    reads: f64,
    /// For that and what is written beside.
    all: f64,
    /// For what is written and nothing hides.
    bare: f64,
}

/// The least that a product can take, in µs: its FLOP at the peak, and, where it is too large for the L2, its bytes at the
/// bandwidth, by the datasheet at the highest clock.
#[must_use]
pub(crate) fn least_time(shape: &Shape, sheet: &Sheet) -> f64 {
    let compute = shape.flop() / (sheet.peak * sheet.sms * sheet.boost * HIGHEST_CLOCK);
    let bytes = shape.read() + shape.written();
    let memory = if bytes > sheet.l2 { (bytes - sheet.l2) / sheet.bandwidth } else { 0.0 };
    compute.max(memory)
}

/// The highest clock over the rated boost: 1980 over 1830 MHz on an H100.
const HIGHEST_CLOCK: f64 = 1.1;

/// What a product takes by one tile.
#[must_use]
pub(crate) fn with_tile(shape: &Shape, sheet: &Sheet, by: &Constants, tile: Tile) -> Terms {
    let common = Common::new(shape, sheet, by);
    common.terms(tile, common.cycles(tile))
}

/// What a product takes by the tile that ends first, and by the one after it, where that is [close](CLOSE).
pub(crate) struct Ruled {
    pub(crate) best: Terms,
    pub(crate) next: Option<Terms>,
}

/// By the rule that the library takes the tile that ends first.
pub(crate) fn two_best(shape: &Shape, sheet: &Sheet, by: &Constants) -> Ruled {
    let common = Common::new(shape, sheet, by);
    let mut ruled: Option<Ruled> = None;
    for tile in candidates(common.class, shape, sheet) {
        let cycles = common.cycles(tile);
        // What its arithmetic alone takes longer than a better one takes at all is neither.
        if ruled.as_ref().is_some_and(|ruled| cycles > CLOSE * ruled.best.time * common.light()) {
            continue;
        }
        let terms = common.terms(tile, cycles);
        ruled = Some(match ruled {
            None => Ruled { best: terms, next: None },
            Some(Ruled { best, .. }) if terms.time < best.time => Ruled { best: terms, next: Some(best) },
            Some(Ruled { best, next }) => {
                let next = next.filter(|next| next.time <= terms.time).unwrap_or(terms);
                Ruled { best, next: Some(next) }
            }
        });
    }
    ruled.expect("every class has tiles")
}

/// What a product takes by the tile that ends first.
pub(crate) fn by_rule(shape: &Shape, sheet: &Sheet, by: &Constants) -> Terms {
    two_best(shape, sheet, by).best
}
