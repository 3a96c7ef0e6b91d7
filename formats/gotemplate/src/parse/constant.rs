//! Number constants: each is kept as every kind that can hold it.

use super::lexer::Kind;
use crate::strconv::{Unit, quote, unquote_char};

/// A number of a template, as the kinds of numbers that it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
    /// Written with a point or an exponent: a float where no type asks for something else.
    pub(crate) looks_like_float: bool,
}

impl Number {
    /// Reads a constant. The error is Go's text.
    pub(super) fn read(kind: Kind, text: &[u8]) -> Result<Self, String> {
        let quoted = || {
            let mut quoted = Vec::new();
            quote(&mut quoted, text);
            String::from_utf8_lossy(&quoted).into_owned()
        };
        let string = String::from_utf8_lossy(text);
        match kind {
            Kind::CharConstant => Self::character(text),
            Kind::Complex => {
                Self::complex(&string).ok_or_else(|| "syntax error scanning complex number".to_owned())
            }
            _ => {
                if let Some(imaginary) = string.strip_suffix('i').and_then(parse_float) {
                    return Ok(Self::from_complex(0.0, imaginary));
                }
                let mut number = Self::plain(&string);
                let floaty = string.contains(['.', 'e', 'E', 'p', 'P']);
                if number.int.is_none() && number.uint.is_none() && number.float.is_some() {
                    if !floaty {
                        return Err(format!("integer overflow: {}", quoted()));
                    }
                    number = number.widened();
                }
                let hex = string.len() > 2
                    && (string.starts_with("0x") || string.starts_with("0X"))
                    && !string.contains(['p', 'P']);
                number.looks_like_float = floaty && !hex;
                if number == Self::default() || (number.int, number.uint, number.float) == (None, None, None)
                {
                    return Err(format!("illegal number syntax: {}", quoted()));
                }
                Ok(number)
            }
        }
    }

    fn plain(text: &str) -> Self {
        let mut number = Self {
            uint: parse_uint(text),
            int: parse_int(text),
            ..Self::default()
        };
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        #[expect(clippy::cast_precision_loss, reason = "Go converts just so")]
        let promoted = number
            .int
            .map(|int| int as f64)
            .or(number.uint.map(|uint| uint as f64));
        number.float = promoted.or_else(|| parse_float(text));
        number
    }

    /// Adds the integers that a float is equal to.
    fn widened(mut self) -> Self {
        let float = self.float.unwrap_or(f64::NAN);
        if float.fract() != 0.0 {
            return self;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        {
            if self.int.is_none()
                && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float)
            {
                self.int = Some(float as i64);
            }
            if self.uint.is_none() && (0.0..18_446_744_073_709_551_616.0).contains(&float) {
                self.uint = Some(float as u64);
            }
        }
        self
    }

    fn character(text: &[u8]) -> Result<Self, String> {
        let (unit, tail) = unquote_char(&text[1..], text[0]).ok_or("invalid syntax")?;
        if tail != b"'" {
            return Err(format!(
                "malformed character constant: {}",
                String::from_utf8_lossy(text)
            ));
        }
        let code = match unit {
            Unit::Byte(byte) => u32::from(byte),
            Unit::Rune(rune) => rune as u32,
        };
        Ok(Self {
            int: Some(i64::from(code)),
            uint: Some(u64::from(code)),
            float: Some(f64::from(code)),
            ..Self::default()
        })
    }

    /// `1+2i`.
    fn complex(text: &str) -> Option<Self> {
        let body = text.strip_suffix('i')?;
        let split = body.char_indices().skip(1).filter(|(index, sign)| {
            matches!(sign, '+' | '-') && !body[..*index].ends_with(['e', 'E', 'p', 'P'])
        });
        let (index, _) = split.last()?;
        Some(Self::from_complex(
            parse_float(&body[..index])?,
            parse_float(&body[index..])?,
        ))
    }

    fn from_complex(real: f64, imaginary: f64) -> Self {
        let mut number = Self {
            complex: Some((real, imaginary)),
            ..Self::default()
        };
        if imaginary == 0.0 {
            number.float = Some(real);
            number = number.widened();
        }
        number
    }
}

/// Go's `ParseUint(text, 0, 64)`.
fn parse_uint(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', ..] => (8, &text[1..]),
        [] => return None,
        _ => (10, text),
    };
    if digits.contains('_') && !underscores_ok(text) {
        return None;
    }
    digits
        .chars()
        .filter(|digit| *digit != '_')
        .try_fold(0u64, |number, digit| {
            number
                .checked_mul(u64::from(radix))?
                .checked_add(u64::from(digit.to_digit(radix)?))
        })
}

/// Go's `ParseInt(text, 0, 64)`.
fn parse_int(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => 0i64.checked_sub_unsigned(parse_uint(rest)?),
        None => i64::try_from(parse_uint(text.strip_prefix('+').unwrap_or(text))?).ok(),
    }
}

/// Go's `ParseFloat(text, 64)`; `None` out of range as well.
fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') && !underscores_ok(text) {
        return None;
    }
    let plain: String = text.chars().filter(|byte| *byte != '_').collect();
    let (sign, body) = match plain.as_bytes().first()? {
        b'-' => (-1.0, &plain[1..]),
        b'+' => (1.0, &plain[1..]),
        _ => (1.0, plain.as_str()),
    };
    let number = match body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        Some(hex) => hex_float(hex)?,
        None if body.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            body.parse::<f64>().ok()?
        }
        None => return None,
    };
    number.is_finite().then_some(sign * number)
}

/// `1.8p3`: mantissa in base 16, exponent of 2 in base 10.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, power) = text.split_once(['p', 'P'])?;
    let mut power = i64::from(power.parse::<i32>().ok()?);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut number = 0u64;
    let mut rest = false;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        if number >> 58 == 0 {
            number = number << 4 | digit;
        } else {
            rest |= digit != 0;
            power += 4;
        }
        if index >= whole.len() {
            power -= 4;
        }
    }
    // What did not fit decides a tie.
    number |= u64::from(rest);
    #[expect(clippy::cast_precision_loss, reason = "this is the rounding")]
    let number = number as f64;
    let half = i32::try_from((power / 2).clamp(-1200, 1200)).ok()?;
    let other = i32::try_from((power - power / 2).clamp(-1200, 1200)).ok()?;
    Some(number * 2f64.powi(half) * 2f64.powi(other))
}

/// Underscores may stand between digits and after the prefix of a base.
fn underscores_ok(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = text.to_ascii_lowercase();
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix));
    let hex = lower.starts_with("0x");
    let mut before = if prefixed { '0' } else { '^' };
    for rune in lower[if prefixed { 2 } else { 0 }..].chars() {
        before = match rune {
            '0'..='9' => '0',
            'a'..='f' if hex => '0',
            '_' if before == '0' => '_',
            '_' => return false,
            _ if before == '_' => return false,
            _ => '!',
        };
    }
    before != '_'
}
