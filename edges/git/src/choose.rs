//! Which reference a selection means.

use flux_semver::{Constraint, Version};

use crate::error::GitError;

/// The tags in the range that share the highest version; more than one when they differ only in build metadata or spelling.
pub(crate) fn highest<'a>(range: &str, tags: &[&'a str]) -> Result<Vec<&'a str>, GitError> {
    let constraint = Constraint::parse(range)?;
    let mut versions: Vec<(Version, &str)> = tags
        .iter()
        .filter_map(|tag| Some((Version::parse_three_part(tag).ok()?, *tag)))
        .collect();
    versions.sort();
    let inside = versions
        .iter()
        .rev()
        .filter(|(version, _)| constraint.matches(version));
    let mut inside = inside.peekable();
    let Some((best, _)) = inside.peek() else {
        let nearby = versions
            .iter()
            .rev()
            .take(5)
            .map(|(_, tag)| (*tag).to_owned())
            .collect();
        return Err(GitError::NoMatch {
            range: range.into(),
            nearby,
        });
    };
    let best = best.clone();
    Ok(inside
        .take_while(|(version, _)| *version == best)
        .map(|(_, tag)| *tag)
        .collect())
}

/// Up to five names, those most like `wanted` first.
pub(crate) fn nearby(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (distance(wanted, &name), name))
        .take(1000)
        .collect();
    names.sort();
    names.truncate(5);
    names.into_iter().map(|(_, name)| name).collect()
}

/// Edits between two names, counted in bytes; long names are compared by their start.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (a, b) = (&a[..a.len().min(100)], &b[..b.len().min(100)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The full names that Git tries for a name, in its order.
pub(crate) fn candidates(name: &str) -> Result<Vec<String>, GitError> {
    let own = (name.starts_with("refs/") || name == "HEAD").then(|| name.to_owned());
    let below = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    let all: Vec<String> = own
        .into_iter()
        .chain(below.map(|folder| format!("{folder}{name}")))
        .collect();
    all.iter().try_for_each(|name| check_reference(name))?;
    Ok(all)
}

/// A full reference name that Git would accept.
pub(crate) fn check_reference(name: &str) -> Result<(), GitError> {
    match gix::validate::reference::name(name.into()) {
        Ok(_) => Ok(()),
        Err(_) => Err(GitError::Settings(format!(
            "ref {name} is invalid: it is no valid Git reference name"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, tags: &[&str], expect: &[&str]) {
        let mut found = highest(range, tags).unwrap();
        found.sort();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_highest_version_wins() {
        let tags = [
            "v1.0.0",
            "v1.2.0",
            "v1.10.0",
            "v2.0.0-rc.1",
            "v2",
            "1.99",
            "latest",
            "v0.9.0",
        ];
        check(">=1.0.0", &tags, &["v1.10.0"]);
        check("<1.10.0", &tags, &["v1.2.0"]);
        check(">=2.0.0-0", &tags, &["v2.0.0-rc.1"]);
        check("*", &tags, &["v1.10.0"]);
    }

    #[test]
    fn equal_versions_tie() {
        check(
            "1.x",
            &["v1.0.0+a", "1.0.0+b", "v0.1.0"],
            &["1.0.0+b", "v1.0.0+a"],
        );
    }

    #[track_caller]
    fn fails(range: &str, tags: &[&str], expect: &str) {
        assert_eq!(highest(range, tags).unwrap_err().to_string(), expect);
    }

    #[test]
    fn says_what_there_is() {
        fails(
            ">=3",
            &["v1.0.0", "v2.0.0"],
            "no match found for semver: >=3 (there are: v2.0.0, v1.0.0)",
        );
        fails(">=3", &["v1"], "no match found for semver: >=3");
        fails("nope", &[], "semver parse error: improper constraint: \"nope\"");
    }

    #[test]
    fn similar_names_come_first() {
        let names = ["develop", "feature/x", "man", "main"].map(str::to_owned);
        assert_eq!(nearby("mian", names), ["man", "main", "develop", "feature/x"]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn references_are_checked() {
        assert!(check_reference("refs/heads/main").is_ok());
        assert!(check_reference("refs/pull/1/head").is_ok());
        for name in [
            "refs/heads/",
            "/refs/x",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/heads/a\nb",
        ] {
            assert!(check_reference(name).is_err(), "{name}");
        }
    }
}
