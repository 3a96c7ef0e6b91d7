//! Random expressions of templates. What kind of value comes out is mostly what is asked for, so that most of them can be run.

use super::super::random::Random;
use super::words;

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

/// `@` and a letter stand for an argument: `s` text, `i` small number, `n` number, `f` float, `b` truth, `l` list, `d` map,
/// `a` anything, `e` anything that is no map, `k` key, `V` the values, `R` the release, and the words of `words`. Texts and lists
/// are only made longer by `w`, a number that is written out.
const TEXT: &[&str] = &[
    "upper @s",
    "lower @s",
    "title @s",
    "untitle @s",
    "trim @s",
    "trimAll @s @s",
    "trimPrefix @s @s",
    "trimSuffix @s @s",
    "repeat @w @s",
    "trunc @i @s",
    "abbrev @i @s",
    "nospace @s",
    "initials @s",
    "wrap @i @s",
    "wrapWith @i @s @s",
    "replace @s @s @s",
    "plural @s @s @i",
    "snakecase @s",
    "camelcase @s",
    "kebabcase @s",
    "swapcase @s",
    "quote @a",
    "squote @a",
    "quote @s @a @i",
    "cat @s @a @i",
    "indent @w @s",
    "nindent @w @s",
    "toString @a",
    "join @s @l",
    "printf \"%s-%d\" @s @i",
    "printf \"@%\" @a",
    "printf \"@% @%\" @a @a",
    "printf \"@%\"",
    "print @a @a",
    "println @s @i @a",
    "toJson @a",
    "toPrettyJson @a",
    "toRawJson @a",
    "mustToJson @a",
    "toYaml @a",
    "toYamlPretty @a",
    "toToml @d",
    "b64enc @s",
    "b64dec @s",
    "b32enc @s",
    "b32dec @s",
    "sha1sum @s",
    "sha256sum @s",
    "sha512sum @s",
    "adler32sum @s",
    "regexFind @r @s",
    "mustRegexFind @r @s",
    "regexReplaceAll @r @s @s",
    "mustRegexReplaceAll @r @s @s",
    "regexReplaceAllLiteral @r @s @s",
    "regexQuoteMeta @s",
    "default @s @s",
    "coalesce @a @s",
    "ternary @s @s @b",
    "kindOf @a",
    "typeOf @a",
    "date @t @D",
    "dateInZone @t @D @z",
    "htmlDate @D",
    "htmlDateInZone @D @z",
    "dateModify @x @T | date @t",
    "unixEpoch @T",
    "duration @x",
    "durationRound @x",
    "base @p",
    "dir @p",
    "clean @p",
    "ext @p",
    "osBase @p",
    "osDir @p",
    "osClean @p",
    "osExt @p",
    "urlJoin (urlParse @u)",
    "first @l | toString",
    "last @l | toString",
    "get @d @k | toString",
    "dig @k @s @d",
    "html @a",
    "js @a",
    "urlquery @a",
    "semver @v | toString",
    "(semver @v).Original",
    "index @d @k | toString",
    "hello",
    "sha256sum (toJson @a)",
    "splitList @s @s | join @s",
    "toJson @V",
    "toYaml @V",
    "toToml @V",
    "toYaml @R",
    "substr 0 @i @s",
    "substr 1 3 (cat @s \"abc\")",
    "toJson @M",
    "toYaml @M.Maintainers",
    "toJson @M.Annotations",
];

const INT: &[&str] = &[
    "add @n @n",
    "add1 @n",
    "sub @n @n",
    "mul @n @n",
    "max @n @n @n",
    "min @n @n",
    "biggest @n @n",
    "int @a",
    "int64 @a",
    "atoi @s",
    "toDecimal @s",
    "len @l",
    "len @d",
    "len @s",
    "add @i @i @i",
    "sub @i @i",
    "mul @i @i @i",
    "int @f",
    "floor @f | int",
    "(semver @v).Major",
    "(semver @v).Minor",
    "ternary @i @i @b",
    "default @i @i",
    "coalesce @i @i",
    "first (until @w)",
    "last (untilStep 0 @w @w)",
    "int @n",
    "int64 @n",
    "(semver @v).Patch",
    "untilStep @w @w @w | len",
    "div @n @N",
    "mod @n @N",
    "mod @i @N",
];

