use std::io::Read;

use flate2::read::GzDecoder;
use proptest::prelude::*;

use super::*;
use crate::unpack::{Limits, unpack};

fn packed(tree: &Tree) -> (Vec<u8>, Packed) {
    let mut archive = Vec::new();
    let packed = pack(tree, Algorithm::Sha256, &mut archive).unwrap();
    (archive, packed)
}

fn raw(tree: &Tree) -> Vec<u8> {
    let mut tar = Vec::new();
    GzDecoder::new(packed(tree).0.as_slice())
        .read_to_end(&mut tar)
        .unwrap();
    tar
}

fn entries(tree: &Tree) -> Vec<(String, u32)> {
    let tar = raw(tree);
    let mut archive = tar::Archive::new(tar.as_slice());
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let header = entry.header();
        let owner = (
            header.uid().unwrap(),
            header.gid().unwrap(),
            header.mtime().unwrap(),
        );
        assert_eq!(owner, (0, 0, 0));
        assert_eq!(
            (header.username().unwrap(), header.groupname().unwrap()),
            (Some(""), Some(""))
        );
        (
            String::from_utf8(entry.path_bytes().into_owned()).unwrap(),
            header.mode().unwrap(),
        )
    });
    entries.collect()
}

fn tree(files: &[(&str, bool)]) -> Tree {
    let mut tree = Tree::new();
    for (path, executable) in files {
        tree.insert(path, path.as_bytes(), *executable).unwrap();
    }
    tree
}

#[test]
fn entries_come_in_the_order_of_a_walk_with_their_directories() {
    let tree = tree(&[("a-b", false), ("a/x/y", true), ("a/z", false), ("b", false)]);
    let expect = [
        (".", 0o750),
        ("a", 0o750),
        ("a/x", 0o750),
        ("a/x/y", 0o700),
        ("a/z", 0o600),
        ("a-b", 0o600),
        ("b", 0o600),
    ];
    assert_eq!(entries(&tree), expect.map(|(path, mode)| (path.to_owned(), mode)));
}

#[test]
fn digest_and_size_speak_of_the_compressed_bytes() {
    let (archive, packed) = packed(&tree(&[("a", false)]));
    assert_eq!(packed.size, archive.len() as u64);
    assert!(packed.digest.matches(&archive));
    // Magic, deflate, no flags, no time, and the system that Go writes.
    assert_eq!(archive[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    assert_eq!(archive[9], 255);
}

#[test]
fn headers_are_as_go_writes_them() {
    let tar = raw(&tree(&[("a", false)]));
    let header = &tar[512..1024];
    assert_eq!(&header[100..108], b"0000600\0");
    assert_eq!(&header[108..116], b"0000000\0");
    assert_eq!(&header[124..136], b"00000000001\0");
    assert_eq!(&header[136..148], b"00000000000\0");
    assert_eq!(header[156], b'0');
    assert_eq!(&header[257..265], b"ustar\x0000");
    assert_eq!(tar.len() % 512, 0);
}

#[track_caller]
fn survives(path: &str) {
    let tree = tree(&[(path, false)]);
    assert_eq!(
        unpack(packed(&tree).0.as_slice(), &Limits::default()).unwrap(),
        tree
    );
}

#[test]
fn long_and_foreign_names_survive() {
    survives(&"n".repeat(100));
    survives(&"n".repeat(101));
    survives(&"n".repeat(300));
    survives(&format!("{}/{}", "d".repeat(155), "n".repeat(100)));
    survives(&format!("{}/{}", "d".repeat(156), "n".repeat(100)));
    survives("dir/".repeat(60).trim_end_matches('/'));
    survives("größe/ж.yaml");
    survives(" lead and trail ");
}

proptest! {
    #[test]
    fn packing_depends_on_content_only(files in proptest::collection::btree_map("[a-d]{1,3}(/[a-d]{1,3}){0,3}", (".{0,40}", any::<bool>()), 0..12)) {
        let (mut forward, mut backward) = (Tree::new(), Tree::new());
        for (path, (text, executable)) in &files {
            let _ = forward.insert(path, text.as_bytes(), *executable);
        }
        let kept: Vec<_> = forward.iter().map(|(path, file)| (path.to_owned(), file.clone())).collect();
        for (path, file) in kept.into_iter().rev() {
            backward.insert(&path, file.bytes, file.executable).unwrap();
        }
        let archive = packed(&forward).0;
        prop_assert_eq!(&archive, &packed(&backward).0);
        prop_assert_eq!(unpack(archive.as_slice(), &Limits::default()).unwrap(), forward);
    }
}
