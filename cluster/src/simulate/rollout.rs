//! How many pods a Deployment may have and lack while it rolls out.

use serde_json::Value;

use super::json::text;
use super::replicaset::replicas;

/// Absolute bounds of a rolling update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) surge: i64,
    pub(crate) unavailable: i64,
}

/// A number or a percentage of `total`.
pub(crate) fn scaled(value: &Value, total: i64, round_up: bool) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let percent: i64 = text(value).strip_suffix('%')?.parse().ok()?;
    let product = percent.checked_mul(total)?;
    Some(if round_up {
        (product + 99).div_euclid(100)
    } else {
        product.div_euclid(100)
    })
}

/// The bounds of a Deployment: surge rounds up, unavailable rounds down, and not both are 0.
pub(crate) fn bounds(deployment: &Value) -> Bounds {
    let strategy = &deployment["spec"]["strategy"];
    if strategy["type"] == "Recreate" {
        return Bounds {
            surge: 0,
            unavailable: replicas(deployment),
        };
    }
    let wanted = replicas(deployment);
    let read = |field: &str, round_up| scaled(&strategy["rollingUpdate"][field], wanted, round_up);
    let surge = read("maxSurge", true)
        .unwrap_or_else(|| (wanted * 25 + 99) / 100)
        .max(0);
    let unavailable = read("maxUnavailable", false)
        .unwrap_or(wanted * 25 / 100)
        .clamp(0, wanted.max(0));
    if surge == 0 && unavailable == 0 {
        Bounds {
            surge,
            unavailable: 1,
        }
    } else {
        Bounds { surge, unavailable }
    }
}

/// The size that the new ReplicaSet may grow to, with `others` pods wanted by the old ones.
pub(crate) fn grow(wanted: i64, current: i64, others: i64, bounds: Bounds) -> i64 {
    let room = wanted + bounds.surge - others - current;
    if current >= wanted {
        wanted
    } else {
        (current + room.max(0)).min(wanted)
    }
}

/// How many pods of the old ReplicaSets may go now.
///
/// `new` is the size of the new ReplicaSet, of which `new_available` pods serve; the old ones want `old` pods, of
/// which `old_available` serve. Pods that do not serve go first and cost nothing.
pub(crate) fn shrink(wanted: i64, bounds: Bounds, new: (i64, i64), old: (i64, i64)) -> i64 {
    let (new_size, new_available) = new;
    let (old_size, old_available) = old;
    let least = wanted - bounds.unavailable;
    let by_size = (old_size + new_size) - least - (new_size - new_available);
    let unhealthy = (old_size - old_available).max(0);
    let healthy_may_go = (old_available + new_available - least).max(0);
    by_size.clamp(0, old_size).min(unhealthy + healthy_may_go)
}
