//! Expressions that share variables, as those of an admission policy do.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::Value;
use cel::objects::{Key, Map};
use serde_json::Value as Json;

use crate::program::untyped;
use crate::{CompileError, EvalError, Program};

/// What an expression gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluated {
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
    /// Null.
    Null,
    /// Anything else.
    Other,
}

/// The variables of expressions: JSON values by name, and further expressions below the name `variables`.
#[derive(Debug, Default)]
pub struct Scope {
    values: Vec<(String, Value)>,
    composed: HashMap<Key, Value>,
    /// Why composed variables have no value.
    failed: BTreeMap<String, String>,
}

impl Scope {
    /// Set a variable.
    pub fn set(&mut self, name: &str, value: &Json) {
        self.values.push((name.to_owned(), untyped(value)));
    }

    /// Set `variables.NAME` to what an expression gives with the variables that are set so far. That it gives nothing is
    /// an error of those who use it.
    pub fn compose(&mut self, name: &str, program: &Result<Program, CompileError>) {
        let failed = match program {
            Ok(program) => match self.run(program) {
                Ok(value) => {
                    self.composed
                        .insert(Key::String(Arc::new(name.to_owned())), value);
                    return;
                }
                Err(error) => format!("composited variable \"{name}\" fails to evaluate: {error}"),
            },
            Err(error) => format!("composited variable \"{name}\" fails to compile: {error}"),
        };
        self.failed.insert(name.to_owned(), failed);
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// There is none.
    pub fn eval(&self, program: &Program) -> Result<Evaluated, EvalError> {
        Ok(match self.run(program)? {
            Value::Bool(value) => Evaluated::Bool(value),
            Value::String(text) => Evaluated::Text(text.as_ref().clone()),
            Value::Null => Evaluated::Null,
            _ => Evaluated::Other,
        })
    }

    fn run(&self, program: &Program) -> Result<Value, EvalError> {
        let mut values: Vec<(&str, Value)> = self
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let map = Arc::new(self.composed.clone());
        values.push(("variables", Value::Map(Map { map })));
        program.run(values).map_err(|error| {
            let failed = error
                .message
                .strip_prefix("no such key: ")
                .and_then(|name| self.failed.get(name));
            failed.map_or(error.clone(), |message| EvalError {
                message: message.clone(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(variables: &[(&str, &str)], expression: &str, expect: Result<Evaluated, &str>) {
        let mut scope = Scope::default();
        scope.set("object", &json!({"spec": {"replicas": 3, "name": "a"}}));
        scope.set("oldObject", &Json::Null);
        for (name, text) in variables {
            scope.compose(name, &Program::compile(text));
        }
        let found = scope.eval(&Program::compile(expression).unwrap());
        assert_eq!(
            found.map_err(|error| error.message),
            expect.map_err(str::to_owned),
            "{expression}"
        );
    }

    #[test]
    fn composed() {
        use Evaluated::{Bool, Null, Other, Text};
        let half = ("half", "object.spec.replicas / 2");
        check(&[half], "variables.half == 1", Ok(Bool(true)));
        check(
            &[half, ("more", "variables.half + 1")],
            "variables.more > 2",
            Ok(Bool(false)),
        );
        check(
            &[("at", "timestamp('2020-01-01T00:00:00Z')")],
            "variables.at < timestamp('2021-01-01T00:00:00Z')",
            Ok(Bool(true)),
        );
        check(&[], "'x' + object.spec.name", Ok(Text("xa".into())));
        check(&[], "oldObject", Ok(Null));
        check(&[], "oldObject == null", Ok(Bool(true)));
        check(&[], "object", Ok(Other));
        check(&[("bad", "object.spec.none")], "true", Ok(Bool(true)));
        check(
            &[("bad", "object.spec.none")],
            "variables.bad == 1",
            Err("composited variable \"bad\" fails to evaluate: no such key: none"),
        );
        check(&[], "object.spec.none == 1", Err("no such key: none"));
    }
}
