//! Which repository `flux up` follows.

use std::path::{Path, PathBuf};

use crate::args::Up;
use crate::error::Error;

/// The example fleet, as it was when this binary was built.
const FLEET: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/fleet.rs"));

/// A repository to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    /// Address for the GitRepository, without credentials.
    pub url: String,
    /// Branch to follow.
    pub branch: String,
    /// User name and password that the address carried.
    pub credentials: Option<(String, String)>,
    /// Where it is on this machine.
    pub local: Option<PathBuf>,
}

/// Finds the repository that the arguments name; puts the example fleet into the data directory when they name none.
pub fn find(up: &Up) -> Result<Repository, Error> {
    let branch = up.branch.clone();
    match &up.repo {
        None => {
            let folder = absolute(&up.data)?.join("fleet");
            if !folder.join(".git").exists() {
                let files = FLEET
                    .iter()
                    .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
                flux_git::create_repository(&folder, files).map_err(|error| {
                    Error::message(format!(
                        "cannot put the example fleet into {}: {error}",
                        folder.display()
                    ))
                })?;
            }
            local(&folder, branch)
        }
        Some(text) if text.starts_with("http://") || text.starts_with("https://") => remote(text, branch),
        Some(text) if text.starts_with("ssh://") || text.starts_with("git@") => Err(Error::message(format!(
            "{text}: repositories over ssh are not supported yet; use https, or a local clone"
        ))),
        Some(text) => local(Path::new(text.strip_prefix("file://").unwrap_or(text)), branch),
    }
}

/// The path of the cluster in the repository.
pub fn cluster_path(up: &Up) -> String {
    let default = if up.repo.is_none() { "./clusters/dev" } else { "./" };
    up.path.clone().unwrap_or_else(|| default.into())
}

fn local(path: &Path, branch: Option<String>) -> Result<Repository, Error> {
    let folder = absolute(path)?;
    let current = flux_git::current_branch(&folder).map_err(|error| {
        Error::message(format!(
            "{}: {error}; --repo takes a Git repository or an http(s) URL",
            path.display()
        ))
    })?;
    let branch = branch.or(current).ok_or_else(|| {
        Error::message(format!(
            "{}: no branch is checked out; name one with --branch",
            path.display()
        ))
    })?;
    Ok(Repository {
        url: format!("file://{}", folder.display()),
        branch,
        credentials: None,
        local: Some(folder),
    })
}

fn remote(text: &str, branch: Option<String>) -> Result<Repository, Error> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, host) = match authority.rsplit_once('@') {
        None => (None, authority),
        Some((user, host)) => {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (Some((decoded(name)?, decoded(password)?)), host)
        }
    };
    Ok(Repository {
        url: format!("{scheme}://{host}/{path}"),
        branch: branch.unwrap_or_else(|| "main".into()),
        credentials,
        local: None,
    })
}

/// Undoes `%41`; credentials in addresses are written so.
fn decoded(text: &str) -> Result<String, Error> {
    let broken = || Error::message("--repo: the credentials in the URL are not properly percent-encoded");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let digits = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .ok_or_else(broken)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| broken())?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|error| Error::message(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: &str, credentials: Option<(&str, &str)>) {
        let found = remote(url, None).unwrap();
        let credentials = credentials.map(|(name, password)| (name.to_owned(), password.to_owned()));
        assert_eq!((found.url.as_str(), found.credentials), (expect, credentials));
    }

    #[test]
    fn credentials_leave_the_address() {
        check(
            "https://git.example.com/a/b.git",
            "https://git.example.com/a/b.git",
            None,
        );
        check(
            "https://me:p%40ss@git.example.com/a",
            "https://git.example.com/a",
            Some(("me", "p@ss")),
        );
        check(
            "http://token@host:8080/",
            "http://host:8080/",
            Some(("token", "")),
        );
        assert!(remote("https://me:%zz@host/", None).is_err());
    }

    #[test]
    fn the_fleet_is_inside() {
        assert!(FLEET.iter().any(|(name, _)| *name == "clusters/dev/apps.yaml"));
    }
}
