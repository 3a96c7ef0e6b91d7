//! Which subcharts take part, and with which values. Expected outcomes are those of helm 4.3.1.

use flux_helm::values::coalesce_values;
use flux_helm::{Log, Table, process_dependencies};

use crate::chart;

/// A parent with one subchart: its requirement, both defaults and the given values; the subcharts left and all values.
fn check(requirement: &str, parent: &str, child: &str, given: &str, expect: &str) {
    let metadata = format!("apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies: [{requirement}]\n");
    let mut chart = chart(&[
        ("Chart.yaml", &metadata),
        ("values.yaml", parent),
        ("charts/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.2.3\n"),
        ("charts/c/values.yaml", child),
    ])
    .unwrap();
    let given = Table::from_yaml(given.as_bytes()).unwrap();
    let mut log = Log::new();
    let found = process_dependencies(&mut chart, &given, &mut log)
        .and_then(|()| coalesce_values(&chart, &given, &mut log))
        .map(|values| {
            let names: Vec<_> = chart.dependencies.iter().map(|chart| chart.name()).collect();
            format!("{} {}", names.join(","), values.to_json())
        });
    assert_eq!(found.unwrap_or_else(|error| error.to_string()), expect);
}

#[test]
fn conditions_and_tags() {
    check(
        "{name: c, version: 1.x}",
        "",
        "a: 1",
        "",
        r#"c {"c":{"a":1,"global":{}}}"#,
    );
    check(
        "{name: c, version: 2.x}",
        "",
        "a: 1",
        "",
        r#"c {"c":{"a":1,"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x, condition: c.enabled}",
        "c: {enabled: false}",
        "",
        "",
        r#" {"c":{"enabled":false}}"#,
    );
    check(
        "{name: c, version: 1.x, condition: 'x,c.enabled'}",
        "",
        "enabled: false",
        "",
        " {}",
    );
    check(
        "{name: c, version: 1.x, tags: [t]}",
        "tags: {t: false}",
        "",
        "",
        r#" {"tags":{"t":false}}"#,
    );
    check(
        "{name: c, version: 1.x, tags: [t], condition: c.enabled}",
        "tags: {t: false}",
        "",
        "c: {enabled: true}",
        r#"c {"c":{"enabled":true,"global":{}},"tags":{"t":false}}"#,
    );
}

#[test]
fn aliases_and_globals() {
    check(
        "{name: c, version: 1.x, alias: d}",
        "d: {a: 2}",
        "a: 1",
        "",
        r#"d {"d":{"a":2,"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x}",
        "global: {x: 1, k: {z: 1}}",
        "global: {x: 2, w: 3, k: {v: 4}}",
        "",
        r#"c {"c":{"global":{"k":{"v":4,"z":1},"w":3,"x":1}},"global":{"k":{"z":1},"x":1}}"#,
    );
    // One level further down, Helm's tables are the same ones in the parent.
    check(
        "{name: c, version: 1.x}",
        "global: {k: {z: {a: 1}}}",
        "global: {k: {z: {b: 2}}}",
        "",
        r#"c {"c":{"global":{"k":{"z":{"a":1,"b":2}}}},"global":{"k":{"z":{"a":1,"b":2}}}}"#,
    );
}

#[test]
fn imports() {
    check(
        "{name: c, version: 1.x, import-values: [data]}",
        "a: 1",
        "exports: {data: {a: 2, b: 3}}",
        "",
        r#"c {"a":1,"b":3,"c":{"exports":{"data":{"a":2,"b":3}},"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x, import-values: [{child: x, parent: k.z}]}",
        "",
        "x: {a: 1}",
        "",
        r#"c {"c":{"global":{},"x":{"a":1}},"k":{"z":{"a":1}}}"#,
    );
}

#[test]
fn nulls() {
    check(
        "{name: c, version: 1.x}",
        "a: {b: 1, d: 2}",
        "",
        "a: {b: null}",
        r#"c {"a":{"d":2},"c":{"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x}",
        "a: 1",
        "",
        "a: null",
        r#"c {"c":{"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x}",
        "",
        "a: {b: 1}",
        "c: {a: {b: null}}",
        r#"c {"c":{"a":{},"global":{}}}"#,
    );
    check(
        "{name: c, version: 1.x}",
        "c: null",
        "",
        "",
        "type mismatch on c: %!t(<nil>)",
    );
    check(
        "{name: c, version: 1.x}",
        "c: [x, 1]",
        "",
        "",
        "type mismatch on c: [%!t(string=x) %!t(float64=1)]",
    );
    check(
        "{name: c, version: 1.x}",
        "c: [{k: -3, m: null, z: false}, 1000000]",
        "",
        "",
        "type mismatch on c: [map[%!t(string=k):%!t(float64=-3) %!t(string=m):<nil> %!t(string=z):false] %!t(float64=1e+06)]",
    );
}
