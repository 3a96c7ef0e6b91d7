//! Random templates: every action of the language around random expressions, within objects of random kinds.

use super::super::random::Random;
use super::expression::{Scene, TYPES, Type, group};
use super::words;

/// Templates that can be included: names, and how what they are given reaches the root.
pub(super) const HELPERS: [(&str, &str); 5] = [
    ("top.name", "$"),
    ("top.wrap", "$.root"),
    ("sub1.name", "$"),
    ("lib.common", "$.root"),
    ("top.loop", "$"),
];

/// Writes templates of one chart.
pub(super) struct Writer<'r> {
    pub(super) random: &'r mut Random,
    /// Helpers that can be included here.
    pub(super) helpers: Vec<(&'static str, &'static str)>,
    /// Of a hundred arguments, how many are of any kind.
    pub(super) odd: usize,
    count: usize,
    /// Whether this chart has a block of a name that other charts use, too.
    shared: bool,
}

impl<'r> Writer<'r> {
    pub(super) fn new(
        random: &'r mut Random,
        helpers: Vec<(&'static str, &'static str)>,
        odd: usize,
    ) -> Self {
        Writer {
            random,
            helpers,
            odd,
            count: 0,
            shared: false,
        }
    }

    fn scene(&self, root: &str) -> Scene {
        Scene {
            root: root.into(),
            variables: Vec::new(),
            odd: self.odd,
        }
    }

    /// A file of templates with objects.
    pub(super) fn file(&mut self) -> String {
        let mut scene = self.scene("$");
        let mut text = String::new();
        if self.random.chance(15) {
            text.push_str(self.random.one(&[
                "{{/* a comment */}}\n",
                "{{- /* trimmed\nlines */ -}}\n",
                "# a comment\n",
                "---\n",
                "\n\n",
                "---\n---\n# nothing\n",
            ]));
        }
        if self.random.chance(20) {
            self.mutate(&mut scene, &mut text);
        }
        let objects = 1 + self.random.below(2);
        for object in 0..objects {
            if object > 0 {
                text.push_str(self.random.one(&[
                    "---\n",
                    "---\n",
                    "--- \n",
                    "\n---\n\n",
                    "---\n# between\n---\n",
                    "{{ print \"---\" }}\n",
                ]));
            }
            let guarded = self.random.chance(25);
            if guarded {
                let condition = scene.expression(self.random, Type::Bool, 1);
                text.push_str(&format!("{{{{- if {condition} }}}}\n"));
            }
            self.object(&scene, &mut text);
            if guarded {
                text.push_str(self.random.one(&["{{- end }}\n", "{{ end }}\n", "{{- end -}}\n"]));
            }
        }
        if self.random.chance(self.odd) {
            text.push_str(self.random.one(&[
                "{{ fail \"no\" }}",
                "{{ required \"needed\" $.Values.z1 }}",
                "{{ end }}",
                "{{ nofunction }}",
                "{{",
                "x: [",
                "{{ $x }}",
            ]));
        }
        if self.random.chance(5) {
            text = text.replace('\n', "\r\n");
        }
        text
    }

