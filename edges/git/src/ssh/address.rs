//! Addresses of repositories behind ssh.

use url::Url;

use crate::fetch::decode;

/// The port when none is named.
const PORT: u16 = 22;

/// Server and path of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
}

impl Address {
    /// Takes `ssh://[user@]host[:port]/path` or `[user@]host:path` apart; nothing when the text is neither.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let found = if text.contains("://") {
            match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "ssh" | "git+ssh") => of_url(&url),
                _ => return Ok(None),
            }
        } else {
            match text.split_once(':') {
                Some((host, path)) if !host.is_empty() && !host.contains('/') => of_pair(host, path),
                _ => return Ok(None),
            }
        };
        found.checked().map(Some)
    }

    fn checked(self) -> Result<Self, String> {
        if self.host.is_empty() {
            return Err("it names no host".into());
        }
        if self.path.is_empty() || self.path == "/" {
            return Err("it names no repository".into());
        }
        // A server that takes it for an option would run what it says.
        if self.path.starts_with('-') || self.path.contains(|c: char| c.is_control()) {
            return Err("its path cannot be used".into());
        }
        Ok(self)
    }

    /// What the server is to run.
    pub(crate) fn command(&self) -> String {
        let quoted = self.path.replace('\'', r"'\''").replace('!', r"'\!'");
        format!("git-upload-pack '{quoted}'")
    }

    /// The name of the server in a list of known hosts.
    pub(crate) fn known_as(&self) -> String {
        let host = self.host.to_ascii_lowercase();
        match self.port {
            PORT => host,
            port => format!("[{host}]:{port}"),
        }
    }
}

fn of_url(url: &Url) -> Address {
    let path = decode(url.path());
    let host = decode(url.host_str().unwrap_or_default());
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .map(str::to_owned)
        .unwrap_or(host);
    Address {
        user: Some(decode(url.username())).filter(|user| !user.is_empty()),
        host,
        port: url.port().unwrap_or(PORT),
        // A home directory stands at the root of an address.
        path: match path.strip_prefix('/') {
            Some(home) if home.starts_with('~') => home.to_owned(),
            _ => path,
        },
    }
}

fn of_pair(host: &str, path: &str) -> Address {
    let (user, host) = match host.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, host),
    };
    Address {
        user: user.filter(|user| !user.is_empty()),
        host: host.to_owned(),
        port: PORT,
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address; then user, name in the list of known hosts and command, or the error.
    #[track_caller]
    fn check(text: &str, expect: Result<Option<(&str, &str, &str)>, &str>) {
        let found = Address::parse(text).map(|found| {
            found.map(|found| {
                let user = found.user.clone().unwrap_or_default();
                (user, found.known_as(), found.command())
            })
        });
        let found = match &found {
            Ok(found) => Ok(found
                .as_ref()
                .map(|(user, host, command)| (&**user, &**host, &**command))),
            Err(error) => Err(error.as_str()),
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn addresses_are_taken_apart() {
        check(
            "ssh://git@H.example/o/r.git",
            Ok(Some(("git", "h.example", "git-upload-pack '/o/r.git'"))),
        );
        check(
            "ssh://h:2222/r",
            Ok(Some(("", "[h]:2222", "git-upload-pack '/r'"))),
        );
        check(
            "ssh://u@[::1]/~/r",
            Ok(Some(("u", "::1", "git-upload-pack '~/r'"))),
        );
        check(
            "git@h:o/r.git",
            Ok(Some(("git", "h", "git-upload-pack 'o/r.git'"))),
        );
        check("h:/srv/r", Ok(Some(("", "h", "git-upload-pack '/srv/r'"))));
        check("ssh://h/a%20b+c", Ok(Some(("", "h", "git-upload-pack '/a b+c'"))));
        check(
            "git@h:it's!",
            Ok(Some(("git", "h", r"git-upload-pack 'it'\''s'\!''"))),
        );
    }

    #[test]
    fn others_are_left_alone_or_refused() {
        check("https://h/r", Ok(None));
        check("/srv/a:b", Ok(None));
        check("./a:b", Ok(None));
        check("git@h:", Err("it names no repository"));
        check("ssh://h", Err("it names no repository"));
        check("git@:r", Err("it names no host"));
        check("git@h:--upload-pack=x", Err("its path cannot be used"));
        check("ssh://h/a%0ab", Err("its path cannot be used"));
    }
}
