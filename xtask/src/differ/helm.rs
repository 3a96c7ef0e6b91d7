//! Our Helm beside the real one, on random charts.
//!
//! Both must print the same bytes, or both must fail. What they say when they fail, and what they warn of, is compared as well, but
//! only counted. A case that comes out differently from run to run of the real program is left out.

mod chart;
mod expression;
mod flags;
mod shapes;
mod shrink;
mod template;
mod values;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::random::Random;
use super::{THREADS, build, first};
use crate::checkout::target;
use crate::command::Error;
use crate::peers;
use chart::Case;

/// Differences that are made smaller, and texts that are shown; beyond, they are only counted.
const SHOWN: usize = 25;

/// The commonest reasons why both fail.
const REASONS: usize = 8;

/// Renders `count` random charts, made from `seed` on.
pub fn helm(count: usize, seed: u64) -> Result<(), Error> {
    build()?;
    let folder = target().join("differ-helm");
    let pair = Pair {
        ours: target().join("release/flux"),
        theirs: peers::install()?.helm,
        home: folder.join("home"),
    };
    std::fs::create_dir_all(&pair.home).map_err(Error::file(&pair.home))?;
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::default()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let seed = seed + index as u64;
            let verdict = pair.seed(&folder.join(seed.to_string()), seed, &report);
            let mut report = report.lock().expect("no thread panics while it holds this");
            report.add(seed, verdict);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    report.into_inner().expect("all threads have ended").finish()
}

/// What came of a case.
enum Verdict {
    Same,
    /// The output is the same, what is said beside it is not.
    OtherWarning(String),
    /// Both fail, for this reason.
    BothFail(String),
    /// Both fail, with other words.
    OtherError(String),
    /// The real program does not agree with itself.
    Unsteady,
    Differ(String),
}

#[derive(Default)]
struct Report {
    same: usize,
    both_fail: usize,
    unsteady: usize,
    warnings: usize,
    errors: usize,
    reasons: BTreeMap<String, usize>,
    texts: Vec<String>,
    problems: Vec<String>,
}

