//! Random charts with their dependencies and values, and the command that renders them.

use std::collections::BTreeMap;

use super::super::random::Random;
use super::template::{HELPERS, Writer};
use super::words;

/// A folder, and what is done with it.
#[derive(Clone)]
pub(super) struct Case {
    /// Files with their contents. The chart is in `chart`.
    pub(super) files: BTreeMap<String, String>,
    /// Flags with what they take.
    pub(super) flags: Vec<Vec<String>>,
    /// Of a hundred words, how many are of those that mostly fail.
    pub(super) odd: usize,
}

/// The case of a seed.
pub(super) fn case(random: &mut Random) -> Case {
    let mut case = Case {
        files: BTreeMap::new(),
        flags: Vec::new(),
        odd: if random.chance(30) { 2 } else { 0 },
    };
    chart(random, &mut case, "chart", "top", 2);
    case.files
        .insert("plain.txt".into(), "from a file, {{ not a template }}\n".into());
    flags(random, &mut case);
    case
}

/// What is below a chart: its name, the name by which it is known there, whether it is a library.
struct Below {
    name: &'static str,
    alias: Option<&'static str>,
    library: bool,
}

fn chart(random: &mut Random, case: &mut Case, folder: &str, name: &str, depth: usize) {
    let library = name == "lib";
    let mut below = Vec::new();
    if depth > 0 && !library {
        for sub in ["sub1", "sub2", "lib"] {
            if random.chance(if depth == 2 { 35 } else { 25 }) {
                let alias = (sub != "lib" && random.chance(20)).then_some("other");
                below.push(Below {
                    name: sub,
                    alias,
                    library: sub == "lib",
                });
            }
        }
    }
    let legacy = !library && random.chance(8);
    let mut meta = metadata(random, name, library, legacy, case.odd);
    let listed = dependencies(random, &below, case.odd);
    if legacy {
        if !listed.is_empty() {
            case.files.insert(format!("{folder}/requirements.yaml"), listed);
        }
    } else {
        meta.push_str(&listed);
    }
    case.files.insert(format!("{folder}/Chart.yaml"), meta);
    case.files
        .insert(format!("{folder}/values.yaml"), values(random, &below, case.odd));
    for sub in &below {
        chart(
            random,
            case,
            &format!("{folder}/charts/{}", sub.name),
            sub.name,
            depth - 1,
        );
    }
    contents(random, case, folder, name, library);
}

fn contents(random: &mut Random, case: &mut Case, folder: &str, name: &str, library: bool) {
    let odd = case.odd;
    let known = case
        .files
        .keys()
        .any(|path| path.ends_with("charts/lib/Chart.yaml"));
    let helpers = HELPERS
        .iter()
        .filter(|(helper, _)| helper.starts_with(name) || name == "top" && helper.starts_with("lib") && known)
        .copied()
        .collect();
    let mut put = |path: &str, text: String| case.files.insert(format!("{folder}/{path}"), text);
    let mut writer = Writer::new(random, helpers, odd);
    put("templates/_helpers.tpl", writer.helper_file(name));
    if !library {
        for file in
            &["a.yaml", "sub/b.yaml", "z.yml"][..1 + writer.random.below(if name == "top" { 3 } else { 2 })]
        {
            let text = writer.file();
            put(&format!("templates/{file}"), text);
        }
        if writer.random.chance(20) {
            let mut text = String::from("notes\n");
            let mut scene = super::expression::Scene {
                root: "$".into(),
                ..Default::default()
            };
            writer.statements(&mut scene, &mut text, 2, 1);
            put("templates/NOTES.txt", text);
        }
    }
    if random.chance(50) {
        put("files/a.txt", "first\nsecond line\n\nlast".into());
        put("files/b.json", "{\"a\": [1, 2]}".into());
    }
    if random.chance(10) {
        put(
            ".helmignore",
            random
                .one(&[
                    "files/\n",
                    "*.json\n",
                    "# nothing\n\n *.none\n",
                    "z.yml\n",
                    "templates/sub\n",
                    "/templates/*.yml\n",
                ])
                .into(),
        );
    }
    if random.chance(15) {
        put("crds/one.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {{ plain }}\n".into());
        put(
            "crds/sub/two.yaml",
            "# comment\n---\nkind: CustomResourceDefinition\nmetadata:\n  name: two\n---\n".into(),
        );
    }
    if random.chance(2) {
        put("values.schema.json", random.one(&SCHEMAS).into());
    }
}

