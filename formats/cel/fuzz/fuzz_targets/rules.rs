//! Any text is an expression or is refused; an expression gives a value or an error, twice the same. Input: expression, newline, object.
#![no_main]

use flux_cel::Program;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((expression, object)) = text.split_once('\n') else {
        return;
    };
    let Ok(object) = serde_json::from_str::<Value>(object) else {
        return;
    };
    let Ok(program) = Program::compile(expression) else {
        return;
    };
    let first = program.eval(&[("self", &object)]).ok();
    assert_eq!(first, program.eval(&[("self", &object)]).ok());
});
