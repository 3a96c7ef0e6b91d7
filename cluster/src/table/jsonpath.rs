//! The part of kubectl's JSONPath that printer columns use.

use serde_json::Value;

/// A compiled path: `.a.b`, `['a.b']`, `[0]`, `[-1]`, `[*]`, `[1:3]`, `..a` and `[?(@.type=="Ready")]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Field(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    All,
    Deep,
    Filter(Filter),
}

#[derive(Debug, Clone, PartialEq)]
struct Filter {
    left: Operand,
    compare: Option<(&'static str, Operand)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Path(Path),
    Literal(Value),
}

/// Longer paths are no printer columns; the bound keeps a hostile definition cheap.
const MAX_LENGTH: usize = 4096;

impl Path {
    /// Parse a path, with or without the leading `$` or dot and the braces of `kubectl -o jsonpath`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .unwrap_or(text);
        if text.is_empty() || text.len() > MAX_LENGTH {
            return None;
        }
        let mut parser = Parser { rest: text, depth: 0 };
        let path = parser.path()?;
        parser.rest.is_empty().then_some(path)
    }

    /// All values that the path leads to.
    pub(crate) fn find<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![root];
        for part in &self.0 {
            found = found.into_iter().flat_map(|value| part.apply(value)).collect();
        }
        found
    }
}

impl Part {
    fn apply<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Field(name), Value::Object(map)) => map.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(list)) => position(*index, list.len())
                .map(|i| &list[i])
                .into_iter()
                .collect(),
            (Self::Slice(from, to), Value::Array(list)) => {
                let bound = |at: &Option<i64>, default: usize| match at {
                    None => default,
                    Some(at) if *at < 0 => list
                        .len()
                        .saturating_sub(usize::try_from(-at).unwrap_or(usize::MAX)),
                    Some(at) => usize::try_from(*at).unwrap_or(usize::MAX).min(list.len()),
                };
                let (from, to) = (bound(from, 0), bound(to, list.len()));
                list.get(from..to.max(from)).unwrap_or_default().iter().collect()
            }
            (Self::All, Value::Array(list)) => list.iter().collect(),
            (Self::All, Value::Object(map)) => map.values().collect(),
            (Self::Deep, value) => {
                let mut all = Vec::new();
                descend(value, &mut all);
                all
            }
            (Self::Filter(filter), Value::Array(list)) => {
                list.iter().filter(|item| filter.matches(item)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn position(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 {
        i64::try_from(len).ok()? + index
    } else {
        index
    };
    usize::try_from(index).ok().filter(|index| *index < len)
}

fn descend<'a>(value: &'a Value, all: &mut Vec<&'a Value>) {
    all.push(value);
    match value {
        Value::Array(list) => list.iter().for_each(|item| descend(item, all)),
        Value::Object(map) => map.values().for_each(|item| descend(item, all)),
        _ => {}
    }
}

impl Filter {
    fn matches(&self, item: &Value) -> bool {
        let Some(left) = self.left.value(item) else {
            return false;
        };
        let Some((operator, right)) = &self.compare else {
            return true;
        };
        let Some(right) = right.value(item) else {
            return false;
        };
        let order = match (left, right) {
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (a, b) => a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b)),
        };
        match *operator {
            "==" => left == right,
            "!=" => left != right,
            "<=" => order.is_some_and(std::cmp::Ordering::is_le),
            ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
            "<" => order.is_some_and(std::cmp::Ordering::is_lt),
            _ => order.is_some_and(std::cmp::Ordering::is_gt),
        }
    }
}

impl Operand {
    fn value<'a>(&'a self, item: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Path(path) => path.find(item).into_iter().next(),
            Self::Literal(value) => Some(value),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: u8,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn path(&mut self) -> Option<Path> {
        let mut parts = Vec::new();
        let _ = self.eat("$") || self.eat("@");
        loop {
            if self.eat("..") {
                parts.push(Part::Deep);
                if !self.rest.starts_with('[') {
                    parts.push(self.name()?);
                }
            } else if self.eat(".") {
                if self.rest.is_empty() && parts.is_empty() {
                    break;
                }
                if !self.rest.starts_with('[') {
                    parts.push(self.name()?);
                }
            } else if self.eat("[") {
                parts.push(self.bracket()?);
            } else if parts.is_empty()
                && self
                    .rest
                    .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            {
                parts.push(self.name()?);
            } else {
                break;
            }
        }
        Some(Path(parts))
    }

    /// A field name after a dot; a backslash takes the special meaning off the next character.
    fn name(&mut self) -> Option<Part> {
        if self.eat("*") {
            return Some(Part::All);
        }
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => name.push(chars.next()?.1),
                '.' | '[' | ']' | ' ' | '=' | '!' | '<' | '>' | ')' | '}' | '|' | ',' => {
                    end = at;
                    break;
                }
                c => name.push(c),
            }
        }
        self.rest = &self.rest[end..];
        (!name.is_empty()).then_some(Part::Field(name))
    }

    fn bracket(&mut self) -> Option<Part> {
        if self.eat("?(") {
            return self.filter();
        }
        if self.rest.starts_with(['\'', '"']) {
            let Value::String(name) = self.literal()? else {
                return None;
            };
            return self.eat("]").then_some(Part::Field(name));
        }
        let end = self.rest.find(']')?;
        let inside = self.rest[..end].trim();
        self.rest = &self.rest[end + 1..];
        if inside == "*" {
            return Some(Part::All);
        }
        match inside.split_once(':') {
            Some((from, to)) => {
                let bound = |text: &str| {
                    if text.is_empty() {
                        Some(None)
                    } else {
                        text.parse().ok().map(Some)
                    }
                };
                Some(Part::Slice(bound(from)?, bound(to)?))
            }
            None => inside.parse().ok().map(Part::Index),
        }
    }

    fn filter(&mut self) -> Option<Part> {
        // Filters may hold paths with filters; upstream's use nests no deeper than this.
        self.depth += 1;
        if self.depth > 8 {
            return None;
        }
        let left = self.operand()?;
        self.rest = self.rest.trim_start();
        let mut compare = None;
        for operator in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.eat(operator) {
                self.rest = self.rest.trim_start();
                compare = Some((operator, self.operand()?));
                break;
            }
        }
        self.rest = self.rest.trim_start();
        self.depth -= 1;
        self.eat(")]").then_some(Part::Filter(Filter { left, compare }))
    }

    fn operand(&mut self) -> Option<Operand> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(['@', '$', '.']) {
            return self.path().map(Operand::Path);
        }
        self.literal().map(Operand::Literal)
    }

    fn literal(&mut self) -> Option<Value> {
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let mut text = String::new();
            let mut chars = self.rest.char_indices().skip(1);
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => text.push(chars.next()?.1),
                    c if c == quote => {
                        self.rest = &self.rest[at + 1..];
                        return Some(Value::String(text));
                    }
                    c => text.push(c),
                }
            }
            return None;
        }
        let end = self.rest.find([')', ' ', '=', '!', '<', '>'])?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            number => serde_json::from_str(number).ok().filter(Value::is_number),
        }
    }
}
