use proptest::prelude::*;

use super::*;

fn convert(text: &str, dialect: Dialect, duplicates: Duplicates) -> Result<String, String> {
    let document = crate::parse_one(text, &Limits::default()).unwrap().unwrap();
    to_json(&document.root, dialect, duplicates)
        .map(|json| json.to_string())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, v2: &str, v3: &str) {
    assert_eq!(
        convert(text, Dialect::V2, Duplicates::LastWins).unwrap(),
        v2,
        "v2 of {text:?}"
    );
    assert_eq!(
        convert(text, Dialect::V3, Duplicates::LastWins).unwrap(),
        v3,
        "v3 of {text:?}"
    );
}

#[track_caller]
fn check_error(text: &str, dialect: Dialect, expect: &str) {
    assert_eq!(convert(text, dialect, Duplicates::Error).unwrap_err(), expect);
}

#[test]
fn scalars() {
    check(
        "[yes, On, n, true]",
        "[true,true,false,true]",
        r#"["yes","On","n",true]"#,
    );
    check(
        "[014, 0b11, 1_000, -0x1, 0o14]",
        "[12,3,1000,-1,12]",
        "[12,3,1000,-1,12]",
    );
    check(
        "[1e400, 1_0.5, 190:20:30]",
        r#"["1e400",10.5,"190:20:30"]"#,
        r#"["1e400",10.5,"190:20:30"]"#,
    );
    check(
        "[1.0, 1e3, 1e21, -0.0]",
        "[1,1000,1e+21,-0.0]",
        "[1,1000,1e+21,0]",
    );
    check("[2001-1-2]", r#"["2001-1-2"]"#, r#"["2001-01-02T00:00:00Z"]"#);
    check(
        "['yes', \"1\", |-\n 1\n]".replace("|-\n 1\n", "'1'").as_str(),
        r#"["yes","1","1"]"#,
        r#"["yes","1","1"]"#,
    );
    check(
        "[!!int \"3\", !!str 3, !!float 3, !foo bar]",
        r#"[3,"3",3,"bar"]"#,
        r#"[3,"3",3,"bar"]"#,
    );
    check("!!binary aGVsbG8=", "\"hello\"", "\"hello\"");
    check(
        "[18446744073709551615]",
        "[18446744073709551615]",
        "[18446744073709551615]",
    );
    check(
        "a: {b: , c}",
        r#"{"a":{"b":null,"c":null}}"#,
        r#"{"a":{"b":"","c":""}}"#,
    );
    check_error(
        "a: .inf",
        Dialect::V2,
        "yaml: line 1, column 4: json: unsupported value: +Inf",
    );
    check_error(
        "!!int a",
        Dialect::V2,
        "yaml: line 1, column 1: cannot decode !!str `a` as a !!int",
    );
}

#[test]
fn keys() {
    assert_eq!(
        convert(
            "{1: a, 1.5: b, yes: c, 0x10: d, 2001-01-01: e}",
            Dialect::V2,
            Duplicates::Error
        )
        .unwrap(),
        r#"{"1":"a","1.5":"b","16":"d","2001-01-01":"e","true":"c"}"#
    );
    assert_eq!(
        convert("{x: 1, y: 2}", Dialect::V2, Duplicates::Error).unwrap(),
        r#"{"true":2,"x":1}"#
    );
    check_error(
        "~: 1",
        Dialect::V2,
        "yaml: line 1, column 1: unsupported map key of type: %!s(<nil>), key: <nil>, value: 1",
    );
    assert!(convert("{{a: b}: c}", Dialect::V2, Duplicates::Error).is_err());
    assert!(convert("a: {1: b}", Dialect::V3, Duplicates::Error).is_err());
}

#[test]
fn duplicates() {
    assert_eq!(
        convert("a: 1\na: 2", Dialect::V2, Duplicates::LastWins).unwrap(),
        r#"{"a":2}"#
    );
    check_error(
        "a: 1\na: 2",
        Dialect::V2,
        "yaml: line 2, column 1: key \"a\" already set in map",
    );
    check_error(
        "a: 1\na: 2",
        Dialect::V3,
        "yaml: line 2, column 1: mapping key \"a\" already defined at line 1",
    );
}

#[test]
fn aliases_and_merges() {
    check(
        "a: &x {p: 1}\nb: *x",
        r#"{"a":{"p":1},"b":{"p":1}}"#,
        r#"{"a":{"p":1},"b":{"p":1}}"#,
    );
    // v2 lets a merge overwrite what stands before it.
    check("p: 1\n<<: {p: 2, q: 3}", r#"{"p":2,"q":3}"#, r#"{"p":1,"q":3}"#);
    check(
        "<<: [{p: 1}, {p: 2, q: 3}]\nq: 4",
        r#"{"p":1,"q":4}"#,
        r#"{"p":1,"q":4}"#,
    );
    check_error(
        "a: &x [*x]",
        Dialect::V2,
        "yaml: line 1, column 8: anchor 'x' value contains itself",
    );
}

#[test]
fn numbers_as_yaml() {
    let check = |json: &str, expect: &str| {
        assert_eq!(
            json_to_yaml(&serde_json::from_str(json).unwrap()),
            format!("{expect}\n"),
            "{json}"
        );
    };
    check("1.0", "1");
    check("1.5", "1.5");
    check("1e21", "1e+21");
    check("123456.5", "123456.5");
    check("1234567.5", "1.2345675e+06");
    check("0.0001", "0.0001");
    check("0.00001", "1e-05");
    check("-9223372036854775809.0", "-9.223372036854776e+18");
    check("1152921504606846976.0", "1152921504606847000");
}

#[test]
fn go_floats_in_json() {
    assert_eq!(format_json_float(1e-7), "1e-7");
    assert_eq!(format_json_float(1e21), "1e+21");
    assert_eq!(format_json_float(1e20), "100000000000000000000");
    assert_eq!(format_json_float(0.000001), "0.000001");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[a-z :#\\-\n\t'\"]{0,20}",
        "\\PC{0,8}",
        "([a-z]{3,30} ){0,12}",
        proptest::sample::select(vec![
            "yes",
            "~",
            "0x1",
            "1e3",
            "<<",
            "=",
            "- a",
            "\u{FEFF}x",
            "\u{85}",
            "\r\n",
            "1:20"
        ])
        .prop_map(str::to_owned),
    ]
}

/// go-yaml writes the key `<<` bare, which it then reads as a merge.
fn key() -> impl Strategy<Value = String> {
    text().prop_filter("a merge key", |key| key != "<<")
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e6..1e6f64)
            .prop_filter("whole numbers become integers", |v| v.fract() != 0.0)
            .prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::btree_map(key(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_survives(value in json()) {
        let printed = json_to_yaml(&value);
        let read = parse_json(&printed, Duplicates::Error, &Limits::default());
        prop_assert_eq!(read.as_ref(), Ok(&value), "{}", printed);
    }

    #[test]
    fn json_survives_as_nodes(value in json()) {
        let printed = crate::to_string(&from_json(&value));
        let document = crate::parse_one(&printed, &Limits::default()).unwrap().unwrap();
        let read = to_json(&document.root, Dialect::V3, Duplicates::Error);
        prop_assert_eq!(read.as_ref(), Ok(&value), "{}", printed);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "[-a:&*?#|>'\"%@!\\[\\]{},. \n\t0-9<~]{0,60}") {
        if let Ok(documents) = crate::parse_all(&text, &Limits::default()) {
            let once = crate::emit(&documents, crate::Emit::default());
            if let Ok(again) = crate::parse_all(&once, &Limits::default()) {
                for (a, b) in documents.iter().zip(&again) {
                    let _ = to_json(&a.root, Dialect::V2, Duplicates::Error);
                    let _ = crate::expand_aliases(&mut b.root.clone());
                }
            }
        }
    }
}
