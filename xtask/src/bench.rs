//! Benchmarks: commands that print ours beside a goal or a peer. Never part of the tests; machines are noisy.

mod cluster;
mod fleet;
mod helm;
mod kustomize;
mod process;
mod scenes;

use crate::command::{Error, run};

type Bench = fn() -> Result<(), Error>;

const ALL: [(&str, Bench); 5] = [
    ("up", scenes::up),
    ("kustomization", scenes::kustomization),
    ("cluster", cluster::cluster),
    ("kustomize", kustomize::run_all),
    ("helm", helm::helm),
];

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

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
