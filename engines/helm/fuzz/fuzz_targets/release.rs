//! Any text is a release or an error; a release is the same after it was written and read.

#![no_main]

use flux_helm::release::{decode_release, encode_release};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(release) = decode_release(text) {
        let again = encode_release(&release).expect("what was read can be written");
        assert_eq!(decode_release(&again).expect("what was written can be read"), release);
    }
});
