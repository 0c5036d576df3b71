//! The columns of a Parquet file, by name.
//!
//! The `parquet` crate reads what describes the file and takes the values out of the pages; [`pages`] decompresses them,
//! in Rust alone.

#[cfg(test)]
pub(crate) mod made_up;
mod pages;

use bytes::Bytes;
use hovera_core::MAX_POINTS;
use pages::Pages;
use parquet::basic::Type as Physical;
use parquet::column::reader::{get_column_reader, get_typed_column_reader};
use parquet::data_type::{ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// So many values are read at once.
const BATCH: usize = 1 << 13;

/// The most rows, in all its groups, that a file may have.
const MOST_ROWS: usize = MAX_POINTS as usize;

/// So many rows to a byte no table has: a time differs from row to row. A small file could ask for all memory with more.
const ROWS_OF_A_BYTE: usize = 16;

/// A file whose description was read and found possible.
pub(crate) struct Parquet {
    bytes: Bytes,
    metadata: ParquetMetaData,
    rows: usize,
}

/// The values of a column, one for each row; none where it has none.
#[derive(Debug, PartialEq)]
pub(crate) enum Column {
    /// Texts: each distinct one once, in the order in which they come, and by its place there.
    Words(Words),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Words {
    pub(crate) distinct: Vec<String>,
    pub(crate) of_row: Vec<Option<u32>>,
}

impl Words {
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        Some(&self.distinct[self.of_row[row]? as usize])
    }
}

impl Column {
    /// What stands in a row, as text; nothing where it has no value.
    pub(crate) fn text(&self, row: usize) -> String {
        match self {
            Column::Words(words) => words.get(row).unwrap_or_default().to_owned(),
            Column::Integers(integers) => {
                integers[row].map(|integer| integer.to_string()).unwrap_or_default()
            }
            Column::Numbers(numbers) => numbers[row].map(|number| number.to_string()).unwrap_or_default(),
        }
    }
}

impl Parquet {
    /// Reads the description at the end of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Parquet, String> {
        let bytes = Bytes::from(bytes);
        let read = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip);
        let metadata = guarded(|| read.parse_and_finish(&bytes).map_err(|error| error.to_string()))?;
        let mut rows = 0_usize;
        for group in metadata.row_groups() {
            let of_group =
                usize::try_from(group.num_rows()).map_err(|_| "a negative number of rows".to_owned())?;
            rows = rows
                .checked_add(of_group)
                .filter(|rows| *rows <= MOST_ROWS)
                .ok_or_else(|| format!("more than {MOST_ROWS} rows, the most that are read"))?;
            for chunk in group.columns() {
                check(chunk, of_group, bytes.len())?;
            }
        }
        if rows > ROWS_OF_A_BYTE * bytes.len() {
            return Err(format!("it says that {rows} rows are in {} bytes: it is damaged", bytes.len()));
        }
        Ok(Parquet { bytes, metadata, rows })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The names of its columns; of one with parts, those of the parts.
    pub(crate) fn names(&self) -> Vec<String> {
        let columns = self.metadata.file_metadata().schema_descr().columns();
        columns.iter().map(|column| column.path().string()).collect()
    }

    /// All values of a column by its place.
    ///
    /// # Errors
    /// When it is of no type that is read here, or damaged.
    pub(crate) fn column(&self, place: usize) -> Result<Column, String> {
        let description = self.metadata.file_metadata().schema_descr().column(place);
        let name = description.path().string();
        if description.max_rep_level() > 0 || description.max_def_level() > 1 {
            return Err(format!("column {name:?} is nested: want one value in a row"));
        }
        let read = || match description.physical_type() {
            Physical::BYTE_ARRAY => self.words(place).map(Column::Words),
            Physical::INT32 => self.values::<Int32Type, i64>(place, i64::from).map(Column::Integers),
            Physical::INT64 => self.values::<Int64Type, i64>(place, |value| value).map(Column::Integers),
            Physical::FLOAT => self.values::<FloatType, f64>(place, f64::from).map(Column::Numbers),
            Physical::DOUBLE => self.values::<DoubleType, f64>(place, |value| value).map(Column::Numbers),
            other => Err(format!("of type {other}: want texts, integers or numbers")),
        };
        guarded(read).map_err(|why| format!("column {name:?}: {why}"))
    }

    fn words(&self, place: usize) -> Result<Words, String> {
        let mut places: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let mut words = Words::default();
        let mut last: Option<(Vec<u8>, u32)> = None;
        self.read::<ByteArrayType>(place, |value| {
            let Some(value) = value else {
                words.of_row.push(None);
                return Ok(());
            };
            let bytes = value.data();
            let known = last.as_ref().filter(|(text, _)| text == bytes).map(|(_, place)| *place);
            let known = known.or_else(|| places.get(bytes).copied());
            let at = match known {
                Some(at) => at,
                None => {
                    let text =
                        std::str::from_utf8(bytes).map_err(|_| "a text that is not UTF-8".to_owned())?;
                    let at = u32::try_from(words.distinct.len()).map_err(|error| error.to_string())?;
                    words.distinct.push(text.to_owned());
                    places.insert(bytes.to_vec(), at);
                    at
                }
            };
            if last.as_ref().is_none_or(|(_, place)| *place != at) {
                last = Some((bytes.to_vec(), at));
            }
            words.of_row.push(Some(at));
            Ok(())
        })?;
        Ok(words)
    }

    fn values<T: DataType, V>(&self, place: usize, of: fn(T::T) -> V) -> Result<Vec<Option<V>>, String> {
        let mut values = Vec::new();
        self.read::<T>(place, |value| {
            values.push(value.map(of));
            Ok(())
        })?;
        Ok(values)
    }

    /// Takes the values of a column one by one, group by group. Its physical type must be that of `T`.
    fn read<T: DataType>(
        &self,
        place: usize,
        mut take: impl FnMut(Option<T::T>) -> Result<(), String>,
    ) -> Result<(), String> {
        let description = self.metadata.file_metadata().schema_descr().column(place);
        let is_optional = description.max_def_level() > 0;
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        for group in self.metadata.row_groups() {
            let rows = usize::try_from(group.num_rows()).map_err(|error| error.to_string())?;
            let pages = Pages::open(&self.bytes, group.column(place), rows)?;
            let mut column =
                get_typed_column_reader::<T>(get_column_reader(description.clone(), Box::new(pages)));
            let mut left = rows;
            while left > 0 {
                values.clear();
                levels.clear();
                let levels_wanted = is_optional.then_some(&mut levels);
                let read = column.read_records(left.min(BATCH), levels_wanted, None, &mut values);
                let (records, ..) = read.map_err(|error| error.to_string())?;
                if records == 0 {
                    return Err(format!("{left} of {rows} rows are missing"));
                }
                let mut present = values.drain(..);
                for row in 0..records {
                    let is_there = !is_optional || levels.get(row).is_some_and(|level| *level > 0);
                    let value =
                        if is_there { Some(present.next().ok_or("values are missing")?) } else { None };
                    take(value)?;
                }
                left = left.checked_sub(records).ok_or("more values than rows")?;
            }
        }
        Ok(())
    }
}

