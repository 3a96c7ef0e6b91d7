//! What the table tells.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::parse;

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(super) messages: Vec<Message>,
    /// By `group/version/Kind`; `*/*/Kind` for options, which belong to every group.
    pub(super) by_kind: HashMap<&'static str, usize>,
}

/// A message.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) special: Option<Special>,
    /// By number.
    pub(crate) fields: Vec<Field>,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// The name in JSON; `.` when its fields stand in the message around it.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) wrap: Wrap,
    /// What is written where the field is absent; optional fields are left out.
    pub(crate) zero: Option<Zero>,
    /// A scalar that counts even when it is zero.
    pub(crate) pointer: bool,
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Bytes,
    Bool,
    Int,
    Number,
    Message(usize),
}

/// How often a value may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    One,
    List,
    Map,
}

/// Messages that are something else in JSON than an object of their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,
    /// JSON as bytes.
    Raw,
    /// A list in a message of its own.
    Items,
    SchemaOrArray,
    SchemaOrBool,
    SchemaOrStrings,
}

/// The zero of a field that is always written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    Object,
    Null,
    Text(&'static str),
    Number,
    False,
}

impl Table {
    /// The table that is compiled in. Parsed at the first call, then shared.
    pub(crate) fn builtin() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| parse::table(include_str!("messages.txt")))
    }

    /// The message of a kind.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<&Message> {
        let full = match api_version.contains('/') {
            true => format!("{api_version}/{kind}"),
            false => format!("/{api_version}/{kind}"),
        };
        let found = self
            .by_kind
            .get(full.as_str())
            .or_else(|| self.by_kind.get(format!("*/*/{kind}").as_str()));
        found.and_then(|index| self.message(*index))
    }

    pub(crate) fn message(&self, index: usize) -> Option<&Message> {
        self.messages.get(index)
    }
}

impl Message {
    pub(crate) fn field(&self, number: u32) -> Option<&Field> {
        self.fields
            .binary_search_by_key(&number, |field| field.number)
            .ok()
            .map(|index| &self.fields[index])
    }
}
