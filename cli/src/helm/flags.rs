//! Flags as Helm's command line reads them (pflag): `--name value`, `--name=value`, `-n value`, `-nvalue`, mixed with arguments.

use std::collections::HashMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, or `=true` and `=false`.
    Switch,
    /// A text; the last one counts.
    Text,
    /// A text each time.
    Array,
    /// Texts separated by commas.
    List,
    /// A text after `=`, or this one without.
    Optional(&'static str),
}

/// A flag: its long name, its short one, what it takes.
pub type Flag = (&'static str, Option<char>, Kind);

/// What was typed.
#[derive(Debug, Default)]
pub struct Parsed {
    values: HashMap<&'static str, Vec<String>>,
    /// Arguments, in order.
    pub arguments: Vec<String>,
}

impl Parsed {
    /// Whether a switch is on.
    pub fn on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Whether the flag was typed.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The last text; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.all(name).last().map_or("", String::as_str)
    }

    /// All texts, in order.
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Reads arguments; an error is told in pflag's words.
pub fn parse(arguments: &[String], flags: &[&[Flag]]) -> Result<Parsed, String> {
    let mut parser = Parser {
        flags,
        parsed: Parsed::default(),
        rest: arguments.iter(),
    };
    while let Some(argument) = parser.rest.next() {
        if argument == "--" {
            parser.parsed.arguments.extend(parser.rest.cloned());
            break;
        }
        match argument.strip_prefix("--") {
            Some(long) => parser.long(long)?,
            None if argument.len() > 1 && argument.starts_with('-') => parser.short(&argument[1..])?,
            None => parser.parsed.arguments.push(argument.clone()),
        }
    }
    Ok(parser.parsed)
}

struct Parser<'p> {
    flags: &'p [&'p [Flag]],
    parsed: Parsed,
    rest: std::slice::Iter<'p, String>,
}

impl Parser<'_> {
    fn find(&self, matches: impl Fn(&Flag) -> bool) -> Option<Flag> {
        self.flags
            .iter()
            .flat_map(|flags| flags.iter())
            .find(|flag| matches(flag))
            .copied()
    }

    fn long(&mut self, text: &str) -> Result<(), String> {
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let flag = self
            .find(|(long, _, _)| *long == name)
            .ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match (given, flag.2) {
            (Some(value), _) => value,
            (None, Kind::Switch) => "true".to_owned(),
            (None, Kind::Optional(value)) => value.to_owned(),
            (None, _) => self
                .rest
                .next()
                .cloned()
                .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        self.set(flag, value)
    }

    fn short(&mut self, text: &str) -> Result<(), String> {
        for (at, letter) in text.char_indices() {
            let flag = self.find(|(_, short, _)| *short == Some(letter));
            let flag = flag.ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{text}"))?;
            let rest = &text[at + letter.len_utf8()..];
            if let Some(value) = rest.strip_prefix('=') {
                return self.set(flag, value.to_owned());
            }
            match flag.2 {
                Kind::Switch => self.set(flag, "true".to_owned())?,
                Kind::Optional(value) => self.set(flag, value.to_owned())?,
                _ if !rest.is_empty() => return self.set(flag, rest.to_owned()),
                _ => {
                    let value = self.rest.next().cloned();
                    let value =
                        value.ok_or_else(|| format!("flag needs an argument: '{letter}' in -{text}"))?;
                    return self.set(flag, value);
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, (name, short, kind): Flag, value: String) -> Result<(), String> {
        let values = self.parsed.values.entry(name).or_default();
        match kind {
            Kind::Switch => {
                let on = switch(&value).ok_or_else(|| {
                    let shown = short.map_or_else(String::new, |short| format!("-{short}, "));
                    format!(
                        "invalid argument {value:?} for \"{shown}--{name}\" flag: strconv.ParseBool: parsing {value:?}: invalid syntax"
                    )
                })?;
                *values = vec![on.to_string()];
            }
            Kind::List => values.extend(csv(&value)),
            Kind::Array => values.push(value),
            Kind::Text | Kind::Optional(_) => *values = vec![value],
        }
        Ok(())
    }
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// One line of comma-separated values; `"` around one keeps its commas.
fn csv(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut value = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => value.push('"'),
            '"' if quoted || value.is_empty() => quoted = !quoted,
            ',' if !quoted => values.push(std::mem::take(&mut value)),
            other => value.push(other),
        }
    }
    if !text.is_empty() {
        values.push(value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        ("set", None, Kind::Array),
        ("values", Some('f'), Kind::List),
        ("debug", None, Kind::Switch),
        ("quiet", Some('q'), Kind::Switch),
        ("name", Some('n'), Kind::Text),
        ("dry-run", None, Kind::Optional("unset")),
    ];

    fn check(line: &str, expect: Result<&str, &str>) {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let found = parse(&arguments, &[FLAGS]).map(|parsed| {
            let mut shown: Vec<String> = FLAGS
                .iter()
                .filter(|(name, _, _)| parsed.has(name))
                .map(|(name, _, _)| format!("{name}={}", parsed.all(name).join("|")))
                .collect();
            shown.extend(parsed.arguments);
            shown.join(" ")
        });
        assert_eq!(found.as_deref().map_err(String::as_str), expect, "{line}");
    }

    #[test]
    fn as_pflag_reads_them() {
        check("a --set x=1 b --set=y=2,z", Ok("set=x=1|y=2,z a b"));
        check("-f a,b -fc --values=d", Ok("values=a|b|c|d"));
        check("--debug -qnx --quiet=false", Ok("debug=true quiet=false name=x"));
        check(
            "--dry-run a --dry-run=server -- --set",
            Ok("dry-run=server a --set"),
        );
        check("--nope", Err("unknown flag: --nope"));
        check("-qz", Err("unknown shorthand flag: 'z' in -qz"));
        check("--set", Err("flag needs an argument: --set"));
        check("-n", Err("flag needs an argument: 'n' in -n"));
        check(
            "-q=x",
            Err(
                "invalid argument \"x\" for \"-q, --quiet\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
            ),
        );
    }
}
