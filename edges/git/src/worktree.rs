//! A working tree as it is, uncommitted changes included.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flux_artifact::{Algorithm, Ignore, Revision, Tree};

use crate::error::{GitError, causes};
use crate::local;
use crate::request::Limits;

/// The files of a working tree.
#[derive(Clone, Debug)]
pub struct Worktree {
    /// `<branch>@sha1:<hash>`, the hash being one over all files: it changes when one of them does.
    pub revision: String,
    /// The branch that is checked out; empty when there is none.
    pub branch: String,
    /// The files, without those that `.gitignore` files (unless committed) and the rules of the source exclude.
    pub tree: Tree,
}

const GITIGNORE: &str = ".gitignore";

/// Reads the working tree at `root` as it would be committed with everything added: what `.gitignore` files and
/// `.git/info/exclude` exclude stays out unless it is committed already. Then `.sourceignore` files and `ignore` apply as for
/// any source. Links are never followed and do not appear, as in artifacts. Blocks; call it from a blocking thread.
///
/// # Errors
/// It is no repository, something cannot be read, or it is larger than allowed.
pub fn worktree(root: &Path, ignore: Option<&str>, limits: &Limits) -> Result<Worktree, GitError> {
    let shown = root.display().to_string();
    let repository = local::open(root, &shown)?;
    let branch = branch(&repository);
    let mut walk = Walk {
        root: root.to_owned(),
        committed: committed(&repository)?,
        rules: Ignore::none(),
        tree: Tree::new(),
        limits,
        entries: 0,
        bytes: 0,
    };
    if let Ok(text) = fs::read_to_string(repository.git_dir().join("info/exclude")) {
        walk.rules.add("", &text);
    }
    walk.run()?;
    let mut tree = walk.tree;
    tree.retain(&Ignore::of_tree(&tree, ignore));
    Ok(Worktree {
        revision: Revision::git(&branch, &hash(&tree)).to_string(),
        branch,
        tree,
    })
}

fn branch(repository: &gix::Repository) -> String {
    let name = repository.head_name().ok().flatten();
    name.map(|name| name.shorten().to_string()).unwrap_or_default()
}

/// One hash over paths, modes and contents. Each part says how long it is, so that no two trees read the same.
fn hash(tree: &Tree) -> String {
    let mut hasher = Algorithm::Sha1.hasher();
    for (path, file) in tree.iter() {
        let mode = if file.executable { "x" } else { "-" };
        hasher.update(format!("{mode} {} {} {path}\0", path.len(), file.bytes.len()).as_bytes());
        hasher.update(&file.bytes);
    }
    hasher.finish().hex().to_owned()
}

/// The files and directories of the last commit, which no `.gitignore` excludes.
fn committed(repository: &gix::Repository) -> Result<HashSet<String>, GitError> {
    let broken = |cause: &(dyn std::error::Error + 'static)| GitError::Object {
        what: "HEAD".into(),
        cause: causes(cause),
    };
    let mut paths = HashSet::new();
    // A branch without commits has none.
    let Ok(tree) = repository.head_tree() else {
        return Ok(paths);
    };
    let mut pending = vec![(String::new(), tree.id)];
    while let Some((prefix, id)) = pending.pop() {
        let tree = repository.find_tree(id).map_err(|error| broken(&error))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|error| broken(&error))?;
            let path = format!("{prefix}{}", entry.filename());
            if entry.mode().is_tree() {
                pending.push((format!("{path}/"), entry.object_id()));
            }
            paths.insert(path);
        }
    }
    Ok(paths)
}

struct Walk<'a> {
    root: PathBuf,
    committed: HashSet<String>,
    rules: Ignore,
    tree: Tree,
    limits: &'a Limits,
    entries: usize,
    bytes: u64,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), GitError> {
        let mut pending = vec![String::new()];
        while let Some(directory) = pending.pop() {
            if let Ok(text) = fs::read_to_string(self.absolute(&directory).join(GITIGNORE)) {
                self.rules.add(&directory, &text);
            }
            for name in self.names(&directory)? {
                let path = if directory.is_empty() {
                    name
                } else {
                    format!("{directory}/{name}")
                };
                self.entries += 1;
                if self.entries > self.limits.entries {
                    let what = "the number of files and directories".into();
                    return Err(GitError::TooLarge {
                        what,
                        limit: self.limits.entries as u64,
                    });
                }
                if self.visit(&path)? {
                    pending.push(path);
                }
            }
        }
        Ok(())
    }

    fn absolute(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        }
    }

    fn names(&self, directory: &str) -> Result<Vec<String>, GitError> {
        let path = self.absolute(directory);
        let failed = |cause| GitError::Io {
            action: "list",
            path: path.display().to_string(),
            cause,
        };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            // Gone since its parent was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !directory.is_empty() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    /// Takes in a file; whether the path is a directory to look into.
    fn visit(&mut self, path: &str) -> Result<bool, GitError> {
        let absolute = self.absolute(path);
        let failed = |cause| GitError::Io {
            action: "read",
            path: absolute.display().to_string(),
            cause,
        };
        let metadata = match fs::symlink_metadata(&absolute) {
            Ok(metadata) => metadata,
            // Editors replace files under our eyes; what is gone is not part of the tree.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let excluded = self.rules.excludes(path, metadata.is_dir()) && !self.committed.contains(path);
        if excluded || path == ".git" {
            return Ok(false);
        }
        if metadata.is_dir() {
            // A repository inside is none of ours.
            return Ok(!absolute.join(".git").exists());
        }
        if !metadata.is_file() {
            return Ok(false);
        }
        self.bytes = self.bytes.saturating_add(metadata.len());
        if self.bytes > self.limits.bytes {
            let what = format!("all files together (at {path:?})");
            return Err(GitError::TooLarge {
                what,
                limit: self.limits.bytes,
            });
        }
        match fs::read(&absolute) {
            Ok(bytes) => self.tree.insert(path, bytes, is_executable(&metadata))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(false)
    }
}

fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}
