//! Any text is an assignment or an error.

#![no_main]

use flux_helm::Table;
use flux_helm::values::{Kind, set_values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for kind in [Kind::Typed, Kind::Text, Kind::Json, Kind::Literal] {
        let _ = set_values(text, &mut Table::new(), &kind);
    }
});
