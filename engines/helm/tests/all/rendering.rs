//! From a chart to its manifests. Expected outcomes are those of helm 4.3.1.

use flux_helm::{KubeVersion, PostRenderStrategy, Request};

use crate::rendered;

const CHART: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");

fn check(files: &[(&str, &str)], values: &str, change: impl FnOnce(&mut Request<'_>), expect: &str) {
    let mut all = vec![CHART];
    all.extend_from_slice(files);
    let found = rendered(&all, values, change).unwrap_or_else(|error| format!("Error: {error}"));
    assert_eq!(found, expect);
}

fn plain(_: &mut Request<'_>) {}

#[test]
fn manifests_hooks_and_notes() {
    check(
        &[
            ("templates/b.yaml", "kind: Service\nname: {{ .Values.name }}\n"),
            ("templates/a.yaml", "kind: Deployment\n\n---\nkind: Secret\n"),
            (
                "templates/hook.yaml",
                "kind: Job\nmetadata: {annotations: {helm.sh/hook: test, helm.sh/hook-weight: \"-5\"}}\n",
            ),
            ("templates/NOTES.txt", "Hello {{ .Release.Name }}"),
            ("templates/_x.tpl", "ignored"),
        ],
        "name: web",
        plain,
        "---\n# Source: web/templates/a.yaml\nkind: Secret\n\n---\n# Source: web/templates/b.yaml\nkind: Service\nname: web\n\n\
         ---\n# Source: web/templates/a.yaml\nkind: Deployment\n\n\nhook web/templates/hook.yaml -5\nnotes Hello r\n",
    );
}

#[test]
fn missing_values_are_empty() {
    check(
        &[("templates/a.yaml", "a: {{ .Values.x }}\nb: {{ .Values.k.z }}\n")],
        "k: {}",
        plain,
        "---\n# Source: web/templates/a.yaml\na: \nb: \n\n",
    );
}

#[test]
fn errors_are_those_of_helm() {
    check(
        &[("templates/a.yaml", "{{ .Values.a.b.c }}")],
        "",
        plain,
        "Error: web/templates/a.yaml:1:10\n  executing \"web/templates/a.yaml\" at <.Values.a.b.c>:\n    nil pointer evaluating interface \
         {}.b",
    );
    check(
        &[("templates/a.yaml", "x\n{{ if }}")],
        "",
        plain,
        "Error: parse error at (web/templates/a.yaml:2): missing value for if",
    );
    check(
        &[("templates/a.yaml", "text")],
        "",
        plain,
        "Error: YAML parse error on web/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into \
         Go value of type util.SimpleHead",
    );
    check(
        &[],
        "",
        |request| request.release.name = "Bad".to_owned(),
        "Error: release name check failed: release name \"Bad\": invalid release name, must match regex \
         ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53",
    );
    check(
        &[(
            "Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '>=1.30'\n",
        )],
        "",
        |request| request.capabilities.kube_version = KubeVersion::parse("1.20.1").unwrap(),
        "Error: chart requires kubeVersion: >=1.30 which is incompatible with Kubernetes v1.20.1",
    );
}

#[test]
fn definitions_of_subcharts_are_known_and_parents_win() {
    check(
        &[
            (
                "charts/sub/Chart.yaml",
                "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            ),
            ("charts/sub/values.yaml", "x: 1\n"),
            (
                "charts/sub/templates/_d.tpl",
                "{{ define \"d\" }}sub{{ end }}{{ define \"e\" }}e{{ end }}",
            ),
            (
                "charts/sub/templates/s.yaml",
                "a: {{ template \"d\" . }}{{ .Values.x }}{{ .Chart.Name }}{{ .Template.Name }}\n",
            ),
            ("templates/_d.tpl", "{{ define \"d\" }}parent{{ end }}"),
            (
                "templates/p.yaml",
                "a: {{ template \"e\" . }}{{ .Subcharts.sub.Values.x }}{{ .Values.sub.x }}\n",
            ),
        ],
        "sub: {x: 2}",
        plain,
        "---\n# Source: web/charts/sub/templates/s.yaml\na: parent2subweb/charts/sub/templates/s.yaml\n\n---\n# Source: \
         web/templates/p.yaml\na: e22\n\n",
    );
}

#[test]
fn threads_change_nothing() {
    let names: Vec<String> = (0..120)
        .map(|number| format!("templates/{number:03}.yaml"))
        .collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (&**name, "n: {{ .Template.Name }}\n"))
        .collect();
    let expect: String = names
        .iter()
        .map(|name| format!("---\n# Source: web/{name}\nn: web/{name}\n\n"))
        .collect();
    for threads in [1, 4] {
        check(
            &files,
            "",
            |request| request.engine.threads = threads.into(),
            &expect,
        );
    }
}

#[test]
fn schemas() {
    let schema = (
        "values.schema.json",
        r#"{"properties": {"a": {"type": "string"}}}"#,
    );
    check(
        &[schema],
        "a: 1",
        plain,
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/a': got number, want string\n",
    );
    check(
        &[schema],
        "a: 1",
        |request| request.skip_schema_validation = true,
        "",
    );
    let remote = ("values.schema.json", r#"{"$ref": "https://example.com/x.json"}"#);
    check(
        &[remote],
        "",
        plain,
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\nfailing loading \
         \"https://example.com/x.json\": schemas outside of the chart are not loaded",
    );
}

#[test]
fn post_rendering() {
    let files = [
        ("templates/a.yaml", "kind: A\nmetadata:\n  name: a\n"),
        (
            "templates/h.yaml",
            "kind: H\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: test\n",
        ),
    ];
    let rename = |text: &str| -> Result<String, String> { Ok(text.replace("kind: ", "kind: X")) };
    for (strategy, hook) in [
        (PostRenderStrategy::Combined, "XH"),
        (PostRenderStrategy::Separate, "XH"),
        (PostRenderStrategy::NoHooks, "H"),
    ] {
        let mut all = vec![CHART];
        all.extend_from_slice(&files);
        let chart = crate::chart(&all).unwrap();
        let mut request = Request::new(chart, flux_helm::Table::new(), "r", "ns");
        request.post_render = Some(&rename);
        request.post_render_strategy = strategy;
        let functions = flux_gotemplate::Functions::builtin();
        let mut log = flux_helm::Log::new();
        let rendered = flux_helm::render(request, &functions, &flux_gotemplate::NoHost, &mut log).unwrap();
        assert_eq!(rendered.manifests[0].kind, "XA");
        assert_eq!(rendered.manifests[0].path, "web/templates/a.yaml");
        assert_eq!(rendered.hooks[0].kind, hook, "{strategy:?}");
    }
}
