//! Go's package unicode: categories and one-to-one case mappings, which are not quite Rust's.

use std::sync::LazyLock;

use regex::Regex;

static LETTER: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{L}$"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{N}$"));
static DIGIT: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{Nd}$"));
static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{P}$"));
static UPPER: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{Lu}$"));
static LOWER: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{Ll}$"));
static TITLE: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{Lt}$"));

fn class(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}

fn is(class: &Regex, char: char) -> bool {
    class.is_match(char.encode_utf8(&mut [0; 4]))
}

/// `unicode.IsLetter`.
pub(super) fn is_letter(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_alphabetic()
    } else {
        is(&LETTER, char)
    }
}

/// `unicode.IsNumber`.
pub(super) fn is_number(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_digit()
    } else {
        is(&NUMBER, char)
    }
}

/// `unicode.IsDigit`.
pub(super) fn is_digit(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_digit()
    } else {
        is(&DIGIT, char)
    }
}

/// `unicode.IsPunct`.
pub(super) fn is_punctuation(char: char) -> bool {
    is(&PUNCTUATION, char)
}

/// `unicode.IsUpper`.
pub(super) fn is_upper(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_uppercase()
    } else {
        is(&UPPER, char)
    }
}

/// `unicode.IsLower`.
pub(super) fn is_lower(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_lowercase()
    } else {
        is(&LOWER, char)
    }
}

/// `unicode.IsTitle`.
pub(super) fn is_title(char: char) -> bool {
    !char.is_ascii() && is(&TITLE, char)
}

/// `unicode.ToUpper`: one character for one.
pub(super) fn to_upper(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => greek_with_iota(char),
    }
}

/// `unicode.ToLower`: one character for one.
pub(super) fn to_lower(char: char) -> char {
    char.to_lowercase().next().unwrap_or(char)
}

/// `unicode.ToTitle`: as upper case, but for letters that are two in one, and Georgian.
pub(super) fn to_title(char: char) -> char {
    match char {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => char,
        _ => to_upper(char),
    }
}

/// Greek letters with a small iota have a one-letter capital, which full case mapping does not use.
fn greek_with_iota(char: char) -> char {
    let above = match char {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return char,
    };
    char::from_u32(u32::from(char) + above).unwrap_or(char)
}
