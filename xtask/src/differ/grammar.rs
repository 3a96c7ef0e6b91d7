//! Random trees: bases, overlays and components with every field that a kustomization has.

use std::collections::BTreeMap;

use super::objects::{NAMES, object};
use super::random::Random;

/// Files with their contents.
type Files = BTreeMap<String, String>;

/// A tree; what is to be built is in `top`.
pub(super) fn tree(random: &mut Random) -> Files {
    let mut files = Files::new();
    let bases = 1 + random.below(2);
    for base in 0..bases {
        let directory = format!("base{base}");
        let mut text = resources(random, &directory, &mut files);
        fields(random, &directory, &mut text, &mut files, 5);
        files.insert(format!("{directory}/kustomization.yaml"), text);
    }
    let mut below: Vec<String> = (0..bases).map(|base| format!("../base{base}")).collect();
    if random.chance(40) {
        let mut text = list("resources", &below);
        fields(random, "middle", &mut text, &mut files, 7);
        files.insert("middle/kustomization.yaml".into(), text);
        below = vec!["../middle".into()];
    }
    if random.chance(30) {
        let mut text = String::from("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
        fields(random, "component", &mut text, &mut files, 8);
        files.insert("component/kustomization.yaml".into(), text);
    }
    if random.chance(40) {
        files.insert("top/more.yaml".into(), manifests(random, 2));
        below.push("more.yaml".into());
    }
    let field = random.one(&["resources", "resources", "resources", "bases"]);
    let mut text = list(field, &below);
    if files.contains_key("component/kustomization.yaml") {
        text.push_str("components:\n- ../component\n");
    }
    fields(random, "top", &mut text, &mut files, 10);
    whole(random, &mut text);
    files.insert("top/kustomization.yaml".into(), text);
    files
}

fn list(field: &str, items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("{field}:\n{items}")
}

fn manifests(random: &mut Random, most: usize) -> String {
    let count = 1 + random.below(most);
    let objects: Vec<String> = (0..count).map(|_| object(random)).collect();
    objects.join("---\n")
}

fn resources(random: &mut Random, directory: &str, files: &mut Files) -> String {
    let names: Vec<String> = (0..=random.below(3))
        .map(|file| format!("r{file}.yaml"))
        .collect();
    for name in &names {
        files.insert(format!("{directory}/{name}"), manifests(random, 3));
    }
    list("resources", &names)
}

/// Fields that only the kustomization that is built has a say in.
fn whole(random: &mut Random, text: &mut String) {
    if random.chance(15) {
        text.push_str("buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n");
    }
    if random.chance(20) {
        text.push_str(random.one(&[
            "sortOptions:\n  order: fifo\n",
            "sortOptions:\n  order: legacy\n",
            "sortOptions:\n  order: legacy\n  legacySortOptions:\n    orderFirst: [Secret, Deployment]\n    orderLast: [Namespace]\n",
        ]));
    }
}

type Write = fn(&mut Random, &str, &mut String, &mut Files);

const FIELDS: [Write; 18] = [
    |random, _, text, _| {
        text.push_str(&format!(
            "namespace: {}\n",
            random.one(&["prod", "team-a", "\"1234\""])
        ));
    },
    |random, _, text, _| text.push_str(&format!("namePrefix: {}\n", random.one(&["p-", "\"1-\""]))),
    |_, _, text, _| text.push_str("nameSuffix: -s\n"),
    |random, _, text, _| {
        text.push_str(&format!(
            "commonLabels:\n  team: {}\n",
            random.one(&["a", "\"1\"", "\"true\""])
        ));
    },
    labels,
    |_, _, text, _| text.push_str("commonAnnotations:\n  owner: \"me: you\"\n  count: \"3\"\n"),
    patches,
    old_patches,
    images,
    |random, _, text, _| {
        text.push_str(&format!(
            "replicas:\n- name: {}\n  count: {}\n",
            random.one(&NAMES),
            random.below(5)
        ));
    },
    replacements,
    vars,
    config_maps,
    secrets,
    |random, _, text, _| {
        text.push_str("generatorOptions:\n  labels:\n    made: here\n  annotations:\n    m: \"1\"\n");
        text.push_str(random.one(&["", "  disableNameSuffixHash: true\n", "  immutable: true\n"]));
    },
    configurations,
    transformers,
    generators,
];

fn fields(random: &mut Random, directory: &str, text: &mut String, files: &mut Files, percent: usize) {
    for write in FIELDS {
        if random.chance(percent) {
            write(random, directory, text, files);
        }
    }
}

fn labels(random: &mut Random, _: &str, text: &mut String, _: &mut Files) {
    text.push_str("labels:\n- pairs:\n    env: dev\n    tier: \"2\"\n");
    text.push_str(random.one(&[
        "",
        "  includeSelectors: true\n",
        "  includeTemplates: true\n",
        "  includeSelectors: false\n  includeTemplates: true\n",
        "  fields:\n  - path: spec/labels\n    create: true\n    kind: Widget\n    group: example.com\n",
    ]));
    if random.chance(20) {
        text.push_str("- pairs:\n    second: x\n  includeSelectors: true\n");
    }
}

/// A selector, as lines of a patch or a replacement.
fn selector(random: &mut Random) -> String {
    random
        .one(&[
            "kind: Deployment",
            "kind: Deployment|StatefulSet",
            "kind: ConfigMap",
            "kind: Widget",
            "kind: Service",
            "name: web",
            "name: w.*",
            "labelSelector: app=web",
            "labelSelector: app in (web, api),!tier",
            "annotationSelector: note",
            "group: apps\n    version: v1",
            "kind: Deployment\n    namespace: team-a",
            "kind: Nothing",
        ])
        .to_owned()
}

fn operation(random: &mut Random) -> &'static str {
    random.one(&[
        "- op: add\n      path: /metadata/annotations/x\n      value: y",
        "- op: add\n      path: /metadata/labels\n      value: {a: \"b\"}",
        "- op: replace\n      path: /metadata/name\n      value: renamed",
        "- op: add\n      path: /spec/template/spec/containers/-\n      value: {name: extra, image: x}",
        "- op: replace\n      path: /spec/template/spec/containers/0/image\n      value: new:1",
        "- op: remove\n      path: /spec/replicas",
        "- op: test\n      path: /kind\n      value: Deployment\n    - op: add\n      path: /spec/paused\n      value: true",
        "- op: copy\n      from: /metadata/name\n      path: /metadata/annotations",
        "- op: move\n      from: /data/k\n      path: /data/moved",
    ])
}

