//! A request as the core sees it, and what its path means.

use bytes::Bytes;
use http::Method;

use super::Failure;
use super::rbac::Wanted;
use crate::User;

/// The user that the cluster itself is.
pub(crate) const INTERNAL: &str = "system:apiserver";

/// One request, without its connection.
#[derive(Debug, Clone)]
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    /// Decoded path.
    pub(crate) path: String,
    pub(crate) query: Query,
    /// The `Accept` headers joined by commas; empty when there is none.
    pub(crate) accept: String,
    pub(crate) content_type: Option<String>,
    pub(crate) user_agent: String,
    pub(crate) body: Bytes,
    pub(crate) user: User,
    /// Whom the user wants to act as.
    pub(crate) wanted: Option<Wanted>,
}

impl ApiRequest {
    /// A request that the cluster makes to itself.
    pub(crate) fn internal(method: Method, path: String, body: Bytes) -> Self {
        Self {
            method,
            path,
            query: Query::default(),
            accept: "application/json".into(),
            content_type: Some("application/json".into()),
            user_agent: "ferroflux".into(),
            body,
            user: User {
                name: INTERNAL.into(),
                groups: vec!["system:masters".into()],
                ..User::default()
            },
            wanted: None,
        }
    }
}

/// The decoded query, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    /// The parts of `a=b&c=d`. Pairs that cannot be decoded are left out, as Go's `URL.Query` does.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.contains(';'))
            .filter_map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(key, true)?, decode(value, true)?))
            });
        Self(pairs.collect())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// A boolean as the API reads it from a query: `false` and `0` are false, anything else that is there is true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| !matches!(value.to_ascii_lowercase().as_str(), "false" | "0"))
    }
}

/// A path without its percent encoding. Names that are no UTF-8 name nothing, but messages show them.
pub(crate) fn decode_path(path: &str) -> Option<String> {
    Some(super::go::text_of(decode_bytes(path, false)?))
}

/// Undo percent encoding; nothing when it is broken. What is no UTF-8 becomes replacement characters.
fn decode(text: &str, plus: bool) -> Option<String> {
    Some(match String::from_utf8(decode_bytes(text, plus)?) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn decode_bytes(text: &str, plus: bool) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'%' => {
                let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                at += 2;
            }
            b'+' if plus => out.push(b' '),
            other => out.push(other),
        }
        at += 1;
    }
    Some(out)
}

/// What a path below `/api/v1` or `/apis/GROUP/VERSION` names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    /// Plural name of the resource.
    pub(crate) resource: String,
    /// Empty for cluster-scoped resources and lists over all namespaces.
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// The old form `/api/v1/watch/…`.
    pub(crate) watch: bool,
    /// More segments than any resource has.
    pub(crate) excess: bool,
}

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A resource.
    Resource(Target),
    /// Anything else; the segments of the path.
    Other(Vec<String>),
}

impl Route {
    /// Take a path apart.
    pub(crate) fn parse(path: &str) -> Self {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let other = || Self::Other(segments.iter().map(|segment| (*segment).to_owned()).collect());
        let (group, version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
            ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
            _ => return other(),
        };
        if path.contains("//") {
            return other();
        }
        let (watch, rest) = match rest {
            ["watch", rest @ ..] if !rest.is_empty() => (true, rest),
            _ => (false, rest),
        };
        let mut target = Target {
            group: group.into(),
            version: version.into(),
            watch,
            ..Target::default()
        };
        let rest = match rest {
            // `namespaces/x/status` and `finalize` are subresources of the namespace itself.
            ["namespaces", namespace, sub, ..]
                if !(group.is_empty() && matches!(*sub, "status" | "finalize")) =>
            {
                target.namespace = (*namespace).into();
                &rest[2..]
            }
            _ => rest,
        };
        target.resource = rest.first().map(|part| (*part).to_owned()).unwrap_or_default();
        target.name = rest.get(1).map(|part| (*part).to_owned());
        target.subresource = rest.get(2).map(|part| (*part).to_owned());
        target.excess = rest.len() > 3;
        Self::Resource(target)
    }
}

/// What every writing request may ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) field_manager: String,
    /// Whether `fieldManager` was given (it is derived from the user agent otherwise).
    pub(crate) manager_given: bool,
    pub(crate) validation: FieldValidation,
    pub(crate) force: Option<bool>,
}

/// What happens to unknown and duplicate fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

impl WriteOptions {
    /// Read them; `kind` is `CreateOptions`, `UpdateOptions` or `PatchOptions`.
    pub(crate) fn read(request: &ApiRequest, kind: &str, apply: bool) -> Result<Self, Failure> {
        let query = &request.query;
        let mut problems = Vec::new();
        let force = query
            .get("force")
            .map(|value| !matches!(value.to_ascii_lowercase().as_str(), "false" | "0"));
        if kind == "PatchOptions" {
            if apply && query.text("fieldManager").is_empty() {
                problems.push((
                    "FieldValueRequired",
                    "fieldManager",
                    "Required value: is required for apply patch".to_owned(),
                ));
            }
            if !apply && force.is_some() {
                problems.push((
                    "FieldValueForbidden",
                    "force",
                    "Forbidden: may not be specified for non-apply patch".to_owned(),
                ));
            }
        }
        let manager = query.text("fieldManager");
        if manager.len() > 128 {
            problems.push((
                "FieldValueTooLong",
                "fieldManager",
                "Too long: may not be more than 128 bytes".to_owned(),
            ));
        }
        if let Some((at, bad)) = manager.char_indices().find(|(_, c)| !is_printable(*c)) {
            let at = manager[..at].chars().count();
            problems.push((
                "FieldValueInvalid",
                "fieldManager",
                format!(
                    "Invalid value: {}: invalid character U+{:04X} (at position {at})",
                    super::go::quote(manager),
                    bad as u32
                ),
            ));
        }
        let dry_run: Vec<&str> = query.all("dryRun").collect();
        if !dry_run.is_empty() && dry_run.iter().any(|value| *value != "All") {
            let list: Vec<String> = dry_run.iter().map(|value| super::go::quote(value)).collect();
            problems.push((
                "FieldValueNotSupported",
                "dryRun",
                format!(
                    "Unsupported value: [{}]: supported values: \"All\"",
                    list.join(",")
                ),
            ));
        }
        let validation = match query.text("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                problems.push((
                    "FieldValueNotSupported",
                    "fieldValidation",
                    format!(
                        "Unsupported value: {}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                        super::go::quote(other)
                    ),
                ));
                FieldValidation::Warn
            }
        };
        if !problems.is_empty() {
            return Err(Failure::invalid_options(kind, problems));
        }
        let field_manager = if manager.is_empty() {
            manager_of(&request.user_agent)
        } else {
            manager.to_owned()
        };
        Ok(Self {
            dry_run: !dry_run.is_empty(),
            field_manager,
            manager_given: !manager.is_empty(),
            validation,
            force,
        })
    }
}

fn is_printable(c: char) -> bool {
    !c.is_control()
}

/// The field manager of a user agent: the part before the first slash, at most 128 bytes; `unknown` for nobody.
pub(crate) fn manager_of(user_agent: &str) -> String {
    let name = user_agent.split('/').next().unwrap_or_default();
    let mut manager = String::new();
    for c in name.chars().filter(|c| is_printable(*c)) {
        if manager.len() + c.len_utf8() > 128 {
            break;
        }
        manager.push(c);
    }
    if manager.is_empty() {
        "unknown".into()
    } else {
        manager
    }
}