const FLOAT: &[&str] = &[
    "addf @n @n",
    "subf @n @n",
    "mulf @n @n",
    "divf @n @N",
    "add1f @n",
    "maxf @n @n",
    "minf @n @n @n",
    "float64 @a",
    "ceil @n",
    "floor @n",
    "round @n @i",
    "round @f 2",
    "float64 @n",
    "divf @f @N",
    "mulf @f @f",
    "subf @f 0.5",
];

const BOOL: &[&str] = &[
    "eq @s @s @s",
    "ne @s @s",
    "gt @s @s",
    "and @b @b",
    "or @b @b @b",
    "not @b",
    "not @a",
    "empty @a",
    "hasKey @d @k",
    "has @a @l",
    "contains @s @s",
    "hasPrefix @s @s",
    "hasSuffix @s @s",
    "kindIs \"string\" @a",
    "kindIs \"map\" @a",
    "typeIs \"string\" @a",
    "typeIsLike \"float64\" @a",
    "deepEqual @a @a",
    "all @a @a",
    "any @a @b",
    "regexMatch @r @s",
    "mustRegexMatch @r @s",
    "semverCompare @c @v",
    "isAbs @p",
    "osIsAbs @p",
    "ternary @b @b @b",
    "and @a @a | empty",
    "or @a @a | kindIs \"slice\"",
    "eq (kindOf @a) \"map\"",
    "eq (int @n) (int @n)",
    "lt (int @n) (int @n)",
    "le (float64 @n) (float64 @n)",
    "ge (int64 @n) (int64 @n)",
    "eq (toString @a) (toString @a)",
    "ne (kindOf @a) @s",
    "ne @a nil",
];

const LIST: &[&str] = &[
    "list",
    "list @a",
    "list @a @a @a",
    "tuple @s @s",
    "list @s @s @s",
    "list @i @i @i",
    "until @w",
    "untilStep @w @w @w",
    "append @l @a",
    "prepend @l @a",
    "push @l @a",
    "mustAppend @l @a",
    "concat @l @l",
    "first (list @l)",
    "rest (list 1 @a)",
    "initial (list 1 @a)",
    "reverse @l",
    "without @l @a",
    "compact @l",
    "sortAlpha @l",
    "keys @d | sortAlpha",
    "values @d | sortAlpha",
    "splitList @s @s",
    "toStrings @l",
    "regexSplit @r @s @i",
    "regexFindAll @r @s @i",
    "mustRegexFindAll @r @s @i",
    "fromYamlArray @y",
    "fromJsonArray @j",
    "fromJson @j",
    "pluck @k @d @d",
    "mustWithout @l @s @s",
    "default @l @l",
    "coalesce @l @l",
    "ternary @l @l @b",
    "mustReverse @l",
    "mustRest (list @a @a)",
    "mustInitial (list @a @a)",
    "mustCompact @l",
    "deepCopy @l",
    "fromYamlArray (toYaml @l)",
    "fromJsonArray (toJson @l)",
    "mustPrepend @l @a",
    "splitList \",\" @s",
    "seq @w @w | splitList \" \"",
    "regexSplit @r @s -1",
    "slice (list 1 2 @a) 1",
    "slice (list @a @a 3) 1 2",
    "chunk 2 @l",
    "chunk 3 @l",
    "uniq (sortAlpha @l)",
    "mustUniq (toStrings @l)",
];

