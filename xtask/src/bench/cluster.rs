//! The embedded cluster: applies, lists, watches, starts and memory.

use std::process::Command;

use super::fleet::Scratch;
use super::median;
use crate::checkout::target;
use crate::command::{Error, run};

const RUNS: usize = 3;

/// Name of the figure, what it is called, its unit and its goal.
const FIGURES: [(&str, &str, &str, &str); 7] = [
    ("applies", "applies in process", "/s", "goal 10000 /s"),
    ("applies-durable", "applies in process, durable", "/s", ""),
    ("applies-tls", "applies over TLS", "/s", ""),
    ("list", "list of 10,000 objects in process", "ms", ""),
    ("list-tls", "list of 10,000 objects over TLS", "ms", ""),
    ("watchers", "100 changes to 1,000 watchers", "ms", ""),
    ("memory", "process with 10,000 objects", "MiB", "goal 150 MiB"),
];

pub(super) fn cluster() -> Result<(), Error> {
    let arguments = [
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "flux-cluster",
        "--example",
        "bench",
    ];
    run("cargo", &arguments, &[])?;
    let scratch = Scratch::new()?;
    for (name, title, unit, goal) in FIGURES {
        let mut figures = Vec::new();
        for _ in 0..RUNS {
            let directory = scratch.path("data")?.to_string_lossy().into_owned();
            figures.push(figure(&[name, &directory])?);
        }
        show(title, unit, goal, &mut figures);
    }
    let mut empty = Vec::new();
    for _ in 0..RUNS {
        empty.push(figure(&["start", &scratch.path("data")?.to_string_lossy()])?);
    }
    show("start, empty directory", "ms", "goal 50 ms", &mut empty);
    let full = scratch.path("full")?.to_string_lossy().into_owned();
    figure(&["start", &full, "fill"])?;
    let mut starts = Vec::new();
    for _ in 0..RUNS {
        starts.push(figure(&["start", &full])?);
    }
    show("start, 10,000 objects", "ms", "", &mut starts);
    Ok(())
}

fn show(title: &str, unit: &str, goal: &str, figures: &mut [f64]) {
    println!("{title:<36} {:>10.1} {unit:<4} {goal}", median(figures));
}

/// One figure from one process: the first line that it prints.
fn figure(arguments: &[&str]) -> Result<f64, Error> {
    let program = target().join("release/examples/bench");
    let output = Command::new(&program)
        .args(arguments)
        .output()
        .map_err(|source| Error::Start {
            program: program.display().to_string(),
            source,
        })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default();
    first.parse().map_err(|_| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        Error::Usage(format!(
            "bench {} printed no figure: {text}{error}",
            arguments.join(" ")
        ))
    })
}
