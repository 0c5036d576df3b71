//! The constants of a card, each with its unit and its meaning. Nothing is fitted that is not in this table.

/// One constant: what it is called, counts, and how far it may be from where a fit starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constant {
    /// Its key in a card file.
    pub name: &'static str,
    /// Its unit; empty for a share or a factor.
    pub unit: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// Where the fit of a family's first card starts.
    pub start: f64,
    /// How far, in ln, the first fit may carry it at the cost of one residual of 2 %.
    pub freedom: f64,
}

/// The nearest number of six digits: the last of a fit differ from machine to machine.
pub(crate) fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// So little that no clock is lowered by it.
const NO_POWER: f64 = 1e-6;

macro_rules! constants {
    ($( $name:ident = $start:literal, $unit:literal, $freedom:literal, $meaning:literal; )+) => {
        /// What a card's products take, in numbers that mean something. All are above 0.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Constants {
            $( #[doc = $meaning] pub $name: f64, )+
        }

        impl Constants {
            /// Each constant, in the order of a card file.
            pub const TABLE: &'static [Constant] = &[ $( Constant {
                name: stringify!($name), unit: $unit, meaning: $meaning,
                start: $start, freedom: $freedom,
            }, )+ ];

            /// Where the fit of a family's first card starts.
            #[must_use]
            pub fn start() -> Constants {
                Constants { $( $name: $start, )+ }
            }

            /// The same with six digits each, as a card file has them.
            #[must_use]
            pub(crate) fn rounded(&self) -> Constants {
                Constants::of_values(&self.values().into_iter().map(six_digits).collect::<Vec<_>>())
            }

            /// The same of a card that always runs at its rated boost clock.
            #[must_use]
            pub(crate) fn at_rated_clock(self) -> Constants {
                Constants { light_clock: 1.0, power: NO_POWER, power_short: NO_POWER, ..self }
            }

            /// The values, in the order of the [table](Constants::TABLE).
            #[must_use]
            pub fn values(&self) -> Vec<f64> {
                vec![ $( self.$name, )+ ]
            }

            /// Of values in the order of the [table](Constants::TABLE).
            ///
            /// # Panics
            /// When there are not as many as constants.
            #[must_use]
            pub fn of_values(values: &[f64]) -> Constants {
                let [ $( $name, )+ ] = *values else { panic!("one value for each constant") };
                Constants { $( $name, )+ }
            }
        }
    };
}

