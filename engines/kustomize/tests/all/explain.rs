//! Who changed an object.

use flux_kustomize::{MemFiles, NoRemote, Options, build};

#[test]
fn an_object_knows_what_changed_it() {
    let files: MemFiles = [
        ("top/kustomization.yaml", "namePrefix: p-\nresources: [../base]\npatches:\n- target: {kind: Nothing}\n  patch: '[]'\ntransformers: [t.yaml]\n"),
        ("top/t.yaml", "apiVersion: builtin\nkind: LabelTransformer\nmetadata:\n  name: x\nlabels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]\n"),
        ("base/kustomization.yaml", "resources: [a.yaml]\nconfigMapGenerator:\n- name: m\n  literals: [a=b]\n"),
        ("base/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  volumes:\n  - configMap:\n      name: m\n"),
    ]
    .into_iter()
    .collect();
    let options = Options {
        explain: true,
        ..Options::flux()
    };
    let built = build(&files, "top", &options, &NoRemote).expect("the tree builds");
    let told: Vec<Vec<String>> = built
        .objects
        .iter()
        .map(|object| object.touches().iter().map(ToString::to_string).collect())
        .collect();
    let prefix = "PrefixTransformer (top/kustomization.yaml:1 namePrefix)";
    let label = "LabelTransformer (top/t.yaml:1)";
    let made = "ConfigMapGenerator (base/kustomization.yaml:3 configMapGenerator[0])";
    assert_eq!(
        told,
        [
            vec![prefix, label, "name references"],
            vec![made, prefix, label, "HashTransformer"]
        ]
    );
    let plain = build(&files, "top", &Options::flux(), &NoRemote).expect("the tree builds");
    assert_eq!(plain.to_yaml(), built.to_yaml());
    assert!(plain.objects.iter().all(|object| object.touches().is_empty()));
}
