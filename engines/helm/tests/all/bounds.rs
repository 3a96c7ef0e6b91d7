//! Charts without an end come to one: an error, within time, memory and stack of a build for tests as well.

use flux_gotemplate::{Functions, NoHost};
use flux_helm::{Log, Request, Table, render};

use super::chart;

/// The error of a chart with these files has these words in it.
#[track_caller]
fn check(files: &[(&str, &str)], expect: &str) {
    let mut all = vec![("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")];
    all.extend(files);
    let outcome = chart(&all).map_err(|error| error.to_string()).and_then(|chart| {
        let mut request = Request::new(chart, Table::new(), "r", "ns");
        request.engine.threads = 2.into();
        render(request, &Functions::helm(), &NoHost, &mut Log::new()).map_err(|error| error.to_string())
    });
    let error = outcome.map(|rendered| rendered.manifest().len()).unwrap_err();
    let shown: String = error.chars().take(400).collect();
    assert!(error.contains(expect), "{shown}");
}

#[track_caller]
fn template(text: &str, expect: &str) {
    check(&[("templates/a.yaml", text)], expect);
}

#[test]
fn templates_that_call_themselves() {
    let nested = "rendering template has a nested reference name: a";
    template(
        r#"{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#,
        nested,
    );
    template(
        r#"{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . | nindent 2 }}{{ end }}{{ include "a" . }}"#,
        nested,
    );
    template(
        r#"{{ define "a" }}{{ tpl "{{ include \"a\" . }}" . }}{{ end }}{{ include "a" . }}"#,
        nested,
    );
    template(
        r#"{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
        "exceeded maximum template depth",
    );
    template(
        r#"{{ $x := dict "t" "{{ tpl .t . }}" }}{{ tpl $x.t $x }}"#,
        "exceeded maximum template depth",
    );
}

#[test]
fn texts_and_lists_without_end() {
    template(r#"{{ repeat 9999999999 "x" }}"#, "repeat");
    template("{{ range until 9999999999 }}x{{ end }}", "until");
    template(
        r#"{{ $x := repeat 1000000 "x" }}{{ range until 1000000 }}{{ $x }}{{ end }}"#,
        "output of more than",
    );
    template("{{ range until 1000000000 }}{{ end }}", "until");
    let steps = "more than 200000000 steps";
    if !cfg!(debug_assertions) {
        template("{{ range 9223372036854775807 }}{{ end }}", steps);
        template("{{ range 1000000 }}{{ range 1000000 }}{{ end }}{{ end }}", steps);
    }
}

/// Rendering with these values fails with these words, or gives this many bytes.
#[track_caller]
fn values(text: &str, expect: Result<usize, &str>) {
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("templates/a.yaml", "a: {{ toYaml .Values | len }}\n"),
    ];
    let chart = chart(&files).unwrap();
    let outcome = Table::from_yaml(text.as_bytes())
        .map_err(|error| error.to_string())
        .and_then(|values| {
            let request = Request::new(chart, values, "r", "ns");
            render(request, &Functions::helm(), &NoHost, &mut Log::new()).map_err(|error| error.to_string())
        });
    match (outcome, expect) {
        (Ok(rendered), Ok(size)) => assert!(
            rendered.manifest().contains(&format!("a: {size}\n")),
            "{}",
            rendered.manifest()
        ),
        (Err(error), Err(words)) => assert!(
            error.contains(words),
            "{}",
            error.chars().take(300).collect::<String>()
        ),
        (outcome, _) => panic!("{:?}", outcome.map(|rendered| rendered.manifest())),
    }
}

#[test]
fn values_in_values() {
    let nested = |depth: usize| format!("a: {}1{}", "{a: ".repeat(depth), "}".repeat(depth));
    // As deep as others write it: three bytes a level, and two blanks more each time.
    values(&nested(100), Ok(10404));
    values(&nested(100_000), Err("exceeded max depth of 250"));
    values(
        &format!("a: {}", "[".repeat(100_000)),
        Err("exceeded max depth of 250"),
    );
}

#[test]
fn charts_in_themselves() {
    let path = "charts/web/".repeat(40);
    let inner: Vec<(String, &str)> = (1..=40)
        .map(|depth| {
            (
                format!("{}Chart.yaml", &path[..depth * 11]),
                "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            )
        })
        .collect();
    let inner: Vec<(&str, &str)> = inner.iter().map(|(path, text)| (&**path, *text)).collect();
    check(&inner, "charts are nested more than 32 levels deep");
}
