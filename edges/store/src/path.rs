//! Paths below the root, and nowhere else.

use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The file that `relative` names below `root`. No part may be empty, `.`, `..` or hold a separator of any system.
pub(crate) fn below(root: &Path, relative: &str) -> Result<PathBuf, StoreError> {
    let clean = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    if !relative.split('/').all(clean) {
        return Err(StoreError::Escape {
            path: relative.chars().take(256).collect(),
        });
    }
    Ok(root.join(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(relative: &str, inside: bool) {
        assert_eq!(
            below(Path::new("/data"), relative).is_ok(),
            inside,
            "{relative:?}"
        );
    }

    #[test]
    fn nothing_leaves_the_root() {
        check("gitrepository/ns/name/x.tar.gz", true);
        check("a..b/...", true);
        for path in [
            "",
            "/etc/passwd",
            "..",
            "a/../../b",
            "a//b",
            "a/",
            "./a",
            "a\\..\\b",
            "a\0b",
        ] {
            check(path, false);
        }
    }
}
