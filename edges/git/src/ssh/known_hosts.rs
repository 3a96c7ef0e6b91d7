//! Which keys a server may have, as OpenSSH's lists of known hosts say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{HashAlg, PublicKey, parse_public_key_base64};
use sha1::Sha1;

/// What a list says about one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    host: String,
    pub(super) trusted: Vec<PublicKey>,
    revoked: Vec<PublicKey>,
}

impl Known {
    /// Reads the lines that are about `host`, which is `name` or `[name]:port`. Lines that cannot be read count for nothing.
    pub(super) fn of(list: &[u8], host: &str) -> Self {
        let mut known = Known {
            host: host.to_owned(),
            ..Known::default()
        };
        for line in String::from_utf8_lossy(list).lines() {
            let mut words = line.split_ascii_whitespace().peekable();
            let marker = words.next_if(|word| word.starts_with('@'));
            let (Some(names), Some(_), Some(key)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let keys = match marker {
                None => &mut known.trusted,
                Some("@revoked") => &mut known.revoked,
                Some(_) => continue,
            };
            if !names.starts_with('#')
                && is_named(names, host)
                && let Ok(key) = parse_public_key_base64(key)
            {
                keys.push(key);
            }
        }
        known
    }

    /// Why a server with this key is not to be spoken to, if it is not.
    pub(super) fn refusal(&self, key: &PublicKey) -> Option<String> {
        let has = |keys: &[PublicKey]| keys.iter().any(|known| known.key_data() == key.key_data());
        let (host, shown) = (&self.host, key.fingerprint(HashAlg::Sha256));
        let kind = key.algorithm();
        if has(&self.revoked) {
            return Some(format!(
                "the host key {shown} ({kind}) of {host} is revoked in known_hosts"
            ));
        }
        if has(&self.trusted) {
            return None;
        }
        let scan = match host.strip_prefix('[').and_then(|host| host.split_once("]:")) {
            Some((name, port)) => format!("ssh-keyscan -p {port} {name}"),
            None => format!("ssh-keyscan {host}"),
        };
        Some(if self.trusted.is_empty() {
            format!(
                "{host} is not in known_hosts; its host key is {shown} ({kind}): compare it with what its owner says, then \
                 add what `{scan}` prints to ~/.ssh/known_hosts"
            )
        } else {
            format!(
                "the host key of {host} is {shown} ({kind}), which is none of those in known_hosts: somebody may be between, \
                 or the key was changed; ask its owner, then replace the lines of {host} by what `{scan}` prints"
            )
        })
    }
}

/// Whether a list of patterns, or a hashed name, means this server.
fn is_named(names: &str, host: &str) -> bool {
    if let Some(hashed) = names.strip_prefix("|1|") {
        return is_hash_of(hashed, host);
    }
    let mut named = false;
    for pattern in names.split(',') {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_prefix('!') {
            Some(pattern) if fits(pattern.as_bytes(), host.as_bytes()) => return false,
            Some(_) => {}
            None => named |= fits(pattern.as_bytes(), host.as_bytes()),
        }
    }
    named
}

fn is_hash_of(hashed: &str, host: &str) -> bool {
    let parts = hashed.split_once('|');
    let parts =
        parts.and_then(|(salt, hash)| Some((STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?)));
    let Some((salt, hash)) = parts else {
        return false;
    };
    Hmac::<Sha1>::new_from_slice(&salt).is_ok_and(|mac| mac.chain_update(host).verify_slice(&hash).is_ok())
}

/// Whether a pattern with `*` and `?` fits the whole text. It goes back to the last star only, so it cannot take long.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place, mut star) = (0, 0, None);
    while let Some(byte) = text.get(at) {
        match pattern.get(place) {
            Some(b'*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                (at, place) = (at + 1, place + 1);
            }
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (at, place) = (from + 1, after + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(place).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const TWO: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

    /// A list, the server, and what the refusal of key one contains; nothing when it is trusted.
    #[track_caller]
    fn check(list: &str, host: &str, expect: Option<&str>) {
        let list = list.replace("ONE", ONE).replace("TWO", TWO);
        let key = parse_public_key_base64(ONE).unwrap();
        let refusal = Known::of(list.as_bytes(), host).refusal(&key);
        match (&refusal, expect) {
            (None, None) => {}
            (Some(refusal), Some(part)) if refusal.contains(part) => {}
            _ => panic!("{list}: {refusal:?}"),
        }
    }

    #[test]
    fn names_are_found() {
        check("h ssh-ed25519 ONE comment\n", "h", None);
        check("a,h ssh-ed25519 ONE\n", "h", None);
        check("[h]:2222 ssh-ed25519 ONE\n", "[h]:2222", None);
        check("*.example.com ssh-ed25519 ONE\n", "git.example.com", None);
        check("h ssh-ed25519 TWO\nh ssh-ed25519 ONE\n", "h", None);
        // `ssh-keygen -H` of h.
        let hashed = "|1|HASHED ssh-ed25519 ONE\n".replace("HASHED", "c2FsdHNhbHRzYWx0c2FsdHNhbHQ=|DIGEST");
        let mac = Hmac::<Sha1>::new_from_slice(b"saltsaltsaltsaltsalt").unwrap();
        let digest = STANDARD.encode(mac.chain_update("h").finalize().into_bytes());
        check(&hashed.replace("DIGEST", &digest), "h", None);
        check(
            &hashed.replace("DIGEST", &digest),
            "g",
            Some("g is not in known_hosts"),
        );
    }

    #[test]
    fn others_are_refused() {
        check("", "h", Some("`ssh-keyscan h`"));
        check("", "[h]:2222", Some("`ssh-keyscan -p 2222 h`"));
        check("h ssh-ed25519 ONE\n", "[h]:2222", Some("not in known_hosts"));
        check("*,!h ssh-ed25519 ONE\n", "h", Some("not in known_hosts"));
        check("# h ssh-ed25519 ONE\n", "h", Some("not in known_hosts"));
        check(
            "h ssh-ed25519\nh ssh-ed25519 x\n|1|x|y ssh-ed25519 ONE\n",
            "h",
            Some("not in known_hosts"),
        );
        check("h ssh-ed25519 TWO\n", "h", Some("none of those in known_hosts"));
        check(
            "@cert-authority h ssh-ed25519 ONE\n",
            "h",
            Some("not in known_hosts"),
        );
        check(
            "h ssh-ed25519 ONE\n@revoked * ssh-ed25519 ONE\n",
            "h",
            Some("revoked"),
        );
    }
}