/// Refuses what the `parquet` crate would not survive: places outside of the file.
fn check(chunk: &ColumnChunkMetaData, rows: usize, length: usize) -> Result<(), String> {
    let name = chunk.column_path().string();
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let place = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
    let end = place.and_then(|(start, size)| start.checked_add(size));
    if end.is_none_or(|end| end > length as u64) {
        return Err(format!("column {name:?} is said to lie outside of the file: it is cut or damaged"));
    }
    let is_flat = chunk.column_descr().max_rep_level() == 0;
    if is_flat && usize::try_from(chunk.num_values()).ok() != Some(rows) {
        return Err(format!("column {name:?} has {} values in {rows} rows", chunk.num_values()));
    }
    Ok(())
}

thread_local! {
    /// Whether a panic of this thread is only a damaged file.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic in the `parquet` crate on a file that is damaged where nothing tells, such as in a page without the
/// dictionary that it needs. The panic is an error then, and is not printed.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                usual(panic);
            }
        }));
    });
    GUARDED.set(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    read.unwrap_or_else(|_| Err("it is damaged".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::made_up::{Values, file};
    use super::*;
    use proptest::prelude::*;

    const WRITTEN: [(&str, &[u8]); 3] = [
        ("zstd", include_bytes!("../tests/parquet/zstd.parquet")),
        ("pages of version 2", include_bytes!("../tests/parquet/zstd-pages-of-version-2.parquet")),
        ("snappy", include_bytes!("../tests/parquet/snappy.parquet")),
    ];

    fn open(bytes: &[u8]) -> Result<Vec<(String, Column)>, String> {
        let parquet = Parquet::open(bytes.to_vec())?;
        let columns = parquet.names().into_iter().enumerate();
        columns.map(|(place, name)| Ok((name, parquet.column(place)?))).collect()
    }

    #[test]
    fn files_of_each_form_have_the_values_that_were_written() {
        for (form, bytes) in WRITTEN {
            let columns = open(bytes).unwrap();
            let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names[5..], ["gemm_dtype", "m", "n", "k", "latency"], "{form}");
            let integers = |of: fn(i64) -> i64| Column::Integers((0..600).map(|row| Some(of(row))).collect());
            assert_eq!(columns[6].1, integers(|row| [1, 16, 1024][row as usize % 3]), "{form}");
            assert_eq!(columns[7].1, integers(|row| 8 * (1 + row / 3)), "{form}");
            let latency = (0..600).map(|row| Some(f64::from(1 + row) / 256.0)).collect();
            assert_eq!(columns[9].1, Column::Numbers(latency), "{form}");
            let device =
                Words { distinct: vec!["NVIDIA A100-SXM4-80GB".to_owned()], of_row: vec![Some(0); 600] };
            assert_eq!(columns[2].1, Column::Words(device), "{form}");
        }
        let gzip = open(include_bytes!("../tests/parquet/gzip.parquet")).unwrap_err();
        assert!(
            gzip.contains("compressed by GZIP") && gzip.ends_with("want ZSTD, Snappy or nothing"),
            "{gzip}"
        );
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused_with_a_reason() {
        for (form, bytes) in WRITTEN {
            for length in 0..bytes.len() {
                assert!(open(&bytes[..length]).is_err_and(|why| !why.is_empty()), "{form} cut to {length}");
            }
        }
    }

    /// Found by fuzzing: a dictionary of millions of values in a few bytes.
    #[test]
    fn a_few_bytes_do_not_ask_for_memory_of_millions_of_values() {
        let parquet =
            Parquet::open(include_bytes!("../../fuzz/corpus/parquet/rows-without-bytes").to_vec()).unwrap();
        let refused: Vec<_> =
            (0..parquet.names().len()).filter_map(|place| parquet.column(place).err()).collect();
        assert!(refused.iter().any(|why| why.contains("values, where ")), "{refused:?}");
    }

    /// Found by fuzzing.
    #[test]
    fn a_page_without_the_dictionary_that_it_needs_is_damaged() {
        let damaged = include_bytes!("../../fuzz/corpus/parquet/no-dictionary-page");
        let parquet = Parquet::open(damaged.to_vec()).unwrap();
        let refused: Vec<_> =
            (0..parquet.names().len()).filter_map(|place| parquet.column(place).err()).collect();
        assert!(refused.iter().any(|why| why.ends_with(": it is damaged")), "{refused:?}");
    }

    proptest! {
        #[test]
        fn columns_come_back_as_they_were_written(
            rows in prop::collection::vec((prop::option::of(0i64..9), prop::option::of(-1e9f64..1e9), 0u8..4), 1..300),
            page in 1usize..100,
        ) {
            let texts: Vec<_> = rows.iter().map(|(.., word)| (*word > 0).then(|| format!("word {word}"))).collect();
            let integers: Vec<_> = rows.iter().map(|row| row.0).collect();
            let numbers: Vec<_> = rows.iter().map(|row| row.1).collect();
            let written = [
                ("a", Values::Texts(texts.clone())),
                ("b", Values::Integers(integers.clone())),
                ("c", Values::Numbers(numbers.clone())),
            ];
            let columns = open(&file(&written, page)).unwrap();
            let Column::Words(words) = &columns[0].1 else { panic!("{columns:?}") };
            let read: Vec<_> = (0..rows.len()).map(|row| words.get(row).map(str::to_owned)).collect();
            prop_assert_eq!(read, texts);
            prop_assert_eq!(&columns[1].1, &Column::Integers(integers));
            prop_assert_eq!(&columns[2].1, &Column::Numbers(numbers));
        }

        #[test]
        fn a_damaged_file_is_read_or_refused(
            which in 0usize..3, damage in prop::collection::vec((0.0f64..1.0, any::<u8>()), 1..8)
        ) {
            let mut bytes = WRITTEN[which].1.to_vec();
            for (place, value) in damage {
                let place = (place * bytes.len() as f64) as usize;
                bytes[place] = value;
            }
            let _ = open(&bytes);
        }
    }
}
