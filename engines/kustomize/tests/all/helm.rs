//! Charts, rendered by a stand-in.

use std::sync::{Arc, Mutex};

use flux_kustomize::{
    ChartRequest, ChartSource, Files, Helm, HelmError, HelmOptions, MemFiles, NoRemote, Options, build,
};

/// Notes what it is asked for, and renders one object.
#[derive(Default)]
struct Stand {
    asked: Mutex<Vec<String>>,
}

impl Stand {
    fn note(&self, text: String) {
        self.asked.lock().expect("no test panics in here").push(text);
    }
}

impl Helm for Stand {
    fn pull(&self, source: &ChartSource) -> Result<Arc<dyn Files + Send>, HelmError> {
        self.note(format!("pull {} {} {}", source.repo, source.name, source.version));
        let files: MemFiles = [
            ("Chart.yaml", "name: far\n"),
            ("values.yaml", "own: 1\nmap: {a: 1}\n"),
        ]
        .into_iter()
        .collect();
        Ok(Arc::new(files))
    }

    fn template(&self, request: &ChartRequest<'_>) -> Result<String, HelmError> {
        assert!(
            request
                .files
                .read(format!("{}/Chart.yaml", request.chart).trim_start_matches('/'))
                .is_ok()
        );
        self.note(format!(
            "template '{}' release={} namespace={} crds={} kube={} api={:?} values={:?}",
            request.chart,
            request.release_name,
            request.namespace,
            request.include_crds,
            request.kube_version,
            request.api_versions,
            request.values
        ));
        Ok(format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n  namespace: chosen\n",
            if request.release_name.is_empty() {
                "made-up"
            } else {
                request.release_name
            }
        ))
    }
}

/// Builds `top` of a tree with a chart `near`; gives what was asked, and the result.
fn run(kustomization: &str) -> (Vec<String>, Result<String, String>) {
    let files: MemFiles = [
        ("top/kustomization.yaml", kustomization),
        ("top/more.yaml", "more: 2\n"),
        ("top/charts/near/Chart.yaml", "name: near\n"),
        ("top/charts/near/values.yaml", "own: 1\nmap: {a: 1}\n"),
        (
            "base/kustomization.yaml",
            "resources: []\nhelmCharts:\n- name: far\n  repo: https://example.com\n  releaseName: r\n",
        ),
    ]
    .into_iter()
    .collect();
    let stand = Arc::new(Stand::default());
    let options = Options {
        helm: Some(HelmOptions {
            kube_version: "1.30".to_owned(),
            ..HelmOptions::new(Arc::clone(&stand) as Arc<dyn Helm>)
        }),
        ..Options::default()
    };
    let built = build(&files, "top", &options, &NoRemote).and_then(|built| built.to_yaml());
    let asked = stand.asked.lock().expect("no test panics in here").clone();
    (asked, built.map_err(|error| error.to_string()))
}

#[track_caller]
fn check(chart: &str, expect: &[&str]) {
    let (asked, built) = run(&format!("helmCharts:\n- {}\n", chart.replace('\n', "\n  ")));
    assert_eq!(asked, expect);
    assert!(built.is_ok(), "{built:?}");
}

#[test]
fn every_field_arrives() {
    check(
        "name: near\nreleaseName: r\nnamespace: ns\nincludeCRDs: true\nkubeVersion: v1.29\napiVersions: [a/v1]\nadditionalValuesFiles: [more.yaml]",
        &[
            r#"template 'top/charts/near' release=r namespace=ns crds=true kube=v1.29 api=["a/v1"] values=["own: 1\nmap: {a: 1}\n", "more: 2\n"]"#,
        ],
    );
    check(
        "name: near\nvaluesInline: {own: 2, map: {b: 2}}",
        &[
            r#"template 'top/charts/near' release= namespace= crds=false kube=1.30 api=[] values=["map:\n  a: 1\n  b: 2\nown: 2\n"]"#,
        ],
    );
    check(
        "name: near\nvaluesMerge: merge\nvaluesInline: {own: 2, map: {b: 2}}",
        &[
            r#"template 'top/charts/near' release= namespace= crds=false kube=1.30 api=[] values=["map:\n  a: 1\n  b: 2\nown: 1\n"]"#,
        ],
    );
    check(
        "name: near\nvaluesMerge: replace\nvaluesInline: {own: 2}",
        &[
            r#"template 'top/charts/near' release= namespace= crds=false kube=1.30 api=[] values=["own: 2\n"]"#,
        ],
    );
    check(
        "name: far\nrepo: https://example.com\nversion: 1.2.3\nvaluesFile: more.yaml",
        &[
            "pull https://example.com far 1.2.3",
            r#"template '' release= namespace= crds=false kube=1.30 api=[] values=["more: 2\n"]"#,
        ],
    );
}

#[test]
fn the_namespace_comes_from_above_and_is_left_to_helm() {
    let (asked, built) = run("resources: [../base]\nnamespace: outer\nnamePrefix: p-\n");
    assert!(asked[1].contains("namespace=outer"), "{asked:?}");
    let wanted = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: p-r\n  namespace: chosen\n";
    assert_eq!(built.as_deref(), Ok(wanted));
}

#[track_caller]
fn refused(chart: &str, expect: &str) {
    let (_, built) = run(&format!("helmCharts:\n- {chart}\n"));
    assert_eq!(
        built.expect_err("the chart is refused"),
        format!("top/kustomization.yaml:2: helmCharts[0]: {expect}")
    );
}

#[test]
fn mistakes_are_named() {
    refused(
        "name: near\n  valuesMerge: nope",
        "chart near: valuesMerge must be one of [merge override replace]",
    );
    refused("releaseName: x", "chart : chart name cannot be empty");
    refused(
        "name: none",
        "chart none: no repo specified for pull, no chart found at ''",
    );
    refused(
        "name: near\n  additionalValuesFiles: [gone.yaml]",
        "chart near: could not load additionalValuesFile: 'top/gone.yaml': no such file or directory",
    );
}
