//! go-yaml's order of keys: numbers inside names count as numbers.

use std::cmp::Ordering;

use super::Dialect;

/// Whether one key goes before another.
fn less(a: &str, b: &str, dialect: Dialect) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return less_at(a.as_bytes(), b.as_bytes(), dialect, |byte| char::from(*byte));
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    less_at(&a, &b, dialect, |char| *char)
}

fn less_at<T: PartialEq>(a: &[T], b: &[T], dialect: Dialect, char_of: impl Fn(&T) -> char) -> bool {
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return a.len() < b.len();
    };
    let (first, second) = (char_of(&a[at]), char_of(&b[at]));
    match (first.is_alphabetic(), second.is_alphabetic()) {
        (true, true) => return first < second,
        (false, false) => {}
        // Version 3 has letters first behind a digit.
        (first_is_letter, _) if dialect == Dialect::V3 && at > 0 && char_of(&a[at - 1]).is_ascii_digit() => {
            return first_is_letter;
        }
        (_, second_is_letter) => return second_is_letter,
    }
    let digit = |item: &T| char_of(item).to_digit(10);
    // A zero inside a number counts for its length: 100 is more than 10.
    let inside_number =
        (first == '0' || second == '0') && a[..at].iter().rev().map_while(digit).any(|digit| digit != 0);
    let number = |items: &[T]| {
        items[at..]
            .iter()
            .map_while(digit)
            .fold((i64::from(inside_number), 0), |(number, length), digit| {
                (number.wrapping_mul(10).wrapping_add(i64::from(digit)), length + 1)
            })
    };
    match number(a).cmp(&number(b)) {
        Ordering::Equal => first < second,
        order => order == Ordering::Less,
    }
}

/// Sorts keys as go-yaml does. A merge sort of its own, because that order is not proved to be one.
pub fn sort_keys<T>(items: Vec<(&str, T)>, dialect: Dialect) -> Vec<(&str, T)> {
    if items.len() < 2 {
        return items;
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let (left, right) = (sort_keys(left, dialect), sort_keys(right, dialect));
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        sorted.extend(if less(b, a, dialect) {
            right.next()
        } else {
            left.next()
        });
    }
    sorted.extend(left);
    sorted.extend(right);
    sorted
}

#[cfg(test)]
mod tests;
