use super::*;

fn check_set(kind: &Kind<'_>, start: &str, text: &str, expect: &str) {
    let mut values = load_values(start.as_bytes()).unwrap();
    let found = match set_values(text, &mut values, kind) {
        Ok(()) => values.to_json().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expect, "{text}");
}

fn check_typed(text: &str, expect: &str) {
    check_set(&Kind::Typed, "", text, expect);
}

#[test]
fn set() {
    check_typed(
        "a=1,b=x,c=true,d=null,e=",
        r#"{"a":1,"b":"x","c":true,"d":null,"e":""}"#,
    );
    check_typed(
        "a=0,b=01,c=-1,d=1.5,e=TRUE",
        r#"{"a":0,"b":"01","c":-1,"d":"1.5","e":true}"#,
    );
    check_typed("a.b.c=1,a.b.d=2", r#"{"a":{"b":{"c":1,"d":2}}}"#);
    check_typed("a={1,x,},b={}", r#"{"a":[1,"x",""],"b":[""]}"#);
    check_typed("a[0]=1,a[2]=3", r#"{"a":[1,null,3]}"#);
    check_typed("a[0].b=1,a[0].c=2", r#"{"a":[{"b":1,"c":2}]}"#);
    check_typed("a[0][1]=1", r#"{"a":[[null,1]]}"#);
    check_typed(r"a\.b=1\,2", r#"{"a.b":"1,2"}"#);
    check_typed("a", "key \"a\" has no value");
    check_typed("a,b=1", "key \"a\" has no value (cannot end with ,)");
    check_typed("a.=1", "key map \"a\" has no value");
    check_typed("a={1", "list must terminate with '}'");
    check_typed("a[-1]=1", "negative -1 index not allowed");
    check_typed(
        "a[99999]=1",
        "index of 99999 is greater than maximum supported index of 65536",
    );
    check_typed(
        "a[x]=1",
        "error parsing index: strconv.Atoi: parsing \"x\": invalid syntax",
    );
    check_typed("a[0]x=1", "unexpected data at end of array index: ['x']");
    check_typed(
        &format!("{}=1", vec!["a"; 32].join(".")),
        "value name nested level is greater than maximum supported nested level of 30",
    );
    for path in ["[0]", "[0].a"] {
        check_typed(
            &format!("a{}=1", path.repeat(40_000)),
            "more than 250 indexes follow one another",
        );
    }
    check_set(
        &Kind::Typed,
        "a: x",
        "a.b=1",
        "unable to parse key: interface conversion: interface {} is string, not map[string]interface {}",
    );
    check_set(
        &Kind::Typed,
        "a: {b: 1, c: 2}",
        "a.b=null",
        r#"{"a":{"b":null,"c":2}}"#,
    );
}

#[test]
fn set_others() {
    check_set(&Kind::Text, "", "a=1,b=true", r#"{"a":"1","b":"true"}"#);
    check_set(
        &Kind::Json,
        "",
        r#"a={"x":[1,2]} ,b="y",c="#,
        r#"{"a":{"x":[1,2]},"b":"y","c":null}"#,
    );
    check_set(&Kind::Json, "", r#"a[1]=5"#, r#"{"a":[null,5]}"#);
    check_set(&Kind::Literal, "", r"a.b=1,c=\2", r#"{"a":{"b":"1,c=\\2"}}"#);
    let read = |name: &str| match name {
        "f" => Ok(b"text\n".to_vec()),
        other => Err(format!("open {other}: no such file or directory")),
    };
    check_set(
        &Kind::File(&read),
        "",
        "a=f,b=f",
        r#"{"a":"text\n","b":"text\n"}"#,
    );
    check_set(&Kind::File(&read), "", "a=g", "open g: no such file or directory");
}

fn check_load(text: &str, expect: &str) {
    let found = match load_values(text.as_bytes()) {
        Ok(values) => values.to_json().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expect, "{text:?}");
}

#[test]
fn values_files() {
    check_load("", "{}");
    check_load("null", "{}");
    check_load(
        "a: 1\n---\nb: {c: 1}\n--- # x\nb: {d: 2}",
        r#"{"a":1,"b":{"c":1,"d":2}}"#,
    );
    check_load("---\na: 1", r#"{"a":1}"#);
    check_load(
        "- a",
        "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go \
                       value of type map[string]interface {}",
    );
    check_load("yes: on", r#"{"true":true}"#);
}
