//! Sharing, nils and deep nesting.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use super::{GoStr, List, Map, MapType, Ty, Value};

#[test]
fn strings_are_bytes() {
    let runes = |bytes: &[u8]| GoStr::from(bytes).runes().collect::<String>();
    assert_eq!(runes("aé✓😀".as_bytes()), "aé✓😀");
    assert_eq!(runes(b"a\xffb"), "a\u{fffd}b");
    assert_eq!(runes(b"\xe2\x9c"), "\u{fffd}\u{fffd}");
    assert_eq!(runes(b"\xed\xa0\x80"), "\u{fffd}\u{fffd}\u{fffd}");
    assert!(GoStr::from(&b"a\xff"[..]).as_str().is_none());
    let (a, b) = (GoStr::from("a"), GoStr::from("b"));
    assert!(a < b);
}

#[test]
fn maps_are_shared_and_tell_when_they_change() {
    let mutated = Rc::new(Cell::new(false));
    let entries = BTreeMap::from([(GoStr::from("a"), Value::int(1))]);
    let map = Map::shared(MapType::ANY, entries, Rc::clone(&mutated));
    let same = map.clone();
    assert!(map.remove("nothing").is_none());
    assert!(!mutated.get());
    assert!(same.insert("b", Value::Nil));
    assert!(mutated.get() && map.contains("b") && map.same(&same));
    assert!(!Map::nil(MapType::ANY).insert("a", Value::Nil));
}

#[test]
fn types_have_go_names() {
    let check = |value: Value, name: &str| assert_eq!(value.type_name(), name);
    check(Value::Nil, "<nil>");
    check(Value::int64(1), "int64");
    check(Value::strings(["a"]), "[]string");
    check(
        Value::List(List::of(Ty::MAP, vec![])),
        "[]map[string]interface {}",
    );
    check(
        Value::Map(Map::with_type(MapType::STRINGS, BTreeMap::new())),
        "map[string]string",
    );
}

#[test]
fn deep_values_end_quietly() {
    let mut list = Value::list(vec![]);
    let mut map = Value::map::<&str>([]);
    for _ in 0..300_000 {
        list = Value::list(vec![Value::Nil, list]);
        map = Value::map([("a", map)]);
    }
    drop(list);
    drop(map);
}

proptest! {
    #[test]
    fn runes_are_those_of_utf8(text: String) {
        prop_assert_eq!(GoStr::from(text.as_str()).runes().collect::<String>(), text);
    }

    #[test]
    fn every_byte_is_read_once(bytes: Vec<u8>) {
        let text = GoStr::from(bytes.clone());
        let read: usize = text.runes().count();
        prop_assert!(read <= bytes.len() && read * 4 >= bytes.len());
    }
}
