//! Time and peak memory of a program, as the kernel counts them when it ends.

use std::fmt;
use std::path::Path;

use crate::command::{Error, output};

/// Starts the program several times; prints a line for each with wall time, user time and peak memory, and at the end a
/// digest of what it wrote.
const SCRIPT: &str = r#"
import hashlib, os, sys, tempfile, time
count, command = int(sys.argv[1]), sys.argv[2:]
for turn in range(count):
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        child = os.posix_spawn(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        _, status, usage = os.wait4(child, 0)
        took = time.perf_counter() - started
        if status != 0:
            sys.exit("%s ended with status %d" % (command[0], status))
        print(took * 1000, usage.ru_utime * 1000, usage.ru_maxrss / 1024)
        out.seek(0)
        digest = hashlib.sha256(out.read()).hexdigest()
print(digest)
"#;

/// What several runs took.
pub(super) struct Measure {
    /// Milliseconds.
    pub(super) best: f64,
    pub(super) median: f64,
    /// CPU in user mode of the best run, in milliseconds.
    user: f64,
    /// The largest resident set, in MiB.
    pub(super) memory: f64,
    /// Of the output.
    pub(super) digest: String,
}

/// Runs a program `count` times.
pub(super) fn measure(program: &Path, args: &[&str], count: usize) -> Result<Measure, Error> {
    let (count, program) = (count.to_string(), program.to_string_lossy());
    let mut command = vec!["-c", SCRIPT, &count, &program];
    command.extend(args);
    let text = output("python3", &command)?;
    let text = String::from_utf8_lossy(&text);
    let mut runs: Vec<[f64; 3]> = Vec::new();
    let mut digest = String::new();
    for line in text.lines() {
        let figures: Vec<f64> = line
            .split_whitespace()
            .filter_map(|figure| figure.parse().ok())
            .collect();
        match <[f64; 3]>::try_from(figures) {
            Ok(run) => runs.push(run),
            Err(_) => digest = line.to_owned(),
        }
    }
    runs.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (Some(best), Some(median)) = (runs.first(), runs.get(runs.len() / 2)) else {
        return Err(Error::Usage(format!("{program} gave no figures")));
    };
    Ok(Measure {
        best: best[0],
        median: median[0],
        user: best[1],
        memory: runs.iter().map(|run| run[2]).fold(0.0, f64::max),
        digest,
    })
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:9.1} {:9.1}   user {:9.1}   {:6.1} MiB",
            self.best, self.median, self.user, self.memory
        )
    }
}
