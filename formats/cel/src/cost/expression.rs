//! What one expression costs at worst.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use flux_schema::{Additional, JsonType, Node};

use super::size::{Size, largest, part};
use crate::Program;

/// A text is gone through at this much a character.
const TEXT: f64 = 0.1;
/// An expression to match costs this much a character.
const PATTERN: f64 = 0.25;
const NEW_LIST: u64 = 10;
const NEW_MAP: u64 = 30;
const NEW_STRUCTURE: u64 = 40;

/// What is known of the type of a value.
#[derive(Debug, Clone)]
enum Kind<'a> {
    /// A value at a place of the schema.
    At(&'a Node),
    Text,
    /// Numbers, truths, times and the like.
    Plain,
    List(Box<Kind<'a>>),
    Map(Box<Kind<'a>>),
    Unknown,
}

/// A value: its type, and its size where that is known better than from the type.
#[derive(Debug, Clone)]
struct Value<'a> {
    kind: Kind<'a>,
    size: Option<Size>,
    /// The size of the elements, of what an expression puts together.
    element: Option<Size>,
}

impl<'a> Value<'a> {
    fn of(kind: Kind<'a>) -> Self {
        Self {
            kind,
            size: None,
            element: None,
        }
    }

    fn sized(kind: Kind<'a>, size: Size) -> Self {
        Self {
            size: Some(size),
            ..Self::of(kind)
        }
    }

    fn size(&self) -> Size {
        self.size.unwrap_or_else(|| match &self.kind {
            Kind::At(node) => Size::up_to(largest(node)),
            Kind::Plain => Size::fixed(1),
            Kind::Text | Kind::List(_) | Kind::Map(_) => Size::UNKNOWN,
            // Nothing shall be refused for what is not understood here.
            Kind::Unknown => Size::fixed(0),
        })
    }

    fn is_text(&self) -> bool {
        match &self.kind {
            Kind::At(node) => {
                node.ty == Some(JsonType::String)
                    && !node.int_or_string
                    && !matches!(node.checks.format.as_str(), "date" | "date-time" | "duration")
            }
            kind => matches!(kind, Kind::Text),
        }
    }

    fn is_list(&self) -> bool {
        match &self.kind {
            Kind::At(node) => node.ty == Some(JsonType::Array),
            kind => matches!(kind, Kind::List(_)),
        }
    }

    /// Whether selecting a field of it is counted.
    fn has_fields(&self) -> bool {
        match &self.kind {
            Kind::At(node) => node.ty == Some(JsonType::Object),
            kind => matches!(kind, Kind::Map(_)),
        }
    }

    /// An element of a list, or a value of a map.
    fn item(&self) -> Value<'a> {
        let kind = match &self.kind {
            Kind::At(node) => match (&node.items, &node.additional) {
                (Some(items), _) => Kind::At(items),
                (None, Additional::Schema(values)) => Kind::At(values),
                _ => Kind::Unknown,
            },
            Kind::List(item) | Kind::Map(item) => (**item).clone(),
            _ => Kind::Unknown,
        };
        Value {
            size: self.element,
            ..Value::of(kind)
        }
    }

    /// What iterating over it gives: elements of lists, keys of maps.
    fn iterated(&self) -> Value<'a> {
        if self.has_fields() {
            Value::sized(Kind::Text, Size::fixed(0))
        } else {
            self.item()
        }
    }
}

/// The most that an expression costs whose `self` is at this place.
pub(super) fn cost(program: &Program, node: &Node) -> u64 {
    let mut walk = Walk {
        node,
        variables: Vec::new(),
    };
    walk.expression(program.expression()).0
}

struct Walk<'a> {
    node: &'a Node,
    variables: Vec<(String, Value<'a>)>,
}

type Found<'a> = (u64, Value<'a>);

impl<'a> Walk<'a> {
    fn expression(&mut self, expression: &Expr) -> Found<'a> {
        match expression {
            Expr::Unspecified => (0, Value::of(Kind::Unknown)),
            Expr::Literal(literal) => (0, of_literal(literal)),
            Expr::Ident(name) => (1, self.variable(name)),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let mut sum = NEW_LIST;
                let mut element: Option<Size> = None;
                let mut kind = Kind::Unknown;
                for item in &list.elements {
                    let (cost, value) = self.expression(&item.expr);
                    sum = sum.saturating_add(cost);
                    element = Some(element.map_or(value.size(), |known| known.union(value.size())));
                    kind = value.kind;
                }
                let value = Value {
                    kind: Kind::List(Box::new(kind)),
                    size: Some(Size::fixed(list.elements.len() as u64)),
                    element: Some(element.unwrap_or(Size::fixed(0))),
                };
                (sum, value)
            }
            Expr::Map(map) => {
                let sum = self.entries(map.entries.iter().map(|entry| &entry.expr));
                let size = Size::fixed(map.entries.len() as u64);
                let kind = Kind::Map(Box::new(Kind::Unknown));
                (sum.saturating_add(NEW_MAP), Value::sized(kind, size))
            }
            Expr::Struct(structure) => {
                let sum = self.entries(structure.entries.iter().map(|entry| &entry.expr));
                (sum.saturating_add(NEW_STRUCTURE), Value::of(Kind::Unknown))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn entries<'e>(&mut self, entries: impl Iterator<Item = &'e EntryExpr>) -> u64 {
        let mut sum = 0_u64;
        for entry in entries {
            let cost = match entry {
                EntryExpr::StructField(field) => self.expression(&field.value.expr).0,
                EntryExpr::MapEntry(entry) => {
                    let key = self.expression(&entry.key.expr).0;
                    key.saturating_add(self.expression(&entry.value.expr).0)
                }
            };
            sum = sum.saturating_add(cost);
        }
        sum
    }

