//! Embeds the example fleet, so that `flux up` works without a checkout, and says how the binary is linked.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    link_at_a_fixed_address();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/fleet");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&root).expect("it was found below the root");
        writeln!(
            code,
            "    ({:?}, include_bytes!({:?})),",
            name.display().to_string(),
            file.display().to_string()
        )
        .expect("writing to a string cannot fail");
    }
    code.push(']');
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    std::fs::write(Path::new(&out).join("fleet.rs"), code).expect("the build directory can be written");
}

/// A binary that may be loaded anywhere holds 110,000 pointers that the loader has to correct before anything runs: a third of the
/// time in which a small build is done, and two megabytes of memory of each process. Upstream's binaries are at a fixed address too.
fn link_at_a_fixed_address() {
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder).expect("the example fleet is part of the checkout") {
        let path = entry.expect("the example fleet can be listed").path();
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push(path)
        }
    }
}
