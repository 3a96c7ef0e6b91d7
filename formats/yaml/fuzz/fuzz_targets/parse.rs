//! Any text is parsed or refused; what was parsed can be printed, expanded and converted.
#![no_main]

use flux_yaml::json::{Dialect, Duplicates, json_to_yaml, to_json};
use flux_yaml::{Emit, Limits, emit, expand_aliases, parse_all};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(documents) = parse_all(text, &Limits::default()) else { return };
    emit(&documents, Emit::default());
    for mut document in documents {
        for dialect in [Dialect::V2, Dialect::V3] {
            if let Ok(json) = to_json(&document.root, dialect, Duplicates::LastWins) {
                json_to_yaml(&json);
            }
        }
        let _ = expand_aliases(&mut document.root);
    }
});
