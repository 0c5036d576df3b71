//! What the model sees of a product.

/// How wide the loads of the narrowest operand can be: it decides which generation of kernels there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Rows of an odd number of 16-bit elements: loads of 2 B.
    Odd,
    /// Rows that are multiples of 4 or 8 B.
    Even,
    /// Rows that are multiples of 16 B.
    Aligned,
}

impl Class {
    /// All, the narrowest first.
    pub const ALL: [Class; 3] = [Class::Odd, Class::Even, Class::Aligned];

    /// As card files and tables have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Odd => "odd",
            Class::Even => "even",
            Class::Aligned => "aligned",
        }
    }
}

/// A batched product as the model sees it. Sizes are in elements of 2 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// How many products.
    pub(crate) batch: f64,
    /// Rows of C.
    pub(crate) m: f64,
    /// Columns of C.
    pub(crate) n: f64,
    /// Length of the reduction.
    pub(crate) k: f64,
    /// Elements of a row of A and of B, as they are stored.
    pub(crate) rows: [u32; 2],
    /// Whether A and B are stored with k along their rows.
    pub(crate) along_k: [bool; 2],
    /// Elements of a row of C.
    pub(crate) row_c: u32,
    /// Whether elements are bf16 and not f16: their products draw less power.
    pub(crate) bf16: bool,
}

impl Shape {
    /// Of sizes and of how A (`transposed[0]`: k×m) and B (`transposed[1]`: n×k) are stored.
    #[must_use]
    pub(crate) fn new([batch, m, n, k]: [u32; 4], transposed: [bool; 2], bf16: bool) -> Shape {
        // A matrix of one row or column is a vector, which has no rows to be misaligned: its elements lie in one run.
        let row = |vector: bool, along_k: bool, other: u32| if vector || along_k { k } else { other };
        let along_k = [!transposed[0] || m == 1, transposed[1] || n == 1];
        Shape {
            batch: batch.into(),
            m: m.into(),
            n: n.into(),
            k: k.into(),
            rows: [row(m == 1, along_k[0], m), row(n == 1, along_k[1], n)],
            along_k,
            row_c: if n == 1 { m } else { n },
            bf16,
        }
    }

    /// The largest power of two, of elements, that divides every row.
    fn alignment(&self) -> u32 {
        let all = self.rows[0] | self.rows[1] | self.row_c;
        all & all.wrapping_neg()
    }

    /// Which kernels there are for it.
    #[must_use]
    pub(crate) fn class(&self) -> Class {
        match self.alignment() {
            1 => Class::Odd,
            2 | 4 => Class::Even,
            _ => Class::Aligned,
        }
    }

    /// Floating-point operations.
    #[must_use]
    pub(crate) fn flop(&self) -> f64 {
        2.0 * self.batch * self.m * self.n * self.k
    }

    /// Bytes that are read once.
    #[must_use]
    pub(crate) fn read(&self) -> f64 {
        2.0 * self.batch * self.k * (self.m + self.n)
    }

    /// Bytes that are written.
    #[must_use]
    pub(crate) fn written(&self) -> f64 {
        2.0 * self.batch * self.m * self.n
    }
}

/// A product as the choice of a tile goes: of which kind it is, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Chooser {
    /// Class and layout, which operands are misaligned, and whether a tile of 256 wastes columns.
    kind: (Class, [bool; 2], [bool; 3], bool),
    /// ln of n, k, m and, as it matters less, 0.3 times that of the batch count; the dtype.
    at: [f64; 5],
}

/// How far apart products are that differ by their dtype alone.
const OTHER_DTYPE: f64 = 0.5;

impl Chooser {
    pub(crate) fn new(shape: &Shape) -> Chooser {
        let bad = |row: u32| !row.is_multiple_of(8);
        let wastes = (shape.n / 256.0).ceil() * 2.0 > (shape.n / 128.0).ceil();
        let rows = [bad(shape.rows[0]), bad(shape.rows[1]), bad(shape.row_c)];
        Chooser {
            kind: (shape.class(), shape.along_k, rows, wastes),
            at: [
                shape.n.ln(),
                shape.k.ln(),
                shape.m.ln(),
                0.3 * shape.batch.ln(),
                OTHER_DTYPE * f64::from(shape.bf16),
            ],
        }
    }

    /// How far it is from a product of the same kind; none of other kinds.
    pub(crate) fn apart(&self, other: &Chooser) -> Option<f64> {
        let apart = || self.at.iter().zip(&other.at).map(|(a, b)| (a - b).abs()).sum();
        (self.kind == other.kind).then(apart)
    }
}
