//! Random templates.

/// Numbers that look random and repeat (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const FIELDS: [&str; 24] = [
    "name",
    "count",
    "ratio",
    "big",
    "small",
    "neg",
    "yes",
    "no",
    "empty",
    "nil",
    "uni",
    "quoted",
    "list",
    "nums",
    "mixed",
    "none",
    "void",
    "map",
    "users",
    "nothing",
    "map.a",
    "map.m.k",
    "map.nothing",
    "name",
];

const CONSTANTS: [&str; 30] = [
    "0",
    "1",
    "-1",
    "42",
    "0x1F",
    "017",
    "1_000",
    "1.5",
    "-0.25",
    "1e6",
    "1e21",
    "1e-7",
    "123456789.0",
    "0x1p-2",
    "1i",
    "2+3i",
    "'a'",
    "'\\n'",
    "'✓'",
    "true",
    "false",
    "\"\"",
    "\"abc\"",
    "\"h✓\\n\\x41\"",
    "`raw`",
    "\"a b\"",
    "\"k\"",
    "\"name\"",
    "9223372036854775807",
    "18446744073709551615",
];

/// A template of a few actions on the values.
pub(crate) fn template(random: &mut Random) -> String {
    let name = random.below(1 << 30);
    let mut text = format!("{{{{ define \"m{name}\" }}}}");
    let mut vars = vec!["$".to_owned()];
    for _ in 0..=random.below(3) {
        node(random, &mut text, &mut vars, 3);
    }
    text.push_str(&format!("{{{{ end }}}}{{{{ template \"m{name}\" .Values }}}}"));
    if random.below(10) == 0 {
        spoil(random, &mut text);
    }
    text
}

/// Breaks a template somewhere.
fn spoil(random: &mut Random, text: &mut String) {
    let at = (random.below(text.len() + 1)..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    match random.below(3) {
        0 => text.truncate(at),
        1 => text.insert_str(
            at,
            random.pick(&[
                "{{",
                "}}",
                "\"",
                "(",
                ")",
                " | ",
                "$x",
                ".",
                "end",
                "{{ else }}",
                "{{ end }}",
                "@",
                "'",
                "`",
                ",",
            ]),
        ),
        _ => {
            let tail = text.split_off(at);
            text.push_str(tail.get(3..).unwrap_or_default());
        }
    }
}

fn open(random: &mut Random) -> &'static str {
    random.pick(&["{{ ", "{{ ", "{{- "])
}

fn close(random: &mut Random) -> &'static str {
    random.pick(&[" }}", " }}", " -}}"])
}

fn node(random: &mut Random, text: &mut String, vars: &mut Vec<String>, depth: usize) {
    let kind = if depth == 0 {
        random.below(4)
    } else {
        random.below(11)
    };
    let before = vars.len();
    match kind {
        0 => text.push_str(random.pick(&["text ", "\n  ", " ", "a\n"])),
        1..=4 => action(random, text, vars, depth),
        5 => {
            let name = random.pick(&["$x", "$y", "$long"]).to_owned();
            let value = pipeline(random, vars, depth);
            let op = if vars.contains(&name) && random.below(2) == 0 {
                "="
            } else {
                ":="
            };
            text.push_str(&format!("{{{{ {name} {op} {value} }}}}"));
            vars.push(name);
        }
        6 | 7 => {
            let word = random.pick(&["if", "with"]);
            let (o, c, pipe) = (open(random), close(random), pipeline(random, vars, depth));
            text.push_str(&format!("{o}{word} {pipe}{c}"));
            node(random, text, vars, depth - 1);
            vars.truncate(before);
            match random.below(3) {
                0 => {
                    text.push_str("{{ else }}");
                    node(random, text, vars, depth - 1);
                }
                1 => {
                    let pipe = pipeline(random, vars, depth);
                    text.push_str(&format!("{{{{ else {word} {pipe} }}}}"));
                    node(random, text, vars, depth - 1);
                }
                _ => {}
            }
            text.push_str("{{ end }}");
            vars.truncate(before);
        }
        8 | 9 => range(random, text, vars, depth),
        _ => {
            let (o, c, name) = (open(random), close(random), random.below(1_000_000));
            text.push_str(&format!("{o}define \"d{name}\"{c}"));
            node(random, text, &mut vec!["$".to_owned()], depth - 1);
            let pipe = pipeline(random, vars, depth);
            text.push_str(&format!("{{{{ end }}}}{{{{ template \"d{name}\" {pipe} }}}}"));
        }
    }
}

fn range(random: &mut Random, text: &mut String, vars: &mut Vec<String>, depth: usize) {
    let before = vars.len();
    let over = match random.below(4) {
        0 => expr(random, vars, depth),
        1 => random.pick(&["3", "0", ".name", "2.0"]).to_owned(),
        _ => format!(
            "$.{}",
            random.pick(&["list", "nums", "mixed", "map", "none", "void", "users", "nothing"])
        ),
    };
    let head = match random.below(4) {
        0 => {
            vars.push("$e".to_owned());
            format!("$e := {over}")
        }
        1 => {
            vars.extend(["$i".to_owned(), "$e".to_owned()]);
            format!("$i, $e := {over}")
        }
        _ => over,
    };
    text.push_str(&format!("{{{{ range {head} }}}}"));
    node(random, text, vars, depth - 1);
    if random.below(5) == 0 {
        let word = random.pick(&["break", "continue"]);
        let condition = expr(random, vars, 1);
        text.push_str(&format!("{{{{ if {condition} }}}}{{{{ {word} }}}}{{{{ end }}}},"));
    }
    text.push(';');
    vars.truncate(before);
    if random.below(3) == 0 {
        text.push_str("{{ else }}none");
    }
    text.push_str("{{ end }}");
}

