//! Values: read from YAML, set from the command line, joined with the defaults of charts.

pub(crate) mod coalesce;
mod set;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use crate::value::{Table, Value};
use crate::yaml;

pub use coalesce::{CoalesceError, coalesce_values};
pub use set::{Kind, SetError, set_values};

/// Why a text holds no values; in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot unmarshal yaml document: {0}")]
pub struct ValuesError(#[from] yaml::DecodeError);

/// Reads the documents of a values file, each merged over those before it.
///
/// # Errors
/// The text is no YAML, or a document of it no table.
pub fn load_values(text: &[u8]) -> Result<Table, ValuesError> {
    let mut values = Table::new();
    for document in documents(text) {
        let document = yaml::decode_table(&document)?;
        merge_maps(&mut values, document);
    }
    Ok(values)
}

/// Merges `over` into `base`, as Helm merges values files: tables by key, everything else is replaced.
pub fn merge_maps(base: &mut Table, over: Table) {
    if base.is_empty() {
        *base = over;
        return;
    }
    for (key, value) in over.iter() {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => {
                merge_maps(Arc::make_mut(below), Table::clone(above));
            }
            _ => base.insert(key.clone(), value.clone()),
        }
    }
}

/// The documents of a stream, split at lines that start with `---` and hold nothing else but a comment.
fn documents(text: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1);
        let after = text[at..end].strip_prefix(b"---").map(<[u8]>::trim_ascii);
        let ends = after.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"#"));
        if ends && at > start {
            documents.push(Cow::Borrowed(&text[start..at]));
            start = end;
        }
        at = end;
    }
    match &text[start..] {
        [] => {}
        whole @ [.., b'\n'] => documents.push(Cow::Borrowed(whole)),
        cut => documents.push(Cow::Owned([cut, b"\n"].concat())),
    }
    documents
}
