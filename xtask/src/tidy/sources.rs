//! Rules over the source files: heads, budgets, and words that have no place here.

use std::path::{Path, PathBuf};

use super::crates::{Member, Workspace};
use crate::checkout::root;
use crate::command::Error;

/// No file is longer.
const LINES: usize = 800;

/// Files that are longer for a reason.
const LONG: [(&str, &str); 0] = [];

/// What only a binary's floor may do: print.
const PRINTS: [&str; 4] = ["println!(", "print!(", "eprintln!(", "eprint!("];

/// What a pure crate has no business with, beyond what its clippy file can name.
const OUTSIDE: [&str; 6] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
];

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for member in &workspace.members {
        let mut files = Vec::new();
        collect(&member.folder, &mut files)?;
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
            let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            problems.extend(
                file(member, &name, &text)
                    .into_iter()
                    .map(|problem| format!("{name}: {problem}")),
            );
        }
    }
    Ok(problems)
}

/// Rust files of a crate; build output and fuzz targets (crates of their own) aside.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" && name != "fuzz" {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn file(member: &Member, name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LINES && !LONG.iter().any(|(long, _)| *long == name) {
        problems.push(format!(
            "{lines} lines; split it by responsibility (at most {LINES})"
        ));
    }
    let is_test = name.contains("/tests/") || name.ends_with("/tests.rs") || name.contains("/examples/");
    if !is_test && !text.starts_with("//!") {
        problems.push("does not open with //! and what the file is for".into());
    }
    if name.ends_with("/mod.rs")
        && code(text).any(|(_, line)| line.starts_with("fn ") || line.contains("pub fn "))
    {
        problems.push("mod.rs holds logic; put it in a file with a name".into());
    }
    for (number, line) in code(text) {
        problems.extend(word(member, line, is_test).map(|problem| format!("line {number}: {problem}")));
    }
    problems
}

/// Numbered lines of code, up to the unit tests at the end; comments left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let before_tests = numbered.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    before_tests.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn word(member: &Member, line: &str, is_test: bool) -> Option<String> {
    let allow = concat!("#[", "allow(");
    if line.contains(allow) || line.contains(concat!("#![", "allow(")) {
        return Some("use #[expect(lint, reason = …)] instead of allow".into());
    }
    if is_test {
        return None;
    }
    let may_print = ["cli", "xtask"]
        .iter()
        .any(|floor| member.folder.starts_with(root().join(floor)));
    if let Some(print) = PRINTS
        .iter()
        .find(|print| line.contains(*print))
        .filter(|_| !may_print)
    {
        return Some(format!("{print}…) outside cli/: libraries do not print"));
    }
    let outside = OUTSIDE
        .iter()
        .find(|outside| member.is_pure() && line.contains(*outside))?;
    Some(format!("{outside} in a pure crate"))
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn tests_and_comments_are_not_code() {
        let text = "//! head\nfn a() {}\n// why\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(code(text).collect::<Vec<_>>(), [(2, "fn a() {}")]);
    }
}
