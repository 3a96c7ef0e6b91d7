//! Passing over an index without holding it.
//!
//! Indexes are written by programs, in block style: charts at one indentation, their versions as items below. That is what is
//! split here, by indentation alone; an entry's own text is read by the YAML reader when it is asked for. An index in JSON, or
//! in another style of YAML, is read as a whole.

use std::borrow::Cow;
use std::io::{BufRead, Read as _};

use serde_json::Value as Json;

use crate::repo::{ChartVersion, IndexError, decode_entry};
use crate::time::Time;
use crate::yaml::{DecodeError, decode_table};

/// What an index says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// `v1`
    pub api_version: String,
    /// When it was made.
    pub generated: Time,
}

/// A version of a chart in an index, not read yet.
#[derive(Debug)]
pub struct Entry<'e> {
    chart: &'e str,
    text: Cow<'e, str>,
}

impl Entry<'_> {
    /// Name of the chart.
    pub fn chart(&self) -> &str {
        self.chart
    }

    /// The version, when it stands on a line of its own without anything that would need reading.
    pub fn version(&self) -> Option<&str> {
        let mut lines = self.text.lines();
        let line = lines.find_map(|line| {
            line.trim_start()
                .strip_prefix("version:")
                .filter(|_| self.is_own(line))
        })?;
        let value = line.trim().trim_matches(['"', '\'']);
        (!value.is_empty() && !value.contains(['&', '*', '!', '|', '>', '#', ' '])).then_some(value)
    }

    /// Whether a line belongs to the entry itself, not to something in it.
    fn is_own(&self, line: &str) -> bool {
        indent(line.as_bytes())
            == self
                .text
                .lines()
                .next()
                .map_or(0, |first| indent(first.as_bytes()))
    }

    /// Reads it.
    ///
    /// # Errors
    /// Not YAML, or a field of another type.
    pub fn decode(&self) -> Result<ChartVersion, DecodeError> {
        decode_entry(self.text.as_bytes())
    }
}

/// Bytes of one entry.
const MAX_ENTRY: usize = 8 << 20;
/// Bytes of an index that has to be read as a whole.
const MAX_WHOLE: u64 = 256 << 20;

