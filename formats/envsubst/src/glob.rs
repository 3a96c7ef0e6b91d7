//! Shell patterns: `*`, `?`, `[a-z]`, `[^a]`, `\c`.

/// Steps a match may take; beyond this it is refused.
const MAX_STEPS: usize = 200_000_000;

#[derive(Debug, PartialEq, Eq)]
enum Item {
    Star,
    Any,
    Char(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A parsed pattern.
pub(crate) struct Glob {
    items: Vec<Item>,
}

/// What a match found.
pub(crate) enum Scan {
    /// The length of the start that matches, in bytes.
    Matched(usize),
    Nothing,
    TooExpensive,
}

impl Glob {
    /// None when the pattern is malformed.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let mut items = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(char) = chars.next() {
            items.push(match char {
                '*' if items.last() == Some(&Item::Star) => continue,
                '*' => Item::Star,
                '?' => Item::Any,
                '\\' => Item::Char(chars.next()?),
                '[' => class(&mut chars)?,
                char => Item::Char(char),
            });
        }
        Some(Glob { items })
    }

    /// The shortest or longest start that is not empty and matches the whole pattern. All places in the pattern are
    /// followed at once, so the cost is the product of both lengths.
    pub(crate) fn prefix(&self, value: &str, longest: bool) -> Scan {
        if value.len().saturating_mul(self.items.len()) > MAX_STEPS {
            return Scan::TooExpensive;
        }
        let mut found = Scan::Nothing;
        let mut states = vec![false; self.items.len() + 1];
        states[0] = true;
        self.pass_stars(&mut states);
        for (at, char) in value.char_indices() {
            let mut next = vec![false; states.len()];
            for (state, item) in self.items.iter().enumerate().filter(|(state, _)| states[*state]) {
                if *item == Item::Star {
                    next[state] = true;
                } else if item.takes(char) {
                    next[state + 1] = true;
                }
            }
            self.pass_stars(&mut next);
            states = next;
            if states[self.items.len()] {
                found = Scan::Matched(at + char.len_utf8());
                if !longest {
                    break;
                }
            }
            if !states.contains(&true) {
                break;
            }
        }
        found
    }

    /// A star may match nothing.
    fn pass_stars(&self, states: &mut [bool]) {
        for (state, item) in self.items.iter().enumerate() {
            if *item == Item::Star && states[state] {
                states[state + 1] = true;
            }
        }
    }
}

impl Item {
    fn takes(&self, char: char) -> bool {
        match self {
            Item::Star | Item::Any => true,
            Item::Char(own) => *own == char,
            Item::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&char)) != *negated
            }
        }
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn class(chars: &mut Chars<'_>) -> Option<Item> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Some(Item::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() {
            class_char(chars)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut Chars<'_>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        char => Some(char),
    }
}
