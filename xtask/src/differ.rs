//! `cargo xtask differ`: our kustomize beside kubectl's, on trees of the disk and on random ones; our Helm beside the real one, on
//! random charts.
//!
//! Both must print the same bytes, or both must fail. Trees on which they differ are kept and named.

mod grammar;
mod helm;
mod objects;
mod random;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::checkout::target;
use crate::command::{Error, run};
use crate::peers;
pub use helm::helm;
use random::Random;

/// Builds at once. The other program uses a core and more.
const THREADS: usize = 2;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Builds every kustomization below a folder with both programs.
pub fn trees(folder: &str, flags: &[&str]) -> Result<(), Error> {
    let pair = Pair::new(flags)?;
    let mut found = Vec::new();
    find(Path::new(folder), &mut found)?;
    found.sort();
    let report = over(found.len(), |index| pair.compare(&found[index]));
    report.finish()
}

/// Builds `count` random trees, made from `seed` on.
pub fn random(count: usize, seed: u64) -> Result<(), Error> {
    let pair = Pair::new(&[])?;
    let folder = target().join("differ");
    let report = over(count, |index| {
        let seed = seed + index as u64;
        let tree = folder.join(seed.to_string());
        if tree.exists() {
            std::fs::remove_dir_all(&tree).map_err(Error::file(&tree))?;
        }
        let files = grammar::tree(&mut Random::new(seed));
        for (path, text) in files {
            let path = tree.join(path);
            let parent = path.parent().unwrap_or(&tree);
            std::fs::create_dir_all(parent).map_err(Error::file(parent))?;
            std::fs::write(&path, text).map_err(Error::file(&path))?;
        }
        let verdict = pair.compare(&tree.join("top"))?;
        if !matches!(verdict, Verdict::Differ(_)) {
            std::fs::remove_dir_all(&tree).map_err(Error::file(&tree))?;
        }
        Ok(verdict)
    });
    report.finish()
}

/// Builds our program, with the features of the whole workspace: then nothing is built twice.
fn build() -> Result<(), Error> {
    let words = ["build", "--release", "--locked", "--quiet", "--workspace"];
    run("cargo", &words, &[])
}

enum Verdict {
    Same,
    BothFail,
    Differ(String),
}

/// How many agree, and what does not.
#[derive(Default)]
struct Report {
    same: usize,
    both_fail: usize,
    problems: Vec<String>,
}

impl Report {
    fn finish(mut self) -> Result<(), Error> {
        let all = self.same + self.both_fail + self.problems.len();
        println!(
            "{} of {all} agree ({} built, {} refused by both)",
            self.same + self.both_fail,
            self.same,
            self.both_fail
        );
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort();
        Err(Error::Problems(self.problems))
    }
}

fn over(count: usize, work: impl Fn(usize) -> Result<Verdict, Error> + Sync) -> Report {
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let verdict = work(index);
                    let mut report = report.lock().expect("no thread panics while it holds this");
                    match verdict {
                        Ok(Verdict::Same) => report.same += 1,
                        Ok(Verdict::BothFail) => report.both_fail += 1,
                        Ok(Verdict::Differ(how)) => report.problems.push(how),
                        Err(error) => report.problems.push(error.to_string()),
                    }
                }
            });
        }
    });
    report.into_inner().expect("all threads have ended")
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            find(&path, found)?;
        } else if NAMES.iter().any(|name| path.ends_with(name)) {
            found.push(folder.to_owned());
        }
    }
    Ok(())
}

/// The two programs.
struct Pair {
    ours: PathBuf,
    theirs: PathBuf,
    flags: Vec<String>,
}

impl Pair {
    fn new(flags: &[&str]) -> Result<Self, Error> {
        build()?;
        Ok(Pair {
            ours: target().join("release/flux"),
            theirs: peers::install()?.kubectl,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        })
    }

    fn compare(&self, tree: &Path) -> Result<Verdict, Error> {
        let ours = self.build(&self.ours, &["kustomize", "build"], tree)?;
        let theirs = self.build(&self.theirs, &["kustomize"], tree)?;
        let shown = tree.display();
        Ok(match (ours, theirs) {
            (Ok(ours), Ok(theirs)) if ours == theirs => Verdict::Same,
            (Ok(ours), Ok(theirs)) => Verdict::Differ(format!("{shown}: {}", first(&ours, &theirs))),
            (Err(_), Err(_)) => Verdict::BothFail,
            (Ok(_), Err(theirs)) => Verdict::Differ(format!("{shown}: only theirs fails: {theirs}")),
            (Err(ours), Ok(_)) => Verdict::Differ(format!("{shown}: only ours fails: {ours}")),
        })
    }

    /// What a program prints, or the last line of its complaint.
    fn build(&self, program: &Path, words: &[&str], tree: &Path) -> Result<Result<String, String>, Error> {
        let output = Command::new(program)
            .args(words)
            .arg(tree)
            .args(&self.flags)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Start {
                program: program.display().to_string(),
                source,
            })?;
        if output.status.success() {
            return Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned()));
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or_default();
        Ok(Err(last.chars().take(300).collect()))
    }
}

/// The first line in which two texts differ.
fn first(ours: &str, theirs: &str) -> String {
    let (mut a, mut b) = (ours.lines(), theirs.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (a.next(), b.next()) {
            (None, None) => return "they differ in line ends".into(),
            (ours, theirs) if ours != theirs => {
                let shown = |line: Option<&str>| line.unwrap_or("(end)").to_owned();
                return format!(
                    "line {number} is {:?}, theirs is {:?}",
                    shown(ours),
                    shown(theirs)
                );
            }
            _ => {}
        }
    }
}
