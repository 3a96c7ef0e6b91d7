//! Whatever the text, there is an answer.

use flux_gotemplate::{Limits, Options};
use proptest::prelude::*;

use super::helper::render_with;
use super::random::{Random, template};

fn answers(text: &str) {
    let limits = Limits {
        output: 1 << 20,
        produced: 8 << 20,
        steps: 50_000,
        ..Limits::default()
    };
    if let Err(error) = render_with(
        text,
        Options {
            limits,
            ..Options::default()
        },
    ) {
        assert!(error.to_string().contains("template: "), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn any_text(text: String) {
        answers(&text);
        answers(&format!("{{{{ {text} }}}}"));
    }

    #[test]
    fn pieces(pieces in prop::collection::vec(prop::sample::select(vec![
        "{{", "}}", "{{-", "-}}", " ", "if", "else", "end", "range", "with", "define", "template", "block", "break", "$x", ":=",
        "=", ".", ".a", "(", ")", "|", "\"s\"", "`r`", "'c'", "1", "1.5", "nil", "true", "printf", "len", "and", ",", "\n", "/*", "*/",
    ]), 0..40)) {
        answers(&pieces.concat());
        answers(&pieces.join(" "));
    }

    #[test]
    fn random_templates(seed: u64) {
        answers(&template(&mut Random::new(seed)));
    }
}
