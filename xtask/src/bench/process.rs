//! A running `flux up`: its progress, and what the kernel says of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::checkout::target;
use crate::command::Error;

/// A running `flux up`; killed when dropped.
pub(super) struct Up {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(super) started: Instant,
}

impl Up {
    /// Starts the release binary.
    pub(super) fn start(data: &Path, args: &[&str]) -> Result<Self, Error> {
        let program = target().join("release/flux");
        let mut command = Command::new(&program);
        command
            .args(["up", "--output", "json", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(args);
        let started = Instant::now();
        let child = command
            .env_remove("KUBECONFIG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.map_err(|source| Error::Start {
            program: program.display().to_string(),
            source,
        })?;
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Ok(Up {
            child,
            lines,
            started,
        })
    }

    /// Reads progress until everything is ready at `revision` (any, when empty); gives the moment.
    pub(super) fn ready_at(&mut self, revision: &str) -> Result<(Instant, Value), Error> {
        loop {
            let mut line = String::new();
            let length = self
                .lines
                .read_line(&mut line)
                .map_err(Error::file("the output of flux up"))?;
            if length == 0 {
                return Err(Error::Usage("flux up ended before everything was ready".into()));
            }
            let event: Value = serde_json::from_str(&line)
                .map_err(|error| Error::Usage(format!("flux up printed no JSON ({error}): {line}")))?;
            let at = event["revision"].as_str().unwrap_or_default();
            if event["event"] == "ready" && (revision.is_empty() || at == revision) {
                return Ok((Instant::now(), event));
            }
        }
    }

    /// A line of `/proc/PID/status` in MiB.
    pub(super) fn memory(&self, key: &str) -> Result<f64, Error> {
        memory_of(self.child.id(), key)
    }

    /// Share of one core used while nothing happens for `span`, in percent.
    pub(super) fn idle(&self, span: Duration) -> Result<f64, Error> {
        let before = self.ticks()?;
        std::thread::sleep(span);
        let ticks = self.ticks()? - before;
        // The kernel counts in hundredths of a second on every Linux that matters.
        Ok(ticks as f64 / span.as_secs_f64())
    }

    fn ticks(&self) -> Result<u64, Error> {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        let after_name = text.rsplit(") ").next().unwrap_or_default();
        let fields: Vec<u64> = after_name
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0))
            .collect();
        Ok(fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0))
    }
}

/// A line of `/proc/PID/status` in MiB, such as `VmRSS` or `VmHWM`.
pub(super) fn memory_of(process: u32, key: &str) -> Result<f64, Error> {
    let path = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let line = text.lines().find(|line| line.starts_with(key));
    let kib = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kib| kib.parse::<f64>().ok());
    Ok(kib.unwrap_or(f64::NAN) / 1024.0)
}

impl Drop for Up {
    fn drop(&mut self) {
        // Gone already, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
