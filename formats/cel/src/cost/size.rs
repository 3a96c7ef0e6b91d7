//! How large values may be that fit a schema.

use flux_schema::{Additional, JsonType, Node};

/// Bytes of the largest request.
pub(super) const REQUEST: u64 = 3 << 20;

/// Least and largest size of a value: characters of texts, elements of lists and maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Size {
    pub(super) const UNKNOWN: Self = Self {
        min: 0,
        max: u64::MAX,
    };

    pub(super) fn fixed(size: u64) -> Self {
        Self { min: size, max: size }
    }

    pub(super) fn up_to(max: u64) -> Self {
        Self { min: 0, max }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self {
            min: self.min.saturating_add(other.min),
            max: self.max.saturating_add(other.max),
        }
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self {
            min: self.min.saturating_mul(other.min),
            max: self.max.saturating_mul(other.max),
        }
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

/// A part of a size, rounded up.
pub(super) fn part(size: u64, factor: f64) -> u64 {
    // Saturates, as the conversion does.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product is not negative, and the conversion saturates"
    )]
    let part = (size as f64 * factor).ceil() as u64;
    part
}

/// The largest size of a value at a place.
pub(super) fn largest(node: &Node) -> u64 {
    let checks = &node.checks;
    let in_utf8 = |length: u64| length.saturating_mul(4);
    if node.int_or_string {
        return checks.max_length.map_or(REQUEST - 2, in_utf8);
    }
    match node.ty {
        Some(JsonType::Array) => checks.max_items.unwrap_or_else(|| {
            let least = node.items.as_deref().map_or(1, least_text);
            (REQUEST - 2) / (least + 1)
        }),
        Some(JsonType::Object) => match &node.additional {
            Additional::Schema(values) => checks
                .max_properties
                .unwrap_or_else(|| (REQUEST - 2) / (least_text(values) + 6)),
            _ => 0,
        },
        Some(JsonType::String) => match (checks.format.as_str(), checks.max_length) {
            ("duration" | "date-time", _) => 32,
            ("date", _) => 12,
            ("byte", Some(length)) => length,
            (_, Some(length)) => in_utf8(length),
            ("byte", None) => REQUEST - 2,
            (_, None) => {
                let texts = checks.allowed.iter().filter_map(|value| value.as_str());
                let longest = texts.map(|text| text.len() as u64).max();
                longest.unwrap_or(REQUEST - 2)
            }
        },
        _ => 0,
    }
}

/// The fewest bytes of JSON that a value at a place takes.
pub(super) fn least_text(node: &Node) -> u64 {
    if node.int_or_string {
        return 1;
    }
    match node.ty {
        Some(JsonType::Boolean) => 4,
        Some(JsonType::Integer | JsonType::Number) => 1,
        Some(JsonType::String) => match node.checks.format.as_str() {
            "duration" => 3,
            "date" => 12,
            "date-time" => 21,
            _ => 2,
        },
        Some(JsonType::Object) if super::is_structure(node) => {
            let needed = node
                .properties
                .iter()
                .filter(|(name, field)| node.required.contains(name) && field.default.is_none());
            needed.fold(2, |sum, (name, field)| {
                sum + name.len() as u64 + least_text(field) + 4
            })
        }
        _ => 2,
    }
}
