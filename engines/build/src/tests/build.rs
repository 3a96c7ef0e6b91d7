use super::*;

struct Case {
    spec: KustomizationSpec,
    from: Vec<BTreeMap<String, String>>,
    strict: bool,
}

impl Case {
    fn new(path: &str) -> Self {
        let spec = KustomizationSpec {
            path: path.into(),
            ..KustomizationSpec::default()
        };
        Case {
            spec,
            from: Vec::new(),
            strict: true,
        }
    }

    fn substitute(mut self, pairs: &[(&str, &str)]) -> Self {
        self.spec.post_build = Some(PostBuild {
            substitute: map(pairs),
            ..PostBuild::default()
        });
        self
    }

    fn run(&self, entries: &[(&str, &str)]) -> Result<Output, Error> {
        let input = Input {
            spec: &self.spec,
            owner: None,
            substitute_from: &self.from,
            strict: self.strict,
        };
        crate::build(&files(entries), &input, &NoRemote)
    }

    #[track_caller]
    fn check(&self, entries: &[(&str, &str)], expect: Value) {
        let output = self.run(entries).unwrap_or_else(|error| panic!("{error}"));
        let values: Vec<_> = output.objects.into_iter().map(|object| object.value).collect();
        assert_eq!(Value::Array(values), expect);
    }

    #[track_caller]
    fn check_error(&self, entries: &[(&str, &str)], expect: &str) {
        assert_eq!(self.run(entries).unwrap_err().to_string(), expect);
    }
}

fn named(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

#[test]
fn a_directory_of_manifests() {
    let tree = [
        ("deploy/b.yaml", config_map("b")),
        ("deploy/a.yaml", config_map("a") + "---\n" + &config_map("c")),
    ];
    let tree: Vec<_> = tree.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let data = json!({"key": "value"});
    let expect = json!([
        named("a", data.clone()),
        named("c", data.clone()),
        named("b", data)
    ]);
    Case::new("./deploy").check(&tree, expect.clone());
    Case::new("../../deploy/").check(&tree, expect);
    let output = Case::new("deploy").run(&tree).unwrap();
    let places: Vec<_> = output
        .objects
        .iter()
        .map(|object| (object.place.file.as_str(), object.place.line))
        .collect();
    assert_eq!(
        places,
        [("deploy/a.yaml", 1), ("deploy/a.yaml", 8), ("deploy/b.yaml", 1)]
    );
}

#[test]
fn nothing_to_build_is_no_error() {
    Case::new("").check(&[("README.md", "")], json!([]));
    Case::new("d").check(&[("d/kustomization.yaml", "")], json!([]));
}

#[test]
fn missing_paths() {
    let expect = "kustomization path not found: \"nowhere\" is no directory of the source";
    Case::new("./nowhere/").check_error(&[("a.yaml", "")], expect);
    assert!(matches!(
        Case::new("a.yaml").run(&[("a.yaml", "")]),
        Err(Error::PathNotFound { .. })
    ));
}

#[test]
fn variables_change_values_and_types() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  annotations:\n    n: \"${num}\"\ndata:\n  a: ${num}\n  b: \"x${num}\"\n  c: ${missing:-d}\n  d: $${name} $name\n";
    let case = Case::new("").substitute(&[("name", "web"), ("num", "8080")]);
    case.check(
        &[("a.yaml", text)],
        json!([{
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "web", "annotations": {"n": 8080}},
            "data": {"a": 8080, "b": "x8080", "c": "d", "d": "${name} $name"},
        }]),
    );
}

#[test]
fn inline_variables_win_and_lose_their_line_breaks() {
    let mut case = Case::new("").substitute(&[("c", "inline\n")]);
    case.from = vec![
        map(&[("a", "1st"), ("b", "1st"), ("c", "1st")]),
        map(&[("b", "2\nnd"), ("c", "2nd")]),
    ];
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {v: '${a} ${b} ${c}'}\n";
    case.check(
        &[("a.yaml", text)],
        json!([named("x", json!({"v": "1st 2nd inline"}))]),
    );
}

#[test]
fn without_variables_nothing_is_replaced_unless_always() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {v: '${a:-default}'}\n";
    let raw = json!([named("x", json!({"v": "${a:-default}"}))]);
    Case::new("").check(&[("a.yaml", text)], raw.clone());
    Case::new("").substitute(&[]).check(&[("a.yaml", text)], raw);
    let mut always = Case::new("");
    always.spec.post_build = Some(PostBuild {
        substitute_strategy: "Always".into(),
        ..PostBuild::default()
    });
    always.check(&[("a.yaml", text)], json!([named("x", json!({"v": "default"}))]));
}

#[test]
fn objects_can_keep_their_expressions() {
    for field in ["labels", "annotations"] {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  {field}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\ndata: {{v: '${{a}}'}}\n"
        );
        let output = Case::new("")
            .substitute(&[("a", "b")])
            .run(&[("a.yaml", &text)])
            .unwrap();
        assert_eq!(output.objects[0].value["data"]["v"], "${a}");
    }
}

#[test]
fn substitution_errors_name_object_field_and_line() {
    let text = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: a:${tag}x\n";
    let case = Case::new("").substitute(&[("x", "y")]);
    case.check_error(
        &[("apps/web.yaml", text)],
        "post build failed for 'Deployment.v1.apps/web': envsubst error: variable substitution failed: variable not set (strict mode): \"tag\" in spec.template.spec.containers[0].image (apps/web.yaml:2)",
    );
    let lenient = Case {
        strict: false,
        ..Case::new("").substitute(&[("x", "y")])
    };
    assert_eq!(
        lenient.run(&[("apps/web.yaml", text)]).unwrap().objects[0]
            .value
            .pointer("/spec/template/spec/containers/0/image"),
        Some(&json!("a:x"))
    );
    Case::new("").substitute(&[("not-a-name", "y")]).check_error(
        &[("a.yaml", &config_map("x"))],
        "post build failed for 'ConfigMap.v1.[noGrp]/x': envsubst error: 'not-a-name' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$' (a.yaml:1)",
    );
}

