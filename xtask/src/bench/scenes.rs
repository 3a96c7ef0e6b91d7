//! What is measured.

use std::time::{Duration, Instant};

use super::UPSTREAM;
use super::fleet::{First, Repository, Scratch};
use super::median;
use super::process::Up;
use crate::command::Error;

/// How often each figure is taken; the median is printed.
const RUNS: usize = 5;

/// The example fleet: start to ready, commit to applied, memory and processor at rest.
pub(super) fn up() -> Result<(), Error> {
    let scratch = Scratch::new()?;
    let (mut starts, mut commits, mut memory, mut idle) = (Vec::new(), Vec::new(), f64::NAN, f64::NAN);
    for run in 0..RUNS {
        let repository = Repository::example(scratch.path("repository")?)?;
        let folder = repository.0.to_string_lossy().into_owned();
        let mut up = Up::start(
            &scratch.path("data")?,
            &["--repo", &folder, "--path", "./clusters/dev"],
        )?;
        let (ready, _) = up.ready_at("")?;
        starts.push((ready - up.started).as_secs_f64());
        repository.write("apps/base/web/theme.json", &format!("{{\"color\": \"{run}\"}}\n"))?;
        let committed = Instant::now();
        let revision = repository.commit()?;
        let (applied, _) = up.ready_at(&revision)?;
        commits.push((applied - committed).as_secs_f64());
        if run + 1 == RUNS {
            std::thread::sleep(Duration::from_secs(5));
            memory = up.memory("VmRSS")?;
            idle = up.idle(Duration::from_secs(20))?;
        }
    }
    println!("start to all ready    {:>8.2} s    goal 3 s", median(&mut starts));
    println!(
        "commit to applied     {:>8.2} s    goal 1 s",
        median(&mut commits)
    );
    println!("memory at rest        {memory:>8.1} MiB  goal 60 MiB");
    println!("processor at rest     {idle:>8.2} %    goal 1 %");
    Ok(())
}

/// Many Kustomizations of one repository: first install, then a commit that changes all of them.
pub(super) fn kustomization() -> Result<(), Error> {
    let scratch = Scratch::new()?;
    println!("    N    install     goal   upstream     change   upstream   peak memory (goal 80 MiB)");
    for (count, install_there, change_there) in UPSTREAM {
        let goal = count as f64 * 0.03;
        let repository =
            Repository::of_kustomizations(scratch.path("repository")?, count, First::Deployment)?;
        let folder = repository.0.to_string_lossy().into_owned();
        let mut up = Up::start(&scratch.path("data")?, &["--repo", &folder, "--path", "./root"])?;
        let (ready, _) = up.ready_at("")?;
        let install = (ready - up.started).as_secs_f64();
        let committed = Instant::now();
        let revision = repository.change_all(count, First::Deployment)?;
        let (applied, _) = up.ready_at(&revision)?;
        let change = (applied - committed).as_secs_f64();
        let peak = up.memory("VmHWM")?;
        println!(
            "{count:>5} {install:>8.2} s {goal:>6.0} s {install_there:>8.1} s {change:>8.2} s {change_there:>8.1} s   {peak:>6.1} MiB"
        );
    }
    println!(
        "upstream: its source- and kustomize-controller with 20 workers on a real kube-apiserver, measured elsewhere"
    );
    Ok(())
}