    fn variable(&self, name: &str) -> Value<'a> {
        let known = self.variables.iter().rev().find(|(known, _)| known == name);
        match (known, name) {
            (Some((_, value)), _) => value.clone(),
            (None, "self" | "oldSelf") => Value::of(Kind::At(self.node)),
            (None, _) => Value::of(Kind::Unknown),
        }
    }

    fn select(&mut self, select: &SelectExpr) -> Found<'a> {
        let (cost, operand) = self.expression(&select.operand.expr);
        if select.test {
            return (cost, Value::of(Kind::Plain));
        }
        let value = match &operand.kind {
            Kind::At(node) if super::is_structure(node) => {
                let named = |(name, _): &(&String, &Node)| {
                    crate::typed::escape(name).is_some_and(|name| name == select.field)
                };
                match (
                    node.properties.iter().find(|field| named(field)),
                    select.field.as_str(),
                ) {
                    (Some((_, field)), _) => Value::of(Kind::At(field)),
                    // What every object has: its name is a text that nothing bounds.
                    (None, "apiVersion" | "kind" | "name" | "generateName") => {
                        Value::sized(Kind::Text, Size::up_to(super::REQUEST - 2))
                    }
                    (None, _) => Value::of(Kind::Unknown),
                }
            }
            Kind::At(_) | Kind::Map(_) => {
                // The size of one value of a map is not known by its key.
                let item = operand.item();
                match item.is_text() || item.is_list() {
                    true => Value::sized(item.kind, Size::UNKNOWN),
                    false => item,
                }
            }
            _ => Value::of(Kind::Unknown),
        };
        let counted = u64::from(operand.has_fields());
        (cost.saturating_add(counted), value)
    }

    fn comprehension(&mut self, of: &ComprehensionExpr) -> Found<'a> {
        let (range_cost, range) = self.expression(&of.iter_range.expr);
        let (init_cost, init) = self.expression(&of.accu_init.expr);
        let depth = self.variables.len();
        self.variables.push((of.accu_var.clone(), init.clone()));
        match &of.iter_var2 {
            None => self.variables.push((of.iter_var.clone(), range.iterated())),
            Some(second) => {
                let key = Value::sized(Kind::Plain, Size::fixed(1));
                self.variables.push((of.iter_var.clone(), key));
                self.variables.push((second.clone(), range.item()));
            }
        }
        let (loop_cost, _) = self.expression(&of.loop_cond.expr);
        let (step_cost, step) = self.expression(&of.loop_step.expr);
        self.variables.truncate(depth + 1);
        let (result_cost, _) = self.expression(&of.result.expr);
        self.variables.truncate(depth);
        let repeated = loop_cost
            .saturating_add(step_cost)
            .saturating_mul(range.size().max);
        let sum = [range_cost, init_cost, repeated, result_cost]
            .into_iter()
            .fold(0, u64::saturating_add);
        let value = match &of.accu_init.expr {
            Expr::List(_) | Expr::Map(_) => Value {
                kind: step.kind,
                size: Some(range.size()),
                element: step.element,
            },
            _ => init,
        };
        (sum, value)
    }

    fn call(&mut self, call: &CallExpr) -> Found<'a> {
        let mut of = |expression: &IdedExpr| self.expression(&expression.expr);
        let arguments: Vec<Found<'a>> = call.args.iter().map(&mut of).collect();
        let target = call.target.as_deref().map(&mut of);
        let (costs, values): (Vec<u64>, Vec<Value<'a>>) = arguments.into_iter().unzip();
        let all = costs.iter().fold(0, |sum: u64, cost| sum.saturating_add(*cost));
        match (call.func_name.as_str(), costs.as_slice(), values.as_slice()) {
            ("_&&_" | "_||_", _, _) => (all, Value::of(Kind::Plain)),
            ("_?_:_", [condition, yes, no], [_, first, second]) => {
                let value = Value {
                    kind: first.kind.clone(),
                    size: Some(first.size().union(second.size())),
                    element: first.element.zip(second.element).map(|(a, b)| a.union(b)),
                };
                (condition.saturating_add(*yes.max(no)), value)
            }
            (name, _, values) => {
                let (own, value) = function(name, target.as_ref().map(|(_, value)| value), values);
                let before = target.as_ref().map_or(0, |(cost, _)| *cost);
                (all.saturating_add(before).saturating_add(own), value)
            }
        }
    }
}

