//! What sigs.k8s.io/yaml says of a text that it cannot turn into JSON.

use crate::error::{Error, ErrorKind};

/// How errors of go-yaml's parser begin; all others come from its scanner.
const PARSER_ERRORS: [&str; 10] = [
    "did not find expected key",
    "did not find expected '-' indicator",
    "did not find expected ',' or",
    "did not find expected node content",
    "did not find expected <",
    "found duplicate %",
    "found incompatible YAML document",
    "found undefined tag handle",
    "did not find expected end",
    "did not find expected document",
];

/// Errors of go-yaml's reader of characters: it does not say where.
const READER_ERRORS: &[&str] = &[
    "control characters are not allowed",
    "invalid leading UTF-8 octet",
];

/// The words of sigs.k8s.io/yaml for a text that is no YAML, or YAML that has no JSON form.
pub fn conversion_error(error: &Error) -> String {
    let message = &error.message;
    // go-yaml counts lines from 0, the scanner's from 1, and says nothing of a line 0.
    let from_parser = PARSER_ERRORS.iter().any(|start| message.starts_with(start));
    let line = if from_parser {
        error.pos.line.saturating_sub(1)
    } else {
        // Version 2 says where it noticed, version 3 where it began.
        error.noticed.max(error.pos.line)
    };
    let from_reader = READER_ERRORS.contains(&message.as_str());
    let place = if line == 0 || from_reader || error.noticed.max(error.pos.line) == 1 {
        String::new()
    } else {
        format!("line {line}: ")
    };
    let own = message.starts_with("unsupported map key") || message.starts_with("json: ");
    match error.kind {
        _ if own => format!("error converting YAML to JSON: {message}"),
        ErrorKind::Syntax => format!("error converting YAML to JSON: yaml: {place}{message}"),
        _ => format!("error converting YAML to JSON: yaml: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, parse_one};

    fn check(text: &str, expect: &str) {
        let error = parse_one(text, &Limits::default()).expect_err(text);
        assert_eq!(super::conversion_error(&error), expect, "{text:?}");
    }

    #[test]
    fn as_sigs_yaml_words_them() {
        let start = "error converting YAML to JSON: yaml: ";
        check(
            "a: b: c\n",
            &format!("{start}mapping values are not allowed in this context"),
        );
        check(
            "a: 1\nb: c: d\n",
            &format!("{start}line 2: mapping values are not allowed in this context"),
        );
        check(
            "a: 1\nb: \u{1}\n",
            &format!("{start}control characters are not allowed"),
        );
    }
}
