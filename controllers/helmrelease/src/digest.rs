//! Digests that tell whether something changed: those of upstream, byte for byte.

use flux_api::helmrelease::PostRenderer;
use flux_api::kustomization::CommonMetadata;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// `sha256:hex`
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as Go's encoder writes it: without the characters that HTML gives a meaning, and with a line feed at the end.
pub(crate) fn go_json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut escaped = String::with_capacity(text.len() + 1);
    // All of them stand in strings only.
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            character => escaped.push(character),
        }
    }
    escaped.push('\n');
    escaped
}

/// Digest of values: over their YAML with sorted keys; over nothing where there are none.
pub(crate) fn values(values: &Map<String, Value>) -> String {
    if values.is_empty() {
        return sha256(b"");
    }
    let document = flux_yaml::json::json_to_yaml_in_byte_order(&Value::Object(values.clone()));
    sha256(document.as_bytes())
}

/// Digest of `spec.postRenderers`; empty where there are none.
pub(crate) fn post_renderers(renderers: Option<&Vec<PostRenderer>>) -> String {
    renderers.map_or(String::new(), |renderers| sha256(go_json(renderers).as_bytes()))
}

/// Digest of `spec.commonMetadata`; empty where there is none.
pub(crate) fn common_metadata(metadata: Option<&CommonMetadata>) -> String {
    metadata.map_or(String::new(), |metadata| sha256(go_json(metadata).as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(values: Value, expect: &str) {
        let Value::Object(map) = values else {
            panic!("no object")
        };
        assert_eq!(super::values(&map), expect);
    }

    #[test]
    fn values_have_the_digest_of_their_yaml() {
        check(
            json!({}),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        );
        // `printf 'foo: bar\n' | sha256sum`
        check(
            json!({"foo": "bar"}),
            "sha256:1dabc4e3cbbd6a0818bd460f3a6c9855bfe95d506c74726bc0f2edb0aecb1f4e",
        );
    }

    #[test]
    fn go_escapes_what_html_could_mistake() {
        assert_eq!(
            go_json(&json!({"a": "<b>&c"})),
            "{\"a\":\"\\u003cb\\u003e\\u0026c\"}\n"
        );
    }
}
