//! Repositories on this machine, read straight from their object database.

use std::path::Path;

use gix::ObjectId;

use crate::checkout::{Found, checkout};
use crate::choose::{candidates, check_reference, highest, nearby};
use crate::error::{GitError, causes};
use crate::request::{Outcome, Request, Selection};

/// Fetches from the repository at `path`, a working tree or a bare repository; `url` names it in errors.
pub(crate) fn fetch(path: &Path, url: &str, request: &Request) -> Result<Outcome, GitError> {
    let repository = open(path, url)?;
    let found = find(&repository, url, &request.selection)?;
    let object = repository
        .find_object(found.tip)
        .map_err(|error| unresolved(&found.tip, error))?;
    let commit = object
        .peel_to_commit()
        .map_err(|error| unresolved(&found.tip, error))?
        .id;
    let revision = request
        .selection
        .revision(&commit.to_string(), found.tag.as_deref());
    if request.held.as_deref() == Some(revision.as_str()) {
        return Ok(Outcome::Unchanged { revision });
    }
    Ok(Outcome::Fetched(Box::new(checkout(&repository, found, request)?)))
}

/// Bases of deltas that are kept while files are read; without them each file costs its whole chain.
const DELTA_CACHE: &str = "core.deltaBaseCacheLimit=16m";

/// Nothing of the host's Git configuration has a say: no helpers, no rewritten addresses.
pub(crate) fn options() -> gix::open::Options {
    gix::open::Options::isolated().config_overrides([DELTA_CACHE])
}

/// Opens a repository without reading any configuration but its own.
pub(crate) fn open(path: &Path, url: &str) -> Result<gix::Repository, GitError> {
    gix::open_opts(path, options()).map_err(|error| {
        let url = flux_http::redact(url);
        if !path.join(".git").exists() && !path.join("HEAD").exists() {
            return GitError::RepositoryNotFound { url };
        }
        GitError::Object {
            what: format!("repository '{url}'"),
            cause: causes(&error),
        }
    })
}

fn unresolved(id: &ObjectId, error: impl std::error::Error + 'static) -> GitError {
    GitError::CommitNotFound {
        hash: id.to_string(),
        cause: causes(&error),
    }
}

fn find(repository: &gix::Repository, url: &str, selection: &Selection) -> Result<Found, GitError> {
    match selection {
        Selection::Branch(branch) => by_name(repository, url, format!("refs/heads/{branch}"), None),
        Selection::Tag(tag) => by_name(repository, url, format!("refs/tags/{tag}"), Some(tag.clone())),
        Selection::Name(name) => {
            let name = name.trim_end_matches("^{}");
            let tag = name.strip_prefix("refs/tags/").map(str::to_owned);
            let mut found = by_name(repository, url, name.to_owned(), tag)?;
            found.reference = name.to_owned();
            Ok(found)
        }
        Selection::Any(None) => by_name(repository, url, "HEAD".into(), None),
        Selection::Any(Some(name)) => any(repository, url, name),
        Selection::Semver(range) => {
            let tags = names(repository, "refs/tags/")?;
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            let mut best: Option<(i64, Found)> = None;
            for tag in highest(range, &tags)? {
                let found = by_name(repository, url, format!("refs/tags/{tag}"), Some(tag.to_owned()))?;
                let time = commit_time(repository, found.tip)?;
                if best.as_ref().is_none_or(|(newest, _)| time > *newest) {
                    best = Some((time, found));
                }
            }
            // `highest` gives at least one.
            let nothing = || GitError::NoMatch {
                range: range.clone(),
                nearby: Vec::new(),
            };
            best.map(|(_, found)| found).ok_or_else(nothing)
        }
        Selection::Commit { hash, branch } => {
            let tip = parse_hash(hash)?;
            let reference = branch.as_ref().map(|branch| format!("refs/heads/{branch}"));
            Ok(Found {
                tip,
                reference: reference.unwrap_or_default(),
                tag: None,
            })
        }
    }
}

/// The first of the references that a short name may mean, or a commit.
fn any(repository: &gix::Repository, url: &str, name: &str) -> Result<Found, GitError> {
    if let Ok(tip) = parse_hash(name) {
        return Ok(Found {
            tip,
            reference: String::new(),
            tag: None,
        });
    }
    for candidate in candidates(name)? {
        let tag = candidate.strip_prefix("refs/tags/").map(str::to_owned);
        match by_name(repository, url, candidate, tag) {
            Err(GitError::RefNotFound { .. }) => {}
            found => return found,
        }
    }
    by_name(repository, url, format!("refs/heads/{name}"), None)
}

pub(crate) fn parse_hash(hash: &str) -> Result<ObjectId, GitError> {
    ObjectId::from_hex(hash.as_bytes()).map_err(|_| GitError::CommitNotFound {
        hash: hash.chars().take(128).collect(),
        cause: "it is no full commit hash (40 hexadecimal digits)".into(),
    })
}

/// When the commit behind a tag was committed.
pub(crate) fn commit_time(repository: &gix::Repository, tip: ObjectId) -> Result<i64, GitError> {
    let object = repository
        .find_object(tip)
        .map_err(|error| unresolved(&tip, error))?;
    let commit = object.peel_to_commit().map_err(|error| unresolved(&tip, error))?;
    commit
        .time()
        .map(|time| time.seconds)
        .map_err(|error| unresolved(&tip, error))
}

fn by_name(
    repository: &gix::Repository,
    url: &str,
    name: String,
    tag: Option<String>,
) -> Result<Found, GitError> {
    check_reference(&name)?;
    let broken = |cause: String| GitError::Object {
        what: format!("reference {name}"),
        cause,
    };
    let found = repository
        .try_find_reference(name.as_str())
        .map_err(|error| broken(causes(&error)))?;
    let Some(mut reference) = found.filter(|found| found.name().as_bstr() == name.as_str()) else {
        let url = flux_http::redact(url);
        if names(repository, "refs/")?.is_empty() {
            return Err(GitError::Empty { url });
        }
        let prefix = if tag.is_some() {
            "refs/tags/"
        } else {
            "refs/heads/"
        };
        let wanted = name.strip_prefix(prefix).unwrap_or(&name);
        let nearby = nearby(wanted, names(repository, prefix)?);
        return Err(GitError::RefNotFound {
            url,
            reference: name,
            nearby,
        });
    };
    // A branch may be a symbolic reference; a tag object is kept as the tip, it is peeled later.
    let direct = reference
        .follow_to_object()
        .map_err(|error| broken(causes(&error)))?;
    Ok(Found {
        tip: direct.detach(),
        reference: name,
        tag,
    })
}

/// The names of all references below a prefix, without it.
fn names(repository: &gix::Repository, prefix: &str) -> Result<Vec<String>, GitError> {
    let broken = |error: &(dyn std::error::Error + 'static)| GitError::Object {
        what: format!("references below {prefix}"),
        cause: causes(error),
    };
    let references = repository.references().map_err(|error| broken(&error))?;
    let below = references.prefixed(prefix).map_err(|error| broken(&error))?;
    let name = |name: String| name.strip_prefix(prefix).map(str::to_owned);
    Ok(below
        .filter_map(|found| name(found.ok()?.name().as_bstr().to_string()))
        .collect())
}
