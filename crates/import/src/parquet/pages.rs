//! The pages of a column, decompressed in Rust.
//!
//! The `parquet` crate decompresses ZSTD by a library in C. It is asked for the pages as they are, and they are decompressed
//! here.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use ruzstd::decoding::StreamingDecoder;
use std::io::Read;
use std::sync::Arc;

/// No page is larger when it is decompressed: writers make them of about a mebibyte.
const MOST_OF_A_PAGE: usize = 64 << 20;

/// The pages of one column of one group of rows.
pub(super) struct Pages {
    raw: SerializedPageReader<Bytes>,
    codec: Codec,
    /// Of the group.
    rows: usize,
}

#[derive(Debug, Clone, Copy)]
enum Codec {
    None,
    Snappy,
    Zstd,
}

impl Pages {
    /// # Errors
    /// When they are compressed by something else than ZSTD or Snappy.
    pub(super) fn open(
        bytes: &Bytes,
        chunk: &ColumnChunkMetaData,
        rows: usize,
    ) -> std::result::Result<Pages, String> {
        let codec = match chunk.compression() {
            Compression::UNCOMPRESSED => Codec::None,
            Compression::SNAPPY => Codec::Snappy,
            Compression::ZSTD(_) => Codec::Zstd,
            other => return Err(format!("compressed by {other}: want ZSTD, Snappy or nothing")),
        };
        let as_it_is = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build();
        let raw = as_it_is
            .and_then(|chunk| SerializedPageReader::new(Arc::new(bytes.clone()), &chunk, rows, None))
            .map_err(|error| error.to_string())?;
        Ok(Pages { raw, codec, rows })
    }

    /// A buffer whose first `plain` bytes are not compressed.
    fn decompressed(&self, bytes: Bytes, plain: usize) -> Result<Bytes> {
        let damaged = |why: String| ParquetError::General(format!("a page is damaged: {why}"));
        let too_long = || ParquetError::General(format!("a page of more than {} MiB", MOST_OF_A_PAGE >> 20));
        let compressed = bytes.get(plain..).ok_or_else(|| damaged("its levels are cut".to_owned()))?;
        if matches!(self.codec, Codec::None) || compressed.is_empty() {
            return Ok(bytes);
        }
        let mut text = bytes[..plain].to_vec();
        match self.codec {
            Codec::None => {}
            Codec::Snappy => {
                let length =
                    snap::raw::decompress_len(compressed).map_err(|error| damaged(error.to_string()))?;
                if length > MOST_OF_A_PAGE {
                    return Err(too_long());
                }
                let values = snap::raw::Decoder::new().decompress_vec(compressed);
                text.extend(values.map_err(|error| damaged(error.to_string()))?);
            }
            Codec::Zstd => {
                let frame = StreamingDecoder::new(compressed).map_err(|error| damaged(error.to_string()))?;
                let read = frame.take(MOST_OF_A_PAGE as u64 + 1).read_to_end(&mut text);
                let length = read.map_err(|error| damaged(error.to_string()))?;
                if length > MOST_OF_A_PAGE {
                    return Err(too_long());
                }
            }
        }
        Ok(text.into())
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(mut page) = self.raw.get_next_page()? else { return Ok(None) };
        match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => {
                *buf = self.decompressed(std::mem::take(buf), 0)?;
            }
            Page::DataPageV2 { buf, is_compressed, def_levels_byte_len, rep_levels_byte_len, .. } => {
                // The levels of such a page are never compressed.
                if *is_compressed {
                    let plain = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
                    *buf = self.decompressed(std::mem::take(buf), plain)?;
                }
            }
        }
        // The crate takes memory for as many values as a page says it has.
        let (most, has) = match &page {
            Page::DictionaryPage { buf, num_values, .. } => (buf.len(), *num_values),
            Page::DataPage { num_values, .. } | Page::DataPageV2 { num_values, .. } => {
                (self.rows, *num_values)
            }
        };
        if has as usize > most {
            let why =
                format!("a page is damaged: it says that it has {has} values, where {most} are the most");
            return Err(ParquetError::General(why));
        }
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.raw.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.raw.skip_next_page()
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}
