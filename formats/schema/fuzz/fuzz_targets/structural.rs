//! Any JSON is a schema or is refused; any object can be pruned, defaulted and validated. Input: schema, newline, object.
#![no_main]

use flux_schema::Structural;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((schema, object)) = text.split_once('\n') else {
        return;
    };
    let (Ok(schema), Ok(mut object)) = (
        serde_json::from_str::<Value>(schema),
        serde_json::from_str::<Value>(object),
    ) else {
        return;
    };
    let Ok(schema) = Structural::from_openapi_v3(&schema) else {
        return;
    };
    schema.prune(&mut object);
    assert!(schema.prune(&mut object).is_empty());
    schema.default(&mut object);
    let _ = schema.validate(&object, None);
    assert!(schema.validate(&object, Some(&object)).is_empty());
});