impl Report {
    fn add(&mut self, seed: u64, verdict: Result<Verdict, Error>) {
        match verdict {
            Ok(Verdict::Same) => self.same += 1,
            Ok(Verdict::BothFail(reason)) => {
                self.both_fail += 1;
                *self.reasons.entry(reason).or_default() += 1;
            }
            Ok(Verdict::Unsteady) => self.unsteady += 1,
            Ok(Verdict::OtherWarning(text)) => {
                self.same += 1;
                self.warnings += 1;
                self.texts.push(format!("{seed}: {text}"));
            }
            Ok(Verdict::OtherError(text)) => {
                self.both_fail += 1;
                self.errors += 1;
                self.texts.push(format!("{seed}: {text}"));
            }
            Ok(Verdict::Differ(how)) => self.problems.push(how),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        let agree = self.same + self.both_fail;
        let all = agree + self.problems.len();
        println!(
            "{agree} of {all} agree ({} rendered, {} refused by both: {} %; {} left out, because helm's own output differs)",
            self.same,
            self.both_fail,
            self.both_fail * 100 / all.max(1),
            self.unsteady
        );
        let mut reasons: Vec<(&String, &usize)> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (reason, count) in reasons.iter().take(REASONS) {
            println!("  {count} times {reason}");
        }
        println!(
            "other words in {} errors and {} warnings",
            self.errors, self.warnings
        );
        self.texts.sort();
        for text in self.texts.iter().take(SHOWN) {
            println!("  {text}");
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort();
        Err(Error::Problems(self.problems))
    }
}

/// What a program did.
#[derive(PartialEq, Eq)]
struct Outcome {
    success: bool,
    output: Vec<u8>,
    said: String,
}

/// The two programs.
struct Pair {
    ours: PathBuf,
    theirs: PathBuf,
    home: PathBuf,
}

impl Pair {
    fn seed(&self, folder: &Path, seed: u64, report: &Mutex<Report>) -> Result<Verdict, Error> {
        let case = chart::case(&mut Random::new(seed));
        let (ours, theirs) = self.both(&case, folder)?;
        let verdict = judge(&ours, &theirs);
        let Verdict::Differ(how) = verdict else {
            remove(folder)?;
            return Ok(verdict);
        };
        if self.outcome(&self.theirs, &["template"], &case, folder)? != theirs {
            remove(folder)?;
            return Ok(Verdict::Unsteady);
        }
        let found = report
            .lock()
            .expect("no thread panics while it holds this")
            .problems
            .len();
        let (how, case) = if found < SHOWN {
            self.smaller(case, folder, how)?
        } else {
            (how, case)
        };
        let (ours, theirs) = self.both(&case, folder)?;
        for (name, outcome) in [("ours", &ours), ("theirs", &theirs)] {
            put(&folder.join(format!("{name}.out")), &outcome.output)?;
            put(&folder.join(format!("{name}.err")), outcome.said.as_bytes())?;
        }
        put(
            &folder.join("command"),
            format!("helm template rel chart -n ns {}\n", case.words().join(" ")).as_bytes(),
        )?;
        Ok(Verdict::Differ(format!("{}: {how}", folder.display())))
    }

    /// The case without what has no part in the difference.
    fn smaller(&self, case: Case, folder: &Path, how: String) -> Result<(String, Case), Error> {
        let mut last = how;
        let mut failed = None;
        let case = shrink::shrink(case, |smaller| match self.both(smaller, folder) {
            Ok((ours, theirs)) => match judge(&ours, &theirs) {
                Verdict::Differ(how) if kind(&how) == kind(&last) => {
                    last = how;
                    true
                }
                _ => false,
            },
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        failed.map_or(Ok((last, case)), Err)
    }

    fn both(&self, case: &Case, folder: &Path) -> Result<(Outcome, Outcome), Error> {
        remove(folder)?;
        for (path, text) in &case.files {
            put(&folder.join(path), text.as_bytes())?;
        }
        let ours = self.outcome(&self.ours, &["helm", "template"], case, folder)?;
        let theirs = self.outcome(&self.theirs, &["template"], case, folder)?;
        Ok((ours, theirs))
    }

    fn outcome(&self, program: &Path, words: &[&str], case: &Case, folder: &Path) -> Result<Outcome, Error> {
        let given = case.words();
        let named = given.iter().any(|word| word == "--name-template");
        let output = Command::new(program)
            .args(words)
            .args(if named { &["chart"][..] } else { &["rel", "chart"] })
            .args(["-n", "ns"])
            .args(given)
            .current_dir(folder)
            .env_clear()
            .env("HOME", &self.home)
            .env("TZ", "UTC")
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Start {
                program: program.display().to_string(),
                source,
            })?;
        let said = String::from_utf8_lossy(&output.stderr);
        Ok(Outcome {
            success: output.status.success(),
            output: output.stdout,
            said: sorted(&said),
        })
    }
}

/// What was said; lines of the log, and of what breaks a schema, in order: helm's come in the order of its maps.
fn sorted(said: &str) -> String {
    let (mut free, rest): (Vec<&str>, Vec<&str>) = said
        .lines()
        .map(untimed)
        .partition(|line| line.starts_with("level=") || line.trim_start().starts_with("- at '"));
    free.sort_unstable();
    free.extend(rest);
    free.join("\n")
}

/// A line of a log without its time.
fn untimed(line: &str) -> &str {
    match line.strip_prefix("time=") {
        Some(rest) => rest.split_once(' ').map_or(rest, |(_, rest)| rest),
        None => line,
    }
}

fn judge(ours: &Outcome, theirs: &Outcome) -> Verdict {
    let last = |outcome: &Outcome| outcome.said.trim().chars().take(400).collect::<String>();
    match (ours.success, theirs.success) {
        (true, true) if ours.output != theirs.output => Verdict::Differ(first(
            &String::from_utf8_lossy(&ours.output),
            &String::from_utf8_lossy(&theirs.output),
        )),
        (true, false) => Verdict::Differ(format!("only theirs fails: {}", last(theirs))),
        (false, true) => Verdict::Differ(format!("only ours fails: {}", last(ours))),
        _ if ours.said == theirs.said && ours.success => Verdict::Same,
        _ if ours.said == theirs.said => Verdict::BothFail(reason(&ours.said)),
        (true, true) => Verdict::OtherWarning(first(&ours.said, &theirs.said)),
        (false, false) => Verdict::OtherError(first(&ours.said, &theirs.said)),
    }
}

/// What was wrong, without the place.
fn reason(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .skip_while(|line| !line.starts_with("Error"))
        .filter(|line| !line.starts_with("Use --debug"))
        .collect();
    let text = lines.join(" ");
    let place = ["error calling ", "executing ", "Error: "];
    let from = place.iter().find_map(|mark| text.rfind(mark)).unwrap_or_default();
    let words = text[from..].chars().filter(|c| !c.is_ascii_digit());
    words.take(100).collect()
}

/// Of which sort a difference is: only one fails, or the outputs differ.
fn kind(how: &str) -> &str {
    how.split_once(':')
        .filter(|(head, _)| head.starts_with("only"))
        .map_or("", |(head, _)| head)
}

fn remove(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(folder)(error)),
        _ => Ok(()),
    }
}

fn put(path: &Path, data: &[u8]) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(Error::file(parent))?;
    std::fs::write(path, data).map_err(Error::file(path))
}
