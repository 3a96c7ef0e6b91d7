//! Claims, volumes and classes.

use serde_json::Value;

use super::{Errors, FieldError, immutable};
use crate::defaults::fill::{items, text};

const CLAIM: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

pub(crate) fn claim(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    if items(&spec["accessModes"]).is_empty() {
        errors.push(FieldError::required(
            "spec.accessModes",
            "at least 1 access mode is required",
        ));
    }
    let known = [
        "ReadOnlyMany",
        "ReadWriteMany",
        "ReadWriteOnce",
        "ReadWriteOncePod",
    ];
    for mode in items(&spec["accessModes"])
        .iter()
        .filter(|mode| !known.contains(&text(mode)))
    {
        errors.push(FieldError::not_supported("spec.accessModes", mode, &known));
    }
    let request = &spec["resources"]["requests"]["storage"];
    if request.is_null() {
        errors.push(FieldError::required("spec.resources[storage]", ""));
    } else if crate::simulate::quantity(text(request)) <= 0.0 {
        let detail = "must be greater than zero";
        errors.push(FieldError::invalid("spec.resources[storage]", request, detail));
    }
    let Some(old) = old else { return };
    let frozen = |spec: &Value, keep_size: bool| {
        let mut spec = spec.clone();
        if let Some(map) = spec.as_object_mut() {
            map.remove("volumeAttributesClassName");
            map.remove("volumeName");
            if !keep_size {
                map.remove("resources");
            }
        }
        spec
    };
    let bound = text(&old["status"]["phase"]) == "Bound";
    let named = text(&old["spec"]["volumeName"]);
    let volume_changed = !named.is_empty() && text(&spec["volumeName"]) != named;
    if frozen(spec, !bound) != frozen(&old["spec"], !bound) || volume_changed {
        errors.push(FieldError::forbidden("spec", CLAIM));
    } else if bound {
        let size = |spec: &Value| crate::simulate::quantity(text(&spec["resources"]["requests"]["storage"]));
        if size(spec) < size(&old["spec"]) {
            let detail = "field can not be less than status.capacity";
            errors.push(FieldError::forbidden("spec.resources.requests.storage", detail));
        }
    }
}

/// Members of a volume's spec that are not its source.
const PLAIN: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

fn source(spec: &Value) -> serde_json::Map<String, Value> {
    let map = spec.as_object().cloned().unwrap_or_default();
    map.into_iter()
        .filter(|(key, _)| !PLAIN.contains(&key.as_str()))
        .collect()
}

pub(crate) fn volume(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    if items(&spec["accessModes"]).is_empty() {
        errors.push(FieldError::required("spec.accessModes", ""));
    }
    if spec["capacity"].as_object().is_none_or(serde_json::Map::is_empty) {
        errors.push(FieldError::required("spec.capacity", ""));
    }
    if source(spec).is_empty() {
        errors.push(FieldError::required("spec", "must specify a volume type"));
    }
    if let Some(old) = old
        && source(spec) != source(&old["spec"])
    {
        let difference = super::internal::volume_difference(&old["spec"], spec);
        let detail = format!("spec.persistentvolumesource is immutable after creation\n{difference}");
        errors.push(FieldError::forbidden("spec.persistentvolumesource", &detail));
    }
}

pub(crate) fn class(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    if text(&new["provisioner"]).is_empty() {
        errors.push(FieldError::required("provisioner", ""));
    }
    if let Some(old) = old {
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            immutable(errors, field, &new[field], &old[field]);
        }
    }
}
