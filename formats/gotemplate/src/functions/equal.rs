//! `reflect.DeepEqual`.

use crate::{List, Map, Value};

/// Deeper than this nothing is equal; it ends cycles that are not one and the same.
const MAX_DEPTH: usize = 500;
/// After so many comparisons nothing is equal: maps may hold one another many times over.
const MAX_STEPS: u32 = 50_000_000;

/// Whether types and contents are the same. NaN is not equal to itself, nil is not equal to empty.
pub(super) fn deep_equal(a: &Value, b: &Value) -> bool {
    equal(a, b, 0, &mut 0)
}

fn equal(a: &Value, b: &Value, depth: usize, steps: &mut u32) -> bool {
    *steps += 1;
    if depth > MAX_DEPTH || *steps > MAX_STEPS {
        return false;
    }
    match (a, b) {
        (Value::Nil | Value::Invalid, Value::Nil | Value::Invalid) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a_kind, a), Value::Int(b_kind, b)) => a_kind == b_kind && a == b,
        (Value::Uint(a_kind, a), Value::Uint(b_kind, b)) => a_kind == b_kind && a == b,
        (Value::Float(a_kind, a), Value::Float(b_kind, b)) => a_kind == b_kind && a == b,
        (Value::Complex(a, c), Value::Complex(b, d)) => a == b && c == d,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => lists(a, b, depth + 1, steps),
        (Value::Map(a), Value::Map(b)) => maps(a, b, depth + 1, steps),
        (Value::Object(a), Value::Object(other)) => {
            a.type_name() == other.type_name()
                && a.equal(b).unwrap_or_else(|| match (a.repr(), other.repr()) {
                    (crate::Repr::Value(a), crate::Repr::Value(b)) => equal(&a, &b, depth + 1, steps),
                    _ => std::rc::Rc::ptr_eq(a, other) || a.text().is_some() && a.text() == other.text(),
                })
        }
        _ => false,
    }
}

fn lists(a: &List, b: &List, depth: usize, steps: &mut u32) -> bool {
    a.elem() == b.elem()
        && a.is_nil() == b.is_nil()
        && a.len() == b.len()
        && a.items()
            .iter()
            .zip(b.items())
            .all(|(a, b)| equal(a, b, depth, steps))
}

fn maps(a: &Map, b: &Map, depth: usize, steps: &mut u32) -> bool {
    if a.ty().name() != b.ty().name() || a.is_nil() != b.is_nil() || a.len() != b.len() {
        return false;
    }
    a.same(b)
        || a.entries().iter().all(|(key, value)| {
            b.get(key.as_bytes())
                .is_some_and(|other| equal(value, &other, depth, steps))
        })
}
