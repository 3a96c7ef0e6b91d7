//! Any bytes are compiled or refused.
#![no_main]

use flux_gotemplate::{Functions, TemplateSet};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let mut set = TemplateSet::new("gotpl", Functions::helm());
    let _ = set.parse("t", text);
});
