//! The table of kinds, in the notation that `formats/schema/src/builtin` reads.

use std::fmt::Write as _;

use serde_json::Value;

/// One line per kind (group, version, kind, plural, singular, scope, verbs, short names, categories), each followed by one
/// line per subresource (`/`, name, group, version, kind, verbs). Columns are separated by tabs, lists by commas.
pub(super) fn kinds(answers: &[Value]) -> String {
    let mut out = String::new();
    for answer in answers {
        for group in list(&answer["steps"][0]["response"]["body"]["items"]) {
            for version in list(&group["versions"]) {
                for resource in list(&version["resources"]) {
                    write_kind(
                        &mut out,
                        text(&group["metadata"]["name"]),
                        text(&version["version"]),
                        resource,
                    );
                }
            }
        }
    }
    out
}

fn write_kind(out: &mut String, group: &str, version: &str, resource: &Value) {
    let scope = text(&resource["scope"]);
    let columns = [
        group,
        version,
        text(&resource["responseKind"]["kind"]),
        text(&resource["resource"]),
        text(&resource["singularResource"]),
        scope,
        &joined(&resource["verbs"]),
        &joined(&resource["shortNames"]),
        &joined(&resource["categories"]),
    ];
    let _ = writeln!(out, "{}", columns.join("\t"));
    for sub in list(&resource["subresources"]) {
        let kind = &sub["responseKind"];
        let columns = [
            "/",
            text(&sub["subresource"]),
            text(&kind["group"]),
            text(&kind["version"]),
            text(&kind["kind"]),
            &joined(&sub["verbs"]),
        ];
        let _ = writeln!(out, "{}", columns.join("\t"));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn joined(value: &Value) -> String {
    list(value).map(text).collect::<Vec<_>>().join(",")
}
