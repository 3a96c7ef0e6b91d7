//! Metadata.

use serde_json::{Value, json};

use super::{Errors, FieldError, immutable, names};
use crate::defaults::fill::{items, text};

/// What is wrong with the metadata of any object: name, namespace, labels, annotations, owner references,
/// finalizers, and on updates changes of immutable metadata. Names must be DNS subdomains; the built-in kinds with
/// other rules go through [`super::validate`].
///
/// On updates an error is given twice, because upstream checks twice: `causes` has both, the message of the Status
/// each text once.
pub fn validate_metadata(new: &Value, old: Option<&Value>, namespaced: bool) -> Vec<FieldError> {
    check(new, old, namespaced, names::subdomain)
}

/// The syntax of a kind's names.
pub(crate) type NameSyntax = fn(&str) -> Vec<String>;

pub(crate) fn check(new: &Value, old: Option<&Value>, namespaced: bool, syntax: NameSyntax) -> Errors {
    let metadata = &new["metadata"];
    let mut errors = Errors::new();
    if old.is_none() {
        name(metadata, syntax, &mut errors);
        if namespaced && text(&metadata["namespace"]).is_empty() {
            errors.push(FieldError::required("metadata.namespace", ""));
        }
    }
    errors.extend(of_any(metadata));
    if let Some(old) = old {
        unchanged(metadata, &old["metadata"], &mut errors);
        errors = errors.iter().chain(&errors).cloned().collect();
    }
    errors
}

/// What is looked at on creation and on updates.
pub(crate) fn of_any(metadata: &Value) -> Errors {
    let mut errors = Errors::new();
    labels(&metadata["labels"], "metadata.labels", &mut errors);
    annotations(&metadata["annotations"], "metadata.annotations", &mut errors);
    owners(&metadata["ownerReferences"], &mut errors);
    finalizers(&metadata["finalizers"], &mut errors);
    errors
}

fn name(metadata: &Value, syntax: NameSyntax, errors: &mut Errors) {
    let prefix = text(&metadata["generateName"]);
    // A generated name is never longer than 63 or so: a prefix may end in what a name may not.
    let masked = if prefix.len() > 1 && prefix.ends_with('-') {
        format!("{}a", &prefix[..prefix.len() - 1])
    } else {
        prefix.to_owned()
    };
    if !prefix.is_empty() {
        errors.extend(
            syntax(&masked)
                .iter()
                .map(|m| FieldError::invalid_text("metadata.generateName", prefix, m)),
        );
    }
    match text(&metadata["name"]) {
        "" => errors.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        )),
        name => errors.extend(
            syntax(name)
                .iter()
                .map(|m| FieldError::invalid_text("metadata.name", name, m)),
        ),
    }
}

/// Keys and values of labels.
pub(crate) fn labels(labels: &Value, field: &str, errors: &mut Errors) {
    for (key, value) in labels.as_object().into_iter().flatten() {
        errors.extend(
            names::qualified(key)
                .iter()
                .map(|m| FieldError::invalid_text(field, key, m)),
        );
        let value = text(value);
        errors.extend(
            names::label_value(value)
                .iter()
                .map(|m| FieldError::invalid_text(field, value, m)),
        );
    }
}

const MAX_ANNOTATIONS: usize = 256 * 1024;

fn annotations(annotations: &Value, field: &str, errors: &mut Errors) {
    let mut size = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        let messages = names::qualified(&key.to_lowercase());
        errors.extend(messages.iter().map(|m| FieldError::invalid_text(field, key, m)));
        size += key.len() + text(value).len();
    }
    if size > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long(field, MAX_ANNOTATIONS));
    }
}

fn owners(owners: &Value, errors: &mut Errors) {
    let field = "metadata.ownerReferences";
    let mut controller: Option<&Value> = None;
    for owner in items(owners) {
        let (version, kind) = (text(&owner["apiVersion"]), text(&owner["kind"]));
        let empty =
            |name: &str, message: &str| FieldError::invalid_text(format!("{field}.{name}"), "", message);
        if version.is_empty() || version.ends_with('/') {
            errors.push(empty("apiVersion", "version must not be empty"));
        }
        for name in ["kind", "name", "uid"] {
            if text(&owner[name]).is_empty() {
                errors.push(empty(name, "must not be empty"));
            }
        }
        if kind == "Event" && matches!(version, "v1" | "events.k8s.io/v1") {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let detail = format!("{group}/{version}, Kind={kind} is disallowed from being an owner");
            errors.push(FieldError::invalid_shown(field, &show_owner(owner), &detail));
        }
        if owner["controller"] == true {
            match controller {
                None => controller = Some(owner),
                Some(first) => {
                    let show = |owner: &Value| format!("{}/{}", text(&owner["kind"]), text(&owner["name"]));
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                        show(first),
                        show(owner)
                    );
                    let shown: Vec<String> = items(owners).iter().map(show_owner).collect();
                    let shown = format!("[{}]", shown.join(","));
                    errors.push(FieldError::invalid_shown(field, &shown, &detail));
                }
            }
        }
    }
}

/// An owner as upstream prints it: the fields in the order of its structure.
fn show_owner(owner: &Value) -> String {
    let always = ["apiVersion", "kind", "name", "uid"];
    let set = ["controller", "blockOwnerDeletion"]
        .into_iter()
        .filter(|name| !owner[name].is_null());
    let text = |name: &&str| Value::from(text(&owner[name])).to_string();
    let mut fields: Vec<String> = always
        .iter()
        .map(|name| format!("\"{name}\":{}", text(name)))
        .collect();
    fields.extend(set.map(|name| format!("\"{name}\":{}", owner[name])));
    format!("{{{}}}", fields.join(","))
}

fn finalizers(list: &Value, errors: &mut Errors) {
    let field = "metadata.finalizers";
    let has = |name: &str| items(list).iter().any(|f| f == name);
    for finalizer in items(list) {
        let name = text(finalizer);
        errors.extend(
            names::qualified(name)
                .iter()
                .map(|m| FieldError::invalid_text(field, name, m)),
        );
    }
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(field, list, detail));
    }
}

/// Finalizers of the built-in kinds must have a domain and a path, or be the server's own. Those of custom resources
/// need not, and `finalizers.fluxcd.io` has no path.
pub(crate) fn domain_of_finalizers(list: &Value, errors: &mut Errors) {
    for (index, finalizer) in items(list).iter().enumerate() {
        let name = text(finalizer);
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid_text(
                format!("metadata.finalizers[{index}]"),
                name,
                detail,
            ));
        }
    }
}

/// What an update must not change, where the server did not put it back already.
fn unchanged(new: &Value, old: &Value, errors: &mut Errors) {
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        immutable(errors, &format!("metadata.{field}"), &new[field], &old[field]);
    }
    if old["deletionTimestamp"].is_string() {
        let added: Vec<String> = items(&new["finalizers"])
            .iter()
            .filter(|finalizer| !items(&old["finalizers"]).contains(finalizer))
            .map(|finalizer| json!(text(finalizer)).to_string())
            .collect();
        if !added.is_empty() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            errors.push(FieldError::forbidden("metadata.finalizers", &detail));
        }
    }
}
