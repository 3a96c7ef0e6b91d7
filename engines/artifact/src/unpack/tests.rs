use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tar::{Builder, Header};

use super::*;

struct Item<'a> {
    path: &'a str,
    kind: EntryType,
    bytes: &'a [u8],
}

const fn file<'a>(path: &'a str, bytes: &'a [u8]) -> Item<'a> {
    Item {
        path,
        kind: EntryType::Regular,
        bytes,
    }
}

fn archive(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for item in items {
        let mut header = Header::new_gnu();
        // Written raw: the builder itself would refuse hostile names.
        header.as_gnu_mut().unwrap().name[..item.path.len()].copy_from_slice(item.path.as_bytes());
        header.set_entry_type(item.kind);
        header.set_mode(0o644);
        header.set_size(item.bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, item.bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[track_caller]
fn refused(items: &[Item<'_>], limits: &Limits, expect: &str) {
    let error = unpack(archive(items).as_slice(), limits).unwrap_err().to_string();
    assert!(error.contains(expect), "{error}");
}

#[test]
fn nothing_leaves_the_archive() {
    let limits = Limits::default();
    refused(&[file("../x", b"")], &limits, "leaves the artifact");
    refused(&[file("a/../../x", b"")], &limits, "leaves the artifact");
    refused(&[file("/etc/passwd", b"")], &limits, "absolute");
    refused(&[file("a\\..\\b", b"")], &limits, "backslash");
    refused(
        &[Item {
            path: "../d",
            kind: EntryType::Directory,
            bytes: b"",
        }],
        &limits,
        "leaves the artifact",
    );
    refused(
        &[Item {
            path: "link",
            kind: EntryType::Link,
            bytes: b"",
        }],
        &limits,
        "hard link",
    );
    refused(
        &[Item {
            path: "fifo",
            kind: EntryType::Fifo,
            bytes: b"",
        }],
        &limits,
        "named pipe",
    );
}

#[test]
fn symbolic_links_are_skipped_or_refused() {
    let items = [
        Item {
            path: "link",
            kind: EntryType::Symlink,
            bytes: b"",
        },
        file("a", b"1"),
    ];
    assert_eq!(
        unpack(archive(&items).as_slice(), &Limits::default())
            .unwrap()
            .len(),
        1
    );
    let limits = Limits {
        links: Links::Refuse,
        ..Limits::default()
    };
    refused(&items, &limits, "symbolic link, which is not allowed");
}

#[test]
fn limits_hold() {
    let limits = Limits {
        bytes: 10,
        entries: 2,
        ..Limits::default()
    };
    refused(&[file("a", b"0123456789a")], &limits, "bigger than 10 bytes");
    refused(
        &[file("a", b"012345"), file("b", b"012345")],
        &limits,
        "(at \"b\")",
    );
    refused(
        &[file("a", b""), file("b", b""), file("c", b"")],
        &limits,
        "more than 2 entries",
    );
    assert_eq!(
        unpack(archive(&[file("a", b"0123456789")]).as_slice(), &limits)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_header_that_lies_about_its_size_costs_nothing() {
    let mut header = Header::new_ustar();
    header.as_ustar_mut().unwrap().name[0] = b'a';
    header.set_size(1 << 60);
    header.set_mode(0o600);
    header.set_cksum();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(header.as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    assert!(unpack(bytes.as_slice(), &Limits::default()).is_err());
}

#[test]
fn the_last_of_a_name_wins_and_names_are_cleaned() {
    let items = [
        file("./a/b", b"old"),
        Item {
            path: "./",
            kind: EntryType::Directory,
            bytes: b"",
        },
        file("a/b", b"new"),
    ];
    let tree = unpack(archive(&items).as_slice(), &Limits::default()).unwrap();
    assert_eq!(&*tree.get("a/b").unwrap().bytes, b"new");
    assert_eq!(tree.len(), 1);
}

#[test]
fn a_cut_archive_gives_nothing() {
    let whole = archive(&[file("a", &[7; 5000])]);
    for end in [0, 5, whole.len() / 2, whole.len() - 9] {
        assert!(unpack(&whole[..end], &Limits::default()).is_err(), "{end}");
    }
    assert!(unpack(b"plain text".as_slice(), &Limits::default()).is_err());
}

proptest! {
    #[test]
    fn never_panics(noise in proptest::collection::vec(any::<u8>(), 0..2000), at in 0usize..512, to in any::<u8>()) {
        let _ = unpack(noise.as_slice(), &Limits::default());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut tar = vec![];
        Builder::new(&mut tar).append_pax_extensions([("path", b"x".as_slice())]).unwrap();
        tar[at] = to;
        tar.extend(noise);
        gzip.write_all(&tar).unwrap();
        let _ = unpack(gzip.finish().unwrap().as_slice(), &Limits::default());
    }
}
