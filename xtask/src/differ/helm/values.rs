//! Random values files.

use super::super::random::Random;
use super::chart::Below;
use super::words;

/// Values: fields whose names say of what kind they mostly are.
pub(super) fn values(random: &mut Random, below: &[Below], odd: usize) -> String {
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
pub(super) fn fields(random: &mut Random, odd: usize, percent: usize) -> String {
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
