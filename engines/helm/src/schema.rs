//! `values.schema.json`: values held against the schemas of a chart and its subcharts.
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12 (the default). References within the schema are followed; files and addresses are
//! refused, `urn:` references allow everything, as in Helm.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::Write as _;
use std::rc::Rc;

use boon::{CompileError, Compiler, ErrorKind, InstanceToken, Schemas, UrlLoader, ValidationError};
use serde_json::{Number, Value as Json};

use crate::chart::Chart;
use crate::log::{Level, Log, quote};
use crate::value::{Table, Value};

/// Values that do not fit the schemas; in the words of Helm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

const LOCATION: &str = "file:///values.schema.json";

/// Holds values against the schema of a chart, and those of subcharts against theirs.
///
/// # Errors
/// All violations together, or schemas that cannot be read.
pub fn validate_values(chart: &Chart, values: &Table, log: &mut Log) -> Result<(), SchemaError> {
    let mut text = String::new();
    violations(chart, values, log, &mut text);
    if text.is_empty() {
        Ok(())
    } else {
        Err(SchemaError(text))
    }
}

fn violations(chart: &Chart, values: &Table, log: &mut Log, text: &mut String) {
    if let Some(schema) = &chart.schema
        && let Err(error) = validate_single(values, schema, log)
    {
        let _ = write!(text, "{}:\n{error}", chart.name());
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name()) {
            None | Some(Value::Null) => {}
            Some(Value::Table(values)) => violations(subchart, values, log, text),
            Some(other) => {
                let (name, found) = (subchart.name(), other.go_type());
                let _ = write!(
                    text,
                    "{name}:\ninvalid type for values: expected object (map), got {found}\n"
                );
            }
        }
    }
}

/// Holds values against one schema.
///
/// # Errors
/// All violations, or why the schema cannot be read.
pub fn validate_single(values: &Table, schema: &[u8], log: &mut Log) -> Result<(), SchemaError> {
    let fail = |text: String| Err(SchemaError(text));
    let schema: Json = match serde_json::from_slice(schema) {
        Ok(schema) => schema,
        Err(error) if error.is_eof() => return fail("unexpected EOF".to_owned()),
        Err(error) => return fail(error.to_string()),
    };
    let unresolved = Rc::new(RefCell::new(Vec::new()));
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(Local(unresolved.clone())));
    if let Err(error) = compiler.add_resource(LOCATION, schema) {
        return fail(compile_error(&error));
    }
    let mut schemas = Schemas::new();
    let compiled = compiler.compile(LOCATION, &mut schemas);
    for urn in unresolved.take() {
        let attributes = vec![("urn", urn)];
        log.add_with(
            Level::Warn,
            "unresolved URN reference ignored; using permissive schema",
            attributes,
        );
    }
    let index = match compiled {
        Ok(index) => index,
        Err(error) => return fail(compile_error(&error)),
    };
    match schemas.validate(&values.to_json(), index) {
        Ok(()) => Ok(()),
        Err(error) => {
            let mut text = String::new();
            for cause in &error.causes {
                show(cause, 0, &mut text);
            }
            // The first line break stands before the first violation.
            fail(format!("{}\n", text.trim_start_matches('\n')))
        }
    }
}

/// Loads nothing from outside.
struct Local(Rc<RefCell<Vec<String>>>);

impl UrlLoader for Local {
    fn load(&self, url: &str) -> Result<Json, Box<dyn Error>> {
        if url.starts_with("urn:") {
            self.0.borrow_mut().push(url.to_owned());
            return Ok(Json::Bool(true));
        }
        Err("schemas outside of the chart are not loaded".into())
    }
}

fn compile_error(error: &CompileError) -> String {
    match error {
        CompileError::LoadUrlError { url, src } => format!("failing loading {}: {src}", quote(url)),
        CompileError::JsonPointerNotFound(url) => format!("json-pointer in {} not found", quote(url)),
        CompileError::AnchorNotFound { url, reference } => {
            format!(
                "anchor in {} not found in schema {}",
                quote(reference),
                quote(url)
            )
        }
        CompileError::ValidationError { url, src } => {
            let mut text = format!("{} is not valid against metaschema: ", quote(&format!("{url}#")));
            text.push_str(&describe(&src.kind));
            src.causes.iter().for_each(|cause| show(cause, 0, &mut text));
            text
        }
        other => format!("{other:#}"),
    }
}

/// A violation and its causes, a line each.
fn show(error: &ValidationError<'_, '_>, indent: usize, text: &mut String) {
    // A reference says nothing by itself.
    let skip = error.causes.len() == 1 && matches!(error.kind, ErrorKind::Reference { .. });
    if !skip {
        text.push('\n');
        text.push_str(&"  ".repeat(indent));
        let _ = write!(
            text,
            "- at {}: {}",
            quoted(&pointer(error)),
            describe(&error.kind)
        );
    }
    for cause in &error.causes {
        show(cause, if skip { indent } else { indent + 1 }, text);
    }
}