/// A strategic merge, indented by four.
fn merge(random: &mut Random) -> String {
    let name = random.one(&NAMES);
    let (head, body) = match random.below(5) {
        0 => ("apiVersion: v1\n    kind: ConfigMap", random.one(&["data:\n      k: patched\n      gone: null", "data: null", "$patch: delete", "data:\n      $patch: replace\n      only: this"])),
        1 => ("apiVersion: v1\n    kind: Service", random.one(&["spec:\n      ports:\n      - port: 80\n        nodePort: 30000", "spec:\n      type: LoadBalancer\n      selector:\n        app: null", "spec:\n      ports:\n      - port: 81\n      - $patch: replace"])),
        2 => ("apiVersion: example.com/v1\n    kind: Widget", random.one(&["spec:\n      items:\n      - name: a\n        value: 9", "spec:\n      replicas: null\n      added: {x: [1]}"])),
        _ => ("apiVersion: apps/v1\n    kind: Deployment", random.one(&[
            "spec:\n      replicas: 7",
            "spec:\n      template:\n        spec:\n          containers:\n          - name: main\n            env:\n            - name: A\n              value: z\n            - name: C\n              value: c",
            "spec:\n      template:\n        spec:\n          containers:\n          - name: side\n            $patch: delete",
            "spec:\n      template:\n        spec:\n          containers:\n          - $patch: replace\n          - name: only\n            image: only",
            "spec:\n      template:\n        spec:\n          $setElementOrder/containers:\n          - name: side\n          - name: main\n          containers:\n          - name: main\n            image: m",
            "spec:\n      template:\n        spec:\n          containers:\n          - name: main\n            ports:\n            - containerPort: 80\n              protocol: UDP\n              hostPort: 80",
            "spec:\n      strategy:\n        $retainKeys: [type]\n        type: Recreate",
            "spec:\n      template:\n        spec:\n          volumes:\n          - name: c\n            emptyDir: {}\n            configMap: null",
            "metadata:\n      name: other\n      annotations:\n        a: b",
        ])),
    };
    if body.starts_with("metadata:") {
        return format!("{head}\n    {body}\n");
    }
    format!("{head}\n    metadata:\n      name: {name}\n    {body}\n")
}

