//! The GEMM tables of ai-dynamo/aiconfigurator: Parquet files of what products of `nn.Linear` took in serving frameworks.
//!
//! `m` is tokens and the weights are stored n×k. A latency is the mean over CUDA graph replays, after warm-ups, in ms. A graph
//! launches up to five copies of the weights in turn, as many as fill the L2: small weights stay in it and large ones do not,
//! so that the rows are neither `hot` nor `cold`, and are called `other`.

mod dtype;

use crate::Imported;
use crate::account::{excerpt, reason};
use crate::cards::Cards;
use crate::described::{Field, method};
use crate::error::ImportError;
use crate::naming::Naming;
use crate::parquet::{Column, Parquet, Words};
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::{Taken, Taking};
use dtype::{Meaning, may_quantise, meaning};
use hovera_core::{
    Cache, Dtype, Engine, Gemm, Layout, Mask, ModelSizes, Op, Pacing, Pass, Point, Results, Row, Stat,
    Status, Timing, clean_text,
};

const FORMAT: &str = "aiconfigurator";

/// The columns without which a table holds no GEMMs.
const NEEDED: [&str; 6] = ["device", "gemm_dtype", "m", "n", "k", "latency"];

/// Others whose meaning is known.
const KNOWN: [&str; 5] = ["framework", "version", "op_name", "kernel_source", "power"];

/// No reader of results takes a row with more, in W.
const MOST_WATT: f64 = 1e7;

const WAYS: &str = "import one value of it, with --where NAME=VALUE, or ignore it, with --ignore NAME";

