//! Rules over the documents: relative links lead somewhere, and no text names a machine or a registry.

use std::path::Path;

use crate::checkout::root;
use crate::command::{Error, output};

/// Addresses and paths that have no place in the repository.
const FOREIGN: [&str; 4] = [
    concat!("crates", ".io/api"),
    concat!("py", "pi.org/simple"),
    concat!("registry.np", "mjs"),
    concat!("/ro", "ot/"),
];

pub(super) fn check() -> Result<Vec<String>, Error> {
    let listing = output("git", &["ls-files", "-z"])?;
    let listing = String::from_utf8_lossy(&listing).into_owned();
    let mut problems = Vec::new();
    for name in listing.split('\0').filter(|name| !name.is_empty()) {
        // Binary test data has no words to check; what was just deleted has none either.
        let Ok(text) = std::fs::read_to_string(root().join(name)) else {
            continue;
        };
        if name != "Cargo.lock" {
            let found = FOREIGN.iter().filter(|word| text.contains(*word));
            problems.extend(found.map(|word| format!("{name}: names {word}")));
        }
        if name.ends_with(".md") {
            problems.extend(broken_links(name, &text));
        }
    }
    Ok(problems)
}

fn broken_links(name: &str, text: &str) -> Vec<String> {
    let folder = root().join(name).parent().map(Path::to_owned).unwrap_or_default();
    let leads_nowhere = |target: &&str| !folder.join(target.split('#').next().unwrap_or_default()).exists();
    let relative = links(text).filter(|target| {
        !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
    });
    relative
        .filter(leads_nowhere)
        .map(|target| format!("{name}: link to {target} leads nowhere"))
        .collect()
}

/// Targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn finds_the_targets_of_links() {
        assert_eq!(
            links("a [b](c.md) and [d](e#f).").collect::<Vec<_>>(),
            ["c.md", "e#f"]
        );
    }
}
