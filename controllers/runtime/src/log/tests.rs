use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Buffer;

    fn make_writer(&'a self) -> Buffer {
        self.clone()
    }
}

/// The one line that `log` writes.
fn line(encoding: Encoding, log: impl FnOnce()) -> String {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(buffer.clone())
        .with_max_level(Level::TRACE)
        .event_format(Zap { encoding })
        .finish();
    tracing::subscriber::with_default(subscriber, log);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_line_is_one_json_object_in_zaps_shape() {
    let line = line(Encoding::Json, || {
        tracing::error!(
            controller = "kustomization",
            name = "apps",
            error = "it \"broke\"\n",
            "Reconciler error"
        );
    });
    assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line}");
    assert!(line.starts_with("{\"level\":\"error\",\"ts\":\""), "{line}");
    let mut object: Value = serde_json::from_str(&line).unwrap();
    let time = object["ts"].take();
    assert!(time.as_str().unwrap().parse::<Timestamp>().is_ok(), "{time}");
    assert_eq!(
        object,
        serde_json::json!({"level": "error", "ts": null, "msg": "Reconciler error", "controller": "kustomization",
            "name": "apps", "error": "it \"broke\"\n"})
    );
}

#[test]
fn warnings_are_info_and_trace_has_its_name() {
    assert!(line(Encoding::Json, || tracing::warn!("w")).starts_with("{\"level\":\"info\""));
    assert!(line(Encoding::Json, || tracing::trace!("t")).starts_with("{\"level\":\"trace\""));
}

#[test]
fn the_console_form_is_separated_by_tabs() {
    let line = line(Encoding::Console, || tracing::info!(name = "apps", "done"));
    let columns: Vec<_> = line.trim_end().split('\t').skip(1).collect();
    assert_eq!(columns, ["INFO", "done", "{\"name\":\"apps\"}"]);
}