const SCHEMAS: [&str; 8] = [
    r#"{"type": "object", "properties": {"s1": {"type": "string"}}}"#,
    r#"{"$schema": "http://json-schema.org/draft-07/schema#", "required": ["s1", "i1"], "properties": {"i1": {"type": "integer", "minimum": 0}}}"#,
    r#"{"properties": {"d1": {"additionalProperties": true, "minProperties": 1}, "l1": {"type": ["array", "null"], "uniqueItems": true}}}"#,
    r##"{"$defs": {"x": {"enum": ["web", 12, null]}}, "properties": {"s1": {"$ref": "#/$defs/x"}}}"##,
    r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "if": {"properties": {"b1": {"const": true}}}, "then": {"required": ["s2"]}, "else": {"not": {"required": ["none"]}}}"#,
    r#"{"additionalProperties": false, "patternProperties": {"^.[0-9]$": true, "^(global|sub.|lib|other|tags|exports)$": {"type": "object"}}}"#,
    r#"{"properties": {"s1": {"pattern": "^[a-z]+$", "maxLength": 3}, "f1": {"multipleOf": 0.5, "exclusiveMaximum": 100}}}"#,
    r#"{"type": "object""#,
];

fn metadata(random: &mut Random, name: &str, library: bool, legacy: bool, odd: usize) -> String {
    let mut text = format!(
        "apiVersion: {}\nname: {name}\nversion: {}\n",
        if legacy { "v1" } else { "v2" },
        random.one(&["0.1.0", "1.2.3", "1.2.3-beta.1+build", "v2.0.0"])
    );
    if library {
        text.push_str("type: library\n");
    }
    for (percent, line) in [
        (
            60,
            random.one(&[
                "appVersion: \"1.0\"\n",
                "appVersion: 1.10\n",
                "appVersion: v3\n",
                "appVersion: 2021-01-01\n",
            ]),
        ),
        (40, "description: \"a chart: of words\"\n"),
        (
            20,
            random.one(&[
                "kubeVersion: \">=1.20.0-0\"\n",
                "kubeVersion: \"^1.25\"\n",
                "kubeVersion: \"\"\n",
            ]),
        ),
        (20, "keywords: [a, \"b c\", \"1\"]\n"),
        (15, "annotations:\n  a: x\n  b: \"12\"\n"),
        (
            15,
            "maintainers:\n- name: me\n  email: me@example.com\n- name: you\n  url: https://example.com\n",
        ),
        (
            10,
            "home: https://example.com\nsources: [https://example.com/src]\nicon: https://example.com/i.png\n",
        ),
        (3, "deprecated: true\n"),
        (
            odd,
            random.one(&[
                "kubeVersion: \"<1.20\"
",
                "type: unknown\n",
                "unknownField: x\n",
                "kubeVersion: bad\n",
            ]),
        ),
    ] {
        if random.chance(percent) && !(library && line.starts_with("type")) {
            text.push_str(line);
        }
    }
    text
}

