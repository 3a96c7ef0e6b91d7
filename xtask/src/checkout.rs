//! Where things are in this checkout.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the checkout")
}

/// Where builds and downloads go: `CARGO_TARGET_DIR`, or `target` in the checkout.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A folder of the conformance corpora: below `FLUX_CONFORMANCE`, or in `shared/conformance` beside the checkout.
/// Says on standard error that tests are skipped when it is not there.
pub fn conformance(corpus: &str) -> Option<PathBuf> {
    let beside = || root().parent().map(|parent| parent.join("shared/conformance"));
    let base = std::env::var_os("FLUX_CONFORMANCE")
        .map(PathBuf::from)
        .or_else(beside)?;
    let folder = base.join(corpus);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: no corpus at {}; set FLUX_CONFORMANCE to the folder of the corpora",
        folder.display()
    );
    None
}
