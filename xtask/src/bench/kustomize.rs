//! `cargo xtask bench kustomize`: builds that are slow with kubectl, both programs in turn in one run.

mod measure;
mod trees;

use std::path::Path;

use self::measure::{Measure, measure};
use crate::checkout::target;
use crate::command::{Error, run};
use crate::peers;

/// What our build of a scene should take, and how often each program runs.
struct Goal {
    milliseconds: f64,
    ours: usize,
    theirs: usize,
}

/// Runs all scenes.
pub(super) fn run_all() -> Result<(), Error> {
    let kubectl = peers::install()?.kubectl;
    let folder = target().join("bench-kustomize");
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let bench = Bench {
        folder: &folder,
        ours: &target().join("release/flux"),
        theirs: &kubectl,
    };
    println!("milliseconds: the best and the median of several runs, CPU in user mode, peak memory in MiB");
    bench.overlay()?;
    let goal = |milliseconds, ours, theirs| Goal {
        milliseconds,
        ours,
        theirs,
    };
    bench.scene("b) 3.5 MB of CRDs", trees::crds, &goal(60.0, 9, 3))?;
    bench.scene("c) 4,000 ConfigMaps", trees::config_maps, &goal(150.0, 9, 1))?;
    bench.scene("d) one Service", trees::service, &goal(5.0, 21, 5))?;
    println!("e) 64 builds in one process");
    run(
        "cargo",
        &[
            "run",
            "--release",
            "--locked",
            "--quiet",
            "--package",
            "flux-bases",
            "--example",
            "parallel",
        ],
        &[],
    )
}

struct Bench<'b> {
    folder: &'b Path,
    ours: &'b Path,
    theirs: &'b Path,
}

impl Bench<'_> {
    /// Both programs on one tree. Their outputs must be the same.
    fn pair(&self, tree: &Path, goal: &Goal) -> Result<(Measure, Measure), Error> {
        let directory = tree.to_string_lossy();
        let ours = measure(self.ours, &["kustomize", "build", &directory], goal.ours)?;
        let theirs = measure(self.theirs, &["kustomize", &directory], goal.theirs)?;
        if ours.digest != theirs.digest {
            return Err(Error::Usage(format!("the outputs differ for {directory}")));
        }
        Ok((ours, theirs))
    }

    fn scene(
        &self,
        name: &str,
        write: impl Fn(&Path) -> std::io::Result<()>,
        goal: &Goal,
    ) -> Result<Measure, Error> {
        let tree = self.folder.join("tree");
        if tree.exists() {
            std::fs::remove_dir_all(&tree).map_err(Error::file(&tree))?;
        }
        write(&tree).map_err(Error::file(&tree))?;
        let (ours, theirs) = self.pair(&tree.join("overlay"), goal)?;
        println!("{name}; goal {} ms", goal.milliseconds);
        println!("   ours    {ours}");
        println!("   kubectl {theirs}");
        println!(
            "   {:.0} times as fast, {:.2} of the memory",
            theirs.median / ours.median,
            ours.memory / theirs.memory
        );
        Ok(ours)
    }

    fn overlay(&self) -> Result<(), Error> {
        let mut before: Option<(usize, f64)> = None;
        for (apps, theirs) in [(50, 3), (250, 1), (500, 1), (1000, 1)] {
            let goal = Goal {
                milliseconds: apps as f64 / 5.0,
                ours: 9,
                theirs,
            };
            let name = format!("a) an overlay over {apps} apps");
            let ours = self.scene(&name, |tree| trees::overlay(tree, apps), &goal)?;
            if let Some((half, time)) = before.filter(|(half, _)| half * 2 == apps) {
                println!(
                    "   time({apps})/time({half}) = {:.2} of at most 2.2",
                    ours.best / time
                );
            }
            before = Some((apps, ours.best));
        }
        Ok(())
    }
}