fn dependencies(random: &mut Random, below: &[Below], odd: usize) -> String {
    let mut text = String::new();
    for sub in below {
        // One that is not listed is part of the chart all the same.
        if sub.alias.is_none() && random.chance(8) && below.len() == 1 {
            continue;
        }
        let version = random.one(&["\"*\"", "\">=0.1.0-0\"", "\">0\"", "~0.1", "\"x\""]);
        text.push_str(&format!(
            "- name: {}\n  version: {}\n",
            sub.name,
            if odd == 0 || random.chance(85) {
                "\">=0.0.0-0\""
            } else {
                version
            }
        ));
        if random.chance(30) {
            text.push_str("  repository: \"https://example.com/charts\"\n");
        }
        if let Some(alias) = sub.alias {
            text.push_str(&format!("  alias: {alias}\n"));
        }
        if sub.library {
            continue;
        }
        if random.chance(35) {
            let path = random.one(&[
                "sub1.enabled",
                "sub2.enabled",
                "b1",
                "none.enabled",
                "b1,b2",
                "global.on",
                "s1",
                " b2",
            ]);
            text.push_str(&format!("  condition: \"{path}\"\n"));
        }
        if random.chance(25) {
            text.push_str(random.one(&["  tags: [front]\n", "  tags: [front, back]\n", "  tags: [none]\n"]));
        }
        if random.chance(30) {
            text.push_str(random.one(&[
                "  import-values: [data]\n",
                "  import-values: [data, none]\n",
                "  import-values:\n  - child: d1\n    parent: d2\n",
                "  import-values:\n  - child: exports.data\n    parent: .\n",
                "  import-values:\n  - child: s1\n    parent: taken\n",
                "  import-values:\n  - child: none.deep\n    parent: d1.x\n  - data\n",
                "  import-values:\n  - child: global\n    parent: d1\n",
            ]));
        }
        if random.chance(8) {
            // The same chart twice.
            text.push_str(&format!(
                "- name: {}\n  version: \">=0.0.0-0\"\n  alias: twice\n",
                sub.name
            ));
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("dependencies:\n{text}")
    }
}

/// Values: fields whose names say of what kind they mostly are.
fn values(random: &mut Random, below: &[Below], odd: usize) -> String {
    if random.chance(odd) {
        return random
            .one(&[
                "",
                "# nothing\n",
                "null\n",
                "{}\n",
                "s1: [\n",
                "- a list\n",
                "s1: a\ns1: b\n",
            ])
            .into();
    }
    let mut text = fields(random, odd, if odd == 0 { 100 } else { 97 });
    if odd == 0 || random.chance(90) {
        text.push_str("global:\n");
        text.push_str(&indented(&fields(random, odd, if odd == 0 { 100 } else { 40 })));
        text.push_str("  on: true\n");
    }
    if random.chance(20) {
        text.push_str(random.one(&[
            "tags:\n  front: false\n",
            "tags:\n  front: true\n  back: false\n",
            "tags:\n  back: 1\n",
            "tags: x\n",
            "tags: null\n",
        ]));
    }
    if random.chance(40) {
        text.push_str("exports:\n  data:\n");
        text.push_str(&indented(&indented(&fields(random, odd, 20))));
        text.push_str("    given: true\n");
    }
    for sub in below {
        if random.chance(60) {
            let key = sub.alias.filter(|_| random.chance(80)).unwrap_or(sub.name);
            text.push_str(&format!("{key}:\n"));
            text.push_str(&indented(&fields(random, odd, 20)));
            text.push_str(random.one(&[
                "  enabled: true\n",
                "  enabled: true\n",
                "  enabled: false\n",
                "  enabled: \"no\"\n",
            ]));
            if random.chance(20) {
                text.push_str("  global:\n    s1: below\n    d1: {deep: 1}\n");
            }
            if random.chance(odd * 5) {
                text.push_str("  d1: null\n");
            }
            if random.chance(20) {
                text.push_str("  sub1:\n    s1: nested\n    d1: {a: null, z: 1}\n");
            }
        } else if random.chance(5) {
            text.push_str(random.one(&["sub1: null\n", "sub2: text\n", "sub1: []\n"]));
        }
    }
    text
}

/// Some of the fields.
fn fields(random: &mut Random, odd: usize, percent: usize) -> String {
    let mut text = String::new();
    for name in [
        "s1", "s2", "s3", "i1", "i2", "i3", "f1", "f2", "b1", "b2", "l1", "l2", "l3", "d1", "d2", "m1", "z1",
    ] {
        if !random.chance(percent) {
            continue;
        }
        let kind = if random.chance(odd) { "m" } else { &name[..1] };
        let value = match kind {
            "s" => words::pick(random, odd, words::STRINGS).replace('\n', "\n  "),
            "i" => random
                .one(&[
                    "1", "2", "7", "-3", "0", "10", "8080", "1000000", "0x1F", "1e3", "12345678",
                ])
                .into(),
            "f" => random
                .one(&["1.5", "-0.25", "1e-7", "3.0", "0.1", "1e21", "100"])
                .into(),
            "b" => random.one(&["true", "false", "true", "yes", "off"]).into(),
            "l" => list(random, odd),
            "d" => map(random, odd),
            "m" => words::pick(random, odd, words::SCALARS).to_owned(),
            _ => random.one(&["null", "~", ""]).into(),
        };
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

fn list(random: &mut Random, odd: usize) -> String {
    match random.below(5) {
        0 => random
            .one(&[
                "[]",
                "[a, b, c]",
                "[3, 1, 2]",
                "[a, 1, 2.5, true, null, {k: v}, [x]]",
                "[\"\", \"a\", \"a\"]",
                "[{name: x, n: 1}, {name: y}]",
            ])
            .into(),
        _ => {
            let count = 1 + random.below(3);
            let items: String = (0..count)
                .map(|_| format!("\n- {}", words::pick(random, odd, words::SCALARS)))
                .collect();
            items
        }
    }
}

fn map(random: &mut Random, odd: usize) -> String {
    match random.below(6) {
        0 => random
            .one(&[
                "{}",
                "{a: 1, b: {c: {d: deep}}}",
                "{\"a.b\": x, 1: y, true: z}",
                "{a: null, b: [], c: {}}",
                "{k: {m: {n: [1, {o: p}]}}}",
            ])
            .into(),
        1 => format!(
            "&anchor\n  a: {}\n  b: {{k: v}}\n  c: 12",
            words::pick(random, odd, words::SCALARS)
        ),
        _ => {
            let mut text = String::new();
            for key in ["a", "b", "c", "k", "key"] {
                if random.chance(50) {
                    text.push_str(&format!(
                        "\n  {key}: {}",
                        words::pick(random, odd, words::SCALARS)
                    ));
                }
            }
            if random.chance(30) {
                text.push_str("\n  m:\n    x: 1\n    y: [p, q]\n    n: null");
            }
            if text.is_empty() { "{}".into() } else { text }
        }
    }
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                "\n".into()
            } else {
                format!("  {line}\n")
            }
        })
        .collect()
}