fn pointer(error: &ValidationError<'_, '_>) -> String {
    let mut pointer = String::new();
    for token in &error.instance_location.tokens {
        pointer.push('/');
        match token {
            InstanceToken::Prop(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
            InstanceToken::Item(index) => {
                let _ = write!(pointer, "{index}");
            }
        }
    }
    pointer
}

fn describe(kind: &ErrorKind<'_, '_>) -> String {
    let limit = |name: &str, got: &usize, want: &usize| {
        format!("{name}: got {}, want {}", grouped(*got), grouped(*want))
    };
    let bound = |name: &str, got: &Number, want: &Number| {
        format!("{name}: got {}, want {}", number(got), number(want))
    };
    match kind {
        ErrorKind::Group | ErrorKind::Reference { .. } => "validation failed".to_owned(),
        ErrorKind::Schema { url } => format!("jsonschema validation failed with {}", quoted(url)),
        ErrorKind::ContentSchema => "'contentSchema' failed".to_owned(),
        ErrorKind::PropertyName { prop } => format!("invalid propertyName {}", quoted(prop)),
        ErrorKind::RefCycle {
            url,
            kw_loc1,
            kw_loc2,
        } => {
            format!(
                "both {kw_loc1} and {kw_loc2} resolve to {} causing reference cycle",
                quote(url)
            )
        }
        ErrorKind::FalseSchema => "false schema".to_owned(),
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|kind| kind.to_string()).collect();
            format!("got {got}, want {}", want.join(" or "))
        }
        ErrorKind::Enum { want } => one_of(want),
        ErrorKind::Const { want } if is_primitive(want) => format!("value must be {}", display(want)),
        ErrorKind::Const { .. } => "'const' failed".to_owned(),
        ErrorKind::Format { got, want, err } => format!("{} is not valid {want}: {err}", display(got)),
        ErrorKind::MinProperties { got, want } => limit("minProperties", got, want),
        ErrorKind::MaxProperties { got, want } => limit("maxProperties", got, want),
        ErrorKind::AdditionalProperties { got } => {
            format!("additional properties {} not allowed", quoted_list(got))
        }
        ErrorKind::Required { want } => match &want[..] {
            [name] => format!("missing property {}", quoted(name)),
            names => format!("missing properties {}", quoted_list(names)),
        },
        ErrorKind::Dependency { prop, missing } | ErrorKind::DependentRequired { prop, missing } => {
            format!(
                "properties {} required, if {} exists",
                quoted_list(missing),
                quoted(prop)
            )
        }
        ErrorKind::MinItems { got, want } => limit("minItems", got, want),
        ErrorKind::MaxItems { got, want } => limit("maxItems", got, want),
        ErrorKind::Contains => "no items match contains schema".to_owned(),
        ErrorKind::MinContains { got, want } => matched("min", got, *want),
        ErrorKind::MaxContains { got, want } => matched("max", got, *want),
        ErrorKind::UniqueItems { got: [first, second] } => {
            format!("items at {} and {} are equal", grouped(*first), grouped(*second))
        }
        ErrorKind::AdditionalItems { got } => format!("last {} additionalItem(s) not allowed", grouped(*got)),
        ErrorKind::MinLength { got, want } => limit("minLength", got, want),
        ErrorKind::MaxLength { got, want } => limit("maxLength", got, want),
        ErrorKind::Pattern { got, want } => {
            format!("{} does not match pattern {}", quoted(got), quoted(want))
        }
        ErrorKind::ContentEncoding { want, err } => format!("value is not {} encoded: {err}", quoted(want)),
        ErrorKind::ContentMediaType { want, err, .. } => {
            format!("value if not of mediatype {}: {err}", quoted(want))
        }
        ErrorKind::Minimum { got, want } => bound("minimum", got, want),
        ErrorKind::Maximum { got, want } => bound("maximum", got, want),
        ErrorKind::ExclusiveMinimum { got, want } => bound("exclusiveMinimum", got, want),
        ErrorKind::ExclusiveMaximum { got, want } => bound("exclusiveMaximum", got, want),
        ErrorKind::MultipleOf { got, want } => bound("multipleOf", got, want),
        ErrorKind::Not => "'not' failed".to_owned(),
        ErrorKind::AllOf => "'allOf' failed".to_owned(),
        ErrorKind::AnyOf => "'anyOf' failed".to_owned(),
        ErrorKind::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
        ErrorKind::OneOf(Some((first, second))) => {
            format!(
                "'oneOf' failed, subschemas {}, {} matched",
                grouped(*first),
                grouped(*second)
            )
        }
    }
}

fn one_of(want: &[Json]) -> String {
    match want {
        want if !want.iter().all(is_primitive) => "'enum' failed".to_owned(),
        [only] => format!("value must be {}", display(only)),
        want => {
            let want: Vec<String> = want.iter().map(display).collect();
            format!("value must be one of {}", want.join(", "))
        }
    }
}

fn matched(side: &str, got: &[usize], want: usize) -> String {
    let want = grouped(want);
    if got.is_empty() {
        return format!("{side} {want} items required to match contains schema, but none matched");
    }
    let at: Vec<String> = got.iter().map(usize::to_string).collect();
    let (count, at) = (grouped(got.len()), at.join(" "));
    format!("{side} {want} items required to match contains schema, but matched {count} items at {at}")
}

fn is_primitive(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

/// A primitive value as Go's `%v` shows it.
fn display(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
        Json::Number(number) => number.to_string(),
        other => Value::from_json(other).to_string(),
    }
}

fn quoted(text: &str) -> String {
    let quoted = quote(text);
    let inner = &quoted[1..quoted.len() - 1];
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

fn quoted_list<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name.as_ref())).collect();
    names.join(", ")
}

/// A count as an English reader groups it.
fn grouped(number: usize) -> String {
    group(&number.to_string())
}

fn group(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number as `golang.org/x/text/message` prints it in English.
fn number(number: &Number) -> String {
    let value = number.as_f64().unwrap_or_default();
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) || value == 0.0 {
        let plain = value.to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let point = if fraction.is_empty() { "" } else { "." };
        return format!("{sign}{}{point}{fraction}", group(whole));
    }
    let minus = if power < 0 { "⁻" } else { "" };
    let power: String = format!("{:02}", power.abs())
        .chars()
        .filter_map(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10)? as usize))
        .collect();
    format!("{sign}{mantissa}×10{minus}{power}")
}
