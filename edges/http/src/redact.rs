//! Addresses that may be shown.

use url::Url;

/// The address without user name, password, query values and fragment, fit for logs and conditions. What cannot be parsed
/// loses everything before an `@`.
pub fn redact(address: &str) -> String {
    // `user:password@host` reads as an address of the scheme `user`.
    let Some(mut url) = Url::parse(address).ok().filter(Url::has_host) else {
        return match address.rsplit_once('@') {
            Some((_, rest)) => format!("***@{rest}"),
            None => address.into(),
        };
    };
    // Both fail only for addresses that cannot carry credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if url.query().is_some() {
        let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(names.iter().map(|name| (name, "redacted")));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expect: &str) {
        assert_eq!(redact(address), expect);
    }

    #[test]
    fn nothing_secret_is_shown() {
        check(
            "https://user:secret@example.com/repo.git",
            "https://example.com/repo.git",
        );
        check("https://token@example.com/repo", "https://example.com/repo");
        check(
            "https://example.com/a?token=secret&x=1#f",
            "https://example.com/a?token=redacted&x=redacted",
        );
        check("ssh://git@example.com/repo", "ssh://example.com/repo");
        check("user:secret@host/path", "***@host/path");
        check("user:secret@not an address", "***@not an address");
        check("file:///srv/repo", "file:///srv/repo");
        check("", "");
    }
}
