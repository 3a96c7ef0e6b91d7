//! What the gate runs, in the order in which it finds things fastest.

use crate::command::{Error, run};

const DENIED: (&str, &str) = ("RUSTDOCFLAGS", "-D warnings");

/// Runs every check; stops at the first that fails.
pub fn run_all() -> Result<(), Error> {
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("lints", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    step("generated files", || {
        cargo(&["run", "--quiet", "--package", "xtask", "--", "gen", "--check"])
    })?;
    step("documentation", || {
        run(
            "cargo",
            &["doc", "--workspace", "--no-deps", "--locked", "--quiet"],
            &[DENIED],
        )
    })?;
    step("tests", || cargo(&["test", "--workspace", "--locked"]))
}

fn cargo(args: &[&str]) -> Result<(), Error> {
    run("cargo", args, &[])
}

fn step(name: &str, check: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    println!("== {name}");
    check()
}