#[test]
fn names_must_stay_apart() {
    let tree = [("a.yaml", config_map("${a}")), ("b.yaml", config_map("${b}"))];
    let tree: Vec<_> = tree.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(
        Case::new("")
            .substitute(&[("a", "x"), ("b", "z")])
            .run(&tree)
            .unwrap()
            .objects
            .len(),
        2
    );
    Case::new("").substitute(&[("a", "x"), ("b", "x")]).check_error(
        &tree,
        "post build failed for 'ConfigMap.v1.[noGrp]/x': in Replace: id matched 2 resources; the other one is from a.yaml:1 (b.yaml:1)",
    );
}

#[test]
fn a_name_that_is_no_text_any_more_is_refused() {
    let error = Case::new("")
        .substitute(&[("a", "y")])
        .run(&[("a.yaml", &config_map("${a}"))])
        .unwrap_err();
    assert!(matches!(error, Error::Identity { .. }), "{error}");
    assert!(
        error.to_string().contains("from a.yaml:1: apiVersion: v1\n"),
        "{error}"
    );
}

#[test]
fn values_that_break_the_yaml_are_refused() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  v: ${a}\n";
    let error = Case::new("")
        .substitute(&[("a", "b: c")])
        .run(&[("a.yaml", text)])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("mapping values are not allowed in this context"),
        "{error}"
    );
    assert!(error.to_string().ends_with(" in data.v (a.yaml:1)"), "{error}");
    assert_eq!(error.place().map(|place| place.file.as_str()), Some("a.yaml"));
    assert!(!error.is_transient());
}

#[test]
fn marks_of_the_owner() {
    let mut case = Case::new("");
    let labels = map(&[("team", "a")]);
    case.spec.common_metadata = Some(CommonMetadata {
        labels,
        annotations: map(&[("note", "n ${x}")]),
    });
    case.spec.post_build = Some(PostBuild {
        substitute: map(&[("x", "y")]),
        ..PostBuild::default()
    });
    let input = Input {
        spec: &case.spec,
        owner: Some(("apps", "flux-system")),
        substitute_from: &[],
        strict: true,
    };
    let output = crate::build(&files(&[("a.yaml", &config_map("x"))]), &input, &NoRemote).unwrap();
    assert_eq!(
        output.objects[0].value["metadata"],
        json!({
            "name": "x",
            "labels": {
                "kustomize.toolkit.fluxcd.io/name": "apps",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                "team": "a",
            },
            // Common metadata comes after the substitution.
            "annotations": {"note": "n ${x}"},
        })
    );
}

#[test]
fn encrypted_secrets_are_refused() {
    let text =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: n\ndata: {}\nsops: {mac: x}\n";
    Case::new("").check_error(
        &[("s.yaml", text)],
        "Secret/n/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled (s.yaml:1)",
    );
}

#[test]
fn the_digest_is_that_of_the_printed_manifests() {
    let output = Case::new("").run(&[("a.yaml", &config_map("x"))]).unwrap();
    // sha256 of the ConfigMap with sorted keys.
    assert_eq!(
        output.digest,
        "sha256:b7d64c24af9baa00aaec331f0f81e0e6f89ab83433ca2fc1d5f4798cc99cdd14"
    );
}

#[test]
fn a_build_depends_only_on_what_it_reads() {
    let mut tree = files(&[
        ("app/kustomization.yaml", "resources: [x.yaml]\n"),
        ("app/x.yaml", &config_map("x")),
    ]);
    let case = Case::new("app");
    let recording = RecordingFiles::new(&tree);
    let input = Input {
        spec: &case.spec,
        owner: None,
        substitute_from: &[],
        strict: true,
    };
    crate::build(&recording, &input, &NoRemote).unwrap();
    let closure = recording.closure();
    tree.insert("elsewhere/y.yaml", "y");
    tree.insert("app/README.md", "");
    assert!(closure.holds_for(&tree));
    tree.insert("app/x.yaml", config_map("y"));
    assert!(!closure.holds_for(&tree));
}

#[test]
fn variables_by_themselves() {
    let mut variables = Variables::new();
    variables.extend(&map(&[("a", "1\n2")]));
    assert_eq!(variables.iter().collect::<Vec<_>>(), [("a", "12")]);
    let object = named("x", json!({"v": "${a}", "w": ["${b}"], "x.y/z": "${a"}));
    let place = Place::default();
    let apply = |text: &str, mode| variables.apply(&object, text, mode, &place);
    assert_eq!(apply("v: 1\n", Mode::Strict), Ok(None));
    assert_eq!(apply("v: ${a}\n", Mode::Strict), Ok(Some(json!({"v": 12}))));
    assert_eq!(apply("v: ${b}\n", Mode::Strict).unwrap_err().field, "data.w[0]");
    assert_eq!(
        apply("v: ${a\n", Mode::Lenient).unwrap_err().field,
        "data[\"x.y/z\"]"
    );
    assert_eq!(
        apply("- ${a}\n", Mode::Strict).unwrap_err().cause,
        PostBuildCause::NotAnObject
    );
}
