//! Logs as upstream's controllers write them: one JSON object a line in zap's shape, or text for a console.
//!
//! ```text
//! {"level":"info","ts":"2026-01-01T00:00:00.000Z","msg":"stored artifact","controller":"gitrepository","name":"apps"}
//! ```

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// `--log-encoding`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// One JSON object a line.
    #[default]
    Json,
    /// Tab-separated text.
    Console,
}

/// Sends the logs of this process to standard error from now on. `level` is `trace`, `debug`, `info` or `error`
/// (`--log-level`); libraries speak up only at `trace`. Does nothing when logging is set up already.
pub fn init(encoding: Encoding, level: &str) {
    let filter = match level {
        "trace" => "trace".to_owned(),
        level => ["flux_", "flux"]
            .iter()
            .fold("error,kube_client=off".to_owned(), |filter, target| {
                format!("{filter},{target}={level}")
            }),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .event_format(Zap { encoding })
        .finish();
    // Someone else's subscriber stays.
    let _ = subscriber.try_init();
}

/// Formats events as zap does.
#[derive(Clone, Copy, Debug)]
pub struct Zap {
    /// JSON or console.
    pub encoding: Encoding,
}

impl<S, N> FormatEvent<S, N> for Zap
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let level = *event.metadata().level();
        let line = match self.encoding {
            Encoding::Json => json_line(level, &time, fields),
            Encoding::Console => console_line(level, &time, fields),
        };
        writeln!(writer, "{line}")
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => {
                self.rest.insert(name.into(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// Warnings are zap's `info`: Flux has no level between info and error.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN | Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// `level`, `ts`, `msg` first, then the fields by name.
fn json_line(level: Level, time: &str, fields: Fields) -> String {
    let text = |value: &str| Value::from(value).to_string();
    let mut line = format!(
        "{{\"level\":{},\"ts\":{},\"msg\":{}",
        text(level_name(level)),
        text(time),
        text(&fields.message)
    );
    for (name, value) in fields.rest {
        line.push_str(&format!(",{}:{value}", text(&name)));
    }
    line.push('}');
    line
}

fn console_line(level: Level, time: &str, fields: Fields) -> String {
    let level = level_name(level).to_uppercase();
    let mut line = format!("{time}\t{level}\t{}", fields.message);
    if !fields.rest.is_empty() {
        line.push('\t');
        line.push_str(&Value::Object(fields.rest).to_string());
    }
    line
}
