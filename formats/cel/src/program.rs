//! Expressions: compiled once, evaluated often.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use cel::objects::{Key, Map};
use cel::{Context, Env, Value};
use serde_json::Value as Json;

use crate::functions;

/// Longer expressions are refused, as the API server's limits on rules and budgets amount to.
const LONGEST: usize = 64 << 10;

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What is wrong and where, in cel-go's form: `ERROR: <input>:1:5: …` with the line and a mark below it.
    pub message: String,
}

/// An expression that has no value for these variables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// Why, in cel-go's words where they are known.
    pub message: String,
}

/// A compiled expression.
pub struct Program {
    inner: cel::Program,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

fn environment() -> &'static Arc<Env> {
    static ENV: OnceLock<Arc<Env>> = OnceLock::new();
    ENV.get_or_init(|| {
        let mut env = Env::stdlib();
        for extension in [
            cel::extensions::strings,
            cel::extensions::lists,
            cel::extensions::math,
        ] {
            // Declared once each, so they cannot collide.
            let _ = env.add_extension(extension);
        }
        functions::register(&mut env);
        Arc::new(env)
    })
}

impl Program {
    /// Read an expression.
    ///
    /// # Errors
    /// It is not CEL, or too long.
    pub fn compile(text: &str) -> Result<Self, CompileError> {
        if text.len() > LONGEST {
            let message = format!(
                "the expression has {} bytes; at most {LONGEST} are read",
                text.len()
            );
            return Err(CompileError { message });
        }
        match environment().compile(text) {
            Ok(inner) => Ok(Self { inner }),
            Err(errors) => {
                let texts: Vec<String> = errors.errors.iter().map(|error| shown(text, error)).collect();
                Err(CompileError {
                    message: texts.join("\n"),
                })
            }
        }
    }

    /// Whether a variable occurs.
    pub fn uses(&self, variable: &str) -> bool {
        self.inner.references().has_variable(variable)
    }

    /// The value for these variables, as JSON.
    ///
    /// # Errors
    /// There is none: a key is missing, types do not fit, a division by zero.
    pub fn eval(&self, variables: &[(&str, &Json)]) -> Result<Json, EvalError> {
        let variables: Vec<(&str, Value)> = variables
            .iter()
            .map(|(name, value)| (*name, untyped(value)))
            .collect();
        let value = self.run(variables)?;
        value.json().map_err(|error| EvalError {
            message: error.to_string(),
        })
    }

    pub(crate) fn run(&self, variables: Vec<(&str, Value)>) -> Result<Value, EvalError> {
        let mut context = Context::with_env(environment().clone());
        for (name, value) in variables {
            context.add_variable_from_value(name, value);
        }
        self.inner.execute(&context).map_err(|error| EvalError {
            message: go_words(&error),
        })
    }

    pub(crate) fn expression(&self) -> &cel::common::ast::Expr {
        &self.inner.expression().expr
    }
}

/// A parse error with the place below the line, as cel-go prints it.
fn shown(text: &str, error: &cel::ParseError) -> String {
    let (line, column) = error.pos;
    let source = usize::try_from(line)
        .ok()
        .and_then(|line| text.lines().nth(line.saturating_sub(1)));
    let mut out = format!("ERROR: <input>:{line}:{column}: {}", error.msg);
    if let Some(source) = source {
        let dots = ".".repeat(usize::try_from(column).unwrap_or(1).saturating_sub(1));
        out.push_str(&format!("\n | {source}\n | {dots}^"));
    }
    out
}

fn go_words(error: &cel::ExecutionError) -> String {
    use cel::ExecutionError as Error;
    match error {
        Error::NoSuchKey(key) => format!("no such key: {key}"),
        Error::NoSuchOverload(_) | Error::UnexpectedType { .. } => "no such overload".into(),
        Error::DivisionByZero(_) => "division by zero".into(),
        Error::RemainderByZero(_) => "modulus by zero".into(),
        Error::Overflow(..) => "integer overflow".into(),
        Error::IndexOutOfBounds(index) => match index {
            Value::Int(index) => format!("index out of bounds: {index}"),
            _ => "index out of bounds".into(),
        },
        other => other.to_string(),
    }
}

/// JSON as CEL sees it where no schema says more: whole numbers are ints, others doubles.
pub(crate) fn untyped(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::UInt(uint),
            _ => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(untyped).collect())),
        Json::Object(map) => map_of(map.iter().map(|(key, value)| (key.clone(), untyped(value)))),
    }
}

pub(crate) fn map_of(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (Key::String(Arc::new(key)), value));
    Value::Map(Map {
        map: Arc::new(entries.collect::<HashMap<_, _>>()),
    })
}
