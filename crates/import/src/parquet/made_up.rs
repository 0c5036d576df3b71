//! Parquet files for tests.

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// The values of a column; none where a row has none.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Texts(Vec<Option<String>>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
}

impl Values {
    pub(crate) fn texts(texts: &[&str]) -> Values {
        Values::Texts(texts.iter().map(|text| Some((*text).to_owned())).collect())
    }

    pub(crate) fn integers(integers: &[i64]) -> Values {
        Values::Integers(integers.iter().copied().map(Some).collect())
    }

    pub(crate) fn numbers(numbers: &[f64]) -> Values {
        Values::Numbers(numbers.iter().copied().map(Some).collect())
    }

    fn kind(&self) -> &'static str {
        match self {
            Values::Texts(_) => "binary",
            Values::Integers(_) => "int64",
            Values::Numbers(_) => "double",
        }
    }
}

/// A file of these columns, not compressed. `rows_of_a_page` makes its pages short.
pub(crate) fn file(columns: &[(&str, Values)], rows_of_a_page: usize) -> Vec<u8> {
    let fields = columns.iter().map(|(name, values)| format!("optional {} {name};", values.kind()));
    let schema = format!("message schema {{ {} }}", fields.collect::<String>());
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let properties = WriterProperties::builder()
        .set_data_page_row_count_limit(rows_of_a_page)
        .set_write_batch_size(rows_of_a_page)
        .build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = file.next_row_group().unwrap();
    for (_, values) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        match values {
            Values::Texts(texts) => {
                let there: Vec<_> =
                    texts.iter().flatten().map(|text| ByteArray::from(text.as_str())).collect();
                column.typed::<ByteArrayType>().write_batch(&there, Some(&levels(texts)), None).unwrap();
            }
            Values::Integers(integers) => {
                let there: Vec<_> = integers.iter().flatten().copied().collect();
                column.typed::<Int64Type>().write_batch(&there, Some(&levels(integers)), None).unwrap();
            }
            Values::Numbers(numbers) => {
                let there: Vec<_> = numbers.iter().flatten().copied().collect();
                column.typed::<DoubleType>().write_batch(&there, Some(&levels(numbers)), None).unwrap();
            }
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}
