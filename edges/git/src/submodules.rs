//! Submodules: commits of other repositories that have their place in a commit.

use std::collections::BTreeMap;

use url::Url;

use crate::error::GitError;
use crate::fetch::Git;
use crate::request::{Checkout, Credentials, Outcome, Remote, Request, Selection, Submodule};
use crate::ssh::Address;

/// Where a commit says which repositories its submodules come from.
const MODULES: &str = ".gitmodules";
/// How deep submodules of submodules go.
const DEPTH: usize = 8;
/// How many there are at most, all levels together.
const COUNT: usize = 64;

impl Git {
    /// Puts the files of the submodules of a [whole](Request::whole) commit where they belong, those of their submodules
    /// too. Credentials go only to the server that the repository itself is on.
    ///
    /// # Errors
    /// As [`fetch`](Git::fetch); also when a submodule has no address, or there are more than 64 or more than 8 levels.
    pub async fn add_submodules(
        &self,
        remote: &Remote,
        request: &Request,
        checkout: &mut Checkout,
    ) -> Result<(), GitError> {
        let mut done: Vec<(String, Checkout)> = Vec::new();
        let mut count = 0;
        let first = std::mem::take(&mut checkout.submodules);
        let mut work = planned("", remote, checkout, first, 1);
        while let Some(Planned {
            prefix,
            parent,
            addresses,
            module,
            depth,
        }) = work.pop()
        {
            count += 1;
            let path = format!("{prefix}{}", module.path);
            let failed = |cause: &str| GitError::Submodule {
                path: path.clone(),
                cause: cause.into(),
            };
            if depth > DEPTH || count > COUNT {
                return Err(failed(
                    "there are more than 64 submodules, or more than 8 levels of them",
                ));
            }
            let address = addresses
                .get(&module.path)
                .ok_or_else(|| failed("no url found for it in .gitmodules"))?;
            let remote = beside(&parent, address).ok_or_else(|| failed("its url cannot be used"))?;
            let wanted = Request {
                selection: Selection::Commit {
                    hash: module.hash.clone(),
                    branch: None,
                },
                held: None,
                ..request.clone()
            };
            let Outcome::Fetched(mut found) = self.fetch(&remote, &wanted).await? else {
                return Err(failed("it was not fetched"));
            };
            let below = std::mem::take(&mut found.submodules);
            work.extend(planned(&format!("{path}/"), &remote, &found, below, depth + 1));
            done.push((path, *found));
        }
        for (path, found) in done {
            for (name, file) in found.tree.iter() {
                checkout
                    .tree
                    .insert(&format!("{path}/{name}"), file.bytes.clone(), file.executable)?;
            }
            let links = found.links.into_iter();
            checkout
                .links
                .extend(links.map(|(name, target)| (format!("{path}/{name}"), target)));
        }
        Ok(())
    }
}

/// A submodule that is to be fetched.
struct Planned {
    /// The directory of the repository around it, with a slash at the end.
    prefix: String,
    parent: Remote,
    addresses: BTreeMap<String, String>,
    module: Submodule,
    depth: usize,
}

fn planned(
    prefix: &str,
    remote: &Remote,
    checkout: &Checkout,
    modules: Vec<Submodule>,
    depth: usize,
) -> Vec<Planned> {
    let addresses = checkout
        .tree
        .get(MODULES)
        .map(|file| addresses(&String::from_utf8_lossy(&file.bytes)));
    let addresses = addresses.unwrap_or_default();
    modules
        .into_iter()
        .map(|module| Planned {
            prefix: prefix.to_owned(),
            parent: remote.clone(),
            addresses: addresses.clone(),
            module,
            depth,
        })
        .collect()
}

/// The addresses by directory, from the text of `.gitmodules`.
fn addresses(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (mut path, mut url) = (None, None);
    let mut keep = |path: &mut Option<String>, url: &mut Option<String>| {
        if let (Some(path), Some(url)) = (path.take(), url.take()) {
            found.insert(path, url);
        }
    };
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            keep(&mut path, &mut url);
            (path, url) = (None, None);
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" => path = Some(value),
                "url" => url = Some(value),
                _ => {}
            }
        }
    }
    keep(&mut path, &mut url);
    found
}

/// The repository at an address that may be relative to that of the repository around.
fn beside(parent: &Remote, address: &str) -> Option<Remote> {
    let (mut base, mut rest) = (parent.url.trim_end_matches('/').to_owned(), address);
    if address.starts_with("./") || address.starts_with("../") {
        let floor = base
            .find("://")
            .map_or_else(|| base.find(':').unwrap_or(0), |at| at + 3);
        loop {
            if let Some(after) = rest.strip_prefix("./") {
                rest = after;
            } else if let Some(after) = rest.strip_prefix("../") {
                let end = base.rfind('/').filter(|end| *end > floor)?;
                base.truncate(end);
                rest = after;
            } else {
                break;
            }
        }
        return Some(Remote {
            url: format!("{base}/{rest}"),
            ..parent.clone()
        });
    }
    let mut remote = Remote {
        url: address.to_owned(),
        ..parent.clone()
    };
    if server(&parent.url).is_none_or(|parent| server(address) != Some(parent)) {
        remote.credentials = Credentials {
            ssh: remote.credentials.ssh.filter(|ssh| ssh.anywhere),
            ..Credentials::default()
        };
    }
    Some(remote)
}

/// What server an address leads to, as one text.
fn server(address: &str) -> Option<String> {
    if let Ok(Some(ssh)) = Address::parse(address) {
        return Some(format!("ssh://{}:{}", ssh.host, ssh.port));
    }
    let origin = Url::parse(address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_read() {
        let text = "[submodule \"a\"]\n\tpath = x/a\n\turl = ../a.git\n# none\n[submodule \"b\"]\n\turl = \
                    https://h/b\n\tpath = b\n\tbranch = main\n";
        let wanted = [("b", "https://h/b"), ("x/a", "../a.git")];
        let wanted = wanted.map(|(path, url)| (path.to_owned(), url.to_owned()));
        assert_eq!(addresses(text), BTreeMap::from(wanted));
    }

    #[track_caller]
    fn check(parent: &str, address: &str, expect: Option<&str>) {
        let found = beside(&Remote::new(parent), address);
        assert_eq!(
            found.map(|remote| remote.url).as_deref(),
            expect,
            "{parent} {address}"
        );
    }

    #[test]
    fn addresses_may_be_relative() {
        check("https://h/o/r.git", "../s.git", Some("https://h/o/s.git"));
        check("https://h/o/r.git/", "./s", Some("https://h/o/r.git/s"));
        check("https://h/o/r", "../../p/s", Some("https://h/p/s"));
        check("https://h/r", "../../../s", None);
        check("https://h/r", "https://k/s", Some("https://k/s"));
        check("ssh://git@h/o/r", "../s", Some("ssh://git@h/o/s"));
        check("git@h:o/r.git", "../s.git", Some("git@h:o/s.git"));
        check("git@h:o/r.git", "../../s.git", None);
        check("https://h/r", "git@k:o/s", Some("git@k:o/s"));
    }

    #[test]
    fn credentials_stay_on_their_server() {
        let parent = Remote {
            credentials: crate::Credentials {
                authorities: Some(Vec::new()),
                ..Default::default()
            },
            ..Remote::new("https://h/r")
        };
        let held = |address| {
            beside(&parent, address)
                .unwrap()
                .credentials
                .authorities
                .is_some()
        };
        assert!(held("https://h/s") && held("../s") && !held("https://k/s"));
    }
}
