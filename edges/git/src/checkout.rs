//! From a commit to its files.

use flux_artifact::{IGNORE_FILE, Ignore, Tree};
use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::commit::{Commit, Signature, Tag};
use crate::error::{GitError, causes};
use crate::request::{Checkout, Request, Submodule};

/// How a commit was found.
pub(crate) struct Found {
    /// The commit, or a tag that leads to it.
    pub(crate) tip: ObjectId,
    /// Full name of the reference; empty for a commit by hash.
    pub(crate) reference: String,
    /// Short name of the tag, if it was one.
    pub(crate) tag: Option<String>,
}

/// Reads the commit and those of its files that are wanted. Only these are unpacked.
pub(crate) fn checkout(
    repository: &gix::Repository,
    found: Found,
    request: &Request,
) -> Result<Checkout, GitError> {
    let commit = read_commit(repository, &found)?;
    let object = repository.find_object(found.tip).map_err(broken(&commit.hash))?;
    let root = object.peel_to_tree().map_err(broken(&commit.hash))?;
    let mut listing = list(repository, root.id, request)?;
    let files = wanted(std::mem::take(&mut listing.files), &request.sparse)?;
    let ignore = if request.whole {
        Ignore::none()
    } else {
        ignore_rules(repository, &files, request)?
    };

    let mut tree = Tree::new();
    let mut total = 0;
    for file in files.iter().filter(|file| !ignore.excludes(&file.path, false)) {
        let bytes = read_blob(repository, file, &mut total, request.limits.bytes)?;
        tree.insert(&file.path, bytes, file.executable)?;
    }
    let mut links = Vec::new();
    for link in listing.links {
        let target = read_blob(repository, &link, &mut total, request.limits.bytes)?;
        links.push((link.path, String::from_utf8_lossy(&target).into_owned()));
    }
    let revision = request.selection.revision(&commit.hash, found.tag.as_deref());
    Ok(Checkout {
        revision,
        commit,
        tree,
        links,
        submodules: listing.submodules,
    })
}

fn broken<E: std::error::Error + 'static>(what: impl std::fmt::Display) -> impl FnOnce(E) -> GitError {
    let what = format!("object {what}");
    move |error| GitError::Object {
        what,
        cause: causes(&error),
    }
}

fn read_commit(repository: &gix::Repository, found: &Found) -> Result<Commit, GitError> {
    let tip = repository.find_object(found.tip).map_err(broken(found.tip))?;
    let tag_object = (tip.kind == gix::objs::Kind::Tag).then(|| found.tip.to_string());
    let commit = tip.peel_to_commit().map_err(broken(found.tip))?;
    let decoded = commit.decode().map_err(broken(commit.id))?;
    let signature = |raw: gix::actor::SignatureRef<'_>| Signature {
        name: raw.name.to_string(),
        email: raw.email.to_string(),
        seconds: raw.time().map_or(0, |time| time.seconds),
    };
    Ok(Commit {
        hash: commit.id.to_string(),
        reference: found.reference.clone(),
        message: decoded.message.to_string(),
        author: signature(decoded.author().map_err(broken(commit.id))?),
        committer: signature(decoded.committer().map_err(broken(commit.id))?),
        tag: found.tag.clone().map(|name| Tag {
            name,
            hash: tag_object,
        }),
    })
}

/// One file of a commit.
struct Listed {
    path: String,
    id: ObjectId,
    executable: bool,
}

/// What a commit has.
#[derive(Default)]
struct Listing {
    files: Vec<Listed>,
    links: Vec<Listed>,
    submodules: Vec<Submodule>,
}

/// All regular files. Symbolic links are left out, since artifacts do not carry them, and so are submodules, unless the whole
/// commit is wanted.
fn list(repository: &gix::Repository, root: ObjectId, request: &Request) -> Result<Listing, GitError> {
    let (mut listing, mut seen) = (Listing::default(), 0usize);
    let mut pending = vec![(String::new(), root)];
    while let Some((prefix, id)) = pending.pop() {
        let tree = repository.find_tree(id).map_err(broken(id))?;
        for entry in tree.iter() {
            let entry = entry.map_err(broken(id))?;
            seen += 1;
            if seen > request.limits.entries {
                let what = "the number of files and directories".into();
                return Err(GitError::TooLarge {
                    what,
                    limit: request.limits.entries as u64,
                });
            }
            // A name that is no text stays visible in the error of the tree, unless an ignore rule excludes it.
            let path = format!("{prefix}{}", entry.filename());
            let id = entry.object_id();
            match entry.mode().kind() {
                EntryKind::Tree => pending.push((format!("{path}/"), id)),
                EntryKind::Blob => listing.files.push(Listed {
                    path,
                    id,
                    executable: false,
                }),
                EntryKind::BlobExecutable => listing.files.push(Listed {
                    path,
                    id,
                    executable: true,
                }),
                EntryKind::Link if request.whole => listing.links.push(Listed {
                    path,
                    id,
                    executable: false,
                }),
                EntryKind::Commit if request.whole => listing.submodules.push(Submodule {
                    path,
                    hash: id.to_string(),
                }),
                EntryKind::Link | EntryKind::Commit => {}
            }
        }
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

/// The files below the directories of a sparse checkout; all files without one.
fn wanted(mut files: Vec<Listed>, sparse: &[String]) -> Result<Vec<Listed>, GitError> {
    if sparse.is_empty() {
        return Ok(files);
    }
    let prefix = |directory: &String| {
        let directory = directory.trim_start_matches("./").trim_matches('/');
        if directory.is_empty() || directory == "." {
            String::new()
        } else {
            format!("{directory}/")
        }
    };
    let prefixes: Vec<String> = sparse.iter().map(prefix).collect();
    for (directory, prefix) in sparse.iter().zip(&prefixes) {
        if !files.iter().any(|file| file.path.starts_with(prefix)) {
            return Err(GitError::NoDirectory {
                directory: directory.clone(),
            });
        }
    }
    files.retain(|file| prefixes.iter().any(|prefix| file.path.starts_with(prefix)));
    Ok(files)
}

fn ignore_rules(
    repository: &gix::Repository,
    files: &[Listed],
    request: &Request,
) -> Result<Ignore, GitError> {
    let mut total = 0;
    let mut rules = Vec::new();
    for file in files {
        let directory = match file.path.rsplit_once('/') {
            Some((directory, IGNORE_FILE)) => directory,
            None if file.path == IGNORE_FILE => "",
            _ => continue,
        };
        let bytes = read_blob(repository, file, &mut total, request.limits.bytes)?;
        rules.push((directory, String::from_utf8_lossy(&bytes).into_owned()));
    }
    let rules = rules.iter().map(|(directory, text)| (*directory, text.as_str()));
    Ok(Ignore::for_source(rules, request.ignore.as_deref()))
}

/// The content of a file; its size is looked at before anything is unpacked.
fn read_blob(
    repository: &gix::Repository,
    file: &Listed,
    total: &mut u64,
    limit: u64,
) -> Result<Vec<u8>, GitError> {
    let header = repository.find_header(file.id).map_err(broken(&file.path))?;
    *total = total.saturating_add(header.size());
    if *total > limit {
        return Err(GitError::TooLarge {
            what: format!("all files together (at {:?})", file.path),
            limit,
        });
    }
    let mut blob = repository.find_blob(file.id).map_err(broken(&file.path))?;
    Ok(blob.take_data())
}
