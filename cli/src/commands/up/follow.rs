//! Notices changes of a local repository by notification of the file system: a commit, or (for `--worktree`) any file.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use tokio::sync::mpsc;

use crate::error::Error;

/// Editors and git write several files at a time: what comes within this span counts as one change.
const TOGETHER: Duration = Duration::from_millis(50);

/// More folders than this are not watched (the kernel has a limit of its own): commits are still seen.
const FOLDERS: usize = 20_000;

/// Watches one repository.
pub struct Follower {
    changes: mpsc::Receiver<()>,
}

impl Follower {
    /// Watches the references of the repository at `root`, and with `worktree` all its files.
    pub fn new(root: &Path, worktree: bool) -> Result<Self, Error> {
        let failed =
            |error: std::io::Error| Error::message(format!("cannot watch {}: {error}", root.display()));
        let descriptor = inotify::init(CreateFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
        let mut folders = Folders {
            descriptor,
            known: HashMap::new(),
            root: root.to_owned(),
            worktree,
        };
        let git = git_folder(root);
        folders.add(&git);
        folders.add_below(&git.join("refs"));
        if worktree {
            folders.add_below(root);
        }
        if folders.known.is_empty() {
            return Err(failed(std::io::ErrorKind::NotFound.into()));
        }
        let (tell, changes) = mpsc::channel(1);
        // Reading notifications blocks, so it has a thread to itself, which ends with the process.
        std::thread::Builder::new()
            .name("follow".into())
            .spawn(move || folders.read(&tell))
            .map_err(failed)?;
        Ok(Follower { changes })
    }

    /// Waits for the next change.
    pub async fn changed(&mut self) -> Result<(), Error> {
        let ended = || Error::message("the notifications of the file system ended");
        self.changes.recv().await.ok_or_else(ended)?;
        // What belongs together comes together.
        while let Ok(Some(())) = tokio::time::timeout(TOGETHER, self.changes.recv()).await {}
        Ok(())
    }
}

/// The watched folders by the kernel's number for them.
struct Folders {
    descriptor: OwnedFd,
    known: HashMap<i32, PathBuf>,
    root: PathBuf,
    worktree: bool,
}

impl Folders {
    /// Reads notifications for ever and tells of those that matter.
    fn read(mut self, tell: &mpsc::Sender<()>) {
        loop {
            let Ok(names) = self.next() else { return };
            let matters = names.into_iter().fold(false, |matters, (watch, name)| {
                self.notice(watch, &name) || matters
            });
            // A full channel holds a change that nobody has looked at yet: one is enough.
            if matters && matches!(tell.try_send(()), Err(mpsc::error::TrySendError::Closed(()))) {
                return;
            }
        }
    }

    /// The next notifications: which watch, and the name in its folder.
    fn next(&self) -> rustix::io::Result<Vec<(i32, String)>> {
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = Reader::new(&self.descriptor, &mut buffer);
        let mut names = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| name.to_string_lossy().into_owned());
                    names.push((event.wd(), name.unwrap_or_default()));
                }
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error),
            }
            if reader.is_buffer_empty() {
                return Ok(names);
            }
        }
    }

    /// Takes a notification in; whether it matters. New folders are watched from now on.
    fn notice(&mut self, watch: i32, name: &str) -> bool {
        let Some(folder) = self.known.get(&watch).cloned() else {
            return false;
        };
        // Git writes NAME.lock first and renames it.
        if name.ends_with(".lock") {
            return false;
        }
        let path = folder.join(name);
        let in_git = folder.starts_with(git_folder(&self.root));
        if path.is_dir() && !path.is_symlink() {
            self.add_below(&path);
        }
        let is_reference = ["HEAD", "packed-refs"].contains(&name)
            || folder.starts_with(git_folder(&self.root).join("refs"));
        if in_git { is_reference } else { self.worktree }
    }

    fn add_below(&mut self, folder: &Path) {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            if self.known.len() >= FOLDERS {
                return;
            }
            self.add(&folder);
            let Ok(entries) = std::fs::read_dir(&folder) else {
                continue;
            };
            let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
            open.extend(paths.filter(|path| path.is_dir() && !path.is_symlink() && !path.ends_with(".git")));
        }
    }

    /// A folder that went away meanwhile is passed over.
    fn add(&mut self, folder: &Path) {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM;
        if let Ok(watch) = inotify::add_watch(&self.descriptor, folder, flags) {
            self.known.insert(watch, folder.to_owned());
        }
    }
}

/// `.git`, or the repository itself when it is bare. A linked worktree's file is followed to the common folder.
fn git_folder(root: &Path) -> PathBuf {
    let git = root.join(".git");
    if git.is_dir() {
        return git;
    }
    let Ok(text) = std::fs::read_to_string(&git) else {
        return root.to_owned();
    };
    let linked = root.join(text.trim_start_matches("gitdir:").trim());
    match std::fs::read_to_string(linked.join("commondir")) {
        Ok(common) => linked.join(common.trim()),
        Err(_) => linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_reference_and_a_file_in_a_new_folder_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git/refs/heads")).unwrap();
        let mut follower = Follower::new(folder.path(), true).unwrap();
        std::fs::write(folder.path().join(".git/refs/heads/main"), "1").unwrap();
        follower.changed().await.unwrap();
        std::fs::create_dir(folder.path().join("apps")).unwrap();
        follower.changed().await.unwrap();
        std::fs::write(folder.path().join("apps/a.yaml"), "a").unwrap();
        follower.changed().await.unwrap();
    }
}
