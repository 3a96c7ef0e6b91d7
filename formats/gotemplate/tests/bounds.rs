//! Templates that ask for too much end in an error, in bounded time and memory.

use std::sync::Arc;

use flux_gotemplate::{Functions, Limits, NoHost, Options, Scope, TemplateSet, Value};

fn render(text: &str) -> Result<String, String> {
    // As with the default, only sooner.
    let limits = Limits {
        output: 8 << 20,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let mut set = TemplateSet::new("t", Functions::helm());
    set.parse("t", text).map_err(|error| error.to_string())?;
    let mut scope = Scope::new(Arc::new(set), &NoHost, options);
    scope
        .execute("t", Value::map([("a", Value::Nil)]))
        .map(|text| text.to_string())
        .map_err(|error| error.to_string())
}

/// Fails, and says so with these words.
#[track_caller]
fn check_refused(text: &str, words: &str) {
    match render(text) {
        Ok(output) => panic!("{text} gave {} bytes", output.len()),
        Err(error) => assert!(
            error.contains(words),
            "{text}: {}",
            &error[..error.len().min(400)]
        ),
    }
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(render(text).as_deref(), Ok(expect), "{text}");
}

const DOUBLING: &str = "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}";
const DEEP: &str = "{{ $d := dict }}{{ range until 5000 }}{{ $d = dict \"a\" $d }}{{ end }}";

#[test]
fn large_results() {
    for text in [
        "{{ repeat 9999999999 \"x\" }}",
        "{{ until 9999999999 }}",
        "{{ seq 9999999999 }}",
        "{{ untilStep 0 -9223372036854775808 -1 }}",
        "{{ indent 9999999999 \"x\" }}",
        "{{ wrapWith 1 (repeat 100000 \"-\") (repeat 100000 \"x\") }}",
        "{{ replace \"x\" (repeat 100000 \"-\") (repeat 100000 \"x\") }}",
        "{{ regexReplaceAll \"\" (repeat 1000000 \"x\") (repeat 100000 \"y\") }}",
        "{{ regexReplaceAll \".*\" (repeat 1000000 \"x\") (repeat 100000 \"${0}\") }}",
        "{{ regexReplaceAllLiteral \"x\" (repeat 1000000 \"x\") (repeat 100000 \"y\") }}",
        "{{ randAlpha 9999999999 }}",
        "{{ join (repeat 100000 \"-\") (until 100000) }}",
    ] {
        check_refused(text, "bytes");
    }
}

#[test]
fn precision() {
    // Go's printf takes a million places at most; more are no verb.
    check(
        "{{ printf \"%.70000f\" 2.5 | len }} {{ printf \"%.1200e\" 5e-324 | len }}",
        "70002 1207",
    );
    check(
        "{{ printf \"%.70000g\" 2.5 }} {{ printf \"%.999999f\" 0.1 | sha1sum | trunc 8 }}",
        "2.5 ae33194c",
    );
}

#[test]
fn values_within_values() {
    for function in [
        "toYaml",
        "toJson",
        "toPrettyJson",
        "toYamlPretty",
        "toToml",
        "deepCopy",
    ] {
        check_refused(&format!("{DOUBLING}{{{{ {function} $d }}}}"), "bytes");
    }
    check_refused(
        &format!(
            "{DOUBLING}{{{{ mustMerge (deepCopy (dict)) $d $d | len }}}}{{{{ deepEqual $d 1 }}}}{{{{ deepCopy $d }}}}"
        ),
        "bytes",
    );
    check(&format!("{DEEP}[{{{{ toJson $d }}}}{{{{ toYaml $d }}}}]"), "[]");
    check_refused(&format!("{DEEP}{{{{ deepCopy $d }}}}"), "nested too deeply");
    check_refused(
        &format!("{DEEP}{DEEP}{{{{ $e := $d }}}}{{{{ mustToJson $e }}}}"),
        "cycle",
    );
}

#[test]
fn deep_texts() {
    check(
        "{{ (fromJson (repeat 100000 \"{\\\"a\\\":\")).Error }}",
        "exceeded max depth",
    );
    check(
        "{{ first (fromJsonArray (repeat 100000 \"[\")) }}",
        "exceeded max depth",
    );
    assert!(render("{{ fromYaml (repeat 100000 \"[\") | toJson }}").is_ok());
    assert!(render("{{ fromToml (cat \"a =\" (repeat 100000 \"[\")) | toJson }}").is_ok());
    assert!(render("{{ fromToml (cat \"[\" (repeat 100000 \"a.\") \"a]\") | toJson }}").is_ok());
}

#[test]
fn expressions() {
    check_refused(
        "{{ mustRegexMatch (repeat 20 \"(a{1000})\" ) \"a\" }}{{ mustRegexMatch \"((a{1000}){1000}){1000}\" \"a\" }}",
        "error parsing regexp",
    );
    check_refused(
        "{{ mustRegexMatch (repeat 2000 \"(\") \"a\" }}",
        "expression nests too deeply",
    );
    check("{{ regexMatch \"(a*)*b\" (repeat 50000 \"a\") }}", "false");
}
