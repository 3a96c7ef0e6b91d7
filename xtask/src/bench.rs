//! Benchmarks: commands that print ours beside a goal or a peer. Never part of the tests; machines are noisy.

mod cluster;
mod fleet;
mod git_server;
mod helm;
mod kustomize;
mod process;
mod real;
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

/// Kustomizations, and the seconds that upstream's source- and kustomize-controller with 20 workers took to install and to change
/// them on a real kube-apiserver on two cores, measured elsewhere.
const UPSTREAM: [(usize, f64, f64); 2] = [(100, 20.6, 30.1), (500, 291.0, 300.0)];

/// Measures the controllers on the cluster of a kubeconfig.
pub fn run_on(kubeconfig: &str) -> Result<(), Error> {
    build()?;
    real::kustomization(std::path::Path::new(kubeconfig))
}

/// Runs the benchmark of this name.
pub fn run_named(name: &str) -> Result<(), Error> {
    let Some((_, bench)) = ALL.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        return Err(Error::Usage(format!(
            "no benchmark {name:?}; there are {}",
            names.join(", ")
        )));
    };
    build()?;
    bench()
}

/// All crates at once, as everywhere: building one alone would build what it stands on with other features.
fn build() -> Result<(), Error> {
    let words = ["build", "--release", "--locked", "--quiet", "--workspace"];
    run("cargo", &words, &[])
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
