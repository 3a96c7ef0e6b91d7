//! Random charts with their dependencies and values, and the command that renders them.

use std::collections::BTreeMap;

use super::super::random::Random;
use super::flags::flags;
use super::template::{HELPERS, Writer};
use super::values::values;

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
pub(super) struct Below {
    pub(super) name: &'static str,
    pub(super) alias: Option<&'static str>,
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

impl Case {
    /// The flags, one after the other.
    pub(super) fn words(&self) -> Vec<String> {
        self.flags.concat()
    }
}
