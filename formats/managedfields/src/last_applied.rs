//! Migration from client-side apply: what kubectl applied with its annotation, it may take over without force.

use flux_schema::TypeRef;
use serde_json::Value;

use crate::conflict::Conflict;
use crate::managed::strip;
use crate::typed::{field_set, validate};

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The most that all annotations of an object may hold.
const MAX_ANNOTATION: usize = 256 * 1024;

fn annotation(object: &Value) -> Option<&str> {
    object
        .get("metadata")?
        .get("annotations")?
        .get(ANNOTATION)?
        .as_str()
}

/// The conflicts that the annotation does not excuse.
pub(crate) fn not_excused(live: &Value, ty: TypeRef<'_>, conflicts: Vec<Conflict>) -> Vec<Conflict> {
    let last = annotation(live).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(last) = last.filter(|last| validate(ty, last, false).is_ok()) else {
        return conflicts;
    };
    // Only fields that still have the value of the annotation were kubectl's.
    let compared = crate::typed::compare(ty, &last, live);
    let mine = field_set(ty, &last).difference(&compared.modified.union(&compared.removed));
    conflicts
        .into_iter()
        .filter(|conflict| !mine.has(&conflict.path))
        .collect()
}

/// Keeps the annotation up to date where there is one, so that client-side apply still works afterwards.
pub(crate) fn refresh(object: &mut Value, config: &Value) {
    if annotation(object).is_none() {
        return;
    }
    let mut config = config.clone();
    strip(&mut config);
    if let Some(annotations) = config
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(ANNOTATION);
    }
    let text = format!("{config}\n");
    let Some(annotations) = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    if text.len() > MAX_ANNOTATION {
        annotations.remove(ANNOTATION);
    } else {
        annotations.insert(ANNOTATION.into(), Value::from(text));
    }
}
