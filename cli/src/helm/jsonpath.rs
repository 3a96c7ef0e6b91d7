//! The JSONPath of kubectl over a chart's values: `{.a.b} text {range .list[*]}{.name}{"\n"}{end}`.
//!
//! What cannot be read is an error; what leads nowhere prints nothing at all, as with Helm.

use flux_gotemplate::fmt::sprint;
use flux_helm::{Table, Value};

/// Braces in braces, and lists in lists, beyond which an expression is refused.
const MAX_DEPTH: usize = 50;

/// What the template makes of the values; an error is told when the template cannot be read.
pub fn print(template: &str, values: &Table) -> Result<String, String> {
    let mut parser = Parser {
        rest: template,
        depth: 0,
    };
    let template = parser
        .template()
        .map_err(|cause| format!("error parsing jsonpath {template}: {cause}"))?;
    let root = Value::from(values.clone());
    let mut out = String::new();
    Ok(match run(&template, &root, &root, &mut out) {
        Some(()) => out,
        None => String::new(),
    })
}

/// A piece of a template.
enum Piece {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Piece>),
    /// Nothing that can be carried out: `{end}` without `{range}`, or the other way round, or a word.
    Stray,
}

enum Step {
    Root,
    Field(String),
    All,
    Deep,
    Slice(Option<i64>, Option<i64>, Option<i64>),
    Index(i64),
    Union(Vec<Step>),
    Filter(Operand, Option<(String, Operand)>),
    Text(String),
}

enum Operand {
    Path(Vec<Step>),
    Literal(Literal),
}

#[derive(Clone)]
enum Literal {
    Text(String),
    Int,
    Float(f64),
    Bool(bool),
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn template(&mut self) -> Result<Vec<Piece>, String> {
        let mut open: Vec<(Vec<Step>, Vec<Piece>)> = Vec::new();
        let mut pieces = Vec::new();
        while !self.rest.is_empty() {
            let text = self.until('{');
            if !text.is_empty() {
                pieces.push(Piece::Text(text));
            }
            if !self.eat("{") {
                break;
            }
            self.blanks();
            match self.word().as_str() {
                "range" => open.push((self.action()?, std::mem::take(&mut pieces))),
                "end" => {
                    self.action()?;
                    match open.pop() {
                        Some((path, before)) => {
                            let body = std::mem::replace(&mut pieces, before);
                            pieces.push(Piece::Range(path, body));
                        }
                        None => pieces.push(Piece::Stray),
                    }
                }
                "" => pieces.push(Piece::Path(self.action()?)),
                _ => {
                    self.action()?;
                    pieces.push(Piece::Stray);
                }
            }
            if open.len() > MAX_DEPTH {
                return Err("too many ranges in ranges".to_owned());
            }
        }
        match open.into_iter().next() {
            Some((_, mut before)) => {
                before.push(Piece::Stray);
                Ok(before)
            }
            None => Ok(pieces),
        }
    }

    /// Up to the closing brace.
    fn action(&mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        loop {
            self.blanks();
            if self.eat("}") {
                return Ok(steps);
            }
            if self.rest.is_empty() {
                return Err("unclosed action".to_owned());
            }
            self.step(&mut steps)?;
        }
    }

    fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        match self.rest.chars().next() {
            Some('$' | '@') => {
                self.rest = &self.rest[1..];
                steps.push(Step::Root);
            }
            Some('.') => {
                if self.eat("..") {
                    steps.push(Step::Deep);
                } else {
                    self.eat(".");
                }
                if self.eat("*") {
                    steps.push(Step::All);
                } else {
                    let name = self.field();
                    if !name.is_empty() {
                        steps.push(Step::Field(name));
                    }
                }
            }
            Some('[') => steps.push(self.brackets()?),
            Some('\'' | '"') => steps.push(Step::Text(self.quoted()?)),
            Some(other) => {
                return Err(format!(
                    "unrecognized character in action: U+{:04X} '{other}'",
                    other as u32
                ));
            }
            None => return Err("unclosed action".to_owned()),
        }
        Ok(())
    }

    fn brackets(&mut self) -> Result<Step, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("too many brackets in brackets".to_owned());
        }
        self.eat("[");
        let step = if self.eat("?(") {
            self.filter()
        } else {
            self.indexes()
        };
        self.depth -= 1;
        step
    }

    fn filter(&mut self) -> Result<Step, String> {
        let left = self.operand()?;
        self.blanks();
        let operators = ["==", "!=", "<=", ">=", "<", ">"];
        let operator = operators.into_iter().find(|operator| self.eat(operator));
        let right = match operator {
            Some(operator) => {
                self.blanks();
                Some((operator.to_owned(), self.operand()?))
            }
            None => None,
        };
        self.blanks();
        if self.eat(")]") {
            return Ok(Step::Filter(left, right));
        }
        match self.rest.chars().next() {
            Some(other) => Err(format!(
                "unrecognized character in action: U+{:04X} '{other}'",
                other as u32
            )),
            None => Err("unterminated filter".to_owned()),
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        if self.rest.starts_with(['\'', '"']) {
            return Ok(Operand::Literal(Literal::Text(self.quoted()?)));
        }
        if self.rest.starts_with(['@', '$', '.']) {
            let mut steps = Vec::new();
            while self.rest.starts_with(['@', '$', '.', '[']) {
                self.step(&mut steps)?;
            }
            return Ok(Operand::Path(steps));
        }
        let end = self
            .rest
            .find(['=', '!', '<', '>', ')', ' ', '&', '|', ','])
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let literal = match word {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            word if word.parse::<i64>().is_ok() => Literal::Int,
            word => Literal::Float(word.parse().map_err(|_| format!("cannot parse number {word}"))?),
        };
        Ok(Operand::Literal(literal))
    }

    /// `*`, numbers, a range of numbers, or names in single quotes; several separated by commas.
    fn indexes(&mut self) -> Result<Step, String> {
        let end = self.rest.find(']').ok_or("unterminated array")?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        let mut steps = Vec::new();
        for one in text.split(',') {
            let one = one.trim();
            let number = |text: &str| -> Result<i64, String> {
                text.parse().map_err(|_| format!("invalid array index {one}"))
            };
            let name = one.strip_prefix('\'').and_then(|one| one.strip_suffix('\''));
            let parts: Vec<&str> = one.split(':').collect();
            steps.push(match (one, name, &parts[..]) {
                ("*", ..) => Step::All,
                ("", ..) => Step::Index(0),
                (_, Some(name), _) => Step::Field(name.to_owned()),
                (_, None, [index]) => Step::Index(number(index)?),
                (_, None, [_, _] | [_, _, _]) => {
                    let mut bounds = [None; 3];
                    for (bound, part) in bounds.iter_mut().zip(parts) {
                        if !part.is_empty() {
                            *bound = Some(number(part)?);
                        }
                    }
                    Step::Slice(bounds[0], bounds[1], bounds[2])
                }
                _ => return Err(format!("invalid array index {one}")),
            });
        }
        Ok(match steps.pop() {
            Some(step) if steps.is_empty() => step,
            last => {
                steps.extend(last);
                Step::Union(steps)
            }
        })
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut chars = self.rest.char_indices();
        let quote = chars.next().map(|(_, quote)| quote);
        let mut text = String::new();
        let mut is_escaped = false;
        for (at, c) in chars {
            match c {
                _ if is_escaped => {
                    text.push(match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                c if Some(c) == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".to_owned())
    }

    /// The name of a field; `\` takes the sign behind it for a letter.
    fn field(&mut self) -> String {
        let mut name = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.clone().next() {
            match c {
                '\\' => {
                    chars.next();
                    name.extend(chars.next());
                    continue;
                }
                ' ' | '\t' | '\n' | '\r' | '.' | '[' | ']' | '{' | '}' | '(' | ')' | '$' | '@' | ','
                | '=' | '!' | '<' | '>' | '&' | '|' | '"' | '\'' => break,
                c => name.push(c),
            }
            chars.next();
        }
        self.rest = chars.as_str();
        name
    }

    fn word(&mut self) -> String {
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn until(&mut self, stop: char) -> String {
        let end = self.rest.find(stop).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text.to_owned()
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// Prints the pieces; nothing comes back when a path leads nowhere.
fn run(pieces: &[Piece], root: &Value, here: &Value, out: &mut String) -> Option<()> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Path(steps) => {
                let found = walk(steps, root, vec![here.clone()])?;
                let texts: Vec<String> = found.iter().map(shown).collect();
                out.push_str(&texts.join(" "));
            }
            Piece::Range(steps, body) => {
                for one in walk(steps, root, vec![here.clone()])? {
                    run(body, root, &one, out)?;
                }
            }
            Piece::Stray => return None,
        }
    }
    Some(())
}

fn walk(steps: &[Step], root: &Value, mut found: Vec<Value>) -> Option<Vec<Value>> {
    for step in steps {
        found = apply(step, root, found)?;
    }
    Some(found)
}

fn apply(step: &Step, root: &Value, values: Vec<Value>) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    match step {
        // The one that is looked at; only the first step of a path is of this kind.
        Step::Root => return Some(values),
        Step::Text(text) => return Some(vec![Value::from(text.as_str())]),
        Step::Field(name) => {
            let tables = values.iter().filter_map(Value::as_table);
            found.extend(tables.filter_map(|table| table.get(name).cloned()));
            return (!found.is_empty()).then_some(found);
        }
        Step::All => values.iter().for_each(|value| found.extend(children(value))),
        Step::Deep => values.iter().for_each(|value| descend(value, &mut found)),
        Step::Index(index) => {
            for value in &values {
                let Value::List(items) = value else { return None };
                found.push(items.get(position(*index, items.len())?)?.clone());
            }
        }
        Step::Slice(start, end, step) => {
            for value in &values {
                let Value::List(items) = value else { return None };
                let (start, end) = (
                    start.unwrap_or(0),
                    end.unwrap_or(i64::try_from(items.len()).ok()?),
                );
                let (start, end) = (position(start, items.len())?, position(end, items.len())?);
                if start == end {
                    continue;
                }
                let step = usize::try_from(step.unwrap_or(1)).ok().filter(|step| *step > 0)?;
                if start >= items.len() {
                    return None;
                }
                found.extend(items.get(start..end)?.iter().step_by(step).cloned());
            }
        }
        Step::Union(steps) => {
            for step in steps {
                found.extend(apply(step, root, values.clone())?);
            }
        }
        Step::Filter(left, right) => {
            for value in &values {
                let Value::List(items) = value else { return None };
                for item in items.iter() {
                    if holds(left, right.as_ref(), root, item)? {
                        found.push(item.clone());
                    }
                }
            }
        }
    }
    Some(found)
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.to_vec(),
        Value::Table(table) => table.iter().map(|(_, value)| value.clone()).collect(),
        _ => Vec::new(),
    }
}

/// All lists and tables that have something in them, from the top.
fn descend(value: &Value, found: &mut Vec<Value>) {
    let below = children(value);
    if !below.is_empty() {
        found.push(value.clone());
        below.iter().for_each(|value| descend(value, found));
    }
}

/// A place counted from the end when it is negative.
fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { index + length } else { index }).ok()
}