fn patches(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    text.push_str("patches:\n");
    for index in 0..=random.below(2) {
        match random.below(4) {
            0 => text.push_str(&format!("- patch: |-\n    {}", merge(random))),
            1 => {
                let file = format!("patch{index}.yaml");
                files.insert(
                    format!("{directory}/{file}"),
                    merge(random).replace("\n    ", "\n"),
                );
                text.push_str(&format!("- path: {file}\n"));
                if random.chance(40) {
                    text.push_str(&format!("  target:\n    {}\n", selector(random)));
                }
            }
            2 => text.push_str(&format!(
                "- target:\n    {}\n  patch: |-\n    {}",
                selector(random),
                merge(random)
            )),
            _ => {
                text.push_str(&format!(
                    "- target:\n    {}\n  patch: |-\n    {}\n",
                    selector(random),
                    operation(random)
                ));
                if random.chance(30) {
                    text.push_str("  options:\n    allowNameChange: true\n    allowKindChange: true\n");
                }
            }
        }
    }
}

fn old_patches(random: &mut Random, _: &str, text: &mut String, _: &mut Files) {
    if random.chance(50) {
        text.push_str(&format!(
            "patchesStrategicMerge:\n- |-\n  {}",
            merge(random).replace("\n    ", "\n  ")
        ));
    } else {
        text.push_str(&format!(
            "patchesJson6902:\n- target:\n    version: v1\n    group: apps\n    kind: Deployment\n    name: {}\n  patch: |-\n    {}\n",
            random.one(&NAMES),
            operation(random)
        ));
    }
}

fn images(random: &mut Random, _: &str, text: &mut String, _: &mut Files) {
    text.push_str(random.one(&["images:\n", "imageTags:\n"]));
    for _ in 0..=random.below(2) {
        text.push_str(&format!(
            "- name: {}\n",
            random.one(&["nginx", "app", "registry.example.com:5000/team/app", "ngin."])
        ));
        text.push_str(random.one(&[
            "  newTag: v9\n",
            "  newTag: \"1.0\"\n",
            "  newName: other/nginx\n",
            "  newName: other/nginx\n  newTag: v2\n",
            "  digest: sha256:aaaa\n",
            "  tagSuffix: -alpine\n",
            "  newTag: v3\n  digest: sha256:bbbb\n",
        ]));
    }
}

