//! Random expressions of templates. What kind of value comes out is mostly what is asked for, so that most of them can be run.

use super::super::random::Random;
use super::{shapes, words};

/// What an expression gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Int,
    Float,
    Bool,
    List,
    Map,
}

pub(super) const TYPES: [Type; 6] = [
    Type::Text,
    Type::Int,
    Type::Float,
    Type::Bool,
    Type::List,
    Type::Map,
];

/// What an expression may speak of.
#[derive(Clone, Default)]
pub(super) struct Scene {
    /// How the object that a chart's templates are given is reached: `$`, or a field of it.
    pub(super) root: String,
    /// Variables.
    pub(super) variables: Vec<(String, Type)>,
    /// Of a hundred arguments, how many are of any kind.
    pub(super) odd: usize,
}

impl Scene {
    /// An expression, without parentheses around it.
    pub(super) fn expression(&self, random: &mut Random, kind: Type, depth: usize) -> String {
        if depth == 0 || random.chance(30) {
            return self.leaf(random, kind);
        }
        let shape = match kind {
            _ if random.chance(self.odd) => random.one(shapes::FAILING),
            Type::Text => random.one(shapes::TEXT),
            Type::Int => random.one(shapes::INT),
            Type::Float => random.one(shapes::FLOAT),
            Type::Bool => random.one(shapes::BOOL),
            Type::List => random.one(shapes::LIST),
            Type::Map => random.one(shapes::MAP),
        };
        self.fill(random, shape, depth - 1)
    }

    /// One of any kind.
    pub(super) fn any(&self, random: &mut Random, depth: usize) -> String {
        if random.chance(12) {
            let fields = ["none", "d1.none", "z1", "d2.k", "m1", "d2.b", "l1", "global.none"];
            return match random.below(4) {
                0 => format!("{}.Values.none", self.root),
                1 => format!("({}.Values.none).more", self.root),
                _ => format!("{}.Values.{}", self.root, random.one(&fields)),
            };
        }
        let kind = TYPES[random.below(TYPES.len())];
        self.expression(random, kind, depth)
    }