constants! {
    tensor = 0.95, "", 0.2, "Share of the tensor cores' peak that a large tile of the aligned class reaches along k.";
    feed = 65.0, "B/cycle", 0.5, "Bytes that one SM's tiles of the aligned class take in from the L2 in a cycle.";
    tile_aligned = 1500.0, "cycles", 0.7, "What a tile of 32768 results costs beside its steps along k, aligned class: filling its stages, storing its results.";
    least_aligned = 1000.0, "cycles", 0.7, "The part of it that the smallest tile has too.";
    step_aligned = 0.6, "cycles", 0.7, "The least that one element of k takes a tile of the aligned class, however small it is.";
    drain_aligned = 2000.0, "cycles", 0.7, "What the last tile of 32768 results takes to be stored, with no other to hide it, aligned class.";
    line = 0.06, "", 0.7, "By how much of its cost beside k a tile costs more where rows do not start on 128 B.";
    sector = 0.06, "", 0.7, "The same where rows do not start on 32 B.";
    ahead = 0.3, "", 0.7, "Share of a tile's cost beside k that the next tile on the same SM hides, aligned class.";
    load_sector = 0.1, "", 0.7, "By how much longer operands take to the SMs whose rows do not start on 32 B, aligned class.";
    store_sector = 0.3, "", 0.7, "By how much longer results take to memory whose rows do not start on 32 B, aligned class.";
    even = 0.31, "", 0.5, "Share of the peak that a tile of 256x128 of the class even (rows of 4 or 8 B) reaches along k.";
    even_small = 0.43, "", 0.3, "By which power a step takes longer for each result in tiles of fewer than 16384, whose warps share less of what they load, class even.";
    even_drift = 0.08, "", 0.7, "By how much longer their steps are for each 128 of the tile's side along a misaligned operand, where rows drift against 256 B.";
    even_along = 0.02, "", 0.7, "By how much longer the steps of the class even are where A and B are both stored along k.";
    tile_even = 6500.0, "cycles", 0.5, "What a tile of 32768 results costs beside k, class even.";
    least_even = 1800.0, "cycles", 0.7, "The part of it that the smallest tile has too, class even.";
    odd = 0.15, "", 0.5, "Share of the peak that a tile of 256x128 of the class odd (rows of 2 B) reaches along k.";
    odd_small = 0.43, "", 0.3, "The same, class odd.";
    odd_pair = 0.1, "", 0.5, "By how much longer a step takes for each result in tiles of 16384 and fewer, two of which share an SM, class odd.";
    odd_drift = 0.01, "", 0.7, "As even_drift, class odd.";
    odd_along = 0.25, "", 0.5, "As even_along, class odd.";
    tile_odd = 6000.0, "cycles", 0.5, "What a tile of 32768 results costs beside k, class odd.";
    least_odd = 600.0, "cycles", 0.7, "The part of it that the smallest tile has too, class odd.";
    step_narrow = 8.0, "cycles", 0.7, "The least that one element of k takes a tile of the classes even and odd.";
    lone_even = 0.3, "", 0.7, "By how much longer a step takes a tile of the class even that has an SM to itself on which several would fit: nothing hides its latencies.";
    lone_odd = 0.1, "", 0.7, "The same, class odd.";
    reduce_us = 3.0, "µs", 0.5, "What a second kernel takes that adds up the parts of a reduction, beside its bytes, classes even and odd.";
    reduce_aligned_us = 1.5, "µs", 0.5, "The same, class aligned.";
    hidden = 0.5, "", 0.5, "Share of a tile's cost beside k that another tile on the same SM hides, where there is one.";
    fill = 0.2, "", 0.7, "Share of a step along k that is not paid where it lies outside the product, classes even and odd.";
    fill_n = 0.2, "", 0.7, "The same of a tile's columns.";
    drift = 5.0, "elements", 0.5, "How far from a multiple of 128 elements a row's length is where the drift matters by 63 %.";
    wave = 0.8, "", 0.3, "Share of the last wave's empty places that is paid for; the rest other tiles make up for.";
    dram_read = 0.87, "", 0.05, "Share of the datasheet's bandwidth at which operands come from memory.";
    dram_write = 0.80, "", 0.05, "Share of it at which results go to memory.";
    store = 0.03, "", 1.0, "Share of the time of the results' way to memory that nothing hides.";
    l2_read = 30.0, "B/cycle", 0.5, "Bytes that each SM reads or writes in a cycle where all of it stays in the L2.";
    l2_share = 0.5, "", 0.3, "Share of the L2 that operands and results may fill and still be found there half of the time.";
    l2_edge = 10.0, "", 0.5, "Power by which less is found in the L2 the more operands and results exceed that.";
    ramp_us = 1.5, "µs", 0.7, "What memory takes to get going and to end, in a launch whose operands are not in the L2.";
    l2_keep = 0.3, "", 0.5, "Of the results that fit the L2, the share that stays there and need not go to memory at once.";
    reach = 40.0, "B/cycle", 0.5, "Bytes that one SM alone can fetch from memory in a cycle: few tiles do not fill the bandwidth.";
    overlap = 3.0, "", 0.5, "Exponent of the norm that joins arithmetic and the reads that feed it, aligned class: 1 adds both, a large one takes the longer.";
    overlap_narrow = 5.0, "", 0.5, "The same of the classes even and odd.";
    start_us = 1.1, "µs", 0.5, "Start of a launch among others of its graph.";
    alone_us = 3.0, "µs", 0.3, "What a launch of a large product takes more, which is timed alone: ramp and tail that no other launch hides.";
    light_clock = 1.008, "", 0.03, "SM clock where the power limit does not bind, as a share of the rated boost.";
    idle_clock = 1.138, "", 0.1, "SM clock that the power limit would leave if the tensor cores did nothing, as a share of the rated boost.";
    power = 0.42, "", 0.3, "By how much longer than at idle_clock a cycle is where the tensor cores are busy all the time, in large products, f16.";
    power_short = 0.28, "", 0.3, "The same in products that take at most 300 MB, which are timed in short graphs after a rest.";
    power_long = 0.5, "", 0.5, "By how much more the power limit takes of launches that are far longer than 15 ms.";
    power_bf16 = 0.8, "", 0.4, "What a bf16 product takes of the power of one in f16.";
}