const MAP: &[&str] = &[
    "dict",
    "dict @k @a",
    "dict @k @a @k @a",
    "dict @k @s @k @i @k @l",
    "dict @k @d",
    "set @d @k @e",
    "unset @d @k",
    "merge (dict) @d @d",
    "merge (dict @k @a) @d",
    "mergeOverwrite (dict) @d @d",
    "mustMerge (dict) @d @d",
    "mustMergeOverwrite (dict) @d @d",
    "pick @d @k @k",
    "omit @d @k",
    "deepCopy @d",
    "mustDeepCopy @d",
    "fromYaml @y",
    "fromJson @j",
    "fromToml @o",
    "fromYaml (toYaml @d)",
    "fromJson (toJson @d)",
    "fromToml (toToml @d)",
    "split @s @s",
    "splitn @s @i @s",
    "urlParse @u",
    "default @d @d",
    "coalesce @d @d",
    "ternary @d @d @b",
    "dig @k (dict) @d",
    "merge @d @d",
    "mergeOverwrite @d @d",
    "set (dict) @k @l",
    "dict \"a\" (dict \"b\" (dict \"c\" @a))",
    "omit @d @k @k",
    "get (dict \"a\" @d) \"a\"",
    "set (deepCopy @d) @k @a",
    "dict @k @k @k @k",
];

/// What mostly fails, of all kinds.
const FAILING: &[&str] = &[
    "unixEpoch @D",
    "@V.s1.deep",
    "@V.l1.x",
    "@V.d1.none.more",
    "@V.global.none.more",
    "mustInitial @l",
    "initial @l",
    "mustRest @l",
    "rest @l",
    "divf @f @f",
    "divf @n @n",
    "substr @i @i @s",
    "slice @s @i @i",
    "mustToToml @d",
    "mustToYaml @a",
    "abbrevboth @i @i @s",
    "div @n @n",
    "mod @n @n",
    "div @i @i",
    "mod @i @i",
    "eq @a @a",
    "ne @a @a",
    "lt @a @a",
    "le @f @f",
    "lt @i @i",
    "ge @i @i",
    "eq @i @i",
    "le @n @n",
    "mustHas @s @l",
    "slice @l @i",
    "slice @l @i @i",
    "mustSlice @l @i",
    "chunk @w @l",
    "mustChunk @w @l",
    "mustUniq @l",
    "uniq @l",
    "mustFromJson @j",
    "dict @k",
    "repeat -1 @s",
    "fail @s",
    "required @s @a",
    "upper @a",
    "len @a",
    "index @l 9",
    "index @s 0",
    "set @a @k @s",
    "atoi @i",
    "until @s",
    "first @s",
    "@V.none.deeper",
    "toDate @s @a",
    "include \"none\" @V",
    "tpl @a @V",
    "nothere @a",
    "get @M.Annotations \"a\"",
    "regexFind @s @s",
    "merge @d",
    "keys @d @l",
    "hasKey @l @k",
    "b64enc @i",
    "chunk 0 @l",
    "mustFirst @a",
    "call @a",
    "@s @s",
    "print | print",
    "semver @s",
    "ternary 1 @a @a",
    "splitn @s @s @s",
    "join @a @s",
    "indent @s @s",
    "and",
    "not @a @a",
    "eq @a",
    "typeIs @a @a",
    "dict @a @a",
    "dig @k @d",
    "pick @l @k",
    "fromYaml @a",
    "fromJson @i",
    "toYaml",
    "sha256sum @a",
    "trunc @s @s",
    "round @n",
    "max",
    "coalesce",
    "default @a",
];

impl Scene {
    /// An expression, without parentheses around it.
    pub(super) fn expression(&self, random: &mut Random, kind: Type, depth: usize) -> String {
        if depth == 0 || random.chance(30) {
            return self.leaf(random, kind);
        }
        let shape = match kind {
            _ if random.chance(self.odd) => random.one(FAILING),
            Type::Text => random.one(TEXT),
            Type::Int => random.one(INT),
            Type::Float => random.one(FLOAT),
            Type::Bool => random.one(BOOL),
            Type::List => random.one(LIST),
            Type::Map => random.one(MAP),
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
    let calls = expression.contains(' ') && !(quoted && !expression.contains('|'));
    // A function without arguments is a word of small letters.
    if calls || matches!(expression.as_str(), "list" | "dict") {
        format!("({expression})")
    } else {
        expression
    }
}
