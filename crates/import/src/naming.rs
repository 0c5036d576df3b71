//! What a user says of a file's own columns or axes: which is what, which values are wanted, which are outcomes.

use crate::described::Field;
use crate::error::ImportError;

/// What a column or axis can be said to be.
const MEANINGS: [Field; 11] = [
    Field::GemmBatch,
    Field::M,
    Field::N,
    Field::K,
    Field::Dtype,
    Field::Op,
    Field::Layout,
    Field::Engine,
    Field::Pacing,
    Field::Cache,
    Field::Kernel,
];

/// What is said of columns or axes, by their names in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    meanings: Vec<(String, Vec<Field>)>,
    filters: Vec<(String, String)>,
    ignored: Vec<String>,
}

impl Naming {
    /// Reads what options say: `named` as `NAME=MEANING`, where the meaning is a field (`m`, `gemm_batch`, `kernel`) or
    /// sizes that an x joins (`MxNxK`, `BxMxNxK`); `filters` as `NAME=VALUE`; names of what is `ignored`.
    ///
    /// # Errors
    /// [`ImportError::Option`], with what would be right.
    pub fn parse(named: &[String], filters: &[String], ignored: &[String]) -> Result<Naming, ImportError> {
        let split = |option, text: &String, want: &str| {
            text.split_once('=')
                .map(|(name, rest)| (name.trim().to_owned(), rest.trim().to_owned()))
                .ok_or_else(|| ImportError::Option { option, value: text.clone(), want: want.to_owned() })
        };
        let meaning = |text: &String| {
            let fields: Vec<_> = MEANINGS.iter().map(ToString::to_string).collect();
            let want = format!("NAME=MEANING, and as meaning MxNxK, BxMxNxK, {}", fields.join(", "));
            let (name, meaning) = split("--axis", text, &want)?;
            match read_meaning(&meaning) {
                Some(fields) => Ok((name, fields)),
                None => Err(ImportError::Option { option: "--axis", value: text.clone(), want }),
            }
        };
        let meanings: Vec<(String, Vec<Field>)> = named.iter().map(meaning).collect::<Result<_, _>>()?;
        for (place, (name, fields)) in meanings.iter().enumerate() {
            let is_taken = |(_, told): &&(String, Vec<Field>)| {
                fields.iter().any(|field| *field != Field::Kernel && told.contains(field))
            };
            if let Some((taken, _)) = meanings[..place].iter().find(is_taken) {
                let want = format!("each meaning but kernel once: {taken:?} has it");
                return Err(ImportError::Option { option: "--axis", value: name.clone(), want });
            }
        }
        Ok(Naming {
            meanings,
            filters: filters
                .iter()
                .map(|text| split("--where", text, "NAME=VALUE"))
                .collect::<Result<_, _>>()?,
            ignored: ignored.to_vec(),
        })
    }

    /// What a column is said to be: one field, or the sizes that its values join by an x.
    pub(crate) fn meaning(&self, name: &str) -> Option<&[Field]> {
        let found = self.meanings.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, fields)| fields.as_slice())
    }

    /// What tells kernels apart: the value of the column that is said to, or all of them where several are. `value` is that of a
    /// column; none where it is not there.
    pub(crate) fn kernel<'t>(&self, value: impl Fn(&str) -> Option<&'t str>) -> Option<String> {
        let named = self.meanings.iter().filter(|(_, fields)| fields[..] == [Field::Kernel]);
        let told: Vec<(&str, &str)> =
            named.filter_map(|(name, _)| Some((name.as_str(), value(name)?))).collect();
        match told[..] {
            [] => None,
            [(_, value)] => Some(value.to_owned()),
            _ => {
                Some(told.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// Whether a column has a wanted value: one of those that are named, where any is.
    pub(crate) fn wants(&self, name: &str, value: &str) -> bool {
        let mut wanted = self.filters_of(name).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| wanted == value.trim())
    }

    /// Whether only some values of a column are wanted.
    pub(crate) fn is_filtered(&self, name: &str) -> bool {
        self.filters_of(name).next().is_some()
    }

    /// The names that something is said of.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.meanings.iter().map(|(name, _)| name);
        named.chain(self.filters.iter().map(|(name, _)| name)).chain(&self.ignored).map(String::as_str)
    }

    /// Whether a column that has no meaning can differ: it is an outcome, or only one value of it is wanted.
    pub(crate) fn is_settled(&self, name: &str) -> bool {
        self.ignored.iter().any(|known| known.eq_ignore_ascii_case(name))
            || self.filters_of(name).count() == 1
    }

    fn filters_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_name = move |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.filters.iter().filter(of_name).map(|(_, value)| value.as_str())
    }
}

fn read_meaning(text: &str) -> Option<Vec<Field>> {
    let letter = |part: &str| match part.to_ascii_lowercase().as_str() {
        "b" => Some(Field::GemmBatch),
        "m" => Some(Field::M),
        "n" => Some(Field::N),
        "k" => Some(Field::K),
        _ => None,
    };
    if text.contains(['x', 'X']) {
        let fields: Vec<Field> = text.split(['x', 'X']).map(letter).collect::<Option<_>>()?;
        let is_once = |field| fields.iter().filter(|other| *other == field).count() == 1;
        return fields.iter().all(is_once).then_some(fields);
    }
    MEANINGS.into_iter().find(|field| field.to_string().eq_ignore_ascii_case(text)).map(|field| vec![field])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(named: &[&str], filters: &[&str], ignored: &[&str]) -> Result<Naming, String> {
        let [named, filters, ignored] =
            [named, filters, ignored].map(|list| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        Naming::parse(&named, &filters, &ignored).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_named_filtered_and_ignored() {
        let naming = naming(&["shape=MxNxK", "Algo=kernel"], &["t=1", "t=2", "u=3"], &["std"]).unwrap();
        assert_eq!(naming.meaning("SHAPE"), Some(&[Field::M, Field::N, Field::K][..]));
        assert_eq!(naming.meaning("algo"), Some(&[Field::Kernel][..]));
        assert_eq!(naming.meaning("t"), None);
        assert!(naming.wants("t", " 2 ") && !naming.wants("t", "3") && naming.wants("other", "x"));
        assert_eq!(["t", "u", "std", "x"].map(|name| naming.is_settled(name)), [false, true, true, false]);
    }

    #[test]
    fn several_columns_can_tell_kernels_apart_and_one_alone_can_be_a_size() {
        let both = naming(&["algo=kernel", "split=kernel"], &[], &[]).unwrap();
        let value = |name: &str| (name == "algo").then_some("a").or((name == "split").then_some("2"));
        assert_eq!(both.kernel(value).unwrap(), "algo=a split=2");
        assert_eq!(both.kernel(|name| value(name).filter(|_| name == "algo")).unwrap(), "a");
        assert_eq!(naming(&["x=m"], &[], &[]).unwrap().kernel(value), None);
        let said = naming(&["x=m", "shape=MxNxK"], &[], &[]).unwrap_err();
        assert_eq!(said, "--axis = \"shape\": want each meaning but kernel once: \"x\" has it");
    }

    #[test]
    fn a_meaning_that_is_none_is_refused_with_those_there_are() {
        for bad in ["shape", "shape=MxMxK", "shape=MxNxQ", "shape=rows", "shape="] {
            let error = naming(&[bad], &[], &[]).unwrap_err();
            assert!(
                error.starts_with("--axis = ") && error.contains("MxNxK, BxMxNxK, gemm_batch, m"),
                "{error}"
            );
        }
        assert_eq!(naming(&[], &["x"], &[]).unwrap_err(), "--where = \"x\": want NAME=VALUE");
    }
}