    fn object(&mut self, scene: &Scene, text: &mut String) {
        let (version, kind) = words::KINDS[self.random.below(words::KINDS.len())];
        self.count += 1;
        let name = match self.random.below(4) {
            0 => format!("{{{{ $.Release.Name }}}}-{}", self.count),
            1 => format!("o{}", self.random.below(3)),
            2 => format!(
                "{{{{ $.Values.s1 | toString | lower | regexReplaceAll `[^a-z]` `` | trunc 3 }}}}{}",
                self.count
            ),
            _ => format!("n{}", self.count),
        };
        text.push_str(&format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: \"{name}\"\n"
        ));
        if self.random.chance(20) {
            self.hook(text);
        }
        if self.random.chance(50) {
            // Free text within a block: whatever is written stays below it.
            text.push_str("data:\n  text: |\n    begin\n");
            let count = 2 + self.random.below(6);
            self.statements(&mut scene.clone(), text, count, 2);
            text.push_str("    end\n");
        } else {
            text.push_str("data:\n");
            let mut scene = scene.clone();
            for _ in 0..2 + self.random.below(4) {
                self.field(&mut scene, text);
            }
        }
    }

    fn hook(&mut self, text: &mut String) {
        text.push_str("  annotations:\n");
        if self.random.chance(85) {
            text.push_str(&format!(
                "    helm.sh/hook: {}\n",
                self.random.one(&words::EVENTS)
            ));
        }
        if self.random.chance(60) {
            let weight = self.random.one(&[
                "\"1\"", "\"-5\"", "\"0\"", "\"10\"", "\"x\"", "\"+3\"", "\" 2\"", "\"1.5\"",
            ]);
            text.push_str(&format!("    helm.sh/hook-weight: {weight}\n"));
        }
        if self.random.chance(40) {
            let policy = self.random.one(&[
                "before-hook-creation",
                "hook-succeeded,hook-failed",
                "none",
                "\" hook-failed \"",
            ]);
            text.push_str(&format!("    helm.sh/hook-delete-policy: {policy}\n"));
        }
        if self.random.chance(10) {
            text.push_str("    helm.sh/resource-policy: keep\n");
        }
    }

    /// A field of `data`, as charts write them.
    fn field(&mut self, scene: &mut Scene, text: &mut String) {
        self.count += 1;
        let key = format!("k{}", self.count);
        let expression = scene.any(self.random, 3);
        let (line, map, list) = match self.random.below(9) {
            0 => (format!("  {key}: {{{{ {expression} | quote }}}}\n"), false, false),
            1 => (
                format!("  {key}: {{{{- {expression} | toJson | nindent 4 }}}}\n"),
                false,
                false,
            ),
            2 => (
                format!("  {key}:\n{{{{ {expression} | toYaml | indent 4 }}}}\n"),
                false,
                false,
            ),
            3 => (
                format!("  {key}: |-\n    {{{{- {} | nindent 4 }}}}\n", self.tpl(scene)),
                false,
                false,
            ),
            4 => (
                format!(
                    "  {key}:\n{{{{- with {expression} }}}}\n    v: {{{{ . | toJson }}}}\n{{{{- else }}}}\n    none: true\n{{{{- end }}}}\n"
                ),
                false,
                false,
            ),
            5 => (String::new(), true, false),
            6 => (String::new(), false, true),
            _ => (
                format!("  {key}: {{{{ {expression} | toJson }}}}\n"),
                false,
                false,
            ),
        };
        text.push_str(&line);
        if map {
            let of = scene.expression(self.random, Type::Map, 2);
            text.push_str(&format!("  {key}:\n    first: 0\n    {{{{- range $k, $v := {of} }}}}\n    {{{{ $k | quote }}}}: {{{{ $v | toJson }}}}\n    {{{{- end }}}}\n"));
        }
        if list {
            let of = scene.expression(self.random, Type::List, 2);
            text.push_str(&format!("  {key}:\n  {{{{- range {of} }}}}\n  - {{{{ . | toJson }}}}\n  {{{{- else }}}}\n  - none\n  {{{{- end }}}}\n"));
        }
    }

    /// A call of `tpl`, without the braces.
    fn tpl(&mut self, scene: &Scene) -> String {
        let root = &scene.root;
        match self.random.below(4) {
            0 => format!("tpl ({root}.Values.s1 | toString) {root}"),
            1 => format!("tpl ({root}.Values.d1 | toYaml) {root}"),
            _ => {
                let inner = self.scene("$").expression(self.random, Type::Text, 2);
                let inner = if inner.contains('`') {
                    "$.Values.s2".into()
                } else {
                    inner
                };
                format!("tpl `{{{{ {inner} | quote }}}}` {root}")
            }
        }
    }

    /// Lines of a block of text, indented by four.
    pub(super) fn statements(&mut self, scene: &mut Scene, text: &mut String, count: usize, depth: usize) {
        for _ in 0..count {
            match self.random.below(if depth == 0 { 55 } else { 100 }) {
                0..40 => self.print(scene, text),
                40..44 => {
                    let line = self.random.one(&[
                    "    {{- /* gone */}}\n",
                    "    {{/* a */ -}}\n    next\n",
                    "    {{- \"x\" -}}   \n    y\n",
                    "    {{ \"\" -}}\n    {{- print \"z\" }}\n",
                    "    {{\"{{\"}} literal }}\n",
                    "    {{ print 1 2 \"a\" \"b\" 3 nil }}\n",
                    // What a chart knows of its files and of those below it.
                    "    {{- with index $.Subcharts \"sub1\" }} {{ .Values | toJson }} {{ .Chart.Name }}{{ end }}\n",
                    "    {{- range $p, $c := $.Files.Glob \"**\" }}\n    {{ $p | quote }} {{ $c | toString | quote }}\n    {{- end }}\n",
                    "    {{ lookup \"v1\" \"Pod\" \"ns\" \"\" | toJson }} {{ $.Subcharts | len }}\n",
                    "    {{ $.Files.Get \"files/a.txt\" | quote }} {{ ($.Files.Glob \"files/*\").AsSecrets | quote }}\n",
                ]);
                    text.push_str(&line.replace("$.", &format!("{}.", scene.root)));
                }

                44..50 => self.assign(scene, text),
                50..55 => self.mutate(scene, text),
                55..65 => self.branch(scene, text, depth),
                65..73 => self.with(scene, text, depth),
                73..87 => self.range(scene, text, depth),
                87..93 => self.include(scene, text),
                93..97 => {
                    let call = self.tpl(scene);
                    text.push_str(&format!("    {{{{ {call} | quote }}}}\n"));
                }
                _ => {
                    self.count += 1;
                    let inner = self.scene("$").expression(self.random, Type::Text, 1);
                    let root = &scene.root;
                    let name = if !self.shared && self.random.chance(30) {
                        self.shared = true;
                        "shared".into()
                    } else {
                        format!("block{}", self.count)
                    };
                    text.push_str(&format!(
                        "    {{{{ block \"{name}\" {root} }}}}in {{{{ {inner} | quote }}}}{{{{ end }}}}\n"
                    ));
                }
            }
        }
    }

    fn print(&mut self, scene: &Scene, text: &mut String) {
        self.count += 1;
        let expression = scene.any(self.random, 3);
        let (open, close) = (
            self.random.one(&["{{", "{{", "{{", "{{-"]),
            self.random.one(&["}}", "}}", "}}", "-}}"]),
        );
        let shape = match self.random.below(12) {
            0 => format!("{expression} | quote"),
            1 => format!("{expression} | toString | printf \"%q\""),
            2 => format!(
                "printf \"%q\" (printf \"{}\" {})",
                words::pick(self.random, 0, words::VERBS),
                group(expression)
            ),
            3 => format!("{expression} | toYaml | quote"),
            4 => format!("kindOf {}", group(expression)),
            5 => format!("typeOf {}", group(expression)),
            6 => format!("{expression} | print | quote"),
            7 => format!("{expression} | squote | trunc 80 | nospace"),
            _ => format!("{expression} | toJson"),
        };
        text.push_str(&format!("    {} {open} {shape} {close}\n", self.count));
    }

    fn assign(&mut self, scene: &mut Scene, text: &mut String) {
        let kind = TYPES[self.random.below(TYPES.len())];
        let expression = scene.expression(self.random, kind, 2);
        if !scene.variables.is_empty() && self.random.chance(50) {
            let (name, kind) = scene.variables[self.random.below(scene.variables.len())].clone();
            let expression = scene.expression(self.random, kind, 2);
            text.push_str(&format!("    {{{{- {name} = {expression} }}}}\n"));
            return;
        }
        self.count += 1;
        let name = format!("$v{}", self.count % 7);
        text.push_str(&format!("    {{{{- {name} := {expression} }}}}\n"));
        scene.variables.retain(|(known, _)| *known != name);
        scene.variables.push((name, kind));
    }

    /// Values that other templates see are changed.
    fn mutate(&mut self, scene: &mut Scene, text: &mut String) {
        let root = scene.root.clone();
        let kind = TYPES[self.random.below(4)];
        let value = group(scene.expression(self.random, kind, 1));
        let key = words::pick(self.random, 0, words::KEYS);
        let map = self
            .random
            .one(&["Values.d1", "Values.d2", "Values.global", "Values.d1", "Values"]);
        let field = match kind {
            _ if self.random.chance(40) => "new",
            Type::Text => "s1",
            Type::Bool => "b1",
            Type::Float => "f1",
            _ => "i1",
        };
        let call = match self.random.below(6) {
            0 => format!("set {root}.{map} {key} {value}"),
            1 => format!("set {root}.Values \"{field}\" {value}"),
            2 => format!("unset {root}.{map} {key}"),
            3 => format!("mergeOverwrite {root}.{map} (dict {key} {value} \"m\" (dict \"x\" {value}))"),
            4 => format!("merge {root}.Values (dict \"{field}\" {value} \"d1\" (dict {key} {value}))"),
            _ => format!("set {root}.Values.global {key} {value}"),
        };
        text.push_str(&match self.random.below(3) {
            0 => format!("    {{{{- $_ := {call} -}}}}\n"),
            1 => format!("    {{{{- $_ := {call} }}}}\n"),
            _ => format!("    {{{{- {call} | len | print | trunc 0 }}}}\n"),
        });
    }

    fn branch(&mut self, scene: &Scene, text: &mut String, depth: usize) {
        let condition = match self.random.below(3) {
            0 => scene.any(self.random, 2),
            1 => format!("$c := {}", scene.any(self.random, 1)),
            _ => scene.expression(self.random, Type::Bool, 2),
        };
        text.push_str(&format!("    {{{{- if {condition} }}}}\n"));
        self.inner(scene, text, depth);
        while self.random.chance(30) {
            let condition = scene.any(self.random, 2);
            text.push_str(&format!("    {{{{- else if {condition} }}}}\n"));
            self.inner(scene, text, depth);
        }
        if self.random.chance(50) {
            text.push_str("    {{ else -}}\n");
            self.inner(scene, text, depth);
        }
        text.push_str(
            self.random
                .one(&["    {{- end }}\n", "    {{ end }}\n", "    {{ end -}}\n"]),
        );
    }

    fn inner(&mut self, scene: &Scene, text: &mut String, depth: usize) {
        let count = 1 + self.random.below(2);
        self.statements(&mut scene.clone(), text, count, depth - 1);
    }

    fn with(&mut self, scene: &Scene, text: &mut String, depth: usize) {
        let value = scene.any(self.random, 2);
        let (name, kind) = ("$w".to_owned(), TYPES[self.random.below(TYPES.len())]);
        let typed = scene.expression(self.random, kind, 2);
        let mut within = scene.clone();
        if self.random.chance(40) {
            text.push_str(&format!("    {{{{- with $w := {typed} }}}}\n"));
            within.variables.retain(|(known, _)| *known != name);
            within.variables.push((name, kind));
        } else {
            text.push_str(&format!(
                "    {{{{- with {value} }}}}\n    dot {{{{ . | toJson }}}}\n"
            ));
        }
        self.inner(&within, text, depth);
        if self.random.chance(25) {
            let other = scene.any(self.random, 1);
            text.push_str(&format!(
                "    {{{{- else with {other} }}}}\n    other {{{{ . | toJson }}}}\n"
            ));
        }
        if self.random.chance(30) {
            text.push_str("    {{- else }}\n");
            self.inner(scene, text, depth);
        }
        text.push_str("    {{- end }}\n");
    }

    fn range(&mut self, scene: &Scene, text: &mut String, depth: usize) {
        let over = match self.random.below(6) {
            0 => words::pick(self.random, self.odd, words::SMALL).replace("100", "12"),
            1 => scene.expression(self.random, Type::Map, 2),
            // Never a number that is computed: it might be of any size.
            2 if self.random.chance(self.odd * 10) => scene.expression(self.random, Type::Text, 1),
            _ => scene.expression(self.random, Type::List, 2),
        };
        let counted = over.parse::<i64>().is_ok()
            || over.starts_with("0")
            || over.starts_with('\'')
            || over.starts_with("1_");
        let heads = ["", "$x := ", "$i, $x := ", "$i, $x := "];
        let head = self.random.one(if counted { &heads[..2] } else { &heads });
        text.push_str(&format!("    {{{{- range {head}{over} }}}}\n"));
        if head.contains("$i") {
            text.push_str("    at {{ $i | toJson }} {{ $x | toJson }}\n");
        } else {
            text.push_str("    item {{ . | toJson }}\n");
        }
        if self.random.chance(25) {
            let condition = if head.contains("$i") {
                "eq (toString $i) \"1\"".into()
            } else {
                scene.expression(self.random, Type::Bool, 1)
            };
            let leave = self.random.one(&["break", "continue"]);
            text.push_str(&format!(
                "    {{{{- if {condition} }}}}{{{{ {leave} }}}}{{{{ end }}}}\n"
            ));
        }
        self.inner(scene, text, depth);
        if self.random.chance(25) {
            text.push_str("    {{- else }}\n    nothing\n");
        }
        text.push_str("    {{- end }}\n");
    }

    fn include(&mut self, scene: &Scene, text: &mut String) {
        if self.helpers.is_empty() {
            return self.print(scene, text);
        }
        let (name, root) = self.helpers[self.random.below(self.helpers.len())];
        let from = &scene.root;
        let given = if root == "$" {
            from.clone()
        } else {
            format!(
                "(dict \"root\" {from} \"x\" {})",
                group(scene.any(self.random, 1))
            )
        };
        text.push_str(&match self.random.below(3) {
            0 => format!("    {{{{ include \"{name}\" {given} | quote }}}}\n"),
            1 => format!("    {{{{ include (printf \"%s\" \"{name}\") {given} | trim | b64enc }}}}\n"),
            _ => format!("    {{{{- template \"{name}\" {given} }}}}\n"),
        });
    }

    /// Definitions of the helpers of a chart.
    pub(super) fn helper_file(&mut self, chart: &str) -> String {
        let mut text = String::new();
        let others = std::mem::take(&mut self.helpers);
        for (name, root) in HELPERS.iter().filter(|(name, _)| name.starts_with(chart)) {
            let mut scene = self.scene(root);
            text.push_str(&format!("{{{{- define \"{name}\" -}}}}\n"));
            self.statements(&mut scene, &mut text, 2, 1);
            text.push_str(
                self.random
                    .one(&["{{- end }}\n", "{{ end -}}\n\n", "{{- end -}}\n"]),
            );
        }
        self.helpers = others;
        text
    }
}
