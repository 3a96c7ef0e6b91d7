//! Label and field selectors.

use std::collections::HashSet;

use serde_json::Value;

use super::Failure;
use super::go::quote;

/// A parsed label selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Absent,
    Greater,
    Less,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'static str),
    End,
}

impl Token<'_> {
    fn literal(&self) -> &str {
        match self {
            Token::Word(word) => word,
            Token::Symbol(symbol) => symbol,
            Token::End => "",
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
}

const SYMBOLS: [&str; 10] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<", "\u{0}"];

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if self.rest.is_empty() {
            return Token::End;
        }
        for symbol in SYMBOLS {
            if let Some(rest) = self.rest.strip_prefix(symbol) {
                self.rest = rest;
                return Token::Symbol(symbol);
            }
        }
        let end = self
            .rest
            .find(|c: char| c.is_ascii_whitespace() || "=!(),<>".contains(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Word(word)
    }

    fn peek(&self) -> Token<'a> {
        Lexer { rest: self.rest }.next()
    }
}

impl LabelSelector {
    /// Parse the selector of a query.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut lexer = Lexer { rest: text };
        let mut requirements = Vec::new();
        loop {
            match lexer.peek() {
                Token::End => break,
                Token::Word(_) | Token::Symbol("!") => {
                    requirements.push(parse_requirement(&mut lexer).map_err(Failure::bad_request)?);
                    match lexer.next() {
                        Token::End => break,
                        Token::Symbol(",") => {
                            let ahead = lexer.peek();
                            if !matches!(ahead, Token::Word(_) | Token::Symbol("!")) {
                                return Err(Failure::bad_request(format!(
                                    "found '{}', expected: identifier after ','",
                                    ahead.literal()
                                )));
                            }
                        }
                        other => {
                            return Err(Failure::bad_request(format!(
                                "found '{}', expected: ',' or 'end of string'",
                                other.literal()
                            )));
                        }
                    }
                }
                other => {
                    return Err(Failure::bad_request(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.literal()
                    )));
                }
            }
        }
        Ok(Self(requirements))
    }

    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the labels of an object fulfil it.
    pub(crate) fn matches(&self, labels: &Value) -> bool {
        self.0
            .iter()
            .all(|requirement| requirement.matches(labels.get(&requirement.key).and_then(Value::as_str)))
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        let number = |text: &str| text.parse::<i64>().ok();
        match (self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::Absent, value) => value.is_none(),
            (Operator::In, Some(value)) => self.values.iter().any(|wanted| wanted == value),
            (Operator::NotIn, Some(value)) => !self.values.iter().any(|wanted| wanted == value),
            (Operator::NotIn, None) => true,
            (Operator::Greater, Some(value)) => {
                number(value) > self.values.first().and_then(|wanted| number(wanted))
                    && number(value).is_some()
            }
            (Operator::Less, Some(value)) => {
                number(value).is_some()
                    && number(value) < self.values.first().and_then(|wanted| number(wanted))
            }
            (Operator::In | Operator::Greater | Operator::Less, None) => false,
        }
    }
}

fn parse_requirement(lexer: &mut Lexer<'_>) -> Result<Requirement, String> {
    let bad = |message: String| format!("unable to parse requirement: {message}");
    let negated = lexer.peek() == Token::Symbol("!");
    if negated {
        lexer.next();
    }
    let key = match lexer.next() {
        Token::Word(word) => word.to_owned(),
        other => return Err(bad(format!("found '{}', expected: identifier", other.literal()))),
    };
    check_key(&key).map_err(bad)?;
    let requirement = |operator, values| Requirement {
        key: key.clone(),
        operator,
        values,
    };
    if negated {
        return Ok(requirement(Operator::Absent, Vec::new()));
    }
    if matches!(lexer.peek(), Token::End | Token::Symbol(",")) {
        return Ok(requirement(Operator::Exists, Vec::new()));
    }
    let token = lexer.next();
    let words = token.literal().to_owned();
    let operator = match token {
        Token::Symbol("=" | "==") | Token::Word("in") => Operator::In,
        Token::Symbol("!=") | Token::Word("notin") => Operator::NotIn,
        Token::Symbol(">") | Token::Word("gt") => Operator::Greater,
        Token::Symbol("<") | Token::Word("lt") => Operator::Less,
        other => {
            return Err(bad(format!(
                "found '{}', expected: in, notin, =, ==, !=, gt, lt",
                other.literal()
            )));
        }
    };
    let set = words == "in" || words == "notin";
    if set && lexer.peek() != Token::Symbol("(") {
        return Err(bad(format!("found '{}' expected: '('", lexer.peek().literal())));
    }
    let values = if set {
        parse_values(lexer).map_err(bad)?
    } else {
        vec![parse_value(lexer).map_err(bad)?]
    };
    if matches!(operator, Operator::Greater | Operator::Less)
        && values.iter().any(|value| value.parse::<i64>().is_err())
    {
        let value = values.first().map(String::as_str).unwrap_or_default();
        return Err(bad(format!(
            "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
            quote(value)
        )));
    }
    for value in &values {
        check_value(&key, value).map_err(bad)?;
    }
    Ok(requirement(operator, values))
}