    fn fill(&self, random: &mut Random, shape: &str, depth: usize) -> String {
        let mut parts = shape.split('@');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (letter, rest) = part.split_at(1);
            text.push_str(&self.argument(random, letter, depth));
            text.push_str(rest);
        }
        text
    }

    fn argument(&self, random: &mut Random, letter: &str, depth: usize) -> String {
        if letter == "%" {
            return words::pick(random, 0, words::VERBS).to_owned();
        }
        match letter {
            "V" => return format!("{}.Values", self.root),
            "R" => return format!("{}.Release", self.root),
            "M" => return format!("{}.Chart", self.root),
            _ => {}
        }
        if !matches!(letter, "k" | "D" | "T" | "z" | "w" | "N") && random.chance(self.odd) {
            return group(self.any(random, depth));
        }
        let words: words::Words = match letter {
            "k" => words::KEYS,
            "n" if random.chance(60) => words::NUMBERS,
            "i" if random.chance(70) => words::SMALL,
            "w" => words::SMALL,
            "N" => words::DIVISORS,
            "r" => words::PATTERNS,
            "v" => words::VERSIONS,
            "c" => words::RANGES,
            "t" => words::LAYOUTS,
            "D" => words::TIMES,
            "T" => (&words::TIMES.0[..3], &[]),
            "z" => words::ZONES,
            "x" => words::DURATIONS,
            "y" => words::YAMLS,
            "j" => words::JSONS,
            "o" => words::TOMLS,
            "u" => words::ADDRESSES,
            "p" => words::PATHS,
            _ => (&[][..], &[][..]),
        };
        if !words.0.is_empty() {
            return words::pick(random, self.odd, words).to_owned();
        }
        group(match letter {
            "s" => self.expression(random, Type::Text, depth),
            "i" => format!("int {}", group(self.expression(random, Type::Int, depth))),
            "n" if random.chance(50) => self.expression(random, Type::Int, depth),
            "n" | "f" => self.expression(random, Type::Float, depth),
            "b" => self.expression(random, Type::Bool, depth),
            "l" => self.expression(random, Type::List, depth),
            "d" => self.expression(random, Type::Map, depth),
            // What is put into a map must not be the map itself.
            "e" => {
                let kind = TYPES[random.below(4)];
                self.expression(random, kind, depth)
            }
            _ => self.any(random, depth),
        })
    }

    /// A constant, a variable or a field.
    fn leaf(&self, random: &mut Random, kind: Type) -> String {
        let fitting: Vec<&str> = self
            .variables
            .iter()
            .filter(|(_, of)| *of == kind)
            .map(|(name, _)| name.as_str())
            .collect();
        if !fitting.is_empty() && random.chance(40) {
            return random.one(&fitting).to_owned();
        }
        let constant = random.chance(35);
        let known: &[&str] = match kind {
            Type::Text if constant => words::TEXTS.0,
            Type::Int if constant => words::SMALL.0,
            Type::Float if constant => &["1.5", "0.0", "-2.25", "1e3", "1e-9", "123456.789"],
            Type::Bool if constant => &["true", "false"],
            Type::List if constant => &[
                "(list 1 2 3)",
                "(list \"b\" \"a\" \"b\")",
                "(list)",
                "(tuple 1.5 nil \"x\" true)",
                "(list (list 1) (dict \"k\" 1))",
            ],
            Type::Map if constant => &[
                "(dict)",
                "(dict \"a\" 1 \"b\" \"x\")",
                "(dict \"k\" (list 1 2) \"a\" (dict \"b\" nil))",
                "(dict \"z\" 1.5 \"é\" true)",
            ],
            _ => &[],
        };
        if !known.is_empty() {
            return random.one(known).to_owned();
        }
        let field = match kind {
            Type::Text => random.one(&[
                "Values.s1",
                "Values.s2",
                "Values.s3",
                "Values.global.s1",
                "Release.Name",
                "Release.Namespace",
                "Release.Service",
                "Chart.Name",
                "Chart.Version",
                "Chart.AppVersion",
                "Chart.Description",
                "Template.Name",
                "Template.BasePath",
                "Capabilities.KubeVersion.Version",
                "Capabilities.KubeVersion.Minor",
                "Files.Get \"files/a.txt\"",
                "Files.Get \"none\"",
                "Files.Glob \"files/*\").AsConfig",
                "Files.Glob \"**.json\").AsSecrets",
                "Chart.Type",
                "Capabilities.KubeVersion.GitVersion",
                "Capabilities.HelmVersion.Version",
            ]),
            Type::Int => random.one(&[
                "Values.i1",
                "Values.i2",
                "Values.i3",
                "Release.Revision",
                "Values.global.i1",
            ]),
            Type::Float => random.one(&["Values.f1", "Values.f2", "Values.i1"]),
            Type::Bool => random.one(&[
                "Values.b1",
                "Values.b2",
                "Release.IsInstall",
                "Release.IsUpgrade",
                "Chart.IsRoot",
                "Capabilities.APIVersions.Has \"apps/v1\"",
                "Capabilities.APIVersions.Has \"example.com/v1/Widget\"",
            ]),
            Type::List => random.one(&[
                "Values.l1",
                "Values.l2",
                "Values.l3",
                "Chart.Keywords",
                "Files.Lines \"files/a.txt\"",
                "Chart.Maintainers",
            ]),
            Type::Map => random.one(&["Values.d1", "Values.d2", "Values.global", "Values.d1"]),
        };
        let root = &self.root;
        match field.split_once(')') {
            Some((call, rest)) => format!("({root}.{call}){rest}"),
            None => format!("{root}.{field}"),
        }
    }
}

/// With parentheses where it needs them as an argument.
pub(super) fn group(expression: String) -> String {
    let quoted = expression.starts_with('"') || expression.starts_with('`') || expression.starts_with('(');
    let calls = expression.contains(' ') && (!quoted || expression.contains('|'));
    // A function without arguments is a word of small letters.
    if calls || matches!(expression.as_str(), "list" | "dict") {
        format!("({expression})")
    } else {
        expression
    }
}
