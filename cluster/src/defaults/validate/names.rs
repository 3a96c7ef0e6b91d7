//! The syntax of names, keys and values. Each function gives the messages of what is wrong.

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation \
                         is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                           '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
                          or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Whether it is a DNS label, but for its length.
pub(crate) fn is_label(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

/// Whether it is a DNS subdomain, but for its length.
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.split('.').all(is_label)
}

fn is_word(name: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    edge(name.bytes().next()) && edge(name.bytes().last()) && name.bytes().all(inner)
}

fn too_long(name: &str, max: usize, unit: &str) -> Option<String> {
    (name.len() > max).then(|| format!("must be no more than {max} {unit}"))
}

fn gather(parts: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    parts.into_iter().flatten().collect()
}

/// A DNS subdomain: the names of most kinds.
pub(crate) fn subdomain(name: &str) -> Vec<String> {
    gather([
        too_long(name, 253, "characters"),
        (!is_subdomain(name)).then(|| SUBDOMAIN.to_owned()),
    ])
}

/// A DNS label: namespaces, Services, containers, volumes.
pub(crate) fn label(name: &str) -> Vec<String> {
    let syntax = match (is_label(name), is_subdomain(name)) {
        (true, _) => None,
        (false, true) => Some("must not contain dots".to_owned()),
        (false, false) => Some(LABEL.to_owned()),
    };
    gather([too_long(name, 63, "characters"), syntax])
}

/// Names that only need to fit in a path: RBAC.
pub(crate) fn path_segment(name: &str) -> Vec<String> {
    match name {
        "." => return vec!["may not be '.'".to_owned()],
        ".." => return vec!["may not be '..'".to_owned()],
        _ => {}
    }
    gather(['/', '%'].map(|c| name.contains(c).then(|| format!("may not contain '{c}'"))))
}

/// Keys of labels and annotations, names of finalizers: `name` or `prefix/name`.
pub(crate) fn qualified(key: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        ["", name] => {
            messages.push("prefix part must be non-empty".to_owned());
            *name
        }
        [prefix, name] => {
            messages.extend(too_long(prefix, 253, "bytes").map(|message| format!("prefix part {message}")));
            if !is_subdomain(prefix) {
                messages.push(format!("prefix part {SUBDOMAIN}"));
            }
            *name
        }
        _ => {
            let tail = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {QUALIFIED} {tail}")];
        }
    };
    if name.is_empty() {
        messages.push("name part must be non-empty".to_owned());
    }
    messages.extend(too_long(name, 63, "bytes").map(|message| format!("name part {message}")));
    if !is_word(name) {
        messages.push(format!("name part {QUALIFIED}"));
    }
    messages
}

/// Values of labels.
pub(crate) fn label_value(value: &str) -> Vec<String> {
    gather([
        too_long(value, 63, "bytes"),
        (!value.is_empty() && !is_word(value)).then(|| LABEL_VALUE.to_owned()),
    ])
}

/// Keys of ConfigMaps and Secrets.
pub(crate) fn config_key(key: &str) -> Vec<String> {
    let valid = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let dots = match key {
        "." => Some("must not be '.'".to_owned()),
        ".." => Some("must not be '..'".to_owned()),
        key if key.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    };
    gather([
        too_long(key, 253, "characters"),
        (!valid).then(|| CONFIG_KEY.to_owned()),
        dots,
    ])
}

/// Names of ports, which other objects may use in place of numbers.
pub(crate) fn port_name(name: &str) -> Vec<String> {
    let valid = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let mut messages = Vec::new();
    if name.len() > 15 {
        messages.push("must be no more than 15 characters".to_owned());
    }
    if !valid {
        messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !name.bytes().any(|b| b.is_ascii_lowercase()) {
        messages.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        messages.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        messages.push("must not begin or end with a hyphen".to_owned());
    }
    messages
}
