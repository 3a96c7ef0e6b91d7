//! The variables of `postBuild`, from the objects that hold them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use flux_api::kustomization::{Kustomization, SubstituteReference};
use flux_kube::{Client, Gvk};

use crate::build::Variables;

/// Reads the objects of `substituteFrom` in their order. One that is optional and does not exist holds nothing.
///
/// # Errors
/// A sentence: an object that is not optional does not exist, or cannot be read.
pub(crate) async fn read(client: &Client, object: &Kustomization) -> Result<Variables, String> {
    let mut variables = Variables::new();
    let post_build = object.spec.post_build.iter();
    for reference in post_build.flat_map(|post_build| &post_build.substitute_from) {
        let found = get(client, &object.metadata.namespace, reference).await?;
        variables.push(found.map(|found| values(&found)).unwrap_or_default());
    }
    Ok(variables)
}

async fn get(
    client: &Client,
    namespace: &str,
    reference: &SubstituteReference,
) -> Result<Option<Value>, String> {
    let SubstituteReference { kind, name, optional } = reference;
    if !matches!(kind.as_str(), "ConfigMap" | "Secret") {
        return Err(format!(
            "substitute from '{kind}/{name}' error: kind must be ConfigMap or Secret"
        ));
    }
    let failed = |cause: &str| format!("substitute from '{kind}/{name}' error: {cause}");
    match client.get_opt(&Gvk::new("v1", kind), namespace, name).await {
        Ok(None) if *optional => Ok(None),
        Ok(None) => {
            let plural = if kind == "Secret" { "secrets" } else { "configmaps" };
            Err(failed(&format!("{plural} \"{name}\" not found")))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(failed(&error.to_string())),
    }
}

/// The entries of a config map, or the decoded ones of a secret.
fn values(object: &Value) -> BTreeMap<String, String> {
    let is_secret = flux_object::kind::is_secret(object);
    let data = object["data"].as_object().into_iter().flatten();
    data.filter_map(|(name, value)| {
        let text = value.as_str()?;
        let text = if is_secret { decode(text)? } else { text.into() };
        Some((name.clone(), text))
    })
    .collect()
}

fn decode(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(object: Value, expect: &[(&str, &str)]) {
        let found = values(&object);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn values_are_text() {
        let object = |kind: &str, data: Value| json!({"apiVersion": "v1", "kind": kind, "data": data});
        check(
            object("ConfigMap", json!({"a": "x\ny\n", "b": "z"})),
            &[("a", "x\ny\n"), ("b", "z")],
        );
        check(
            object("Secret", json!({"a": "eA0K", "b": "not base64!"})),
            &[("a", "x\r\n")],
        );
        check(object("ConfigMap", Value::Null), &[]);
    }
}