/// Passes over the entries of an index, in its order.
///
/// # Errors
/// Not an index, or what `visit` gives.
pub fn read_index(
    mut index: impl BufRead,
    mut visit: impl FnMut(&Entry<'_>) -> Result<(), IndexError>,
) -> Result<Head, IndexError> {
    let mut splitter = Splitter::default();
    let mut line = Vec::new();
    let mut seen = Vec::new();
    loop {
        line.clear();
        let limit = MAX_ENTRY as u64 + 1;
        if (&mut index).take(limit).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() > MAX_ENTRY && splitter.place != Place::Start {
            return Err(IndexError::EntryTooLarge(MAX_ENTRY));
        }
        if splitter.place == Place::Start {
            seen.extend_from_slice(&line);
        }
        if !splitter.line(&line, &mut visit)? {
            // Another style.
            (&mut index).take(MAX_WHOLE).read_to_end(&mut seen)?;
            return whole(&seen, &mut visit);
        }
    }
    splitter.finish(&mut visit)?;
    splitter.head(&seen)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before `entries:`.
    #[default]
    Start,
    /// In it.
    Entries,
    /// Behind it.
    End,
}

#[derive(Default)]
struct Splitter {
    place: Place,
    /// What stands outside of the entries.
    around: Vec<u8>,
    /// Indentation of names of charts.
    names: Option<usize>,
    chart: String,
    /// Indentation of the dashes of its versions.
    dashes: Option<usize>,
    /// Text of the entry so far.
    entry: String,
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

impl Splitter {
    /// Takes a line; `false` when the index is of another style.
    fn line(
        &mut self,
        line: &[u8],
        visit: &mut impl FnMut(&Entry<'_>) -> Result<(), IndexError>,
    ) -> Result<bool, IndexError> {
        let depth = indent(line);
        let text = line[depth..].trim_ascii_end();
        if text.is_empty() || text.starts_with(b"#") && self.entry.is_empty() {
            if self.place == Place::Entries && !self.entry.is_empty() {
                self.entry.push('\n');
            }
            return Ok(true);
        }
        if depth == 0 && !(self.place == Place::Entries && text.starts_with(b"-")) {
            if self.place == Place::Entries {
                self.finish(visit)?;
                self.place = Place::End;
            }
            if text == b"entries:" && self.place == Place::Start {
                self.place = Place::Entries;
                return Ok(true);
            }
            // One line in JSON, or entries in flow style.
            if text.starts_with(b"{") || text.starts_with(b"entries:") && text != b"entries: {}" {
                return Ok(false);
            }
        }
        if self.place != Place::Entries {
            self.around.extend_from_slice(line);
            return Ok(true);
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return Ok(false);
        };
        self.in_entries(depth, text, line, visit)
    }

    fn in_entries(
        &mut self,
        depth: usize,
        text: &str,
        line: &[u8],
        visit: &mut impl FnMut(&Entry<'_>) -> Result<(), IndexError>,
    ) -> Result<bool, IndexError> {
        let names = *self.names.get_or_insert(depth);
        let is_dash = text == "-" || text.starts_with("- ");
        if depth == names && !is_dash {
            self.finish(visit)?;
            self.dashes = None;
            let Some(name) = text.strip_suffix(':') else {
                // An empty list of versions says nothing; anything else is another style.
                return Ok(text.ends_with(": []"));
            };
            self.chart.clear();
            self.chart.push_str(name.trim_matches(['"', '\'']));
            return Ok(!name.starts_with(['&', '*', '!', '?', '{', '[']));
        }
        if is_dash && depth >= names && depth == *self.dashes.get_or_insert(depth) {
            self.finish(visit)?;
            self.push(&" ".repeat(depth + 1));
            self.push(&text[1..]);
            self.push("\n");
            return Ok(true);
        }
        if self.dashes.is_none_or(|dashes| depth <= dashes) {
            return Ok(false);
        }
        let whole = String::from_utf8_lossy(line);
        self.push(&whole);
        if self.entry.len() > MAX_ENTRY {
            return Err(IndexError::EntryTooLarge(MAX_ENTRY));
        }
        Ok(true)
    }

    fn push(&mut self, text: &str) {
        self.entry.push_str(text);
    }

    /// Hands out the entry that was collected.
    fn finish(
        &mut self,
        visit: &mut impl FnMut(&Entry<'_>) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        if self.entry.is_empty() {
            return Ok(());
        }
        let entry = Entry {
            chart: &self.chart,
            text: Cow::Borrowed(&self.entry),
        };
        let outcome = visit(&entry);
        self.entry.clear();
        outcome
    }

    fn head(&self, seen: &[u8]) -> Result<Head, IndexError> {
        if seen.is_empty() && self.place == Place::Start {
            return Err(IndexError::Empty);
        }
        head_of(&decode_table(&self.around)?.to_json())
    }
}

fn head_of(json: &Json) -> Result<Head, IndexError> {
    let text = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default();
    let api_version = text("apiVersion").to_owned();
    if api_version.is_empty() {
        return Err(IndexError::NoApiVersion);
    }
    Ok(Head {
        api_version,
        generated: Time::parse(text("generated")).unwrap_or_default(),
    })
}

/// An index that is not in block style.
fn whole(
    text: &[u8],
    visit: &mut impl FnMut(&Entry<'_>) -> Result<(), IndexError>,
) -> Result<Head, IndexError> {
    let json: Json = match serde_json::from_slice(text) {
        Ok(json) => json,
        Err(_) => decode_table(text)?.to_json(),
    };
    let charts = json.get("entries").and_then(Json::as_object);
    for (chart, versions) in charts.into_iter().flatten() {
        for version in versions
            .as_array()
            .into_iter()
            .flatten()
            .filter(|version| !version.is_null())
        {
            let text = Cow::Owned(version.to_string());
            visit(&Entry { chart, text })?;
        }
    }
    head_of(&json)
}
