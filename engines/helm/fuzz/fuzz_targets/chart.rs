//! Any archive is a chart or an error.

#![no_main]

use flux_helm::Log;
use flux_helm::chart::{ChartLimits, load_archive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = load_archive(data, &ChartLimits::default(), &mut Log::new());
});
