//! `flux kustomize build` as a program: its flags, its output, its exit status; and charts, beside the real kubectl and helm.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::charts::{Repository, WEB};
use crate::fleet::flux;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.2.0\nappVersion: \"3\"\n";
const VALUES: &str = "replicas: 1\nimage: {name: app, tag: v1}\nlist: [a, b]\nnothing: null\n";
const TEMPLATE: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {version: {{ .Chart.Version | quote }}, kube: {{ .Capabilities.KubeVersion.Version | quote }}}
  annotations:
    values: {{ toJson .Values | quote }}
    crds: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
spec: {replicas: {{ .Values.replicas }}, template: {spec: {containers: [{name: main, image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec: {selector: {app: web}}
"#;
const HOOKS: &str = r#"apiVersion: batch/v1
kind: Job
metadata: {name: before, annotations: {helm.sh/hook: pre-install}}
---
apiVersion: v1
kind: Pod
metadata: {name: test, annotations: {helm.sh/hook: test}}
"#;
const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {kind: Thing, plural: things}, scope: Namespaced, versions: []}\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// A folder with files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A folder with the chart `app` in `charts`, and a kustomization.
fn with_chart(kustomization: &str) -> TempDir {
    tree(&[
        ("charts/app/Chart.yaml", CHART),
        ("charts/app/values.yaml", VALUES),
        ("charts/app/templates/app.yaml", TEMPLATE),
        ("charts/app/templates/hooks.yaml", HOOKS),
        ("charts/app/templates/NOTES.txt", "Thank you\n"),
        ("charts/app/.helmignore", "ignored\n"),
        ("charts/app/ignored/templates/x.yaml", "{{ fail \"no\" }}"),
        ("charts/app/crds/things.yaml", CRD),
        ("other/app/Chart.yaml", CHART),
        ("other/app/values.yaml", "replicas: 7\nimage: {name: x, tag: y}\n"),
        ("other/app/templates/app.yaml", TEMPLATE),
        ("values.yaml", "replicas: 2\nimage: {tag: v2}\nlist: [c]\n"),
        ("more.yaml", "replicas: 3\nmore: {x: 1}\n"),
        ("kustomization.yaml", kustomization),
    ])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(program: &Path, words: &[&str], tree: &Path) -> Output {
    let home = tree.join("home");
    Command::new(program)
        .args(words)
        .current_dir(tree)
        .env("KUBECONFIG", "/dev/null")
        .env("HOME", home)
        .env_remove("HELM_NAMESPACE")
        .output()
        .unwrap()
}

/// Builds a kustomization with charts by both programs: the same output, or both fail.
#[track_caller]
fn check_charts(kustomization: &str, flags: &[&str], builds: bool) {
    let folder = with_chart(kustomization);
    let peers = xtask::peers::install().expect("the real programs can be installed");
    let helm = peers.helm.to_str().unwrap();
    let mut words = vec!["kustomize", "--enable-helm", "--helm-command", helm];
    words.extend(flags);
    let theirs = run(&peers.kubectl, &words, folder.path());
    words.splice(..1, ["kustomize", "build"]);
    let ours = run(Path::new(env!("CARGO_BIN_EXE_flux")), &words, folder.path());
    let (us, them) = (text(&ours.stderr), text(&theirs.stderr));
    assert_eq!(theirs.status.success(), builds, "theirs: {them}");
    assert_eq!(ours.status.success(), builds, "ours: {us}");
    assert_eq!(text(&ours.stdout), text(&theirs.stdout), "for\n{kustomization}");
}

/// One chart with these fields.
#[track_caller]
fn check_chart(fields: &str) {
    check_charts(&format!("helmCharts:\n- {{name: app, {fields}}}\n"), &[], true);
}

#[test]
fn charts_are_rendered_as_with_helm() {
    check_chart("releaseName: web");
    check_chart("releaseName: web, namespace: prod");
    check_chart("releaseName: web, includeCRDs: true");
    check_chart("releaseName: web, skipHooks: true");
    check_chart("releaseName: web, skipTests: true");
    check_chart("releaseName: web, kubeVersion: \"1.25\"");
    check_chart("releaseName: web, apiVersions: [example.com/v1]");
    check_chart("version: 1.0.0, releaseName: web");
    check_chart("debug: true, releaseName: web");
    check_chart("nameTemplate: \"{{ printf \\\"%s-x\\\" \\\"web\\\" }}\"");
    check_charts("helmCharts: [{name: app}]\nnamePrefix: a-\n", &[], true);
    check_charts(
        "helmCharts: [{name: app, releaseName: web}]\nnamespace: prod\nimages: [{name: app, newTag: v9}]\n",
        &[],
        true,
    );
}

#[test]
fn values_are_merged_as_with_helm() {
    let inline = "valuesInline: {replicas: 5, image: {name: new}, list: [z], nothing: 1, more: {y: 1.5}}";
    check_chart(&format!("releaseName: web, {inline}"));
    for merge in ["merge", "override", "replace"] {
        check_chart(&format!("releaseName: web, {inline}, valuesMerge: {merge}"));
        check_chart(&format!(
            "releaseName: web, {inline}, valuesMerge: {merge}, valuesFile: values.yaml, additionalValuesFiles: [more.yaml]"
        ));
    }
    check_chart("releaseName: web, valuesFile: values.yaml");
    check_chart("releaseName: web, additionalValuesFiles: [values.yaml, more.yaml]");
    check_chart("releaseName: web, valuesInline: {image: {tag: \"007\"}, replicas: 1e3, list: null}");
}

#[test]
fn charts_come_from_where_the_kustomization_says() {
    check_charts(
        "helmGlobals: {chartHome: other}\nhelmCharts: [{name: app, releaseName: web}]\n",
        &[],
        true,
    );
    check_charts(
        "helmChartInflationGenerator: [{chartName: app, chartHome: other, releaseName: web, valuesLocal: {replicas: 4}}]\n",
        &[],
        true,
    );
    check_charts(
        "generators:\n- |-\n  {apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: x}, name: app, releaseName: web, chartHome: other}\n",
        &[],
        true,
    );
    let chart = "helmCharts: [{name: app, releaseName: web}]\n";
    check_charts(chart, &["--helm-kube-version", "1.30.1"], true);
    check_charts(chart, &["--helm-api-versions", "example.com/v1"], true);
    check_charts(chart, &["--helm-debug"], true);
}

#[test]
fn charts_that_cannot_be_rendered_fail_with_both() {
    for chart in [
        "{releaseName: web}",
        "{name: none}",
        "{name: app, releaseName: Web_}",
        "{name: app, valuesFile: none.yaml}",
        "{name: app, valuesMerge: other}",
        "{name: app, additionalValuesFiles: [none.yaml]}",
        "{name: app, additionalValuesFiles: [../values.yaml]}",
        "{name: app, kubeVersion: x}",
        "{name: app, releaseName: web, valuesInline: {image: null}, valuesMerge: replace}",
        "{name: app, releaseName: web, nameTemplate: x}",
        "{name: app, unknown: x}",
        "{name: other, repo: \"http://127.0.0.1:1/charts\", version: 1.0.0}",
    ] {
        check_charts(&format!("helmCharts: [{chart}]\n"), &[], false);
    }
}

#[test]
fn charts_are_pulled() {
    let repository = Repository::serve(&[("1.0.0", WEB), ("1.2.0", WEB), ("2.0.0-rc.1", WEB)]);
    let url = repository.url();
    let chart =
        |more: &str| format!("helmCharts: [{{name: web, repo: \"{url}\", releaseName: web{more}}}]\n");
    for more in [
        "",
        ", version: 1.0.0",
        ", version: 1.x",
        ", devel: true",
        ", valuesInline: {value: mine}",
    ] {
        check_charts(&chart(more), &[], true);
    }
    check_charts(&chart(", version: 7.0.0"), &[], false);
}

/// Arguments, then what is printed (both streams), and whether it succeeds.
#[track_caller]
fn check(files: &[(&str, &str)], words: &[&str], builds: bool, expect: &[&str]) -> TempDir {
    let folder = tree(files);
    let output = flux()
        .args(["kustomize", "build"])
        .args(words)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.success(), builds, "{words:?}: {shown}");
    for part in expect {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    folder
}

#[test]
fn flags_and_exit_codes() {
    let files: &[(&str, &str)] = &[
        ("base/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: x-\n"),
        ("base/a.yaml", MAP),
        ("top/kustomization.yml", "resources: [../base, ../base/a.yaml]\n"),
    ];
    check(files, &["base"], true, &["name: x-a\n"]);
    check(
        files,
        &["base", "--explain"],
        true,
        &["# from base/a.yaml:1\n", "# changed by ", "name: x-a\n"],
    );
    check(
        files,
        &["base", "--enable-managedby-label"],
        true,
        &["app.kubernetes.io/managed-by: kustomize-v5.8.1\n"],
    );
    check(files, &["top"], false, &["a.yaml", "is not in or below"]);
    check(
        files,
        &["top", "--load-restrictor", "LoadRestrictionsNone"],
        true,
        &["name: a\n", "name: x-a\n"],
    );
    check(
        files,
        &["top", "--load-restrictor", "Other"],
        false,
        &["illegal flag value --load-restrictor Other"],
    );
    check(files, &["none"], false, &["none: No such file"]);
    check(
        files,
        &["."],
        false,
        &["unable to find one of 'kustomization.yaml', 'kustomization.yml', 'Kustomization' in directory"],
    );
    let chart = &[("kustomization.yaml", "helmCharts: [{name: x}]\n")];
    check(chart, &[], false, &["must specify --enable-helm"]);
}

#[test]
fn output_goes_to_a_file_or_a_directory() {
    let two =
        format!("{MAP}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: b, namespace: n}}\n");
    let files: &[(&str, &str)] = &[
        ("kustomization.yaml", "resources: [all.yaml]\n"),
        ("all.yaml", &two),
        ("out/keep", ""),
    ];
    let read = |folder: &TempDir, path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    let folder = check(files, &["-o", "all-out.yaml"], true, &[]);
    assert!(read(&folder, "all-out.yaml").contains("---\n"));
    let folder = check(files, &[".", "--output", "out"], true, &[]);
    assert!(read(&folder, "out/default_v1_configmap_a.yaml").contains("name: a\n"));
    assert!(read(&folder, "out/n_apps_v1_deployment_b.yaml").contains("name: b\n"));
}

/// Enough for several threads: the order stays, and so does the first error, with nothing written.
#[test]
fn many_objects_are_written_as_kubectl_writes_them() {
    let map = |at: usize, value: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{at:03}}}\ndata: {{value: {value}}}\n"
        )
    };
    let mut all: Vec<String> = (0..200).map(|at| map(at, &at.to_string())).collect();
    let kustomization = ("kustomization.yaml", "resources: [all.yaml]\nnamePrefix: x-\n");
    let folder = tree(&[kustomization, ("all.yaml", &all.concat())]);
    let theirs = run(crate::fleet::kubectl_path(), &["kustomize", "."], folder.path());
    let ours = run(
        Path::new(env!("CARGO_BIN_EXE_flux")),
        &["kustomize", "build", "."],
        folder.path(),
    );
    assert!(theirs.status.success(), "{}", text(&theirs.stderr));
    assert_eq!(text(&ours.stdout), text(&theirs.stdout));
    for at in [150, 60] {
        all[at] = map(at, ".nan");
    }
    std::fs::write(folder.path().join("all.yaml"), all.concat()).unwrap();
    let ours = run(
        Path::new(env!("CARGO_BIN_EXE_flux")),
        &["kustomize", "build", "."],
        folder.path(),
    );
    assert!(!ours.status.success());
    assert_eq!(text(&ours.stdout), "");
    assert!(text(&ours.stderr).contains("map-060"), "{}", text(&ours.stderr));
}

#[test]
fn errors_name_file_line_field_and_object() {
    for (kustomization, resource, expect) in [
        (
            "resources: [a.yaml]\nfoo: 1\n",
            MAP,
            &["kustomization.yaml:2", "foo"][..],
        ),
        (
            "resources: [none.yaml]\n",
            MAP,
            &["kustomization.yaml:1", "resources", "none.yaml"],
        ),
        ("resources: [.]\n", MAP, &["kustomization.yaml:1", "cycle"]),
        (
            "resources: [a.yaml, a.yaml]\n",
            MAP,
            &["a.yaml:1: resources[1]", "ConfigMap", "the first is at a.yaml:1"],
        ),
        ("resources: [a.yaml]\n", "a: b: c\n", &["a.yaml:1"]),
        (
            "resources: [a.yaml]\n",
            "kind: ConfigMap\nmetadata: {}\n",
            &["a.yaml:1", "metadata.name"],
        ),
        (
            "resources: [a.yaml]\npatches: [{patch: '[{op: remove, path: /data/x}]', target: {kind: ConfigMap}}]\n",
            MAP,
            &["kustomization.yaml:2", "patches", "ConfigMap", "/data/x"],
        ),
    ] {
        check(
            &[("kustomization.yaml", kustomization), ("a.yaml", resource)],
            &[],
            false,
            expect,
        );
    }
}

#[test]
#[cfg(unix)]
fn a_link_named_kustomize_answers_as_kustomize() {
    let folder = tree(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", MAP)]);
    let link: PathBuf = folder.path().join("kustomize");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_flux"), &link).unwrap();
    let output = run(&link, &["build"], folder.path());
    assert_eq!(
        text(&output.stdout),
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
    );
    assert_eq!(text(&run(&link, &["version"], folder.path()).stdout), "v5.8.1\n");
    let output = run(&link, &["build", "none"], folder.path());
    assert!(!output.status.success() && text(&output.stderr).starts_with("Error: "));
}