/// Reads the tables that make one results file.
pub struct Reader<'a> {
    columns: &'a Naming,
    provenance: &'a Provenance,
    taking: Taking<'a>,
    cards: Cards<'a>,
    /// By card: what ran there.
    software: Vec<String>,
    /// The tables so far, by name.
    files: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader that takes what `columns` and `selection` want. `provenance` names the tables where they are several.
    #[must_use]
    pub fn new(columns: &'a Naming, provenance: &'a Provenance, selection: &'a Selection) -> Reader<'a> {
        let file = &provenance.file;
        Reader {
            columns,
            provenance,
            taking: Taking::new(file, selection, "rows", WAYS, Stat::Mean).weighing_alike(),
            cards: Cards::new(file, provenance.device.as_deref()),
            software: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Takes the rows of a table. Rows that cannot be read are no error: the account counts them.
    ///
    /// # Errors
    /// [`ImportError::Parquet`] when it is no Parquet file, damaged, or cut; [`ImportError::NoGemms`] when it lacks a column that
    /// a table of GEMMs has; [`ImportError::Word`] for a dtype that is not known; [`ImportError::Second`] where one card has rows
    /// of two versions; [`ImportError::Option`] when a column that an option names is not there.
    pub fn add(&mut self, file: &str, bytes: Vec<u8>) -> Result<(), ImportError> {
        let damaged = |reason| ImportError::Parquet { file: file.to_owned(), reason };
        let table = Parquet::open(bytes).map_err(damaged)?;
        let names = table.names();
        let find = |name: &str| names.iter().position(|known| known == name);
        let missing: Vec<_> = NEEDED.iter().filter(|name| find(name).is_none()).copied().collect();
        if !missing.is_empty() {
            let (missing, has) = (missing.join(", "), excerpt(&names.join(", ")));
            return Err(ImportError::NoGemms { file: file.to_owned(), missing, has });
        }
        if let Some(name) = self.columns.names().find(|name| find(name).is_none()) {
            let (value, want) =
                (name.to_owned(), format!("a column of {file}: {}", excerpt(&names.join(", "))));
            return Err(ImportError::Option { option: "column", value, want });
        }
        let wanted = self.wanted(&table, &names).map_err(damaged)?;
        let columns = Columns::read(&table, &find).map_err(damaged)?;
        let unmapped = self.unmapped(&table, &names).map_err(damaged)?;
        let kinds = kinds(&columns, &wanted, file)?;
        self.files.push(file.to_owned());
        self.taking.account.read += table.rows() as u64;
        for (row, wanted) in wanted.iter().enumerate() {
            if !wanted {
                self.taking.account.not_selected += 1;
                continue;
            }
            if let Some(name) = columns.op_name(row)
                && name != "gemm"
            {
                self.taking.account.count_no_gemm(name);
                continue;
            }
            let place = row as u64 + 1;
            let meaning = columns.gemm_dtype.of_row[row].map(|word| &kinds[word as usize]);
            let taken = match meaning {
                Some(Meaning::LeftOut(why)) => {
                    self.taking.account.leave_out(why);
                    continue;
                }
                Some(Meaning::Product(dtype)) => columns.row(row, *dtype),
                _ => Err("gemm_dtype is not said".to_owned()),
            };
            let taken = match taken {
                Err(why) if self.files.len() > 1 => Err(reason(&format!("{why} (in {file})"))),
                Err(why) => Err(why),
                Ok(mut row_taken) => {
                    row_taken.row.device = self.card(file, place, &columns, row)?;
                    Ok(row_taken)
                }
            };
            let texts: Vec<_> = unmapped.iter().map(|(name, column)| (*name, column.text(row))).collect();
            self.taking.take(place, taken, texts.iter().map(|(name, text)| (*name, text.as_str())))?;
        }
        Ok(())
    }

    /// Whether each row has the values that are wanted.
    fn wanted(&self, table: &Parquet, names: &[String]) -> Result<Vec<bool>, String> {
        let mut wanted = vec![true; table.rows()];
        for (place, name) in names.iter().enumerate().filter(|(_, name)| self.columns.is_filtered(name)) {
            match table.column(place)? {
                Column::Words(words) => {
                    let takes: Vec<_> =
                        words.distinct.iter().map(|word| self.columns.wants(name, word)).collect();
                    let is_wanted =
                        words.of_row.iter().map(|word| word.is_some_and(|word| takes[word as usize]));
                    wanted.iter_mut().zip(is_wanted).for_each(|(wanted, is)| *wanted &= is);
                }
                column => {
                    for (row, wanted) in wanted.iter_mut().enumerate().filter(|(_, wanted)| **wanted) {
                        *wanted = self.columns.wants(name, &column.text(row));
                    }
                }
            }
        }
        Ok(wanted)
    }

    /// The columns of which nothing says what they are.
    fn unmapped<'n>(&self, table: &Parquet, names: &'n [String]) -> Result<Vec<(&'n str, Column)>, String> {
        let is_known = |name: &str| NEEDED.contains(&name) || KNOWN.contains(&name);
        let unmapped = names.iter().enumerate().map(|(place, name)| (place, name.as_str()));
        unmapped
            .filter(|(_, name)| !is_known(name) && !self.columns.is_settled(name))
            .map(|(place, name)| Ok((name, table.column(place)?)))
            .collect()
    }

    /// The index of a row's card. Rows of one card are of one version of one framework.
    fn card(&mut self, file: &str, place: u64, columns: &Columns, row: usize) -> Result<u32, ImportError> {
        let device = columns.device.get(row);
        let index = self.cards.index(place, device)?;
        let software = columns.software(row);
        match self.software.get(index as usize) {
            None => self.software.push(software),
            Some(first) if *first != software => {
                return Err(ImportError::Second {
                    file: file.to_owned(),
                    line: place,
                    what: "version",
                    first: first.clone(),
                    second: format!("{software} of {}", device.unwrap_or_default()),
                    remedy: "import one of them, with --where version=… and --where framework=…, or make -o a folder \
                             for a results file of each table"
                        .to_owned(),
                });
            }
            Some(_) => {}
        }
        Ok(index)
    }

    /// All rows, one for each product, dtype, kernel and card.
    ///
    /// # Errors
    /// [`ImportError::Nothing`] where there is none, [`ImportError::Varies`] where a column differs that nothing says the meaning
    /// of.
    pub fn finish(self) -> Result<Imported, ImportError> {
        let devices = self.cards.devices();
        let (rows, mut account) = self.taking.finish(&devices, None)?;
        account
            .decided
            .push("times are the mean over the replays of a CUDA graph, after warm-ups".to_owned());
        if rows.iter().any(|row| may_quantise(row.point.dtype)) {
            account
                .decided
                .push("those of 8 bits may have the quantising of the activations in them".to_owned());
        }
        let gemm = match self.software.as_slice() {
            [one] => one.clone(),
            several => {
                let of_cards = devices.iter().zip(several);
                of_cards
                    .map(|(card, software)| format!("{}: {software}", card.name))
                    .collect::<Vec<_>>()
                    .join("; ")
            }
        };
        let method = method(&rows, "graph".to_owned(), Stat::Mean);
        let front_matter = self.provenance.front_matter(FORMAT, None, method, gemm, devices);
        Ok(Imported { results: Results { front_matter, rows, sessions: Vec::new() }, account })
    }
}

/// The columns of a table that make its rows.
struct Columns {
    framework: Option<Words>,
    version: Option<Words>,
    op_name: Option<Words>,
    kernel_source: Option<Words>,
    device: Words,
    gemm_dtype: Words,
    sizes: [Column; 3],
    latency: Column,
    power: Option<Column>,
}

impl Columns {
    fn read(table: &Parquet, find: &impl Fn(&str) -> Option<usize>) -> Result<Columns, String> {
        let column = |name: &str| find(name).map(|place| table.column(place)).transpose();
        let needed = |name: &str| column(name)?.ok_or_else(|| format!("no column {name:?}"));
        let texts = |name: &str| match column(name)? {
            None => Ok(None),
            Some(Column::Words(words)) => Ok(Some(words)),
            Some(_) => Err(format!("column {name:?}: want texts")),
        };
        let needed_texts = |name: &str| texts(name)?.ok_or_else(|| format!("no column {name:?}"));
        Ok(Columns {
            framework: texts("framework")?,
            version: texts("version")?,
            op_name: texts("op_name")?,
            kernel_source: texts("kernel_source")?,
            device: needed_texts("device")?,
            gemm_dtype: needed_texts("gemm_dtype")?,
            sizes: [needed("m")?, needed("n")?, needed("k")?],
            latency: needed("latency")?,
            power: column("power")?,
        })
    }

    fn op_name(&self, row: usize) -> Option<&str> {
        self.op_name.as_ref()?.get(row)
    }

    /// Which framework ran, of which version.
    fn software(&self, row: usize) -> String {
        let words =
            [&self.framework, &self.version].map(|words| words.as_ref().and_then(|words| words.get(row)));
        let told: Vec<&str> = words.into_iter().flatten().collect();
        if told.is_empty() { "not known".to_owned() } else { told.join(" ") }
    }

    /// What a row says of a product of these operands, on the first card.
    fn row(&self, row: usize, dtype: Dtype) -> Result<Taken, String> {
        let [m, n, k] =
            [("m", &self.sizes[0]), ("n", &self.sizes[1]), ("k", &self.sizes[2])].map(|(name, column)| {
                let size = match column {
                    Column::Integers(integers) => integers[row].and_then(|size| u64::try_from(size).ok()),
                    Column::Words(_) | Column::Numbers(_) => None,
                };
                size.ok_or_else(|| format!("{name} = {:?}: want an integer above 0", column.text(row)))
            });
        let gemm = Gemm::new(1, m?, n?, k?).map_err(|error| error.to_string())?;
        let ms = number(&self.latency, row).filter(|ms| ms.is_finite() && *ms > 0.0);
        let ms = ms
            .ok_or_else(|| format!("latency = {:?}: want a finite number above 0", self.latency.text(row)))?;
        let word = self.gemm_dtype.get(row).unwrap_or_default();
        let source = self.kernel_source.as_ref().and_then(|sources| sources.get(row));
        let point = Point {
            op: Op::Gemm,
            pass: Pass::Forward,
            mask: Mask::None,
            dtype,
            layout: Layout::Nt,
            engine: source.map_or(Engine::Other, engine),
            pacing: Pacing::Other,
            cache: Cache::Other,
            model: ModelSizes::default(),
            gemm,
        };
        let mut unsaid = vec![Field::Pacing, Field::Cache];
        if point.engine == Engine::Other {
            unsaid.push(Field::Engine);
        }
        let timing = Timing::only(Stat::Mean, ms * 1e3, None);
        let mut row_of = Row { timing: Some(timing), ..Row::bare(point, 0, Status::Ok, String::new()) };
        if let Some(watt) =
            self.power.as_ref().and_then(|power| number(power, row)).filter(|watt| *watt > 0.0)
        {
            if watt > MOST_WATT {
                return Err(format!("power = {watt:e}: want watts, no more than {MOST_WATT:e}"));
            }
            row_of.telemetry.power_w = Some(watt);
        }
        // Several ways to quantise are of one dtype here.
        let kernel = match (source, may_quantise(dtype)) {
            (Some(source), true) => Some(format!("{source} {word}")),
            (None, true) => Some(word.to_owned()),
            (source, false) => source.map(str::to_owned),
        };
        row_of.kernel.name = kernel.map(|name| clean_text(&name).into());
        Ok(Taken { row: row_of, unsaid })
    }
}

fn number(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Numbers(numbers) => numbers[row],
        Column::Integers(integers) => integers[row].map(|integer| integer as f64),
        Column::Words(_) => None,
    }
}

