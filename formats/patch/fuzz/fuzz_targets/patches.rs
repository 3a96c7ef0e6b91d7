//! Any JSON can be patched with any JSON, or the patch is refused. Input: object, newline, patch.
#![no_main]

use flux_patch::{create_merge_patch, json_patch, merge_patch, strategic_merge, three_way_merge_patch};
use flux_schema::{Facts, TypeRef};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((object, patch)) = text.split_once('\n') else {
        return;
    };
    let (Ok(object), Ok(patch)) = (
        serde_json::from_str::<Value>(object),
        serde_json::from_str::<Value>(patch),
    ) else {
        return;
    };
    let _ = json_patch(&mut object.clone(), &patch);
    merge_patch(&mut object.clone(), &patch);
    let _ = create_merge_patch(&object, &patch);
    let _ = three_way_merge_patch(&object, &patch, &object);
    let pod = Facts::builtin()
        .type_of("", "v1", "Pod")
        .unwrap_or(TypeRef::Deduced);
    let _ = strategic_merge(&object, &patch, pod);
});
