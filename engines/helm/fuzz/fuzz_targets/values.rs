//! Any values join with any defaults, or are an error.

#![no_main]

use flux_helm::chart::{ChartLimits, File, load_files};
use flux_helm::values::{coalesce_values, load_values};
use flux_helm::{Log, process_dependencies};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&[u8], Vec<u8>, Vec<u8>)| {
    let (values, defaults, inner) = data;
    let files = vec![
        File::new("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: b, condition: b.on, import-values: [x]}]\n"),
        File::new("values.yaml", defaults),
        File::new("charts/b/Chart.yaml", "apiVersion: v2\nname: b\nversion: 1.0.0\n"),
        File::new("charts/b/values.yaml", inner),
    ];
    let log = &mut Log::new();
    let (Ok(values), Ok(mut chart)) = (load_values(values), load_files(files, &ChartLimits::default(), log)) else {
        return;
    };
    let _ = process_dependencies(&mut chart, &values, log);
    let _ = coalesce_values(&chart, &values, log);
});