fn action(random: &mut Random, text: &mut String, vars: &[String], depth: usize) {
    let (o, c, pipe) = (open(random), close(random), pipeline(random, vars, depth));
    text.push_str(&format!("{o}{pipe}{c}"));
}

fn pipeline(random: &mut Random, vars: &[String], depth: usize) -> String {
    let mut pipe = command(random, vars, depth);
    while random.below(4) == 0 {
        let next = match random.below(6) {
            0 => "printf \"%v|%T\" 1".to_owned(),
            1 => format!("printf {}", format_string(random)),
            2 => random
                .pick(&["print", "println", "len", "not", "html", "js", "urlquery"])
                .to_owned(),
            3 => format!("{} {}", random.pick(&["and", "or"]), expr(random, vars, depth)),
            4 => "printf \"%q\"".to_owned(),
            _ => "len | print".to_owned(),
        };
        pipe = format!("{pipe} | {next}");
    }
    pipe
}

fn format_string(random: &mut Random) -> String {
    let mut format = String::from("\"");
    for _ in 0..=random.below(2) {
        format.push('%');
        for _ in 0..random.below(3) {
            format.push_str(random.pick(&["+", "-", "#", "0", " "]));
        }
        if random.below(3) == 0 {
            format.push_str(random.pick(&["1", "5", "12", "*", "[1]", "[2]", "[3]*"]));
        }
        if random.below(3) == 0 {
            format.push_str(random.pick(&[".0", ".2", ".", ".5", ".*"]));
        }
        format.push_str(random.pick(&[
            "v", "v", "s", "d", "q", "x", "X", "f", "g", "e", "t", "T", "c", "U", "o", "b", "G", "E", "z",
            "%", "O", "w",
        ]));
        format.push_str(random.pick(&["", " ", "|", "é"]));
    }
    format.push('"');
    format
}

/// Arguments that go together, and now and then any others.
fn fitting(random: &mut Random, vars: &[String], depth: usize, fit: &[&str]) -> String {
    if random.below(8) > 0 {
        return random.pick(fit).to_owned();
    }
    let depth = depth.saturating_sub(1);
    format!("{} {}", expr(random, vars, depth), expr(random, vars, depth))
}

const COMPARABLE: [&str; 12] = [
    "$.count 3.0",
    "$.ratio 1.5",
    "$.name \"web\"",
    "(print 1) $.uni",
    "1 (len $.list)",
    "'a' 97",
    "\"a\" \"b\"",
    "-1 (index \"abc\" 0)",
    "$.neg $.big",
    "2 2",
    "1e3 1000.0",
    "(len $.name) 3",
];

const INDEXES: [&str; 9] = [
    "$.list 1",
    "$.map \"a\"",
    "$.users 0 \"name\"",
    "$ \"map\" \"m\" \"k\" 0",
    "\"abc\" 1",
    "$.mixed 5 \"k\"",
    "$.map \"no\"",
    "$.void \"x\"",
    "$.map",
];

fn command(random: &mut Random, vars: &[String], depth: usize) -> String {
    let arg = |random: &mut Random| expr(random, vars, depth.saturating_sub(1));
    match random.below(14) {
        0..=4 => arg(random),
        5 => format!("print {} {}", arg(random), arg(random)),
        6 | 7 => {
            let count = random.below(3);
            let args: Vec<String> = (0..=count).map(|_| arg(random)).collect();
            format!("printf {} {}", format_string(random), args.join(" "))
        }
        8 => format!(
            "len {}",
            random.pick(&["$.list", "$.name", "$.map", "\"h✓\"", "$.none", "$.count", "$"])
        ),
        9 => format!("index {}", fitting(random, vars, depth, &INDEXES)),
        10 | 11 => {
            let function = random.pick(&["eq", "ne", "lt", "le", "gt", "ge"]);
            format!("{function} {}", fitting(random, vars, depth, &COMPARABLE))
        }
        12 => {
            let function = random.pick(&["and", "or"]);
            format!("{function} {} {} {}", arg(random), arg(random), arg(random))
        }
        _ => format!(
            "{} {}",
            random.pick(&["not", "html", "js", "urlquery", "println", "call", "printf"]),
            arg(random)
        ),
    }
}

fn expr(random: &mut Random, vars: &[String], depth: usize) -> String {
    match random.below(if depth == 0 { 8 } else { 10 }) {
        0..=2 => format!("$.{}", random.pick(&FIELDS)),
        3 => random
            .pick(&["nil", ".", ".name", ".name", ".x.y", "$", ".list"])
            .to_owned(),
        4 | 5 => random.pick(&CONSTANTS).to_owned(),
        6 => vars[random.below(vars.len())].clone(),
        7 if random.below(4) == 0 => {
            let field = random.pick(&["name.y", "name", "a.b", "k"]);
            format!("{}.{field}", vars[random.below(vars.len())])
        }
        7 => random
            .pick(&["$.map.m", "(index $.users 1).name", "($.nothing).x", "$.map.z"])
            .to_owned(),
        _ => {
            let field = if random.below(12) == 0 {
                random.pick(&[".name", ".k"])
            } else {
                ""
            };
            format!("({}){field}", pipeline(random, vars, depth - 1))
        }
    }
}
