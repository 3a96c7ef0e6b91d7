//! Errors of templates in the form in which Helm shows them.

use flux_gotemplate::{Error, ErrorKind};

/// An error of the parser: only the place and the last part of its text.
pub(super) fn parse_error(file: &str, error: &Error) -> String {
    let text = error.to_string();
    let parts: Vec<&str> = text.split(": ").collect();
    match &parts[..] {
        [_] | [] => format!("parse error in ({file}): {text}"),
        [_, location, .., message] => format!("parse error at ({location}): {message}"),
        [_, location] => format!("parse error at ({location}): {location}"),
    }
}

/// Marks the message of `fail` and `required` within the text of an error.
const WARN_START: &str = "HELM_ERR_START";
const WARN_END: &str = "HELM_ERR_END";

/// An error of the executor: the message alone when a chart gave it, else each template on the way in three lines.
pub(super) fn exec_error(file: &str, error: &Error) -> String {
    let text = error.to_string();
    if !error.chain().any(|error| error.kind() == ErrorKind::Exec) {
        return text;
    }
    let mut parts = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return format!("execution error in ({file}): {text}");
    };
    if let Some((_, marked)) = rest.split_once(WARN_START)
        && let Some((message, _)) = marked.rsplit_once(WARN_END)
    {
        return format!("execution error at ({location}): {message}");
    }
    let mut traces: Vec<Trace> = Vec::new();
    for error in error.chain() {
        let Some(trace) = Trace::parse(&error.to_string()) else {
            return text;
        };
        if traces.last() != Some(&trace) {
            traces.push(trace);
        }
    }
    let lines: String = traces.iter().map(ToString::to_string).collect();
    lines.trim().to_owned()
}

#[derive(Debug, PartialEq, Eq, Default)]
struct Trace {
    location: String,
    executed: String,
    message: String,
}

impl Trace {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Trace {
                message: text.to_owned(),
                ..Trace::default()
            });
        }
        Trace::executing(rest).or_else(|| Trace::simple(rest))
    }

    /// `NAME: executing "TEMPLATE" at <PLACE>: MESSAGE`
    fn executing(text: &str) -> Option<Self> {
        let (location, after) = text.split_once(": executing ")?;
        let (function, after) = after.strip_prefix('"')?.split_once('"')?;
        let (place, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Trace {
            location: location.to_owned(),
            executed: format!("executing \"{function}\" at <{place}>:"),
            message: before_next(message).to_owned(),
        })
    }

    /// `NAME: MESSAGE`
    fn simple(text: &str) -> Option<Self> {
        let (location, message) = text.rsplit_once(": ")?;
        Some(Trace {
            location: location.to_owned(),
            message: before_next(message).to_owned(),
            ..Trace::default()
        })
    }
}

fn before_next(message: &str) -> &str {
    message
        .split_once(" template:")
        .map_or(message, |(before, _)| before)
}

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.location.is_empty() {
            write!(f, "{}\n  ", self.location)?;
        }
        if !self.executed.is_empty() {
            write!(f, "{}\n    ", self.executed)?;
        }
        if !self.message.is_empty() {
            writeln!(f, "{}", self.message)?;
        }
        Ok(())
    }
}
