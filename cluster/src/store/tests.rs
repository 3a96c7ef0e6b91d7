//! What the store promises.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Disk, EventKind, Expect, Store};

fn resource() -> Arc<str> {
    "configmaps".into()
}

fn object(name: &str, data: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": data}})
}

fn memory(history: usize) -> Store {
    Store::new(Vec::new(), 1, None, history)
}

fn put(store: &Store, name: &str, data: &str) -> u64 {
    let key = format!("ns/{name}");
    let expect = store
        .get("configmaps", &key)
        .0
        .map_or(Expect::Absent, |entry| Expect::Revision(entry.revision));
    store
        .put(&resource(), &key, expect, &mut object(name, data), None)
        .unwrap()
        .revision
}

fn data(entry: &super::Entry) -> String {
    entry.value()["data"]["k"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_write_needs_the_expected_revision() {
    let store = memory(100);
    let first = put(&store, "a", "1");
    assert!(
        store
            .put(&resource(), "ns/a", Expect::Absent, &mut object("a", "x"), None)
            .is_err()
    );
    assert!(
        store
            .put(
                &resource(),
                "ns/a",
                Expect::Revision(first + 1),
                &mut object("a", "x"),
                None
            )
            .is_err()
    );
    let second = put(&store, "a", "2");
    assert_eq!(second, first + 1);
    assert!(
        store
            .remove(&resource(), "ns/a", first, &mut object("a", "2"))
            .is_err()
    );
    assert_eq!(
        store.get("configmaps", "ns/a").0.map(|entry| data(&entry)),
        Some("2".into())
    );
}

#[test]
fn the_stored_text_has_the_revision_and_neither_version_nor_kind() {
    let store = memory(100);
    let revision = put(&store, "a", "1");
    let value = store.get("configmaps", "ns/a").0.unwrap().value();
    assert_eq!(
        value,
        json!({"metadata": {"name": "a", "resourceVersion": revision.to_string()}, "data": {"k": "1"}})
    );
}

#[test]
fn the_past_can_be_listed_until_it_is_forgotten() {
    let store = memory(100);
    let first = put(&store, "a", "1");
    let second = put(&store, "b", "1");
    put(&store, "a", "2");
    store
        .remove(&resource(), "ns/b", second, &mut object("b", "1"))
        .unwrap();
    let at = |revision| {
        let list = store.list_at("configmaps", "ns/", revision)?;
        Some(
            list.iter()
                .map(|(key, entry)| format!("{key}={}", data(entry)))
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    assert_eq!(at(first).as_deref(), Some("ns/a=1"));
    assert_eq!(at(second).as_deref(), Some("ns/a=1 ns/b=1"));
    assert_eq!(at(second + 1).as_deref(), Some("ns/a=2 ns/b=1"));
    assert_eq!(at(second + 2).as_deref(), Some("ns/a=2"));
    store.compact(second);
    assert_eq!(at(first), None);
    assert_eq!(at(second).as_deref(), Some("ns/a=1 ns/b=1"));
}

#[test]
fn keys_are_listed_in_the_order_of_bytes_and_pages_go_on_after_a_key() {
    let store = memory(100);
    for name in ["c", "a", "b-1", "b"] {
        put(&store, name, "1");
    }
    let keys = |after, limit| {
        let (found, _) = store.list("configmaps", "ns/", after, limit);
        found.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(None, usize::MAX), ["ns/a", "ns/b", "ns/b-1", "ns/c"]);
    assert_eq!(keys(Some("ns/b"), 1), ["ns/b-1"]);
    assert_eq!(store.list("configmaps", "n/", None, usize::MAX).0.len(), 0);
}

#[test]
fn changes_are_told_in_order_and_not_beyond_the_history() {
    let store = memory(3);
    let first = put(&store, "a", "1");
    let second = put(&store, "a", "2");
    store
        .remove(&resource(), "ns/a", second, &mut object("a", "2"))
        .unwrap();
    let (events, seen) = store.changes("configmaps", first - 1, 10).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Added, EventKind::Modified, EventKind::Deleted]);
    assert_eq!(seen, store.revision());
    put(&store, "b", "1");
    assert!(store.changes("configmaps", first - 1, 10).is_none());
    assert_eq!(
        store
            .changes("configmaps", first, 10)
            .map(|(events, _)| events.len()),
        Some(3)
    );
}

#[test]
fn owners_and_uids_are_found() {
    let store = memory(100);
    let uid = "00000000-0000-0000-0000-000000000001";
    let owner = "00000000-0000-0000-0000-000000000002";
    let mut object = json!({"metadata": {"name": "a", "uid": uid, "ownerReferences": [{"uid": owner}]}});
    let entry = store
        .put(&resource(), "ns/a", Expect::Absent, &mut object, None)
        .unwrap();
    let (uid, owner) = (super::parse_uid(uid).unwrap(), super::parse_uid(owner).unwrap());
    assert_eq!(
        store.by_uid(uid).map(|(_, found)| found.revision),
        Some(entry.revision)
    );
    assert_eq!(store.owned_by(owner).len(), 1);
    store
        .remove(&resource(), "ns/a", entry.revision, &mut object)
        .unwrap();
    assert!(store.by_uid(uid).is_none());
    assert!(store.owned_by(owner).is_empty());
}

fn on_disk(directory: &std::path::Path) -> Arc<Store> {
    Disk::load(&directory.join("db"))
        .unwrap()
        .into_store(100)
        .unwrap()
}

#[tokio::test]
async fn what_is_settled_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    put(&store, "a", "1");
    let revision = put(&store, "b", "1");
    let gone = store.get("configmaps", "ns/a").0.unwrap();
    store
        .remove(&resource(), "ns/a", gone.revision, &mut object("a", "1"))
        .unwrap();
    store.settled(revision + 1).await.unwrap();
    store.close();
    drop(store);
    let store = on_disk(directory.path());
    assert_eq!(store.revision(), revision + 1);
    assert!(store.get("configmaps", "ns/a").0.is_none());
    assert_eq!(
        store.get("configmaps", "ns/b").0.map(|entry| entry.revision),
        Some(revision)
    );
    store.close();
}

/// Two threads read so many, one from each end.
#[tokio::test]
async fn many_objects_are_read_back_in_their_order() {
    let directory = tempfile::tempdir().unwrap();
    let name = |number: usize| format!("m{number:04}");
    {
        let store = on_disk(directory.path());
        for number in 0..1001 {
            put(&store, &name(number), &number.to_string());
        }
        store.settled(store.revision()).await.unwrap();
        store.close();
    }
    let loaded = Disk::load(&directory.path().join("db")).unwrap();
    let read: Vec<(String, String)> = loaded
        .objects
        .iter()
        .map(|(_, key, entry)| (key.to_string(), data(entry)))
        .collect();
    let written: Vec<(String, String)> = (0..1001)
        .map(|number| (format!("ns/{}", name(number)), number.to_string()))
        .collect();
    assert_eq!(read, written);
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    let error = Disk::load(&directory.path().join("db")).err().unwrap();
    assert!(matches!(error, crate::Error::InUse(_)), "{error}");
    store.close();
}

#[tokio::test]
async fn a_failing_disk_undoes_what_nobody_has_seen() {
    // No thread confirms here: the store is as if its disk were slow, and then fails.
    let directory = tempfile::tempdir().unwrap();
    let store = on_disk(directory.path());
    let kept = put(&store, "a", "1");
    store.settled(kept).await.unwrap();
    store.stall();
    let lost = put(&store, "a", "2");
    put(&store, "b", "1");
    assert_eq!(
        store
            .changes("configmaps", kept, 10)
            .map(|(events, _)| events.len()),
        Some(0)
    );
    store.undo("the disk is full");
    assert_eq!(
        store.settled(lost).await.unwrap_err().to_string(),
        "the disk is full"
    );
    assert!(store.settled(kept).await.is_ok());
    assert_eq!(
        store.get("configmaps", "ns/a").0.map(|entry| data(&entry)),
        Some("1".into())
    );
    assert!(store.get("configmaps", "ns/b").0.is_none());
    assert_eq!(
        store
            .changes("configmaps", kept, 10)
            .map(|(events, _)| events.len()),
        Some(0)
    );
    store.close();
}
