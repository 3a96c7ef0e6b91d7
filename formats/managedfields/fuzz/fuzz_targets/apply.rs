//! Any JSON can be applied over any JSON, or is refused; sets survive printing. Input: live object, newline, configuration.
#![no_main]

use flux_managedfields::{FieldSet, Request, apply, update};
use flux_schema::{Facts, TypeRef};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((live, config)) = text.split_once('\n') else {
        return;
    };
    let (Ok(live), Ok(config)) = (
        serde_json::from_str::<Value>(live),
        serde_json::from_str::<Value>(config),
    ) else {
        return;
    };
    if let Ok(set) = FieldSet::from_fields_v1(&config) {
        assert_eq!(FieldSet::from_fields_v1(&set.to_fields_v1()), Ok(set));
    }
    for ty in [
        TypeRef::Deduced,
        Facts::builtin()
            .type_of("", "v1", "Pod")
            .unwrap_or(TypeRef::Deduced),
    ] {
        let request = Request {
            ty,
            api_version: "v1",
            manager: "m",
            subresource: "",
            now: "t",
            reset: None,
        };
        let _ = apply(Some(&live), &config, &request, true);
        let _ = update(Some(&live), config.clone(), &request);
    }
});
