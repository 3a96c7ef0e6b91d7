//! Any text is an index or an error.

#![no_main]

use flux_helm::Log;
use flux_helm::repo::Index;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Index::read(data, &mut Log::new());
});
