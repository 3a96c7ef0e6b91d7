use proptest::prelude::*;

use super::*;

fn run(text: &str, mode: Mode) -> Result<String, Error> {
    let lookup = |name: &str| match name {
        "abc" => Some("abcDEF"),
        "path" => Some("/home/me/notes.tar.gz"),
        "empty" => Some(""),
        "num" => Some("42"),
        "uni" => Some("éß"),
        "slash" => Some("a/b/c"),
        "dots" => Some("x.y.x"),
        _ => None,
    };
    substitute(text, &lookup, mode, &Limits::default())
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(run(text, Mode::Lenient).as_deref(), Ok(expect), "{text}");
}

#[track_caller]
fn strict(text: &str, expect: &str) {
    let answer = run(text, Mode::Strict).map_err(|error| error.to_string());
    assert_eq!(answer.unwrap_or_else(|error| error), expect, "{text}");
}

#[test]
fn values() {
    check("", "");
    check("plain", "plain");
    check("a ${abc} b${num}", "a abcDEF b42");
    check("${nothing}", "");
    check("${empty}", "");
}

#[test]
fn dollars() {
    check("$abc $ $1 a$", "$abc $ $1 a$");
    check("$$", "$");
    check("$${abc}", "${abc}");
    check("$$$${abc}", "$${abc}");
    check("$$${num}", "$42");
    check("$${a${num}}", "${a42}");
    check("\\\\x ${num}", "\\\\x 42");
}

#[test]
fn defaults() {
    for operator in [":-", ":=", "=", ":?", ":+"] {
        check(&format!("${{nothing{operator}word}}"), "word");
        check(&format!("${{empty{operator}word}}"), "word");
        check(&format!("${{num{operator}word}}"), "42");
        check(&format!("${{num{operator}}}"), "42");
        check(&format!("${{nothing{operator}}}"), "");
    }
    check("${nothing:-${num}}", "42");
    check("${nothing:-a${num}b${abc}c}", "a42babcDEFc");
    check("${nothing:=${abc^^}}", "ABCDEF");
    check("${a:-${b:-${c:-deep}}}", "deep");
    check("${nothing:-$$x}", "$$x");
    check("${nothing:-a: b\nc}", "a: b\nc");
}

#[test]
fn length_and_case() {
    check("${#abc} ${#uni} ${#nothing}", "6 4 0");
    check("${abc^} ${abc^^} ${abc,} ${abc,,}", "AbcDEF ABCDEF abcDEF abcdef");
    check("${uni^^}", "Éß");
    check("${empty^}", "");
    check("${abc,^}", "abcDEF");
}

#[test]
fn substrings() {
    check("${abc:2} ${abc:2:2} ${abc:-2}", "cDEF cD abcDEF");
    check("${abc:${num}}|${abc:9}|${abc:1:99}|${abc:6:1}", "||bcDEF|");
    check("${abc: -2} ${abc:x} ${abc:1:x}", "abcDEF abcDEF abcDEF");
    strict(
        "${uni:1}",
        "substring of \"uni\" splits a character; positions count bytes",
    );
    strict("${abc:3:-1}", "substring of \"abc\" has a negative length");
}

#[test]
fn trimming() {
    check("${path#*/} ${path##*/}", "home/me/notes.tar.gz notes.tar.gz");
    check("${path%.*} ${path%%.*}", "/home/me/notes.tar /home/me/notes");
    check(
        "${path#/home} ${path%.gz} ${path#x}",
        "/me/notes.tar.gz /home/me/notes.tar /home/me/notes.tar.gz",
    );
    check(
        "${abc#[a-c]} ${abc##[a-c]*c} ${abc#?} ${abc#[^a]}",
        "bcDEF DEF bcDEF abcDEF",
    );
    check("${abc#[} ${abc%[EF]}", "abcDEF abcDEF");
    check("${uni%?}", "é");
}

#[test]
fn replacing() {
    check("${slash/\\//-} ${slash//\\//-}", "a-b/c a-b-c");
    check(
        "${dots/x/z} ${dots//x/z} ${dots/#x/z} ${dots/%x/z}",
        "z.y.x z.y.z z.y.x x.y.z",
    );
    check(
        "${dots/x/} ${dots//x/} ${dots/#x/} ${dots/%x/}",
        ".y.x .y. x.y.x x.y.x",
    );
    check("${dots/./}", "xy.x");
    check("${dots//${empty}/-}", "-x-.-y-.-x-");
    check("${dots/x/${num}}", "42.y.x");
}

#[test]
fn unset_in_strict_mode() {
    strict("${num} ${empty} ${nothing:-d}", "42  d");
    for text in [
        "${nothing}",
        "${#nothing}",
        "${nothing^}",
        "${nothing:1}",
        "${nothing#a}",
        "${nothing/a/b}",
    ] {
        strict(text, "variable not set (strict mode): \"nothing\"");
    }
    // The word of a default is evaluated in any case.
    strict(
        "${num:-${nothing}}",
        "variable not set (strict mode): \"nothing\"",
    );
}

#[test]
fn malformed() {
    strict("${", "unable to parse variable name");
    strict("${}", "unable to parse variable name");
    strict("${ abc}", "unable to parse variable name");
    strict("${abc", "missing closing brace");
    strict("${abc-d}", "missing closing brace");
    strict("${abc.d}", "missing closing brace");
    strict("${abc:", "bad substitution");
    strict("${abc:}", "unable to parse substitution within function");
    strict("${abc:-x", "unable to parse substitution within function");
    strict("${abc#}", "unable to parse substitution within function");
    strict("${abc/x}", "bad substitution");
    strict("${#}", "bad substitution");
    strict("${abc^^^}", "bad substitution");
}

#[test]
fn places() {
    let error = run("a: 1\né: ${nothing}\n", Mode::Strict).unwrap_err();
    assert_eq!((error.line, error.column), (2, 6));
}

#[test]
fn bounds() {
    let deep = "${a:-".repeat(100) + &"}".repeat(100);
    assert_eq!(
        run(&deep, Mode::Lenient).unwrap_err().kind,
        ErrorKind::TooDeep(50)
    );
    let limits = Limits {
        max_output: 10,
        ..Limits::default()
    };
    let long = |_: &str| Some("aaaaaaaa");
    for text in ["${a}${a}", "${a//a/bb}", "${a:-${a}${a}}${a}"] {
        let error = substitute(text, &long, Mode::Strict, &limits).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge(10), "{text}");
    }
    let value = "a".repeat(1 << 20);
    let huge = |_: &str| Some(value.as_str());
    let text = format!("${{a%%{}}}", "*a".repeat(1000));
    assert!(substitute(&text, &huge, Mode::Strict, &Limits::default()).is_err());
}

#[test]
fn names() {
    assert!(is_valid_name("_a1"));
    for name in ["", "1a", "a-b", "é", "a b"] {
        assert!(!is_valid_name(name), "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[$}{:=#%/^,*a1 \\\\é\\[?-]{0,30}") {
        let _ = run(&text, Mode::Lenient);
        let _ = run(&text, Mode::Strict);
    }

    #[test]
    fn text_without_dollars_stays(text in "[^$]{0,40}") {
        prop_assert_eq!(run(&text, Mode::Strict), Ok(text));
    }

    #[test]
    fn doubled_dollars_give_the_text_back(text in "\\PC{0,40}") {
        prop_assert_eq!(run(&text.replace('$', "$$"), Mode::Strict), Ok(text));
    }
}