fn parse_value(lexer: &mut Lexer<'_>) -> Result<String, String> {
    match lexer.peek() {
        Token::End | Token::Symbol(",") => Ok(String::new()),
        Token::Word(word) => {
            lexer.next();
            Ok(word.to_owned())
        }
        other => Err(format!("found '{}', expected: identifier", other.literal())),
    }
}

fn parse_values(lexer: &mut Lexer<'_>) -> Result<Vec<String>, String> {
    lexer.next();
    let mut values = HashSet::new();
    let mut list = Vec::new();
    loop {
        match lexer.next() {
            Token::Word(word) => {
                if values.insert(word) {
                    list.push(word.to_owned());
                }
                match lexer.next() {
                    Token::Symbol(",") => {
                        if lexer.peek() == Token::Symbol(")") {
                            lexer.next();
                            list.push(String::new());
                            return Ok(list);
                        }
                    }
                    Token::Symbol(")") => return Ok(list),
                    other => return Err(format!("found '{}', expected: ',' or ')'", other.literal())),
                }
            }
            Token::Symbol(",") => {
                if values.insert("") {
                    list.push(String::new());
                }
                if lexer.peek() == Token::Symbol(")") {
                    lexer.next();
                    return Ok(list);
                }
            }
            Token::Symbol(")") => {
                list.push(String::new());
                return Ok(list);
            }
            other => {
                return Err(format!(
                    "found '{}', expected: ',', ')' or identifier",
                    other.literal()
                ));
            }
        }
    }
}

const NAME_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().last())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn check_key(key: &str) -> Result<(), String> {
    let bad = |message: &str| Err(format!("<nil>: Invalid value: {}: {message}", quote(key)));
    let name = match key.split_once('/') {
        Some(("", _)) => return bad("prefix part must be non-empty"),
        Some((prefix, name)) if is_subdomain(prefix) && !name.contains('/') => name,
        Some((_, name)) if name.contains('/') => {
            return bad(
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            );
        }
        Some(_) => {
            return bad(
                "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            );
        }
        None => key,
    };
    match name {
        "" => bad("name part must be non-empty"),
        name if name.len() > 63 => bad("name part must be no more than 63 bytes"),
        name if !is_name(name) => bad(NAME_RULE),
        _ => Ok(()),
    }
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|part| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            edge(part.chars().next())
                && edge(part.chars().last())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    let bad = |message: &str| {
        Err(format!(
            "values[0][{key}]: Invalid value: {}: {message}",
            quote(value)
        ))
    };
    match value {
        "" => Ok(()),
        value if value.len() > 63 => bad("must be no more than 63 bytes"),
        value if !is_name(value) => bad(VALUE_RULE),
        _ => Ok(()),
    }
}

/// A parsed field selector: path, wanted value, and whether it must be equal or different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(pub(crate) Vec<FieldTerm>);

/// One term of a field selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldTerm {
    pub(crate) path: String,
    pub(crate) value: String,
    pub(crate) equal: bool,
}

impl FieldSelector {
    /// Parse the selector of a query; the paths are checked by [`super::fields`].
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut terms = Vec::new();
        for part in split_terms(text) {
            if part.is_empty() {
                continue;
            }
            let Some((path, operator, value)) = split_term(&part) else {
                return Err(Failure::bad_request(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                )));
            };
            let value =
                unescape(value).map_err(|message| Failure::bad_request(format!("{message}: '{value}'")))?;
            terms.push(FieldTerm {
                path: path.into(),
                value,
                equal: operator != "!=",
            });
        }
        Ok(Self(terms))
    }

    /// The value that a path must have, where the selector says so.
    pub(crate) fn wanted(&self, path: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|term| term.equal && term.path == path)
            .map(|term| term.value.as_str())
    }
}

fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            ',' if !escaped => terms.push(String::new()),
            c => {
                if let Some(term) = terms.last_mut() {
                    term.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}

fn split_term(term: &str) -> Option<(&str, &str, &str)> {
    for (at, _) in term.char_indices() {
        for operator in ["!=", "==", "="] {
            if let Some(value) = term[at..].strip_prefix(operator) {
                return Some((&term[..at], operator, value));
            }
        }
    }
    None
}

fn unescape(text: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                _ => return Err("invalid escape sequence"),
            },
            ',' | '=' => return Err("unescaped character"),
            c => out.push(c),
        }
    }
    Ok(out)
}
