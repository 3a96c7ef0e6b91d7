//! Splitting words at case changes, as xstrings 1.5 does: camelcase, snakecase, kebabcase.

use super::unicode::{is_letter, is_number, is_punctuation, is_upper, to_lower, to_upper};

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Nothing,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

fn is_connector(char: char) -> bool {
    matches!(char, '-' | '_') || char.is_whitespace()
}

/// A letter, Chinese characters excepted.
fn is_alphabet(char: char) -> bool {
    is_letter(char)
        && !matches!(char, '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}')
}

/// `SomeWords` out of `some_words`. Connectors in front stay; a text of connectors only gets one more, as upstream
/// has it.
pub(super) fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut last = None;
    let mut after_upper = false;
    for char in chars.by_ref() {
        if !is_connector(char) {
            after_upper = is_upper(char);
            last = Some(to_upper(char));
            break;
        }
        out.push(char);
        last = Some(char);
    }
    let Some(mut current) = last else { return out };
    for char in chars {
        let before = current;
        current = char;
        if is_connector(char) && is_connector(before) {
            out.push(before);
        } else if is_connector(before) {
            after_upper = is_upper(char);
            current = to_upper(char);
        } else {
            if after_upper && is_upper(char) {
                current = to_lower(char);
            } else {
                after_upper = false;
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

/// `some_words` out of `SomeWords`, with a connector of choice.
pub(super) fn joined(text: &str, connector: char) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut splitter = Splitter {
        out: String::with_capacity(text.len() + 8),
        connector,
        rest: text,
    };
    let mut current = splitter.next();
    while !splitter.rest.is_empty() {
        if current.0 != Word::Connector {
            splitter.write(current);
        }
        let before = current;
        current = splitter.next();
        current = match before.0 {
            Word::Number => splitter.after_number(current),
            Word::Connector => {
                splitter.write(before);
                current
            }
            Word::Punctuation => current,
            _ => splitter.after_letters(current),
        };
    }
    splitter.write(current);
    splitter.out
}

struct Splitter<'t> {
    out: String,
    connector: char,
    rest: &'t str,
}

impl<'t> Splitter<'t> {
    fn next(&mut self) -> (Word, &'t str) {
        let (word, length) = word_at(self.rest);
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        (word, text)
    }

    fn write(&mut self, (word, text): (Word, &str)) {
        if !matches!(word, Word::Upper | Word::Connector) {
            self.out.push_str(text);
            return;
        }
        let connector = self.connector;
        self.out.extend(text.chars().map(|char| match char {
            _ if is_connector(char) => connector,
            _ if is_upper(char) => to_lower(char),
            _ => char,
        }));
    }

    fn connect_unless(&mut self, word: Word, also: bool) {
        if !(matches!(word, Word::Connector | Word::Punctuation) || also && word == Word::Nothing) {
            self.out.push(self.connector);
        }
    }

    /// Letters and numbers that follow belong to the number.
    fn after_number(&mut self, mut current: (Word, &'t str)) -> (Word, &'t str) {
        while matches!(current.0, Word::Letters | Word::Number) {
            self.write(current);
            current = self.next();
        }
        self.connect_unless(current.0, true);
        current
    }

    fn after_letters(&mut self, current: (Word, &'t str)) -> (Word, &'t str) {
        if current.0 != Word::Number {
            self.connect_unless(current.0, false);
            return current;
        }
        if self.rest.is_empty() {
            return current;
        }
        let number = current.1;
        let current = self.next();
        // A number before a capital belongs to the word before: Bld4Floor is bld4_floor …
        if current.0 != Word::Letters {
            self.write((Word::Number, number));
            self.connect_unless(current.0, false);
            return current;
        }
        // … and one before small letters starts a word: HTTP2xx is http_2xx.
        self.out.push(self.connector);
        self.write((Word::Number, number));
        self.after_number(current)
    }
}

/// The first word of a text, and its length.
fn word_at(text: &str) -> (Word, usize) {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return (Word::Nothing, 0);
    };
    let run = |while_is: &dyn Fn(char) -> bool| text.find(|char| !while_is(char)).unwrap_or(text.len());
    if first == char::REPLACEMENT_CHARACTER {
        return (Word::Nothing, text.len());
    }
    if is_connector(first) {
        return (Word::Connector, run(&is_connector));
    }
    if is_punctuation(first) {
        return (Word::Punctuation, run(&is_punctuation));
    }
    let small = |char: char| is_alphabet(char) && !is_upper(char);
    if is_upper(first) {
        let rest = &text[first.len_utf8()..];
        return (Word::Upper, first.len_utf8() + after_capital(rest, small));
    }
    if is_alphabet(first) {
        return (Word::Letters, run(&small));
    }
    if is_number(first) {
        return (Word::Number, run(&is_number));
    }
    let other =
        |char: char| !(is_connector(char) || is_alphabet(char) || is_number(char) || is_punctuation(char));
    let rest = &text[first.len_utf8()..];
    (
        Word::Other,
        first.len_utf8() + rest.find(|char| !other(char)).unwrap_or(rest.len()),
    )
}

/// How much after a capital belongs to its word: more capitals, but not one that begins a word of small letters; or
/// small letters.
fn after_capital(rest: &str, small: impl Fn(char) -> bool) -> usize {
    let Some(second) = rest.chars().next() else {
        return 0;
    };
    if !is_upper(second) {
        return rest.find(|char| !small(char)).unwrap_or(rest.len());
    }
    let end = rest.find(|char| !is_upper(char)).unwrap_or(rest.len());
    let begins_word = rest[end..].chars().next().is_some_and(is_alphabet);
    let last = rest[..end].chars().next_back().map_or(0, char::len_utf8);
    if begins_word { end - last } else { end }
}
