//! The variables of `postBuild`, from the objects that hold them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use flux_api::kustomization::{Kustomization, SubstituteReference};
use flux_kube::{Client, Gvk};

/// Reads the objects of `substituteFrom` in their order (later ones win) and puts the inline variables on top.
///
/// # Errors
/// A sentence: an object that is not optional does not exist, or cannot be read.
pub(crate) async fn read(
    client: &Client,
    object: &Kustomization,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::new();
    let Some(post_build) = &object.spec.post_build else {
        return Ok(variables);
    };
    let namespace = &object.metadata.namespace;
    for reference in &post_build.substitute_from {
        let found = get(client, namespace, reference).await?;
        variables.extend(found.map(|found| values(&found)).unwrap_or_default());
    }
    let inline = post_build.substitute.iter();
    variables.extend(inline.map(|(name, value)| (name.clone(), one_line(value))));
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

/// The entries of a config map, or the decoded ones of a secret, without newlines.
fn values(object: &Value) -> BTreeMap<String, String> {
    let is_secret = flux_object::kind::is_secret(object);
    let data = object["data"].as_object().into_iter().flatten();
    data.filter_map(|(name, value)| {
        let text = value.as_str()?;
        let text = if is_secret { decode(text)? } else { text.into() };
        Some((name.clone(), one_line(&text)))
    })
    .collect()
}

fn decode(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn one_line(text: &str) -> String {
    text.replace('\n', "")
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
    fn values_are_text_in_one_line() {
        let object = |kind: &str, data: Value| json!({"apiVersion": "v1", "kind": kind, "data": data});
        check(
            object("ConfigMap", json!({"a": "x\ny\n", "b": "z"})),
            &[("a", "xy"), ("b", "z")],
        );
        check(
            object("Secret", json!({"a": "eA0K", "b": "not base64!"})),
            &[("a", "x\r")],
        );
        check(object("ConfigMap", Value::Null), &[]);
    }
}
