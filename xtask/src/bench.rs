//! Benchmarks: commands that print ours beside a goal or a peer. Never part of the tests; machines are noisy.

mod fleet;
mod process;
mod scenes;

use crate::command::{Error, run};

type Bench = fn() -> Result<(), Error>;

const ALL: [(&str, Bench); 2] = [("up", scenes::up), ("kustomization", scenes::kustomization)];

/// Runs the benchmark of this name.
pub fn run_named(name: &str) -> Result<(), Error> {
    let Some((_, bench)) = ALL.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        return Err(Error::Usage(format!(
            "no benchmark {name:?}; there are {}",
            names.join(", ")
        )));
    };
    run(
        "cargo",
        &[
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--package",
            "flux-cli",
        ],
        &[],
    )?;
    bench()
}