const SETS: words::Words = (
    &[
        "s1=x",
        "i1=12",
        "i1=0123",
        "i2=-1",
        "i1=1.5",
        "f1=1e5",
        "b1=true",
        "b2=false",
        "d1.a=null",
        "d1.k=v",
        "d1.x.y.z=1",
        "d1.a\\.b=c",
        "l1[0]=a",
        "l1[4]=z",
        "l1={a,b,1}",
        "l1[0]=a,l1[1]=b",
        "s1=a\\,b",
        "s1=a=b",
        "s1= spaced ",
        "sub1.s1=given",
        "sub1.enabled=false",
        "sub2.enabled=true",
        "global.s1=g",
        "tags.front=true",
        "s1=9223372036854775808",
        "s1=\"quoted\"",
        "s1=a,s2=b,d2.k=c",
    ],
    &[
        "s3",
        "l1[-1]=x",
        "l1[x]=1",
        "l1[0]",
        "=x",
        "d1.=x",
        "d1..a=x",
        "s1[0]=x",
        "s1.k=v",
        "l1.k=v",
        "l1[0].k=v",
        "l1[0][1]=x",
        ".x=y",
        "d1=null",
        "b1=null",
        "s1=null",
        "s1=",
        "s2=",
        "l1={}",
        "d1={a: 1}",
        "sub1=null",
        "l1=[]",
        "b1={}",
    ],
);

