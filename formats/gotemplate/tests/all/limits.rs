//! Bad templates end in an error, in bounded time, memory and stack.

use super::helper::render_with;
use flux_gotemplate::{Limits, Options};

/// The text is refused, or its execution ends by a limit.
#[track_caller]
fn stopped(text: &str, words: &str) {
    let limits = Limits {
        output: 1 << 20,
        produced: 8 << 20,
        steps: 300_000,
        ..Limits::default()
    };
    let error = render_with(
        text,
        Options {
            limits,
            ..Options::default()
        },
    )
    .unwrap_err()
    .to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn recursion() {
    stopped(
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "exceeded maximum template depth",
    );
    stopped(
        "{{ define \"a\" }}{{ template \"b\" . }}{{ end }}{{ define \"b\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "depth",
    );
}

#[test]
fn nesting() {
    let deep = |count: usize, open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    stopped(
        &format!("{{{{ {} }}}}", deep(100_000, "(", "1", ")")),
        "max expression depth exceeded",
    );
    stopped(
        &deep(100_000, "{{ if 1 }}", "x", "{{ end }}"),
        "max expression depth exceeded",
    );
    assert_eq!(
        render_with(&deep(50, "{{ if 1 }}", "x", "{{ end }}"), Options::default()).unwrap(),
        "x"
    );
    let chain = format!(
        "{{{{ if 0 }}}}a{}{{{{ else }}}}z{{{{ end }}}}",
        "{{ else if 0 }}b".repeat(20_000)
    );
    assert_eq!(render_with(&chain, Options::default()).unwrap(), "z");
}

#[test]
fn endless() {
    stopped("{{ range 9000000000 }}{{ end }}", "steps");
    stopped("{{ range 9000000000 }}x{{ end }}", "steps");
    stopped(
        "{{ range 100000 }}{{ $.name }} a long line that fills the output {{ end }}",
        "bytes",
    );
    stopped(
        "{{ $s := \"x\" }}{{ range 64 }}{{ $s = print $s $s }}{{ end }}",
        "bytes",
    );
    stopped(
        "{{ range 9000 }}{{ $s := printf \"%1000000d\" . }}{{ end }}",
        "bytes",
    );
}
