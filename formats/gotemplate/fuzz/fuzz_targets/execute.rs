//! Whatever compiles is executed to its end, in bounded time, memory and stack.
#![no_main]

use std::sync::Arc;

use flux_gotemplate::{Functions, Limits, NoHost, Options, Scope, TemplateSet, Value};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let mut set = TemplateSet::new("gotpl", Functions::helm());
    if set.parse("t", text).is_err() {
        return;
    }
    let limits = Limits { output: 1 << 20, produced: 8 << 20, steps: 100_000, ..Limits::default() };
    let mut scope = Scope::new(Arc::new(set), &NoHost, Options { limits, ..Options::default() });
    let data = Value::map([
        ("a", Value::from("text")),
        ("b", Value::list(vec![Value::int(1), Value::float(2.5), Value::Nil])),
        ("c", Value::map([("d", Value::Bool(true))])),
    ]);
    if let Err(error) = scope.execute("t", data) {
        let _ = error.to_string();
    }
});
