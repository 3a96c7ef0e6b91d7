//! What type a plain scalar is of: the rules of go-yaml v3 (nodes) and of go-yaml v2 (the JSON bridge).

mod timestamp;

/// The type of a scalar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScalarTag {
    /// Not decided: it follows from the text (plain style) or is a string (other styles).
    #[default]
    Auto,
    /// `!!null`
    Null,
    /// `!!bool`
    Bool,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!str`
    Str,
    /// `!!timestamp`
    Timestamp,
    /// `!!merge`: the key `<<`.
    Merge,
}

impl ScalarTag {
    /// The short form, `!!str` for example; empty for [`ScalarTag::Auto`].
    pub fn short(self) -> &'static str {
        match self {
            ScalarTag::Auto => "",
            ScalarTag::Null => "!!null",
            ScalarTag::Bool => "!!bool",
            ScalarTag::Int => "!!int",
            ScalarTag::Float => "!!float",
            ScalarTag::Str => "!!str",
            ScalarTag::Timestamp => "!!timestamp",
            ScalarTag::Merge => "!!merge",
        }
    }
}

/// A plain scalar as a value. Integers above `i64` are [`Resolved::Uint`], as in go-yaml.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A float, infinities and NaN included.
    Float(f64),
    /// A date, or date and time.
    Timestamp,
    /// Anything else.
    Str,
}

impl Resolved {
    /// The type.
    pub fn tag(self) -> ScalarTag {
        match self {
            Resolved::Null => ScalarTag::Null,
            Resolved::Bool(_) => ScalarTag::Bool,
            Resolved::Int(_) | Resolved::Uint(_) => ScalarTag::Int,
            Resolved::Float(_) => ScalarTag::Float,
            Resolved::Timestamp => ScalarTag::Timestamp,
            Resolved::Str => ScalarTag::Str,
        }
    }
}

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// go-yaml v3, used by kustomize on its nodes: `yes` and `on` are strings.
    V3,
    /// go-yaml v2, used by sigs.k8s.io/yaml for API objects: `yes`, `on` and `y` are booleans.
    V2,
}

/// The type of a plain scalar by go-yaml v3's rules.
pub fn resolve(text: &str) -> ScalarTag {
    resolve_value(text, Dialect::V3).tag()
}

/// The value of a plain scalar.
pub fn resolve_value(text: &str, dialect: Dialect) -> Resolved {
    let Some(&first) = text.as_bytes().first() else {
        return Resolved::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, dialect),
        b'.' => dotted(text),
        b'+' | b'-' | b'0'..=b'9' => match text {
            "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
            _ if timestamp::is_timestamp(text) => Resolved::Timestamp,
            _ => number(text, dialect),
        },
        _ => Resolved::Str,
    }
}

fn word(text: &str, dialect: Dialect) -> Resolved {
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ if dialect == Dialect::V3 => Resolved::Str,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        _ => Resolved::Str,
    }
}

fn dotted(text: &str) -> Resolved {
    match text {
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Resolved::Float(f64::INFINITY),
        _ => float(text).map_or(Resolved::Str, Resolved::Float),
    }
}

fn number(text: &str, dialect: Dialect) -> Resolved {
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    integer(plain)
        .or_else(|| float(plain).map(Resolved::Float))
        .or_else(|| signed_after_prefix(plain, "0b", 2))
        .or_else(|| {
            (dialect == Dialect::V3)
                .then(|| signed_after_prefix(plain, "0o", 8))
                .flatten()
        })
        .unwrap_or(Resolved::Str)
}

/// Go's integer syntax: sign, then `0x`, `0o`, `0b`, or `0` for octal.
fn integer(text: &str) -> Option<Resolved> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (Some(false), &text[1..]),
        b'-' => (Some(true), &text[1..]),
        _ => (None, text),
    };
    let magnitude = magnitude(digits)?;
    match sign {
        Some(true) if magnitude <= 1 << 63 => Some(Resolved::Int((magnitude as i64).wrapping_neg())),
        Some(true) => None,
        _ => match (i64::try_from(magnitude), sign) {
            (Ok(value), _) => Some(Resolved::Int(value)),
            (Err(_), None) => Some(Resolved::Uint(magnitude)),
            (Err(_), Some(_)) => None,
        },
    }
}

fn magnitude(digits: &str) -> Option<u64> {
    let bytes = digits.as_bytes();
    let (radix, rest) = match bytes {
        [] => return None,
        [b'0'] => return Some(0),
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Rust's parser would take a second sign here.
    if !rest.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    u64::from_str_radix(rest, radix).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, not overflowing.
fn float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(start);
    let mut at = whole;
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
        if whole == start && at == whole + 1 {
            return None;
        }
    } else if whole == start {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let mut exponent = at + 1;
        exponent += usize::from(matches!(bytes.get(exponent), Some(b'+' | b'-')));
        at = digits(exponent);
        if at == exponent {
            return None;
        }
    }
    if at != bytes.len() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// go-yaml also takes a sign after the prefix: `0b-11` is -3.
fn signed_after_prefix(text: &str, prefix: &str, radix: u32) -> Option<Resolved> {
    i64::from_str_radix(text.strip_prefix(prefix)?, radix)
        .ok()
        .map(Resolved::Int)
}

/// The value of a text that resolves to an integer.
pub(crate) fn parse_i64(text: &str) -> Option<i64> {
    match number(text, Dialect::V3) {
        Resolved::Int(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