fn of_literal<'a>(literal: &LiteralValue) -> Value<'a> {
    match literal {
        LiteralValue::String(text) => {
            let length = text.inner().chars().count() as u64;
            Value::sized(Kind::Text, Size::fixed(length))
        }
        LiteralValue::Bytes(bytes) => Value::sized(Kind::Text, Size::fixed(bytes.inner().len() as u64)),
        _ => Value::sized(Kind::Plain, Size::fixed(1)),
    }
}

/// What a call costs besides its arguments, and what it gives.
fn function<'a>(name: &str, target: Option<&Value<'a>>, args: &[Value<'a>]) -> Found<'a> {
    let plain = || Value::of(Kind::Plain);
    let text = |size: Size| Value::sized(Kind::Text, size);
    let through = |size: Size, factor: f64| part(size.max, factor);
    // Matching costs the text times the pattern.
    let matching = |subject: Size, pattern: Size| {
        let subject = through(subject.add(Size::fixed(1)), TEXT);
        subject.saturating_mul(through(pattern, PATTERN))
    };
    match (name, target, args) {
        ("_+_", None, [left, right]) if left.is_text() || right.is_text() => {
            let size = left.size().add(right.size());
            (through(size, TEXT), text(size))
        }
        ("_+_", None, [left, right]) if left.is_list() || right.is_list() => {
            let known = match &left.kind {
                Kind::List(item) if matches!(**item, Kind::Unknown) => right,
                _ => left,
            };
            let value = Value {
                kind: known.kind.clone(),
                size: Some(left.size().add(right.size())),
                element: left.element.zip(right.element).map(|(a, b)| a.union(b)),
            };
            (1, value)
        }
        ("_==_" | "_!=_", None, [left, right]) => {
            (part(left.size().max.min(right.size().max), TEXT), plain())
        }
        ("_<_" | "_<=_" | "_>_" | "_>=_", None, [left, right]) if left.is_text() || right.is_text() => {
            (part(left.size().max.min(right.size().max), TEXT), plain())
        }
        ("@in", None, [_, list]) if list.is_list() => (list.size().max, plain()),
        ("_[_]", None, [list, _]) => (1, list.item()),
        ("dyn", None, [value]) => (1, value.clone()),
        ("matches", Some(subject), [pattern]) | ("matches", None, [subject, pattern]) => {
            (matching(subject.size(), pattern.size()), plain())
        }
        ("find", Some(subject), [pattern, ..]) => (
            matching(subject.size(), pattern.size()),
            text(Size::up_to(subject.size().max)),
        ),
        ("findAll", Some(subject), [pattern, ..]) => (
            matching(subject.size(), pattern.size()),
            Value::sized(Kind::List(Box::new(Kind::Text)), Size::up_to(subject.size().max)),
        ),
        ("startsWith" | "endsWith", Some(_), [part]) => (through(part.size(), TEXT), plain()),
        ("contains", Some(subject), [part]) => {
            let subject = through(subject.size(), TEXT);
            (subject.saturating_mul(through(part.size(), TEXT)), plain())
        }
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes", Some(list), _) => {
            if !list.is_list() {
                return (through(list.size(), TEXT), plain());
            }
            let item = list.item();
            let each = if item.is_text() {
                through(item.size(), TEXT).saturating_add(1)
            } else {
                1
            };
            (list.size().max.saturating_mul(each), item)
        }
        ("lowerAscii" | "upperAscii" | "substring" | "trim", Some(subject), _) => {
            (through(subject.size(), TEXT), text(subject.size()))
        }
        ("url", None, [given]) => (
            through(given.size(), TEXT),
            Value::sized(Kind::Unknown, given.size()),
        ),
        ("replace", Some(subject), [from, to, ..]) => {
            let (size, from, to) = (subject.size(), from.size(), to.size());
            let max = if from.min == 0 {
                let count = size.max.saturating_add(1);
                count.saturating_mul(to.max).saturating_add(size.max)
            } else if to.max <= from.min {
                size.max
            } else {
                size.max.div_ceil(from.min).saturating_mul(to.max)
            };
            (through(size, 2.0 * TEXT), text(Size::up_to(max)))
        }
        ("split", Some(subject), _) => (
            through(subject.size(), 2.0 * TEXT),
            Value::sized(Kind::List(Box::new(Kind::Text)), Size::up_to(subject.size().max)),
        ),
        ("join", Some(list), separators) => {
            let count = list.size();
            let mut size = count.times(list.item().size());
            if let Some(separator) = separators.first() {
                let between = Size {
                    min: count.min.saturating_sub(1),
                    max: count.max.saturating_sub(1),
                };
                size = size.add(between.times(separator.size()));
            }
            (through(size, TEXT), text(size))
        }
        (
            "cidr" | "ip" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver",
            None,
            [given, ..],
        ) => (through(given.size(), TEXT), plain()),
        ("string" | "format" | "charAt" | "getHost" | "getScheme" | "getHostname", _, _) => {
            (1, Value::sized(Kind::Unknown, Size::fixed(0)))
        }
        _ => (1, plain()),
    }
}