fn replacements(random: &mut Random, _: &str, text: &mut String, _: &mut Files) {
    let source = random.one(&[
        "source:\n    kind: ConfigMap\n    name: cfg\n    fieldPath: data.k\n",
        "source:\n    kind: Deployment\n    fieldPath: metadata.name\n",
        "source:\n    name: web\n    fieldPath: metadata.name\n    options:\n      delimiter: e\n      index: 1\n",
        "source:\n    kind: Service\n    name: api\n",
        "source:\n    kind: Widget\n    fieldPath: spec.items\n",
        "source:\n    kind: Widget\n    fieldPath: spec.items.[name=a].value\n",
        "sourceValue: \"literal\"\n",
        "sourceValue: \"12\"\n",
    ]);
    text.push_str(&format!("replacements:\n- {source}"));
    let fields = random.one(&[
        "[metadata.annotations.copied]",
        "[\"spec.template.spec.containers.[name=main].image\"]",
        "[\"spec.template.spec.containers.*.env.[name=A].value\"]",
        "[data.k]",
        "[data.nested.a.b]",
        "[\"data.nested.a.list.[name=x].value\"]",
        "[data.json.a.b]",
        "[spec.items.0.value]",
        "[spec.new.deep.field, metadata.name]",
    ]);
    text.push_str(&format!(
        "  targets:\n  - select:\n      {}\n    fieldPaths: {fields}\n",
        selector(random).replace("\n    ", "\n      ")
    ));
    if random.chance(20) {
        text.push_str("    reject:\n    - name: db\n");
    }
    text.push_str(random.one(&[
        "",
        "",
        "    options:\n      create: true\n",
        "    options:\n      delimiter: \":\"\n      index: 1\n",
        "    options:\n      delimiter: \"-\"\n      index: -1\n",
    ]));
}

fn vars(random: &mut Random, _: &str, text: &mut String, _: &mut Files) {
    let kind = random.one(&["Deployment", "Service", "ConfigMap"]);
    let api = if kind == "Deployment" { "apps/v1" } else { "v1" };
    text.push_str(&format!(
        "vars:\n- name: {}\n  objref:\n    kind: {kind}\n    apiVersion: {api}\n    name: {}\n",
        random.one(&["NAME", "OTHER", "IMAGE"]),
        random.one(&NAMES)
    ));
    text.push_str(random.one(&[
        "",
        "",
        "  fieldref:\n    fieldpath: metadata.labels.app\n",
        "  fieldref:\n    fieldpath: spec.ports[0].port\n",
    ]));
}

fn sources(random: &mut Random, directory: &str, files: &mut Files) -> String {
    let mut text = String::new();
    if random.chance(70) {
        text.push_str("  literals:\n  - a=1\n  - \"b=x=y\"\n  - c=\"quoted\"\n");
    }
    if random.chance(40) {
        files.insert(
            format!("{directory}/conf.ini"),
            random
                .one(&["x = 1\n", "no end", "two\nlines\n\n", "", "tab\there\n"])
                .to_owned(),
        );
        text.push_str("  files:\n  - conf.ini\n  - other.txt=conf.ini\n");
    }
    if random.chance(30) {
        files.insert(
            format!("{directory}/vars.env"),
            "# comment\nKEY=value\n\n  SPACED = x\nEMPTY=\nALONE\n".replace("  SPACED = x\n", ""),
        );
        text.push_str(random.one(&["  envs: [vars.env]\n", "  env: vars.env\n"]));
    }
    text.push_str(random.one(&[
        "",
        "",
        "  options:\n    disableNameSuffixHash: true\n",
        "  options:\n    immutable: true\n    labels:\n      own: yes-please\n",
        "  namespace: team-a\n",
    ]));
    text
}

fn config_maps(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    let name = random.one(&["cfg", "web", "fresh"]);
    let behavior = random.one(&[
        "",
        "",
        "",
        "  behavior: merge\n",
        "  behavior: replace\n",
        "  behavior: create\n",
    ]);
    let sources = sources(random, directory, files);
    text.push_str(&format!(
        "configMapGenerator:\n- name: {name}\n{behavior}{sources}"
    ));
}

fn secrets(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    let kind = random.one(&["", "  type: kubernetes.io/tls\n"]);
    let sources = sources(random, directory, files);
    text.push_str(&format!("secretGenerator:\n- name: db\n{kind}{sources}"));
}

fn configurations(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    let config = random.one(&[
        "nameReference:\n- kind: ConfigMap\n  fieldSpecs:\n  - path: spec/mapRef/name\n    kind: Widget\n",
        "images:\n- path: spec/image\n  kind: Widget\n",
        "commonLabels:\n- path: spec/selector/matchLabels\n  kind: Widget\n  create: true\n",
        "namePrefix:\n- path: metadata/name\n  kind: Widget\nreplicas:\n- path: spec/replicas\n  kind: Widget\n",
        "varReference:\n- path: spec/image\n  kind: Widget\n",
        "namespace:\n- path: spec/namespace\n  create: true\n  kind: Widget\n",
    ]);
    files.insert(format!("{directory}/config.yaml"), config.to_owned());
    text.push_str("configurations:\n- config.yaml\n");
}

