//! Rows in parts: those of a part have everything in common that the partition was refined by.

/// Which part each of some rows is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partition {
    parts: Vec<usize>,
    count: usize,
}

impl Partition {
    /// All of so many rows in one part.
    pub(super) fn one(rows: usize) -> Partition {
        Partition { parts: vec![0; rows], count: usize::from(rows > 0) }
    }

    /// The same, rows of different values in different parts. There are more parts than before unless the values follow
    /// from the parts.
    pub(super) fn refined(&self, values: &[u128]) -> Partition {
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        let key = |row: usize| (self.parts[row], values[row]);
        order.sort_unstable_by_key(|row| key(*row));
        let mut parts = vec![0; order.len()];
        let mut count = 0;
        for run in order.chunk_by(|a, b| key(*a) == key(*b)) {
            for row in run {
                parts[*row] = count;
            }
            count += 1;
        }
        Partition { parts, count }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn part(&self, row: usize) -> usize {
        self.parts[row]
    }

    /// The first row that shares its part with others, and how many they are together.
    pub(super) fn first_crowd(&self) -> Option<(usize, usize)> {
        let mut sizes = vec![0usize; self.count];
        for part in &self.parts {
            sizes[*part] += 1;
        }
        let first = self.parts.iter().position(|part| sizes[*part] > 1)?;
        Some((first, sizes[self.parts[first]]))
    }
}
