use super::*;

fn spec() -> KustomizationSpec {
    KustomizationSpec::default()
}

#[track_caller]
fn check(entries: &[(&str, &str)], dir: &str, spec: &KustomizationSpec, expect: &str) {
    let generated = generate(&files(entries), dir, spec).unwrap().unwrap();
    let header = "apiVersion: kustomize.config.k8s.io/v1beta1\n";
    assert_eq!(
        generated
            .text
            .replacen(header, "", 1)
            .replacen("kind: Kustomization\n", "", 1),
        expect
    );
}

#[track_caller]
fn check_kept(entries: &[(&str, &str)], dir: &str, spec: &KustomizationSpec) {
    assert_eq!(generate(&files(entries), dir, spec), Ok(None));
}

#[track_caller]
fn check_error(entries: &[(&str, &str)], spec: &KustomizationSpec, expect: &str) {
    assert_eq!(
        generate(&files(entries), "", spec).unwrap_err().to_string(),
        expect
    );
}

#[test]
fn a_file_that_needs_nothing_is_kept() {
    check_kept(
        &[
            ("a/kustomization.yaml", "resources: [x.yaml]\n"),
            ("a/x.yaml", ""),
        ],
        "a",
        &spec(),
    );
    check_kept(&[("Kustomization", "resources: [x.yaml]\n")], "", &spec());
}

#[test]
fn files_are_collected_in_the_order_of_a_walk() {
    let tree = [
        ("d/b.yaml", ""),
        ("d/a.yml", ""),
        ("d/.hidden.yaml", ""),
        ("d/a/z.yaml", ""),
        ("d/a/deep/x.yaml", ""),
        ("d/base/kustomization.yml", ""),
        ("d/base/ignored.yaml", ""),
        ("d/README.md", ""),
        ("d/upper.YAML", ""),
        ("other/x.yaml", ""),
    ];
    let expect =
        "resources:\n- ./.hidden.yaml\n- ./a/deep/x.yaml\n- ./a/z.yaml\n- ./a.yml\n- ./b.yaml\n- ./base\n";
    check(&tree, "d", &spec(), expect);
    check(&[("x.yaml", "")], "", &spec(), "resources:\n- ./x.yaml\n");
    check(&[("d/note.txt", "")], "d", &spec(), "namespace: _placeholder\n");
}

#[test]
fn the_first_known_name_is_taken() {
    let tree = [
        ("kustomization.yml", "resources: [b]\n"),
        ("Kustomization", "resources: [c]\n"),
    ];
    let spec = KustomizationSpec {
        name_prefix: "p-".into(),
        ..spec()
    };
    let generated = generate(&files(&tree), "", &spec).unwrap().unwrap();
    assert_eq!(
        (generated.file.as_str(), generated.created),
        ("kustomization.yml", false)
    );
    assert!(
        generated.text.ends_with("namePrefix: p-\nresources:\n- b\n"),
        "{}",
        generated.text
    );
}

#[test]
fn fields_of_the_spec_are_put_in() {
    let file = "namespace: old\nresources: [x.yaml]\npatches:\n- path: own.yaml\ncomponents: [../one]\n";
    let spec = KustomizationSpec {
        target_namespace: "apps".into(),
        name_prefix: "a-".into(),
        name_suffix: "-z".into(),
        patches: vec![
            Patch {
                patch: "kind: X\n".into(),
                target: None,
            },
            Patch {
                patch: "- op: remove\n  path: /a\n".into(),
                target: Some(Selector {
                    kind: "Deployment".into(),
                    name: "web.*".into(),
                    ..Selector::default()
                }),
            },
        ],
        components: vec!["../two".into()],
        build_metadata: vec!["originAnnotations".into()],
        ..spec()
    };
    let expect = "\
buildMetadata:
- originAnnotations
components:
- ../one
- ../two
namePrefix: a-
nameSuffix: -z
namespace: apps
patches:
- path: own.yaml
- patch: |
    kind: X
- patch: |
    - op: remove
      path: /a
  target:
    kind: Deployment
    name: web.*
resources:
- x.yaml
";
    check(&[("d/kustomization.yaml", file)], "d", &spec, expect);
}

