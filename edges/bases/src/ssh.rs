//! The keys and known hosts of the person who builds, where OpenSSH has them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flux_git::Ssh;

/// Private keys, in the order in which they are tried.
const KEYS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];
/// Known hosts of the machine.
const SYSTEM: &str = "/etc/ssh/ssh_known_hosts";
/// No key and no list is larger.
const LARGEST: u64 = 8 << 20;

/// Where the keys and known hosts of a person are. They are read when a repository is fetched, and again for the next.
#[derive(Clone, Debug, Default)]
pub struct SshHome {
    /// The user for addresses that name none.
    pub user: String,
    /// The folder with keys and `known_hosts`: `~/.ssh`.
    pub folder: Option<PathBuf>,
    /// Known hosts besides those of the folder.
    pub system: Option<PathBuf>,
    /// Socket of the agent.
    pub agent: Option<PathBuf>,
}

impl SshHome {
    /// Of the person who runs this program: `HOME`, `SSH_AUTH_SOCK`, `USER`, and `/etc/ssh/ssh_known_hosts`.
    pub fn of_environment() -> Self {
        let path = |name: &str| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        SshHome {
            user: std::env::var("USER").unwrap_or_default(),
            folder: path("HOME").map(|home| home.join(".ssh")),
            system: Some(SYSTEM.into()),
            agent: path("SSH_AUTH_SOCK"),
        }
    }

    /// What is there now. What cannot be read is not there.
    pub(crate) fn read(&self) -> Ssh {
        let folder = self.folder.as_deref();
        let own = folder.map(|folder| folder.join("known_hosts"));
        let mut known_hosts = Vec::new();
        for path in [own.as_deref(), self.system.as_deref()].into_iter().flatten() {
            known_hosts.extend(contents(path).unwrap_or_default());
            known_hosts.push(b'\n');
        }
        let keys = folder.into_iter().flat_map(|folder| {
            let paths = KEYS.iter().map(|name| folder.join(name));
            paths.filter_map(|path| contents(&path))
        });
        Ssh {
            user: self.user.clone(),
            agent: self.agent.clone(),
            keys: keys.collect(),
            passphrase: None,
            known_hosts,
            anywhere: true,
        }
    }
}

fn contents(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of a folder; then the keys and the known hosts that are read.
    #[track_caller]
    fn check(files: &[(&str, &str)], keys: &[&str], known: &str) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let home = SshHome {
            folder: Some(folder.path().into()),
            system: Some(folder.path().join("system")),
            ..SshHome::default()
        };
        let read = home.read();
        let texts = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let found: Vec<String> = read.keys.iter().map(|key| texts(key)).collect();
        assert_eq!(found, keys);
        assert_eq!(texts(&read.known_hosts).trim(), known);
    }

    #[test]
    fn keys_and_hosts_are_read() {
        check(&[], &[], "");
        check(
            &[("id_rsa", "r"), ("id_ed25519", "e"), ("id_other", "o")],
            &["e", "r"],
            "",
        );
        check(&[("known_hosts", "a"), ("system", "b")], &[], "a\nb");
    }
}
