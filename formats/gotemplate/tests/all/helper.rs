//! Renders a text with the data that all tests share.

use std::sync::Arc;

use flux_gotemplate::{
    Error, Functions, GoStr, List, Map, MapType, NoHost, Options, Scope, TemplateSet, Ty, Value,
};

static VALUES: MapType = MapType {
    elem: &Ty::Any,
    name: Some("common.Values"),
};

/// The data: `.name` is `web`, `.count` is a float64, `.nil` is nil, and so on.
pub(crate) fn data() -> Value {
    let users = [("ann", 30), ("bob", 25)]
        .map(|(name, age)| Value::map([("name", Value::from(name)), ("age", Value::int(age))]));
    let labels = [("tier", Value::from("front")), ("app", Value::from("web"))];
    let labels = labels.map(|(key, value)| (GoStr::from(key), value));
    let values = [
        ("port", Value::int(80)),
        ("db", Value::map([("host", Value::from("pg"))])),
    ];
    let values = values.map(|(key, value)| (GoStr::from(key), value));
    Value::map([
        ("name", Value::from("web")),
        ("count", Value::float(3.0)),
        ("int", Value::int(7)),
        ("int64", Value::int64(-7)),
        ("ratio", Value::float(0.75)),
        ("big", Value::float(123_456_789.0)),
        ("yes", Value::Bool(true)),
        ("no", Value::Bool(false)),
        ("empty", Value::from("")),
        ("nil", Value::Nil),
        ("list", Value::list(vec!["a".into(), "b".into(), "c".into()])),
        (
            "mixed",
            Value::list(vec![
                Value::int(1),
                "x".into(),
                Value::Nil,
                Value::list(vec![Value::float(2.5)]),
            ]),
        ),
        ("strings", Value::strings(["x", "y"])),
        ("none", Value::list(vec![])),
        ("nils", Value::List(List::nil(Ty::Str))),
        ("bytes", Value::bytes(*b"hi")),
        ("raw", Value::str(vec![b'a', 0xff, b'b'])),
        ("users", Value::list(users.to_vec())),
        (
            "map",
            Value::map([
                ("z", Value::int(1)),
                ("a", "two".into()),
                ("m", Value::map([("k", Value::Bool(true))])),
            ]),
        ),
        (
            "labels",
            Value::Map(Map::with_type(MapType::STRINGS, labels.into_iter().collect())),
        ),
        ("void", Value::Map(Map::new())),
        (
            "values",
            Value::Map(Map::with_type(&VALUES, values.into_iter().collect())),
        ),
    ])
}

/// What a text gives, as Helm would execute it but with Go's builtin functions only.
pub(crate) fn render_with(text: &str, options: Options) -> Result<String, Error> {
    let mut set = TemplateSet::new("gotpl", Functions::builtin());
    set.parse("t", text)?;
    let mut scope = Scope::new(Arc::new(set), &NoHost, options);
    scope.execute("t", data()).map(|text| text.to_string())
}

/// What a text gives, or its error.
pub(crate) fn render(text: &str) -> String {
    render_with(text, Options::default()).unwrap_or_else(|error| error.to_string())
}

/// Holds a text to what Go makes of it.
#[track_caller]
pub(crate) fn check(text: &str, expect: &str) {
    assert_eq!(render(text), expect, "{text}");
}
