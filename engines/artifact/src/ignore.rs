//! Which files of a source stay out of its artifact.

mod glob;

use crate::tree::Tree;
use glob::matches;

/// Name of the files that carry ignore rules.
pub const IGNORE_FILE: &str = ".sourceignore";

const VERSION_CONTROL: [&str; 4] = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];
const DEFAULTS: [&str; 20] = [
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

/// Rules in gitignore form, each valid below the directory it was found in. The last rule that speaks of a path decides. As in
/// upstream (and unlike git), a file can be brought back by `!` although its directory is excluded.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    domain: Vec<String>,
    parts: Vec<String>,
    keep: bool,
    directories_only: bool,
    anchored: bool,
}

impl Ignore {
    /// No rules at all.
    pub fn none() -> Self {
        Ignore::default()
    }

    /// The rules of a source: version control files always; then the rules of the `.sourceignore` files, given as directory
    /// (empty for the root) and text; then `spec.ignore`. Without a single rule from these two, upstream's default
    /// exclusions (images, archives, CI files) apply.
    pub fn for_source<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>, spec: Option<&str>) -> Self {
        let mut own = Ignore::none();
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by(|(a, _), (b, _)| parts(a).cmp(parts(b)));
        for (directory, text) in files {
            own.add(directory, text);
        }
        own.add("", spec.unwrap_or_default());

        let mut all = Ignore::none();
        let defaults = if own.rules.is_empty() {
            DEFAULTS.as_slice()
        } else {
            &[]
        };
        for pattern in VERSION_CONTROL.iter().chain(defaults) {
            all.rules.push(Rule::parse(pattern, &[]));
        }
        all.rules.append(&mut own.rules);
        all
    }

    /// The rules of a source whose files are all here.
    pub fn of_tree(tree: &Tree, spec: Option<&str>) -> Self {
        let files: Vec<_> = tree
            .iter()
            .filter_map(|(path, file)| {
                let directory = match path.rsplit_once('/') {
                    Some((directory, IGNORE_FILE)) => directory,
                    None if path == IGNORE_FILE => "",
                    _ => return None,
                };
                Some((directory, String::from_utf8_lossy(&file.bytes)))
            })
            .collect();
        Ignore::for_source(
            files.iter().map(|(directory, text)| (*directory, text.as_ref())),
            spec,
        )
    }

    /// Appends rules that are valid below `directory` (empty for the root). Empty lines and comments count for nothing.
    pub fn add(&mut self, directory: &str, text: &str) {
        let domain: Vec<String> = parts(directory).map(str::to_owned).collect();
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        self.rules.extend(lines.map(|line| Rule::parse(line, &domain)));
    }

    /// Whether the rules exclude this path.
    pub fn excludes(&self, path: &str, is_dir: bool) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        let decides = self.rules.iter().rev().find(|rule| rule.matches(&path, is_dir));
        decides.is_some_and(|rule| !rule.keep)
    }
}

/// The parts of a directory; none for the root.
fn parts(directory: &str) -> impl Iterator<Item = &str> {
    directory.split('/').filter(|part| !part.is_empty())
}

impl Rule {
    fn parse(pattern: &str, domain: &[String]) -> Self {
        let (keep, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let pattern = if pattern.ends_with("\\ ") {
            pattern
        } else {
            pattern.trim_end_matches(' ')
        };
        let (directories_only, pattern) = match pattern.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        Rule {
            domain: domain.to_vec(),
            anchored: pattern.contains('/'),
            parts: pattern.split('/').map(str::to_owned).collect(),
            keep,
            directories_only,
        }
    }

    fn matches(&self, path: &[&str], is_dir: bool) -> bool {
        let inside = path.len() > self.domain.len() && self.domain.iter().zip(path).all(|(a, b)| a == b);
        if !inside {
            return false;
        }
        let path = &path[self.domain.len()..];
        if self.anchored {
            self.matches_path(path, is_dir)
        } else {
            self.matches_name(path, is_dir)
        }
    }

    /// A pattern of one part speaks of any part of the path, and so of all below it.
    fn matches_name(&self, path: &[&str], is_dir: bool) -> bool {
        let Some(at) = path.iter().position(|name| matches(&self.parts[0], name)) else {
            return false;
        };
        !(self.directories_only && !is_dir && at == path.len() - 1)
    }

    /// A pattern of several parts is matched from the top of its domain; `**` skips ahead to the first part that the next
    /// pattern matches, and does not look for another one if the rest then fails, as in upstream.
    fn matches_path(&self, path: &[&str], is_dir: bool) -> bool {
        let (mut rest, mut matched, mut skip) = (path, false, false);
        for (index, part) in self.parts.iter().enumerate() {
            match part.as_str() {
                "" => skip = false,
                "**" if index == self.parts.len() - 1 => break,
                "**" => skip = true,
                part if part.contains("**") => return false,
                part => {
                    let ahead = if skip { rest.len() } else { 1 };
                    skip = false;
                    let Some(at) = rest.iter().take(ahead).position(|name| matches(part, name)) else {
                        return false;
                    };
                    matched = true;
                    rest = &rest[at + 1..];
                }
            }
        }
        matched && !(self.directories_only && !is_dir && rest.is_empty())
    }
}

#[cfg(test)]
mod tests;