/// Which library the path is named for, where it is.
fn engine(source: &str) -> Engine {
    let source = source.to_ascii_lowercase();
    let named = [("cutlass", Engine::Cutlass), ("triton", Engine::Triton), ("cublas", Engine::Cublas)];
    named.into_iter().find(|(name, _)| source.contains(name)).map_or(Engine::Other, |(_, engine)| engine)
}

/// What each distinct word of a table's dtypes means. Those of rows that are not wanted need not be known.
fn kinds(columns: &Columns, wanted: &[bool], file: &str) -> Result<Vec<Meaning>, ImportError> {
    let kinds: Vec<Meaning> = columns.gemm_dtype.distinct.iter().map(|word| meaning(word)).collect();
    let rows = columns.gemm_dtype.of_row.iter().zip(wanted).enumerate().filter(|(_, (_, wanted))| **wanted);
    for (row, (word, _)) in rows {
        let Some(word) = word.map(|word| word as usize) else { continue };
        if kinds[word] == Meaning::Unknown {
            return Err(ImportError::Word {
                file: file.to_owned(),
                line: row as u64 + 1,
                column: "gemm_dtype",
                value: excerpt(&columns.gemm_dtype.distinct[word]),
                want: format!("{}; import those of one word with --where gemm_dtype=WORD", dtype::words()),
            });
        }
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests;