#[test]
fn images_are_merged_by_name() {
    let file =
        "resources: [x]\nimages:\n- name: a\n  newTag: v1\n- name: b\n  newName: bb\n  digest: sha256:1\n";
    let image = |name: &str, new_name: &str, new_tag: &str, digest: &str| Image {
        name: name.into(),
        new_name: new_name.into(),
        new_tag: new_tag.into(),
        digest: digest.into(),
    };
    let images = vec![
        image("a", "aa", "", ""),
        image("b", "", "v2", ""),
        image("c", "", "v3", ""),
        image("c", "", "", "sha256:3"),
    ];
    let expect = "\
images:
- name: a
  newName: aa
  newTag: v1
- name: b
  newName: bb
  newTag: v2
- digest: sha256:3
  name: c
resources:
- x
";
    check(
        &[("kustomization.yaml", file)],
        "",
        &KustomizationSpec { images, ..spec() },
        expect,
    );
}

#[test]
fn missing_components_can_be_left_out() {
    let tree = [
        ("d/kustomization.yaml", "resources: [x]\n"),
        ("c/one/kustomization.yaml", ""),
    ];
    let components = vec![
        "../c/one".to_owned(),
        "../c/two".to_owned(),
        "../../out".to_owned(),
    ];
    let lenient = KustomizationSpec {
        components,
        ignore_missing_components: true,
        ..spec()
    };
    check(&tree, "d", &lenient, "components:\n- ../c/one\nresources:\n- x\n");
    let strict = KustomizationSpec {
        ignore_missing_components: false,
        ..lenient
    };
    check(
        &tree,
        "d",
        &strict,
        "components:\n- ../c/one\n- ../c/two\n- ../../out\nresources:\n- x\n",
    );
}

#[test]
fn components_must_be_local() {
    for component in [
        "/abs",
        "https://example.com/x",
        "github.com/a/b",
        "git@host:a/b",
        "FILE:///x",
    ] {
        let spec = KustomizationSpec {
            components: vec![component.into()],
            ..spec()
        };
        let expect = format!("component path '{component}' must be local and relative");
        check_error(&[("kustomization.yaml", "resources: [x]\n")], &spec, &expect);
    }
}

#[test]
fn a_file_without_resources_is_not_refused_as_empty() {
    check(
        &[("kustomization.yaml", "")],
        "",
        &spec(),
        "buildMetadata:\n- originAnnotations\n",
    );
    let file = "configMapGenerator:\n- name: x\n";
    let expect = "buildMetadata:\n- originAnnotations\nconfigMapGenerator:\n- name: x\n";
    check(&[("kustomization.yaml", file)], "", &spec(), expect);
}

#[test]
fn unknown_fields_are_dropped_and_known_ones_spelled_right() {
    let file = "Resources: [x]\nnonsense: 1\n";
    check(&[("kustomization.yaml", file)], "", &spec(), "resources:\n- x\n");
}

#[test]
fn broken_files_are_named() {
    check_error(
        &[("kustomization.yaml", "- a\n")],
        &spec(),
        "kustomization.yaml: a kustomization file must be a mapping of fields",
    );
    check_error(
        &[("kustomization.yaml", "a: 1\nb: c: d\n")],
        &spec(),
        "kustomization.yaml:2: yaml: line 2, column 5: mapping values are not allowed in this context",
    );
    let spec = KustomizationSpec {
        components: vec!["x".into()],
        ..spec()
    };
    check_error(
        &[("kustomization.yaml", "resources: [x]\ncomponents: one\n")],
        &spec,
        "kustomization.yaml: components: must be a list",
    );
}

#[test]
fn an_overlay_shows_its_file() {
    let tree = files(&[("d/a.yaml", "a"), ("b.yaml", "b")]);
    let overlay = OverlayFiles::new(&tree, "d/kustomization.yaml", b"new");
    assert_eq!(overlay.read("d/kustomization.yaml").unwrap().as_ref(), b"new");
    assert_eq!(overlay.read("b.yaml").unwrap().as_ref(), b"b");
    assert_eq!(overlay.kind("d/kustomization.yaml"), Some(FileKind::File));
    assert_eq!(overlay.list("d").unwrap(), ["a.yaml", "kustomization.yaml"]);
    assert_eq!(overlay.list("").unwrap(), ["b.yaml", "d"]);
}
