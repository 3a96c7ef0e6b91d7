//! Reads the table. It is compiled in and ours, so an odd line is skipped and the tests say so.

use std::collections::HashMap;

use super::types::{Field, Kind, Message, Special, Table, Wrap, Zero};

/// `=name [gvk=]* [is=]` starts a message, `number name notation [zero=] [*]` is a field of it.
pub(super) fn table(text: &'static str) -> Table {
    let mut table = Table::default();
    let mut by_name = HashMap::new();
    let heads = text.lines().filter_map(|line| line.strip_prefix('='));
    for (index, head) in heads.enumerate() {
        let mut words = head.split(' ');
        by_name.insert(words.next().unwrap_or_default(), index);
        let mut message = Message::default();
        for word in words {
            if let Some(gvk) = word.strip_prefix("gvk=") {
                table.by_kind.insert(gvk, index);
            } else if let Some(name) = word.strip_prefix("is=") {
                message.special = special(name);
            }
        }
        table.messages.push(message);
    }
    let mut current = None;
    for line in text.lines() {
        if line.starts_with('=') {
            current = Some(current.map_or(0, |index| index + 1));
        } else if let (Some(index), Some(line)) = (current, line.strip_prefix(' '))
            && let Some(field) = field(line, &by_name)
        {
            table.messages[index].fields.push(field);
        }
    }
    for message in &mut table.messages {
        message.fields.sort_by_key(|field| field.number);
    }
    table
}

fn field(line: &'static str, by_name: &HashMap<&'static str, usize>) -> Option<Field> {
    let mut words = line.split(' ');
    let number = words.next()?.parse().ok()?;
    let name = words.next()?;
    let (kind, wrap) = notation(words.next()?, by_name)?;
    let mut field = Field {
        number,
        name,
        kind,
        wrap,
        zero: None,
        pointer: false,
    };
    for word in words {
        match word.strip_prefix("zero=") {
            Some(code) => field.zero = zero(code),
            None => field.pointer = word == "*",
        }
    }
    Some(field)
}

fn notation(text: &str, by_name: &HashMap<&'static str, usize>) -> Option<(Kind, Wrap)> {
    let (inner, wrap) = match text.as_bytes().first()? {
        b'[' => (text.trim_matches(['[', ']']), Wrap::List),
        b'{' => (text.trim_matches(['{', '}']), Wrap::Map),
        _ => (text, Wrap::One),
    };
    let kind = match inner {
        "string" => Kind::String,
        "bytes" => Kind::Bytes,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "number" => Kind::Number,
        name => Kind::Message(*by_name.get(name.strip_prefix('@')?)?),
    };
    Some((kind, wrap))
}

fn special(name: &str) -> Option<Special> {
    Some(match name {
        "time" => Special::Time,
        "microtime" => Special::MicroTime,
        "duration" => Special::Duration,
        "quantity" => Special::Quantity,
        "intorstring" => Special::IntOrString,
        "raw" => Special::Raw,
        "items" => Special::Items,
        "orarray" => Special::SchemaOrArray,
        "orbool" => Special::SchemaOrBool,
        "orstrings" => Special::SchemaOrStrings,
        _ => return None,
    })
}

fn zero(code: &str) -> Option<Zero> {
    Some(match code {
        "o" => Zero::Object,
        "n" => Zero::Null,
        "s" => Zero::Text(""),
        "q" => Zero::Text("0"),
        "d" => Zero::Text("0s"),
        "0" => Zero::Number,
        "f" => Zero::False,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let text = include_str!("messages.txt");
        let table = table(text);
        let lines = text.lines().filter(|line| line.starts_with(' ')).count();
        assert_eq!(
            table
                .messages
                .iter()
                .map(|message| message.fields.len())
                .sum::<usize>(),
            lines
        );
        let kinds = text.matches(" is=").count();
        assert_eq!(
            table
                .messages
                .iter()
                .filter(|message| message.special.is_some())
                .count(),
            kinds
        );
        let zeros = text.matches(" zero=").count();
        let found = table.messages.iter().flat_map(|message| &message.fields);
        assert_eq!(found.filter(|field| field.zero.is_some()).count(), zeros);
    }

    #[test]
    fn numbers_are_unique() {
        for message in &Table::builtin().messages {
            assert!(
                message
                    .fields
                    .windows(2)
                    .all(|pair| pair[0].number < pair[1].number),
                "{message:?}"
            );
        }
    }
}
