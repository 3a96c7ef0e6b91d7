//! The URLs of remote bases.

use crate::remote::GitSpec;

const SCHEMES: [&str; 4] = ["ssh://", "https://", "http://", "file://"];
const DEFAULT_TIMEOUT_SECONDS: u64 = 27;

/// Whether a path is an `http` or `https` URL.
pub(crate) fn is_http(path: &str) -> bool {
    strip_prefix_ignoring_case(path, "https://")
        .or_else(|| strip_prefix_ignoring_case(path, "http://"))
        .is_some()
}

/// Whether a text is the address of a Git repository, in one of the spellings that kustomize knows.
pub fn is_repository(text: &str) -> bool {
    parse(text).is_some()
}

/// Takes a repository URL apart; nothing when the text is not one.
pub(crate) fn parse(url: &str) -> Option<GitSpec> {
    if url.starts_with('/') {
        return None;
    }
    let (location, query) = url.split_once('?').unwrap_or((url, ""));
    let (host, rest) = split_host(location)?;
    let (repo, path) = split_repo(rest, host.starts_with("file://"))?;
    let path = path.trim_start_matches('/');
    if repo.is_empty() || crate::paths::resolve("", path).is_none() {
        return None;
    }
    let mut spec = GitSpec {
        repo: format!("{host}{repo}"),
        path: crate::paths::join_lexically("", path),
        reference: None,
        submodules: true,
        timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
    };
    read_query(query, &mut spec);
    Some(spec)
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The part up to and including the host's separator, made canonical for GitHub, and what follows.
fn split_host(location: &str) -> Option<(String, &str)> {
    let location = strip_prefix_ignoring_case(location, "git::").unwrap_or(location);
    let (scheme, rest) = SCHEMES
        .iter()
        .find_map(|scheme| strip_prefix_ignoring_case(location, scheme).map(|rest| (*scheme, rest)))
        .unwrap_or(("", location));
    let (user, rest) = split_user(rest);
    let is_github = ["github.com/", "github.com:"]
        .iter()
        .any(|host| strip_prefix_ignoring_case(rest, host).is_some());
    let scp_style = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !scp_style {
        return None;
    }
    if scheme == "file://" {
        return Some((format!("{scheme}{user}"), rest));
    }
    let slash = rest.find('/');
    let colon = rest
        .find(':')
        .filter(|colon| scp_style && *colon > 0 && slash.is_none_or(|slash| *colon < slash));
    let (host, path) = match colon.or(slash) {
        Some(at) => rest.split_at(at + 1),
        None => (rest, ""),
    };
    if is_github {
        return Some((
            if scheme == "ssh://" || !user.is_empty() {
                format!("{user}github.com:")
            } else {
                "https://github.com/".to_owned()
            },
            path,
        ));
    }
    (!host.is_empty()).then(|| (format!("{scheme}{user}{host}"), path))
}

fn split_user(text: &str) -> (&str, &str) {
    match text.find('@') {
        Some(at)
            if text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text[..at]
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
        {
            text.split_at(at + 1)
        }
        _ => ("", text),
    }
}

fn split_repo(text: &str, whole: bool) -> Option<(&str, &str)> {
    const AZURE: &str = "_git/";
    if let Some(at) = text.find(AZURE) {
        let after = at + AZURE.len();
        let end = text[after..].find('/').map_or(text.len(), |slash| after + slash);
        return Some((&text[..end], text[end..].trim_start_matches('/')));
    }
    if let Some((repo, path)) = text.split_once("//") {
        return Some((repo, path));
    }
    if let Some(at) = text.find(".git") {
        return Some(text.split_at(at + ".git".len()));
    }
    if whole {
        return Some((text, ""));
    }
    let first = text.find('/')?;
    match text[first + 1..].find('/') {
        Some(second) => Some((&text[..first + 1 + second], &text[first + second + 2..])),
        None => Some((text, "")),
    }
}

fn read_query(query: &str, spec: &mut GitSpec) {
    let get = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, value)| *key == name && !value.is_empty())
    };
    spec.reference = get("ref")
        .or_else(|| get("version"))
        .map(|(_, value)| value.to_owned());
    if let Some((_, value)) = get("submodules")
        && let Some(value) = match value {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    {
        spec.submodules = value;
    }
    if let Some((_, value)) = get("timeout") {
        let seconds = match value.strip_suffix('m') {
            Some(minutes) => minutes
                .parse::<u64>()
                .ok()
                .and_then(|minutes| minutes.checked_mul(60)),
            None => value.strip_suffix('s').unwrap_or(value).parse().ok(),
        };
        spec.timeout_seconds = seconds
            .filter(|seconds| *seconds > 0)
            .unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    }
}
