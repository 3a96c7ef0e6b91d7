use super::*;

#[track_caller]
fn check(text: &str, v3: Resolved, v2: Resolved) {
    assert_eq!(resolve_value(text, Dialect::V3), v3, "v3 of {text:?}");
    assert_eq!(resolve_value(text, Dialect::V2), v2, "v2 of {text:?}");
}

#[track_caller]
fn same(text: &str, value: Resolved) {
    check(text, value, value);
}

#[test]
fn words() {
    use Resolved::*;
    same("", Null);
    same("~", Null);
    same("nUll", Str);
    same("TRUE", Bool(true));
    same("tRue", Str);
    for yes in ["y", "Y", "yes", "on", "ON"] {
        check(yes, Str, Bool(true));
    }
    for no in ["n", "No", "off"] {
        check(no, Str, Bool(false));
    }
    same("<<", Str);
}

#[test]
fn integers() {
    use Resolved::*;
    same("014", Int(12));
    same("0b11", Int(3));
    same("0o14", Int(12));
    same("1_000", Int(1000));
    same("-0x1", Int(-1));
    same("0x_1", Int(1));
    same("+12", Int(12));
    same("0b-11", Int(-3));
    check("0o-7", Int(-7), Str);
    same("0x", Str);
    same("+-1", Str);
    same("9223372036854775808", Uint(1 << 63));
    same("-9223372036854775808", Int(i64::MIN));
    same("+9223372036854775808", Float(9_223_372_036_854_775_808.0));
    same("08", Float(8.0));
}

#[test]
fn floats() {
    use Resolved::*;
    same("1e400", Str);
    same("1_0.5", Float(10.5));
    same("190:20:30", Str);
    same("1.", Float(1.0));
    same(".5", Float(0.5));
    same(".", Str);
    same("-.5e-3", Float(-0.0005));
    same("1e", Str);
    same("1.2.3", Str);
    same(".inf", Float(f64::INFINITY));
    same("-.Inf", Float(f64::NEG_INFINITY));
    same("inf", Str);
    same("nan", Str);
    same("1e3", Float(1000.0));
}

#[test]
fn timestamps() {
    use Resolved::*;
    for yes in [
        "2001-01-01",
        "2001-1-1",
        "2024-02-29",
        "2001-12-14T21:59:43.10-05:00",
        "2001-12-14t21:59:43Z",
        "2001-12-14 21:59:43.10",
    ] {
        same(yes, Timestamp);
    }
    for no in [
        "2001-13-01",
        "2023-02-29",
        "2001-12-14T21:59:43",
        "2001-12-14 21:59:43Z",
        "2001-12-14 21:59:43.10 -5",
    ] {
        same(no, Str);
    }
}
