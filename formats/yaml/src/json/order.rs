//! go-yaml's order of keys: numbers inside names count as numbers.

use std::cmp::Ordering;

use super::Dialect;
use crate::node::Node;

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

/// Sorts keys as go-yaml does.
pub fn sort_keys<T>(items: Vec<(&str, T)>, dialect: Dialect) -> Vec<(&str, T)> {
    sort(items, &|item| item.0, dialect)
}

/// Sorts the entries of a mapping by the texts of their keys as go-yaml does.
pub(super) fn sort_entries(entries: &mut Vec<(Node, Node)>, dialect: Dialect) {
    *entries = sort(
        std::mem::take(entries),
        &|(key, _)| key.text().unwrap_or_default(),
        dialect,
    );
}

fn sort<T>(mut items: Vec<T>, key: &impl Fn(&T) -> &str, dialect: Dialect) -> Vec<T> {
    // Without digits, the order is a plain one: letters behind everything else, and then by code.
    let plain = |item: &T| !key(item).bytes().any(|byte| byte.is_ascii_digit());
    if items.iter().all(plain) {
        items.sort_by(|a, b| match (less(key(a), key(b), dialect), key(a) == key(b)) {
            (_, true) => Ordering::Equal,
            (true, _) => Ordering::Less,
            (false, _) => Ordering::Greater,
        });
        return items;
    }
    merge_sort(items, key, dialect)
}

/// A merge sort of its own, because the order with digits is not proved to be one.
fn merge_sort<T>(items: Vec<T>, key: &impl Fn(&T) -> &str, dialect: Dialect) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let (left, right) = (merge_sort(left, key, dialect), merge_sort(right, key, dialect));
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let right_first = less(key(b), key(a), dialect);
        sorted.extend(if right_first { right.next() } else { left.next() });
    }
    sorted.extend(left);
    sorted.extend(right);
    sorted
}

#[cfg(test)]
mod tests;