/// Built-in plugins, as objects.
const TRANSFORMERS: [&str; 10] = [
    "kind: PrefixTransformer\nprefix: t-\nfieldSpecs:\n- path: metadata/name\n",
    "kind: SuffixTransformer\nsuffix: -t\nfieldSpecs:\n- path: metadata/name\n  kind: Deployment\n",
    "kind: LabelTransformer\nlabels:\n  from: plugin\nfieldSpecs:\n- path: metadata/labels\n  create: true\n",
    "kind: AnnotationsTransformer\nannotations:\n  from: plugin\nfieldSpecs:\n- path: metadata/annotations\n  create: true\n",
    "kind: ImageTagTransformer\nimageTag:\n  name: nginx\n  newTag: plugin\nfieldSpecs:\n- path: spec/template/spec/containers[]/image\n",
    "kind: ReplicaCountTransformer\nreplica:\n  name: web\n  count: 4\nfieldSpecs:\n- path: spec/replicas\n  kind: Deployment\n  create: true\n",
    "kind: PatchTransformer\ntarget:\n  kind: Service\npatch: |-\n  - op: add\n    path: /metadata/labels\n    value: {p: t}\n",
    "kind: NamespaceTransformer\nunsetOnly: true\nsetRoleBindingSubjects: allServiceAccounts\nfieldSpecs:\n- path: metadata/name\n  kind: Namespace\n",
    "kind: ReplacementTransformer\nreplacements:\n- sourceValue: rt\n  targets:\n  - select:\n      kind: Deployment\n    fieldPaths: [metadata.annotations.rt]\n    options:\n      create: true\n",
    "kind: ValueAddTransformer\nvalue: va\ntargets:\n- fieldPath: metadata/annotations/va\n",
];

fn plugin(config: &str) -> String {
    let (kind, rest) = config.split_once('\n').unwrap_or((config, ""));
    format!("apiVersion: builtin\n{kind}\nmetadata:\n  name: plugin\n  namespace: plug\n{rest}")
}

/// A plugin inline, in a file, or in a directory of its own.
fn placed(
    random: &mut Random,
    field: &str,
    config: &str,
    directory: &str,
    text: &mut String,
    files: &mut Files,
) {
    let config = plugin(config);
    match random.below(3) {
        0 => {
            let inline: String = config.lines().map(|line| format!("  {line}\n")).collect();
            text.push_str(&format!("{field}:\n- |-\n{inline}"));
        }
        1 => {
            files.insert(format!("{directory}/{field}.yaml"), config);
            text.push_str(&format!("{field}:\n- {field}.yaml\n"));
        }
        _ => {
            files.insert(format!("{directory}-{field}/plugin.yaml"), config);
            files.insert(
                format!("{directory}-{field}/kustomization.yaml"),
                "resources:\n- plugin.yaml\n".into(),
            );
            text.push_str(&format!("{field}:\n- ../{directory}-{field}\n"));
        }
    }
}

fn transformers(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    let config = random.one(&TRANSFORMERS);
    let field = random.one(&["transformers", "transformers", "transformers", "validators"]);
    placed(random, field, config, directory, text, files);
}

fn generators(random: &mut Random, directory: &str, text: &mut String, files: &mut Files) {
    let config = random.one(&[
        "kind: ConfigMapGenerator\nliterals: [a=1]\n",
        "kind: SecretGenerator\nliterals: [a=1]\noptions:\n  disableNameSuffixHash: true\n",
        "kind: IAMPolicyGenerator\ncloud: gke\nkubernetesService:\n  name: ksa\nserviceAccount:\n  name: gsa\n  projectId: p\n",
    ]);
    placed(random, "generators", config, directory, text, files);
}
