//! A new repository with one commit, and which branch an existing one is on.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use gix::objs::tree::{Entry, EntryKind};

use crate::error::GitError;
use crate::local;

/// Who commits what this program puts there.
const NAME: &str = "Ferroflux";
const EMAIL: &str = "flux@ferroflux.dev";

/// Why a repository could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CreateError(String);

fn failed(error: impl std::fmt::Display) -> CreateError {
    CreateError(error.to_string())
}

/// Makes a repository at `folder` with `files` (paths with `/`, and contents) in its working tree and in one commit on branch
/// `main`. The folder is made; it must not hold a repository already.
pub fn create_repository(
    folder: &Path,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<(), CreateError> {
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
    for (path, bytes) in &files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        std::fs::write(&path, bytes).map_err(failed)?;
    }
    let options = gix::open::Options::isolated();
    let kind = gix::create::Kind::WithWorktree;
    let repository =
        gix::ThreadSafeRepository::init_opts(folder, kind, gix::create::Options::default(), options)
            .map_err(failed)?;
    let repository = repository.to_thread_local();
    let paths: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    let tree = write_tree(&repository, &paths)?;
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let time = format!("{seconds} +0000");
    let who = gix::actor::SignatureRef {
        name: NAME.into(),
        email: EMAIL.into(),
        time: &time,
    };
    let none: [gix::ObjectId; 0] = [];
    repository
        .commit_as(who, who, "HEAD", "The example fleet\n", tree, none)
        .map_err(failed)?;
    // With an index, `git status` finds the tree clean.
    let mut index = repository.index_from_tree(&tree).map_err(failed)?;
    index.write(gix::index::write::Options::default()).map_err(failed)
}

/// Writes the tree of these paths, which are sorted and relative to it.
fn write_tree(repository: &gix::Repository, files: &[(&str, &[u8])]) -> Result<gix::ObjectId, CreateError> {
    let mut entries = Vec::new();
    let first_part = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    for group in files.chunk_by(|a, b| first_part(a.0) == first_part(b.0)) {
        let name = first_part(group[0].0);
        let (kind, oid) = if group[0].0 == name {
            (
                EntryKind::Blob,
                repository.write_blob(group[0].1).map_err(failed)?.detach(),
            )
        } else {
            let below: Vec<(&str, &[u8])> = group
                .iter()
                .map(|(path, bytes)| (&path[name.len() + 1..], *bytes))
                .collect();
            (EntryKind::Tree, write_tree(repository, &below)?)
        };
        entries.push(Entry {
            mode: kind.into(),
            filename: name.into(),
            oid,
        });
    }
    // Git's own order, in which a folder sorts as if its name ended with a slash.
    entries.sort();
    Ok(repository
        .write_object(&gix::objs::Tree { entries })
        .map_err(failed)?
        .detach())
}

/// The branch that the repository at `path` has checked out; nothing when it is on no branch.
pub fn current_branch(path: &Path) -> Result<Option<String>, GitError> {
    let repository = local::open(path, &path.display().to_string())?;
    let head = repository.head_name().ok().flatten();
    Ok(head.map(|name| name.shorten().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_git_finds_it_clean_and_on_main() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("a-b/c.yaml", "1"),
            ("a/b/c.yaml", "2"),
            ("a.yaml", "3"),
            ("z", ""),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        create_repository(folder.path(), files).unwrap();
        let git = |args: &[&str]| {
            let output = std::process::Command::new("git")
                .args(args)
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(git(&["status", "--porcelain"]), "");
        assert_eq!(git(&["fsck", "--strict"]), "");
        assert_eq!(
            git(&["ls-files"]).lines().collect::<Vec<_>>(),
            ["a-b/c.yaml", "a.yaml", "a/b/c.yaml", "z"]
        );
        assert_eq!(current_branch(folder.path()).unwrap().as_deref(), Some("main"));
    }
}
