//! A text of many files, each after a line `//- PATH`, is built. The files of `tests/cases` are a good corpus.
#![no_main]

use flux_kustomize::{MemFiles, NoRemote, Options, build};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut files = MemFiles::new();
    for part in text.split("//- ").skip(1) {
        let (path, contents) = part.split_once('\n').unwrap_or((part, ""));
        files.insert(path, contents);
    }
    if let Ok(built) = build(&files, ".", &Options::flux(), &NoRemote) {
        // Only numbers without a JSON form may fail here.
        let _ = built.to_yaml();
    }
});
