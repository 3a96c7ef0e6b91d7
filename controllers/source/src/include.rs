//! Files of other artifacts, copied in.

use flux_api::gitrepository::GitInclude;
use flux_api::reason;
use flux_artifact::{Entry, Tree};
use flux_runtime::Error;

use crate::failure;

/// Where the files go: `toPath`, or the name of the other repository.
fn target(include: &GitInclude) -> &str {
    let path = include.to_path.as_deref().filter(|path| !path.is_empty());
    path.unwrap_or(&include.repository.name)
}

/// The path without `.` parts; none when it leaves the artifact.
fn clean(path: &str) -> Option<String> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}

/// Copies what `include` asks for from `other` into `tree`.
pub(crate) fn copy(include: &GitInclude, other: &Tree, tree: &mut Tree) -> Result<(), Error> {
    let name = &include.repository.name;
    let from = include.from_path.as_deref().unwrap_or_default();
    let illegal = |path: &str| {
        let message = format!("path calculation for include '{name}' failed: '{path}' leaves the artifact");
        failure::copy(reason::ILLEGAL_PATH, message)
    };
    let source = clean(from).ok_or_else(|| illegal(from))?;
    let target = clean(target(include)).ok_or_else(|| illegal(target(include)))?;
    let failed = |cause: &dyn std::fmt::Display| {
        let message = format!("failed to copy '{name}' include from {from} to {target}: {cause}");
        failure::copy(reason::COPY_FAILURE, message)
    };
    if target.is_empty() || tree.entry(&target).is_some() {
        return Err(failed(&"there is something at that path already"));
    }
    match other.entry(&source) {
        None => Err(failed(&"there is no such path in the included artifact")),
        Some(Entry::File(file)) => {
            let copied = tree.insert(&target, file.bytes.clone(), file.executable);
            copied.map_err(|error| failed(&error))
        }
        Some(Entry::Directory) => {
            for (path, file) in other.subtree(&source).iter() {
                let copied = tree.insert(&format!("{target}/{path}"), file.bytes.clone(), file.executable);
                copied.map_err(|error| failed(&error))?;
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use flux_api::meta::LocalReference;

    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::new();
        for path in paths {
            tree.insert(path, path.as_bytes(), false).unwrap();
        }
        tree
    }

    fn include(from: Option<&str>, to: Option<&str>) -> GitInclude {
        GitInclude {
            repository: LocalReference { name: "other".into() },
            from_path: from.map(str::to_owned),
            to_path: to.map(str::to_owned),
        }
    }

    #[track_caller]
    fn check(from: Option<&str>, to: Option<&str>, expect: &[&str]) {
        let mut own = tree(&["a"]);
        copy(&include(from, to), &tree(&["x/y", "x/z/w", "v"]), &mut own).unwrap();
        assert_eq!(own.iter().map(|(path, _)| path).collect::<Vec<_>>(), expect);
    }

    #[track_caller]
    fn refused(from: Option<&str>, to: Option<&str>, reason: &str) {
        let error = copy(&include(from, to), &tree(&["x/y"]), &mut tree(&["a/b"])).unwrap_err();
        assert_eq!(error.failure().reason, reason);
    }

    #[test]
    fn files_go_where_they_are_wanted() {
        check(None, None, &["a", "other/v", "other/x/y", "other/x/z/w"]);
        check(Some("./x"), Some("in/side/"), &["a", "in/side/y", "in/side/z/w"]);
        check(Some("v"), Some("file"), &["a", "file"]);
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_escapes() {
        refused(None, Some("a"), "CopyFailure");
        refused(None, Some("a/b"), "CopyFailure");
        refused(None, Some("."), "CopyFailure");
        refused(Some("nope"), None, "CopyFailure");
        refused(Some("../x"), None, "IllegalPath");
        refused(None, Some("../../etc"), "IllegalPath");
    }
}
