use super::*;

fn check_split(text: &str, expect: &[&str]) {
    assert_eq!(split_manifests(text), expect, "{text:?}");
}

#[test]
fn documents() {
    check_split("", &[]);
    check_split("a: 1\n", &["a: 1\n"]);
    check_split("\n\n---\na: 1\n---\n\n---  \nb: 2", &["a: 1\n", "b: 2"]);
    check_split("---a: 1\n", &["a: 1\n"]);
    check_split("a: |\n  ---\n  x\n", &["a: |\n  ---\n  x\n"]);
    check_split("---\n# only a comment\n", &["# only a comment\n"]);
    check_split("----\n", &["-\n"]);
}

fn check_sort(files: &[(&str, &str)], expect: Result<(&[&str], &[&str]), &str>) {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let sorted = sort_manifests(&files, &mut Log::new());
    match (sorted, expect) {
        (Ok((hooks, manifests)), Ok((want_hooks, want_manifests))) => {
            let hooks: Vec<_> = hooks
                .iter()
                .map(|hook| format!("{} {}", hook.kind, hook.name))
                .collect();
            let manifests: Vec<_> = manifests
                .iter()
                .map(|m| format!("{} {}", m.kind, m.path))
                .collect();
            assert_eq!(
                (hooks, manifests),
                (
                    want_hooks.iter().map(ToString::to_string).collect(),
                    want_manifests.iter().map(ToString::to_string).collect(),
                )
            );
        }
        (Err(error), Err(want)) => assert_eq!(error.to_string(), want),
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn kinds_in_order() {
    check_sort(
        &[
            ("a", "kind: Zebra\n---\nkind: Deployment\n---\nkind: Apple"),
            ("b", "kind: Service\n---\nkind: Deployment"),
            ("_c", "kind: Secret"),
        ],
        Ok((
            &[],
            &["Service b", "Deployment a", "Deployment b", "Apple a", "Zebra a"],
        )),
    );
}

#[test]
fn hooks() {
    let hook =
        |event: &str| format!("kind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: {event}\n");
    check_sort(
        &[("a", &hook("pre-install, POST-upgrade"))],
        Ok((&["Job j"], &[])),
    );
    check_sort(&[("a", &hook("test-success"))], Ok((&["Job j"], &[])));
    check_sort(&[("a", &hook("crd-install"))], Ok((&[], &[])));
    check_sort(
        &[("a", "kind: Job\nmetadata:\n  annotations: {}\n")],
        Ok((&[], &["Job a"])),
    );
}

#[test]
fn wrong_documents() {
    check_sort(
        &[("a", "just text")],
        Err(
            "YAML parse error on a: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value \
             of type util.SimpleHead",
        ),
    );
    check_sort(
        &[("a", "kind: {}")],
        Err(
            "YAML parse error on a: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go struct \
             field SimpleHead.kind of type string",
        ),
    );
    check_sort(
        &[("a", "metadata:\n  annotations: []\n")],
        Err(
            "YAML parse error on a: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct \
             field .metadata.annotations of type map[string]string",
        ),
    );
}
