//! `fmt`, through `print` and `printf`.

use super::helper::check;

#[track_caller]
fn printf(args: &str, expect: &str) {
    check(&format!("{{{{ printf {args} }}}}"), expect);
}

#[test]
fn integers() {
    printf(
        r#""%d %5d|%-5d|%05d %x %X %o %b %c %U" 42 42 42 42 255 255 8 5 65 9731"#,
        "42    42|42   |00042 ff FF 10 101 A U+2603",
    );
    printf(
        r#""%+d % d %+d %x %#x %#o %#b %O" 5 5 -5 -255 255 8 5 8"#,
        "+5  5 -5 -ff 0xff 010 0b101 0o10",
    );
    printf(
        r#""%q %U %#U %c%c" 65 128512 233 0x65E5 -1"#,
        "'A' U+1F600 U+00E9 'é' 日\u{fffd}",
    );
    printf(
        r#""%.3d|%8.3d|%-8.3d|%08.3d|%.0d" 7 7 7 7 0"#,
        "007|     007|007     |     007|",
    );
    printf(r#""%+08d|%06d|%-06d|" 42 -42 42"#, "+0000042|-00042|42    |");
    printf(
        r#""%t %s %e %z" 1 2 3 4"#,
        "%!t(int=1) %!s(int=2) %!e(int=3) %!z(int=4)",
    );
}

#[test]
fn floats() {
    printf(
        r#""%f %.2f %8.3f|%e %g %G %v" 3.14159 3.14159 3.14159 12345.678 1e21 1e-7 2.0"#,
        "3.141590 3.14    3.142|1.234568e+04 1e+21 1E-07 2",
    );
    printf(
        r#""%08.3f|%+.1f|% .1f|%-8.1f|%+08.2f" 3.14159 1.25 1.25 1.25 -1.5"#,
        "0003.142|+1.2| 1.2|1.2     |-0001.50",
    );
    printf(
        r#""%.3g %.10g %g %g %g" 1234.5678 1234.5678 100000.0 1000000.0 0.00001"#,
        "1.23e+03 1234.5678 100000 1e+06 1e-05",
    );
    printf(
        r#""%#g %#.3g %#v %x %b" 1.0 1.0 1.0 1.5 1.0"#,
        "1.00000 1.00 1 0x1.8p+00 4503599627370496p-52",
    );
    printf(r#""%d %s" 1.5 .ratio"#, "%!d(float64=1.5) %!s(float64=0.75)");
    printf(r#""%6.2f|%.0f|%5.0f" .ratio 2.5 3.5"#, "  0.75|2|    4");
}

#[test]
fn strings() {
    printf(
        r#""%s|%10s|%-10s|%.2s|%q|%x|%X|% x" "abc" "abc" "abc" "abc" "a\"b" "abc" "abc" "abc""#,
        "abc|       abc|abc       |ab|\"a\\\"b\"|616263|616263|61 62 63",
    );
    printf(
        r#""%q %+q %x %5s|%#q %# x" "h✓\n" "h✓" "é" "日本" "ab" "ab""#,
        "\"h✓\\n\" \"h\\u2713\" c3a9    日本|`ab` 0x61 0x62",
    );
    printf(r#""%q %s %d" .raw .bytes .bytes"#, "\"a\\xffb\" hi [104 105]");
    printf(
        r#""%d %t %5d" "x" "x" "x""#,
        "%!d(string=x) %!t(string=x) %!d(string=    x)",
    );
}

#[test]
fn compounds() {
    printf(
        r#""%v %s %d" .list .list .mixed"#,
        "[a b c] [a b c] [1 %!d(string=x) <nil> [%!d(float64=2.5)]]",
    );
    printf(
        r#""%v %+v" .map .map"#,
        "map[a:two m:map[k:true] z:1] map[a:two m:map[k:true] z:1]",
    );
    printf(
        r#""%#v" .map"#,
        r#"map[string]interface {}{"a":"two", "m":map[string]interface {}{"k":true}, "z":1}"#,
    );
    printf(
        r#""%#v %#v %#v" .mixed .nils .labels"#,
        r#"[]interface {}{1, "x", interface {}(nil), []interface {}{2.5}} []string(nil) map[string]string{"app":"web", "tier":"front"}"#,
    );
    printf(
        r#""%T %T %T %T %T %T" .map .list .strings .labels .bytes .nil"#,
        "map[string]interface {} []interface {} []string map[string]string []uint8 <nil>",
    );
    printf(
        r#""%q %5v|%-5v|%05d" .list .strings .strings .none"#,
        r#"["a" "b" "c"] [    x     y]|[x     y    ]|[]"#,
    );
    printf(
        r#""%t %v %T %s" true true true true"#,
        "true true bool %!s(bool=true)",
    );
    printf(
        r#""%s %d %v %q" nil nil nil nil"#,
        "%!s(<nil>) %!d(<nil>) <nil> %!q(<nil>)",
    );
    printf(
        r#""%v %.2f %5.1f" 1+2i 1+2i 1+2i"#,
        "(1+2i) (1.00+2.00i) (  1.0 +2.0i)",
    );
}

#[test]
fn mistakes() {
    printf(r#""%s %s" "a""#, "a %!s(MISSING)");
    printf(r#""%s" "a" "b" 1 nil"#, "a%!(EXTRA string=b, int=1, <nil>)");
    printf(r#""%""#, "%!(NOVERB)");
    printf(r#""100%%|%5%|%!""#, "100%|%|%!!(MISSING)");
    printf(r#""%[2]s %[1]s %[2]s" "a" "b""#, "b a b");
    printf(r#""%[3]d" 1 2"#, "%!d(BADINDEX)");
    printf(r#""%[x]d %[1]d" 1"#, "%!d(BADINDEX) 1");
    printf(r#""%*d|%-*d|%.*f" 5 1 5 2 1 2.25"#, "    1|2    |2.2");
    printf(r#""%*d" "a" 1"#, "%!(BADWIDTH)1");
    printf(r#""%.*d" "a" 1"#, "%!(BADPREC)1");
    printf(r#""%[2]*[1]d" 1 4"#, "   1");
}
