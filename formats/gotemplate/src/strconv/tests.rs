//! What is quoted reads back; floats read back.

use proptest::prelude::*;

use super::{FloatFormat, format_float, quote, quote_ascii, unquote};
use crate::FloatKind;

fn quoted(text: &[u8]) -> String {
    let mut out = Vec::new();
    quote(&mut out, text);
    String::from_utf8(out).unwrap()
}

fn float(number: f64, format: FloatFormat, precision: Option<usize>) -> String {
    let mut out = Vec::new();
    format_float(&mut out, number, FloatKind::Float64, format, false, precision);
    String::from_utf8(out).unwrap()
}

#[test]
fn quoting() {
    assert_eq!(
        quoted(b"a\"b\\c\n\t\x07\x00\x7f\xff"),
        r#""a\"b\\c\n\t\a\x00\x7f\xff""#
    );
    assert_eq!(
        quoted("é✓日😀\u{200b}\u{301}".as_bytes()),
        "\"é✓日😀\\u200b\u{301}\""
    );
    assert_eq!(quoted("\u{e000}\u{10ffff}".as_bytes()), r#""\ue000\U0010ffff""#);
    assert_eq!(unquote(b"`a\r\nb`"), Some(b"a\nb".to_vec()));
    assert_eq!(unquote(b"\"a"), None);
    assert_eq!(unquote(b"\"\\'\""), None);
    assert_eq!(unquote(b"\"\\400\""), None);
}

#[test]
fn floats() {
    let general = |number| float(number, FloatFormat::General, None);
    assert_eq!(general(100_000.0), "100000");
    assert_eq!(general(1_000_000.0), "1e+06");
    assert_eq!(general(1_234_567.0), "1.234567e+06");
    assert_eq!(general(0.0001), "0.0001");
    assert_eq!(general(0.00001), "1e-05");
    assert_eq!(general(-0.0), "-0");
    assert_eq!(general(f64::INFINITY), "+Inf");
    assert_eq!(general(5e-324), "5e-324");
    assert_eq!(float(1e21, FloatFormat::Fixed, None), "1000000000000000000000");
    assert_eq!(float(1234.5, FloatFormat::Exponent, None), "1.2345e+03");
    assert_eq!(float(0.0, FloatFormat::Exponent, Some(2)), "0.00e+00");
    assert_eq!(float(1234.5678, FloatFormat::General, Some(3)), "1.23e+03");
}

proptest! {
    #[test]
    fn quoted_reads_back(bytes: Vec<u8>) {
        prop_assert_eq!(unquote(quoted(&bytes).as_bytes()), Some(bytes.clone()));
        let mut ascii = Vec::new();
        quote_ascii(&mut ascii, &bytes);
        prop_assert!(ascii.is_ascii());
        prop_assert_eq!(unquote(&ascii), Some(bytes));
    }

    #[test]
    fn floats_read_back(number in any::<f64>()) {
        for format in [FloatFormat::General, FloatFormat::Exponent, FloatFormat::Fixed] {
            let text = float(number, format, None);
            let same = text.parse::<f64>().unwrap() == number || number.is_infinite();
            prop_assert!(same, "{}", text);
        }
    }
}
