//! Reading a format: texts, flags, widths, argument indexes and verbs.

use super::flags::Flags;
use crate::{Runes, Value};

/// A part of a format.
pub(super) enum Spec<'a> {
    /// To be written as it is.
    Text(&'a [u8]),
    /// A mistake: `%!` verb and why. The verb is missing from `%!(NOVERB)`, which is a text.
    Bad(char, &'static [u8]),
    /// A value to be printed.
    Print(Flags, char, &'a Value),
}

/// Walks a format and its arguments as Go's `Sprintf` does.
pub(super) struct Specs<'a> {
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    next_value: usize,
    /// Whether arguments were picked by index: no complaint about extra ones then.
    reordered: bool,
    /// Whether the indexes of the current spec are right so far.
    good_index: bool,
    /// Texts found on the way, to be given before the spec itself.
    pending: Vec<Spec<'a>>,
}

/// Widths, precisions and indexes beyond this are taken for a mistake.
const TOO_LARGE: usize = 1_000_000;

impl<'a> Specs<'a> {
    pub(super) fn new(format: &'a [u8], values: &'a [Value]) -> Self {
        Self {
            format,
            at: 0,
            values,
            next_value: 0,
            reordered: false,
            good_index: true,
            pending: Vec::new(),
        }
    }

    /// The arguments that no verb asked for.
    pub(super) fn extra(&self) -> &'a [Value] {
        if self.reordered {
            &[]
        } else {
            self.values.get(self.next_value..).unwrap_or_default()
        }
    }

    pub(super) fn next(&mut self) -> Option<Spec<'a>> {
        if !self.pending.is_empty() {
            return Some(self.pending.remove(0));
        }
        let rest = self.format.get(self.at..).filter(|rest| !rest.is_empty())?;
        let text = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        if text > 0 {
            self.at += text;
            return Some(Spec::Text(&rest[..text]));
        }
        self.at += 1;
        let spec = self.spec();
        if self.pending.is_empty() {
            return Some(spec);
        }
        self.pending.push(spec);
        Some(self.pending.remove(0))
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// After the `%`.
    fn spec(&mut self) -> Spec<'a> {
        self.good_index = true;
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut after_index = self.index();
        self.width(&mut flags, &mut after_index);
        self.precision(&mut flags, &mut after_index);
        if !after_index {
            self.index();
        }
        let mut runes = Runes::new(&self.format[self.at..]);
        let Some(verb) = runes.next() else {
            return Spec::Text(b"%!(NOVERB)");
        };
        self.at = self.format.len() - runes.rest().len();
        if verb == '%' {
            return Spec::Text(b"%");
        }
        if !self.good_index {
            return Spec::Bad(verb, b"(BADINDEX)");
        }
        let Some(value) = self.values.get(self.next_value) else {
            return Spec::Bad(verb, b"(MISSING)");
        };
        self.next_value += 1;
        if verb == 'v' {
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        Spec::Print(flags, verb, value)
    }

    fn width(&mut self, flags: &mut Flags, after_index: &mut bool) {
        if self.peek() != Some(b'*') {
            flags.width = self.number();
            if *after_index && flags.width.is_some() {
                self.good_index = false;
            }
            return;
        }
        self.at += 1;
        *after_index = false;
        match self.number_argument() {
            None => self.pending.push(Spec::Text(b"%!(BADWIDTH)")),
            Some(width) => {
                flags.width = Some(width.unsigned_abs());
                if width < 0 {
                    flags.minus = true;
                    flags.zero = false;
                }
            }
        }
    }

    fn precision(&mut self, flags: &mut Flags, after_index: &mut bool) {
        if self.peek() != Some(b'.') {
            return;
        }
        self.at += 1;
        if *after_index {
            self.good_index = false;
        }
        *after_index = self.index();
        if self.peek() != Some(b'*') {
            flags.precision = Some(self.number().unwrap_or(0));
            return;
        }
        self.at += 1;
        *after_index = false;
        let precision = self.number_argument();
        flags.precision = precision.and_then(|precision| usize::try_from(precision).ok());
        if flags.precision.is_none() {
            self.pending.push(Spec::Text(b"%!(BADPREC)"));
        }
    }

    /// Digits, if there are any. A crazy number swallows the format, as with Go.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            let before = number.unwrap_or(0);
            if before > TOO_LARGE {
                self.at = self.format.len();
                return None;
            }
            number = Some(before * 10 + usize::from(byte - b'0'));
            self.at += 1;
        }
        number
    }

    /// `*`: an integer among the arguments.
    fn number_argument(&mut self) -> Option<isize> {
        let value = self.values.get(self.next_value)?;
        self.next_value += 1;
        let number = match value.underlying().as_ref() {
            Value::Int(_, number) => isize::try_from(*number).ok()?,
            Value::Uint(_, number) => isize::try_from(*number).ok()?,
            _ => return None,
        };
        (number.unsigned_abs() <= TOO_LARGE).then_some(number)
    }

    /// `[n]`, if it is there; tells whether a right one was.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = rest
            .iter()
            .position(|byte| *byte == b']')
            .filter(|_| rest.len() >= 3);
        let Some(close) = close else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let digits = std::str::from_utf8(&rest[1..close]).ok();
        let number = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|number| *number <= 10 * TOO_LARGE);
        self.at += close + 1;
        let index = number
            .and_then(|number| number.checked_sub(1))
            .filter(|index| *index < self.values.len());
        match index {
            Some(index) => self.next_value = index,
            None => self.good_index = false,
        }
        number.is_some()
    }
}
