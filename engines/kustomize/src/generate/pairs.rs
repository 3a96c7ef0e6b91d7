//! Keys and values from literals, files and env files.

use std::collections::BTreeMap;

use crate::config::GeneratorArgs;
use crate::error::Error;
use crate::loader::Loader;

/// Keys with their values, in order of key.
pub(crate) type Pairs = BTreeMap<String, Vec<u8>>;

/// Reads all sources of a generator; a key may come once.
pub(crate) fn load(args: &GeneratorArgs, loader: &Loader<'_>) -> Result<Pairs, Error> {
    let mut pairs = Pairs::new();
    let mut add = |key: String, value: Vec<u8>| match pairs.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(Error::invalid(format!(
            "configmap {} illegally repeats the key `{key}`",
            args.name
        ))),
    };
    for path in &args.envs {
        let contents = loader.load(path)?;
        let file = loader.display(path);
        for (index, line) in lines(&contents).enumerate() {
            let at = |error: Error| error.at(&file, u32::try_from(index + 1).unwrap_or(u32::MAX));
            if let Some((key, value)) = env_line(line, index == 0).map_err(at)? {
                add(key, value.into_bytes())?;
            }
        }
    }
    for literal in &args.literals {
        let (key, value) = parse_literal(literal)?;
        add(key.to_owned(), value.as_bytes().to_vec())?;
    }
    for source in &args.files {
        let (key, path) = parse_file_source(source)?;
        add(key.to_owned(), loader.load(path)?.into_owned())?;
    }
    Ok(pairs)
}

fn lines(contents: &[u8]) -> impl Iterator<Item = &[u8]> {
    let contents = contents.strip_suffix(b"\n").unwrap_or(contents);
    contents
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn env_line(line: &[u8], first: bool) -> Result<Option<(String, String)>, Error> {
    let text = std::str::from_utf8(line).map_err(|_| Error::invalid("the line is not UTF-8"))?;
    let text = if first {
        text.strip_prefix('\u{feff}').unwrap_or(text)
    } else {
        text
    };
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    // A line without `=` is a key with nothing in it.
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    // kustomize checks no names of keys; a line without one says nothing.
    if key.is_empty() {
        return Ok(None);
    }
    Ok(Some((key.to_owned(), value.to_owned())))
}

fn parse_literal(source: &str) -> Result<(&str, &str), Error> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, without_quotes(value))),
        _ => Err(Error::invalid(format!(
            "invalid literal source {source}, expected key=value"
        ))),
    }
}

fn without_quotes(text: &str) -> &str {
    for quote in ['"', '\''] {
        if text.len() >= 2
            && let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    text
}

fn parse_file_source(source: &str) -> Result<(&str, &str), Error> {
    let mut parts = source.split('=');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(path), None, _) => Ok((crate::paths::base_name(path), path)),
        (Some(""), Some(path), None) => Err(Error::invalid(format!(
            "missing key name for file path {path:?} in source {source:?}"
        ))),
        (Some(key), Some(""), None) => Err(Error::invalid(format!(
            "missing file path for key name {key:?} in source {source:?}"
        ))),
        (Some(key), Some(path), None) => Ok((key, path)),
        _ => Err(Error::invalid(format!(
            "source {source:?} key name or file path contains '='"
        ))),
    }
}
