use serde_json::{Value, json};

use super::*;

fn object(spec: Value) -> HelmChart {
    let mut object = json!({"metadata": {"name": "a", "namespace": "ns", "generation": 3},
        "spec": {"chart": "./charts/web", "sourceRef": {"kind": "GitRepository", "name": "s"}, "interval": "1m"}});
    object["spec"]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    serde_json::from_value(object).unwrap()
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    let chart = "apiVersion: v2\nname: web\nversion: 1.2.3\n";
    let files = [
        ("charts/web/Chart.yaml", chart),
        ("charts/web/values.yaml", "a: 1\nb: {c: 1}\n"),
        ("charts/web/templates/x.yaml", "a: {{ .Values.a }}\n"),
        ("values/prod.yaml", "b: {d: 2}\n"),
    ];
    for (path, text) in files {
        tree.insert(path, text.as_bytes(), false).unwrap();
    }
    tree
}

const REVISION: &str = "main@sha1:0123456789abcdef0123456789abcdef01234567";

/// What a spec gives: the sentence about the chart, and its default values; or why there is none.
#[track_caller]
fn check(spec: Value, expect: Result<(&str, Value), &str>) {
    let (object, tree, limits) = (object(spec), tree(), ChartLimits::default());
    let built = (|| {
        let local = Local::new(&tree, &object.spec.chart)?;
        let plan = local.plan(&object, REVISION, &limits)?;
        let values = match values_files(&object) {
            [] => None,
            _ => Some(local.values(&object)?),
        };
        let chart = local.load(&limits).map_err(BuildError::Package)?;
        let (build, bytes) = pack(plan, chart, values)?;
        let chart = load_archive(&bytes, &limits, &mut Log::new()).unwrap();
        Ok((build.summary(true), chart.values.unwrap_or_default().to_json()))
    })();
    let built = built.map_err(|error: BuildError| error.to_string());
    match (built, expect) {
        (Ok((summary, values)), Ok(expect)) => assert_eq!((summary.as_str(), values), expect),
        (Err(error), Err(expect)) => assert_eq!(error, expect),
        (built, expect) => panic!("{built:?} instead of {expect:?}"),
    }
}

#[test]
fn a_chart_of_a_source_is_packaged() {
    let own = || json!({"a": 1, "b": {"c": 1}});
    check(
        json!({}),
        Ok(("packaged 'web' chart with version '1.2.3'", own())),
    );
    check(
        json!({"chart": "charts/../charts/web/"}),
        Ok(("packaged 'web' chart with version '1.2.3'", own())),
    );
    let own_file = json!({"valuesFiles": ["./values.yaml"]});
    check(own_file, Ok(("packaged 'web' chart with version '1.2.3'", own())));
}

#[test]
fn the_version_tells_what_was_changed() {
    let revision = json!({"reconcileStrategy": "Revision"});
    let own = || json!({"a": 1, "b": {"c": 1}});
    check(
        revision,
        Ok(("packaged 'web' chart with version '1.2.3+0123456789ab'", own())),
    );
    let files = json!({"valuesFiles": ["charts/web/values.yaml", "values/prod.yaml"], "reconcileStrategy": "Revision"});
    check(
        files,
        Ok((
            "packaged 'web' chart with version '1.2.3+0123456789ab.3' and merged values files [charts/web/values.yaml values/prod.yaml]",
            json!({"a": 1, "b": {"c": 1, "d": 2}}),
        )),
    );
}

#[test]
fn missing_values_files_are_an_error_unless_ignored() {
    let files = |ignore: bool| json!({"valuesFiles": ["values/none.yaml", "values/prod.yaml"], "ignoreMissingValuesFiles": ignore});
    check(
        files(false),
        Err(
            "values files merge error: no values file found at path '/values/none.yaml' (reference 'values/none.yaml')",
        ),
    );
    check(
        files(true),
        Ok((
            "packaged 'web' chart with version '1.2.3+3' and merged values files [values/prod.yaml]",
            json!({"b": {"d": 2}}),
        )),
    );
}

#[test]
fn a_reference_stays_in_its_source() {
    check(
        json!({"chart": "/charts/web"}),
        Err("invalid chart reference: local chart reference path is expected to be relative"),
    );
    check(
        json!({"chart": "none"}),
        Err("invalid chart reference: no chart found at 'none'"),
    );
    check(
        json!({"chart": "values"}),
        Err("invalid chart reference: no Chart.yaml found in 'values'"),
    );
    assert_eq!(clean("../../a/./b/../c"), "a/c");
}

#[test]
fn packing_is_deterministic() {
    let (tree, limits) = (tree(), ChartLimits::default());
    let packed = || {
        let local = Local::new(&tree, "charts/web").unwrap();
        let plan = local.plan(&object(json!({})), REVISION, &limits).unwrap();
        pack(plan, local.load(&limits).unwrap(), None).unwrap().1
    };
    assert_eq!(packed(), packed());
}
