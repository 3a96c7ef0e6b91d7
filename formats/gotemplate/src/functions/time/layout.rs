//! The pieces of a Go time layout: `2006-01-02T15:04:05Z07:00` is a year, a dash, a month …

/// One piece that stands for a part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    /// `PM`, or `pm` when false.
    Meridiem(bool),
    ZoneName,
    Offset(OffsetForm),
    /// A fraction of seconds with its separator and count of digits; `trim` drops zeros at the end.
    Fraction {
        separator: char,
        digits: usize,
        trim: bool,
    },
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetForm {
    /// `Z` stands for UTC.
    pub(super) zulu: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

const OFFSETS: [(&str, OffsetForm); 5] = [
    (
        "070000",
        OffsetForm {
            zulu: false,
            colon: false,
            minutes: true,
            seconds: true,
        },
    ),
    (
        "07:00:00",
        OffsetForm {
            zulu: false,
            colon: true,
            minutes: true,
            seconds: true,
        },
    ),
    (
        "0700",
        OffsetForm {
            zulu: false,
            colon: false,
            minutes: true,
            seconds: false,
        },
    ),
    (
        "07:00",
        OffsetForm {
            zulu: false,
            colon: true,
            minutes: true,
            seconds: false,
        },
    ),
    (
        "07",
        OffsetForm {
            zulu: false,
            colon: false,
            minutes: false,
            seconds: false,
        },
    ),
];

/// The text before the first piece, the piece with its text, and what follows. Without a piece all is text.
pub(super) fn next(layout: &str) -> (&str, Option<(Piece, &str)>, &str) {
    let bytes = layout.as_bytes();
    for at in 0..bytes.len() {
        if !layout.is_char_boundary(at) {
            continue;
        }
        if let Some((skip, piece, length)) = piece_at(&layout[at..]) {
            let start = at + skip;
            return (
                &layout[..start],
                Some((piece, &layout[start..start + length])),
                &layout[start + length..],
            );
        }
    }
    (layout, None, "")
}

/// The piece at the start of a text: how much to skip before it, and its length.
fn piece_at(text: &str) -> Option<(usize, Piece, usize)> {
    let found = |piece, length| Some((0, piece, length));
    let starts = |word| text.starts_with(word);
    match text.as_bytes()[0] {
        b'J' if starts("January") => found(Piece::LongMonth, 7),
        b'J' if starts("Jan") && !starts_lower(&text[3..]) => found(Piece::Month, 3),
        b'M' if starts("Monday") => found(Piece::LongWeekday, 6),
        b'M' if starts("Mon") && !starts_lower(&text[3..]) => found(Piece::Weekday, 3),
        b'M' if starts("MST") => found(Piece::ZoneName, 3),
        b'0' => match text.as_bytes().get(1)? {
            b'1' => found(Piece::ZeroMonth, 2),
            b'2' => found(Piece::ZeroDay, 2),
            b'3' => found(Piece::ZeroHour12, 2),
            b'4' => found(Piece::ZeroMinute, 2),
            b'5' => found(Piece::ZeroSecond, 2),
            b'6' => found(Piece::Year, 2),
            b'0' if text.as_bytes().get(2) == Some(&b'2') => found(Piece::ZeroYearDay, 3),
            _ => None,
        },
        b'1' if starts("15") => found(Piece::Hour, 2),
        b'1' => found(Piece::NumMonth, 1),
        b'2' if starts("2006") => found(Piece::LongYear, 4),
        b'2' => found(Piece::Day, 1),
        b'_' if starts("_2006") => Some((1, Piece::LongYear, 4)),
        b'_' if starts("_2") => found(Piece::UnderDay, 2),
        b'_' if starts("__2") => found(Piece::UnderYearDay, 3),
        b'3' => found(Piece::Hour12, 1),
        b'4' => found(Piece::Minute, 1),
        b'5' => found(Piece::Second, 1),
        b'P' if starts("PM") => found(Piece::Meridiem(true), 2),
        b'p' if starts("pm") => found(Piece::Meridiem(false), 2),
        sign @ (b'-' | b'Z') => {
            let (form, offset) = OFFSETS.iter().find(|(form, _)| text[1..].starts_with(form))?;
            let zulu = sign == b'Z';
            found(Piece::Offset(OffsetForm { zulu, ..*offset }), 1 + form.len())
        }
        b'.' | b',' => fraction(text),
        _ => None,
    }
}

fn fraction(text: &str) -> Option<(usize, Piece, usize)> {
    let digit = text
        .as_bytes()
        .get(1)
        .copied()
        .filter(|byte| matches!(byte, b'0' | b'9'))?;
    let digits = text.bytes().skip(1).take_while(|byte| *byte == digit).count();
    // Another digit after it makes it no fraction.
    if text.as_bytes().get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let separator = char::from(text.as_bytes()[0]);
    Some((
        0,
        Piece::Fraction {
            separator,
            digits,
            trim: digit == b'9',
        },
        1 + digits,
    ))
}

fn starts_lower(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
}