const JSON_SETS: words::Words = (
    &[
        "d1={\"a\":[1,2.50,null]}",
        "{\"s1\":\"x\",\"d1\":{\"k\":null}}",
        "l1=[1,\"2\",{\"k\":true}]",
        "s1=\"text\"",
        "i1=12345678901234567890",
        "l1[1]={\"a\":1}",
        "d1.x.y={\"z\":[]}",
        "s1=\"a\",i1=2",
        "{}",
        "sub1={\"s1\":\"j\",\"global\":{\"i1\":3}}",
    ],
    &["s1=", "s1", "d1={\"a\":}", "f1=1e400"],
);

fn flags(random: &mut Random, case: &mut Case) {
    let odd = case.odd;
    let mut add = |words: &[&str]| {
        case.flags
            .push(words.iter().map(|word| (*word).to_owned()).collect())
    };
    let mut files = BTreeMap::new();
    for number in 0..random.below(3) {
        let name = format!("v{number}.yaml");
        let mut text = fields(random, odd, 20);
        text.push_str(random.one(&[
            "",
            "",
            "m1: null\nz1: 1\n",
            "d2:\n  a: null\n  new: 1\n",
            "sub1:\n  s1: file\n  l1: null\n",
            "global:\n  s1: file\n  d1:\n    a: null\n",
            "sub1:\n  sub1:\n    s1: deep\n  global: {i1: 9}\n",
        ]));
        add(&[random.one(&["-f", "--values"]), &name]);
        files.insert(name, text);
    }
    for _ in 0..random.below(3) {
        match random.below(9) {
            0 => add(&["--set-string", words::pick(random, odd * 10, SETS)]),
            1 => add(&["--set-json", words::pick(random, odd * 10, JSON_SETS)]),
            2 => add(&[
                "--set-literal",
                words::pick(
                    random,
                    odd * 10,
                    (
                        &["s1=a,b={c}", "l1[0]=z", "s1=x", "d1.k=[1]"],
                        &["d1.a\\.b=x,y", "s1="],
                    ),
                ),
            ]),
            3 => add(&[
                "--set-file",
                words::pick(
                    random,
                    odd * 10,
                    (
                        &[
                            "s1=plain.txt",
                            "d1.file=plain.txt,s2=plain.txt",
                            "l1[1]=plain.txt",
                        ],
                        &["s1=none.txt", "s1="],
                    ),
                ),
            ]),
            _ => add(&["--set", words::pick(random, odd * 10, SETS)]),
        }
    }
    for (percent, words) in [
        (10, &["--include-crds"][..]),
        (8, &["--is-upgrade"]),
        (5, &["--no-hooks"]),
        (5, &["--skip-tests"]),
        (
            8,
            &[
                "--kube-version",
                random.one(&["1.28.3", "v1.33", "1.19.0", "1.31.0-gke.5", "1.25"]),
            ],
        ),
        (
            8,
            &[
                "--api-versions",
                random.one(&["example.com/v1", "example.com/v1/Widget", "a/v1,b/v2"]),
            ],
        ),
        (
            4,
            &[
                "--show-only",
                random.one(&[
                    "templates/a.yaml",
                    "templates/*.yaml",
                    "charts/sub1/templates/a.yaml",
                    "templates/none.yaml",
                    "templates/sub/b.yaml",
                ]),
            ],
        ),
        (3, &["--skip-schema-validation"]),
        (2, &["--name-template", "made-{{ lower \"X\" }}"]),
        (2, &["--skip-crds"]),
    ] {
        if random.chance(percent) {
            add(words);
        }
    }
    case.files.extend(files);
}

impl Case {
    /// The flags, one after the other.
    pub(super) fn words(&self) -> Vec<String> {
        self.flags.concat()
    }
}
