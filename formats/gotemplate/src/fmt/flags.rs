//! Flags, width and precision, and what is written with regard to them.

use crate::strconv::{self, FloatFormat};
use crate::{FloatKind, Runes};

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are Go's flags")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
}

const LOWER: &[u8; 17] = b"0123456789abcdefx";
const UPPER: &[u8; 17] = b"0123456789ABCDEFX";

fn digits(upper: bool) -> &'static [u8; 17] {
    if upper { UPPER } else { LOWER }
}

impl Flags {
    fn padding(&self, out: &mut Vec<u8>, count: usize) {
        // Zeros are for the left side only.
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + count, byte);
    }

    pub(super) fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let Some(width) = self.width.filter(|width| *width > 0) else {
            out.extend_from_slice(text);
            return;
        };
        let missing = width.saturating_sub(Runes::new(text).count());
        if self.minus {
            out.extend_from_slice(text);
            self.padding(out, missing);
        } else {
            self.padding(out, missing);
            out.extend_from_slice(text);
        }
    }

    fn without_zero(self) -> Self {
        Self { zero: false, ..self }
    }

    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.precision else {
            return text;
        };
        let mut runes = Runes::new(text);
        for _ in 0..precision {
            if runes.next().is_none() {
                return text;
            }
        }
        &text[..text.len() - runes.rest().len()]
    }

    pub(super) fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        self.pad(out, self.truncated(text));
    }

    pub(super) fn quoted(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = self.truncated(text);
        let mut quoted = Vec::with_capacity(text.len() + 2);
        if self.sharp && strconv::can_backquote(text) {
            quoted.push(b'`');
            quoted.extend_from_slice(text);
            quoted.push(b'`');
        } else if self.plus {
            strconv::quote_ascii(&mut quoted, text);
        } else {
            strconv::quote(&mut quoted, text);
        }
        self.pad(out, &quoted);
    }

    /// `%x` of a text or of bytes.
    pub(super) fn hex(&self, out: &mut Vec<u8>, bytes: &[u8], upper: bool) {
        let digits = digits(upper);
        let length = self
            .precision
            .map_or(bytes.len(), |precision| precision.min(bytes.len()));
        if length == 0 {
            self.padding(out, self.width.unwrap_or(0));
            return;
        }
        let mut width = 2 * length;
        if self.space {
            if self.sharp {
                width *= 2;
            }
            width += length - 1;
        } else if self.sharp {
            width += 2;
        }
        let missing = self.width.unwrap_or(0).saturating_sub(width);
        if !self.minus {
            self.padding(out, missing);
        }
        if self.sharp {
            out.extend_from_slice(&[b'0', digits[16]]);
        }
        for (index, byte) in bytes[..length].iter().enumerate() {
            if self.space && index > 0 {
                out.push(b' ');
                if self.sharp {
                    out.extend_from_slice(&[b'0', digits[16]]);
                }
            }
            out.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 0xf)]]);
        }
        if self.minus {
            self.padding(out, missing);
        }
    }

    /// An integer in a base. `prefix_o` is the verb `%O`.
    pub(super) fn integer(&self, out: &mut Vec<u8>, number: i128, base: u8, prefix_o: bool, upper: bool) {
        let digits = digits(upper);
        let negative = number < 0;
        let signed = negative || self.plus || self.space;
        let mut rest = number.unsigned_abs();
        let zeros = match self.precision {
            Some(0) if rest == 0 => {
                self.without_zero().padding(out, self.width.unwrap_or(0));
                return;
            }
            Some(precision) => precision,
            None if self.zero && !self.minus => self.width.unwrap_or(0).saturating_sub(usize::from(signed)),
            None => 0,
        };
        // Backwards.
        let mut text = Vec::with_capacity(24.max(zeros + 3));
        while rest > 0 || text.is_empty() {
            text.push(digits[(rest % u128::from(base)) as usize]);
            rest /= u128::from(base);
        }
        if text.len() < zeros {
            text.resize(zeros, b'0');
        }
        if self.sharp {
            match base {
                2 => text.extend_from_slice(b"b0"),
                8 if text.last() != Some(&b'0') => text.push(b'0'),
                16 => text.extend_from_slice(&[digits[16], b'0']),
                _ => {}
            }
        }
        if prefix_o {
            text.extend_from_slice(b"o0");
        }
        if negative {
            text.push(b'-');
        } else if self.plus {
            text.push(b'+');
        } else if self.space {
            text.push(b' ');
        }
        text.reverse();
        self.without_zero().pad(out, &text);
    }

    /// `%c`.
    pub(super) fn rune(&self, out: &mut Vec<u8>, number: i128) {
        let rune = u32::try_from(number)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER);
        self.pad(out, rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// `%q` of an integer.
    pub(super) fn quoted_rune(&self, out: &mut Vec<u8>, number: i128) {
        let mut quoted = Vec::new();
        strconv::quote_rune(&mut quoted, i64::try_from(number).unwrap_or(-1), self.plus);
        self.pad(out, &quoted);
    }

    /// `%U`.
    pub(super) fn unicode(&self, out: &mut Vec<u8>, number: u64) {
        let places = self.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{number:0places$X}");
        if self.sharp
            && let Some(rune) = u32::try_from(number).ok().and_then(char::from_u32)
            && strconv::is_print(rune)
        {
            text.push_str(&format!(" '{rune}'"));
        }
        self.without_zero().pad(out, text.as_bytes());
    }

    /// A float. `general` is the default precision of `%e` and `%f`: 6; none for the others.
    pub(super) fn float(
        &self,
        out: &mut Vec<u8>,
        number: f64,
        kind: FloatKind,
        verb: char,
        default: Option<usize>,
    ) {
        let format = match verb {
            'e' | 'E' => FloatFormat::Exponent,
            'f' | 'F' => FloatFormat::Fixed,
            'b' => FloatFormat::Binary,
            'x' | 'X' => FloatFormat::Hex,
            _ => FloatFormat::General,
        };
        let precision = self.precision.or(default);
        let mut text = vec![b'+'];
        strconv::format_float(
            &mut text,
            number,
            kind,
            format,
            verb.is_ascii_uppercase(),
            precision,
        );
        if matches!(text[1], b'-' | b'+') {
            text.remove(0);
        }
        if self.space && text[0] == b'+' && !self.plus {
            text[0] = b' ';
        }
        if matches!(text[1], b'I' | b'N') {
            let from = usize::from(text[1] == b'N' && !self.space && !self.plus);
            self.without_zero().pad(out, &text[from..]);
            return;
        }
        if self.sharp && verb != 'b' {
            text = with_point(text, verb, precision);
        }
        if !self.plus && text[0] == b'+' {
            self.pad(out, &text[1..]);
        } else if let Some(width) = self
            .width
            .filter(|width| self.zero && !self.minus && *width > text.len())
        {
            // The sign goes before the zeros.
            out.push(text[0]);
            self.padding(out, width - text.len());
            out.extend_from_slice(&text[1..]);
        } else {
            self.pad(out, &text);
        }
    }
}

/// `%#g`: a decimal point always, and zeros up to the precision.
fn with_point(mut text: Vec<u8>, verb: char, precision: Option<usize>) -> Vec<u8> {
    let hex = matches!(verb, 'x' | 'X');
    let mut digits = match verb {
        'v' | 'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(6),
        _ => 0,
    };
    let end = text
        .iter()
        .position(|byte| matches!(byte, b'p' | b'P') || (!hex && matches!(byte, b'e' | b'E')));
    let tail = end.map_or_else(Vec::new, |end| text.split_off(end));
    let mut has_point = false;
    let mut significant = false;
    for byte in &text[1..] {
        if *byte == b'.' {
            has_point = true;
            continue;
        }
        significant |= *byte != b'0';
        digits -= i64::from(significant);
    }
    if !has_point {
        if text.len() == 2 && text[1] == b'0' {
            digits -= 1;
        }
        text.push(b'.');
    }
    text.resize(text.len() + usize::try_from(digits).unwrap_or(0), b'0');
    text.extend(tail);
    text
}
