//! A commit as the build sees it, symbolic links included.

use std::borrow::Cow;
use std::collections::BTreeMap;

use flux_artifact::{Entry, Tree};
use flux_git::Checkout;
use flux_kustomize::{FileError, FileKind, Files};

/// Links followed on one path before it counts as a circle.
const LINKS: usize = 40;

/// The files of a commit. Links that stay inside lead where they say; the others lead nowhere.
#[derive(Clone, Debug, Default)]
pub struct RepositoryFiles {
    tree: Tree,
    links: BTreeMap<String, String>,
}

impl From<Checkout> for RepositoryFiles {
    fn from(checkout: Checkout) -> Self {
        RepositoryFiles {
            tree: checkout.tree,
            links: checkout.links.into_iter().collect(),
        }
    }
}

impl RepositoryFiles {
    /// The path without links.
    fn follow(&self, path: &str) -> Result<String, FileError> {
        if self.links.is_empty() {
            return Ok(path.to_owned());
        }
        let mut rest: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let (mut real, mut followed) = (Vec::<String>::new(), 0);
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    real.pop().ok_or(FileError::Outside)?;
                    continue;
                }
                _ => real.push(part),
            }
            if let Some(target) = self.links.get(&real.join("/")) {
                followed += 1;
                if followed > LINKS {
                    return Err(FileError::Other("too many levels of symbolic links".into()));
                }
                if target.starts_with('/') {
                    return Err(FileError::Outside);
                }
                real.pop();
                rest.extend(target.rsplit('/').map(str::to_owned));
            }
        }
        Ok(real.join("/"))
    }
}

impl Files for RepositoryFiles {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        match self.tree.entry(&self.follow(path)?) {
            Some(Entry::File(file)) => Ok(Cow::Borrowed(&file.bytes)),
            Some(Entry::Directory) => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        Some(match self.tree.entry(&self.follow(path).ok()?)? {
            Entry::File(_) => FileKind::File,
            Entry::Directory => FileKind::Directory,
        })
    }

    fn real<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        self.follow(path).ok().map(Cow::Owned)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let directory = self.follow(directory)?;
        match self.tree.entry(&directory) {
            None => return Err(FileError::NotFound),
            Some(Entry::File(_)) => return Err(FileError::NotDirectory),
            Some(Entry::Directory) => {}
        }
        let mut names: Vec<String> = self
            .tree
            .list(&directory)
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        let prefix = if directory.is_empty() {
            String::new()
        } else {
            format!("{directory}/")
        };
        let links = self.links.keys().filter_map(|link| link.strip_prefix(&prefix));
        names.extend(links.filter(|name| !name.contains('/')).map(str::to_owned));
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(links: &[(&str, &str)]) -> RepositoryFiles {
        let mut tree = Tree::new();
        for path in ["a/x", "a/b/y", "z"] {
            tree.insert(path, path.as_bytes(), false).unwrap();
        }
        let links = links
            .iter()
            .map(|(from, to)| ((*from).into(), (*to).into()))
            .collect();
        RepositoryFiles { tree, links }
    }

    #[track_caller]
    fn check(links: &[(&str, &str)], path: &str, expect: Result<&str, FileError>) {
        let files = files(links);
        let read = files
            .read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(read, expect.map(str::to_owned), "{path}");
    }

    #[test]
    fn links_are_followed_inside() {
        check(&[], "a/x", Ok("a/x"));
        check(&[("l", "a")], "l/x", Ok("a/x"));
        check(&[("l", "a/b"), ("a/b/up", "..")], "l/up/x", Ok("a/x"));
        check(&[("a/b/l", "../../z")], "a/b/l", Ok("z"));
        check(&[("l", "a")], "l", Err(FileError::IsDirectory));
        check(&[("l", "none")], "l", Err(FileError::NotFound));
    }

    #[test]
    fn links_do_not_lead_out() {
        check(&[("l", "../z")], "l", Err(FileError::Outside));
        check(&[("l", "/etc/passwd")], "l", Err(FileError::Outside));
        let circle = FileError::Other("too many levels of symbolic links".into());
        check(&[("l", "m"), ("m", "l")], "l", Err(circle));
    }

    #[test]
    fn links_are_listed() {
        assert_eq!(files(&[("a/l", "x")]).list("a").unwrap(), ["b", "l", "x"]);
        assert_eq!(files(&[("l", "a")]).list("l").unwrap(), ["b", "x"]);
        assert_eq!(
            files(&[("l", "a")]).real("l/b").as_deref(),
            Some("a/b"),
            "where it leads"
        );
    }
}