/// Whether a filter lets a value pass; nothing when the two sides cannot be compared.
fn holds(left: &Operand, right: Option<&(String, Operand)>, root: &Value, item: &Value) -> Option<bool> {
    let Some((operator, right)) = right else {
        let Operand::Path(steps) = left else {
            return Some(true);
        };
        return Some(walk(steps, root, vec![item.clone()]).is_some_and(|found| !found.is_empty()));
    };
    let (left, right) = (literal(left, root, item)?, literal(right, root, item)?);
    let order = match (&left, &right) {
        (Literal::Text(left), Literal::Text(right)) => left.cmp(right),
        (Literal::Float(left), Literal::Float(right)) => left.partial_cmp(right)?,
        (Literal::Bool(left), Literal::Bool(right)) if matches!(&**operator, "==" | "!=") => left.cmp(right),
        // Numbers of values are fractional, whole numbers of the template are not: Helm does not compare them.
        _ => return None,
    };
    Some(match &**operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn literal(operand: &Operand, root: &Value, item: &Value) -> Option<Literal> {
    match operand {
        Operand::Literal(literal) => Some(literal.clone()),
        Operand::Path(steps) => match &walk(steps, root, vec![item.clone()])?[..] {
            [Value::Str(text)] => Some(Literal::Text(text.to_string())),
            [Value::Float(number)] => Some(Literal::Float(*number)),
            [Value::Bool(value)] => Some(Literal::Bool(*value)),
            _ => None,
        },
    }
}

/// Lists and tables as JSON, the rest as Go prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::List(_) | Value::Table(_) => {
            let json = value.to_json().to_string();
            let json = json.replace('<', "\\u003c").replace('>', "\\u003e");
            json.replace('&', "\\u0026")
        }
        Value::Null => "null".to_owned(),
        Value::Float(number) => {
            let text = sprint(&[flux_gotemplate::Value::float(*number)]);
            text.map_or_else(|_| value.to_string(), |text| text.to_text().into_owned())
        }
        value => value.to_string(),
    }
}
