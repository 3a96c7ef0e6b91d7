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

/// A header as Go's archive/tar writes it for upstream's sources: no owner, no times, numbers in octal with a NUL behind.
fn go_header(name: &[u8], kind: u8, mode: u32, size: usize, magic: &[u8; 8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    let name = &name[..name.len().min(100)];
    block[..name.len()].copy_from_slice(name);
    let mut number = |at: usize, text: String| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    number(100, format!("{mode:07o}"));
    number(108, format!("{:07o}", 0));
    number(116, format!("{:07o}", 0));
    number(124, format!("{size:011o}"));
    number(136, format!("{:011o}", 0));
    number(148, " ".repeat(8));
    number(329, format!("{:07o}", 0));
    number(337, format!("{:07o}", 0));
    block[156] = kind;
    block[257..265].copy_from_slice(magic);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

const USTAR: &[u8; 8] = b"ustar\x0000";
const GNU: &[u8; 8] = b"ustar  \0";

/// A file whose name Go puts into an extended header: it is long, or not ASCII.
fn go_pax(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut length = name.len() + 8;
    while length != format!("{length} path=\n").len() + name.len() {
        length = format!("{length} path=\n").len() + name.len();
    }
    let record = [format!("{length} path=").as_bytes(), name, b"\n"].concat();
    let short: Vec<u8> = name.iter().copied().filter(u8::is_ascii).collect();
    [
        go_header(b"PaxHeaders.0/f", b'x', 0, record.len(), USTAR),
        padded(&record),
        go_header(&short, b'0', 0o600, content.len(), USTAR),
        padded(content),
    ]
    .concat()
}

/// A file with a GNU long name, as other tools write it.
fn gnu_long(name: &[u8], content: &[u8]) -> Vec<u8> {
    let long = [name, b"\0"].concat();
    [
        go_header(b"././@LongLink", b'L', 0, long.len(), GNU),
        padded(&long),
        go_header(name, b'0', 0o644, content.len(), GNU),
        padded(content),
    ]
    .concat()
}

fn go_file(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    [
        go_header(name.as_bytes(), b'0', mode, content.len(), USTAR),
        padded(content),
    ]
    .concat()
}

/// The paths, executables with a star.
#[track_caller]
fn accepted(entries: &[Vec<u8>], expect: &[&str]) {
    let end = vec![vec![0; 1024]];
    let tar = [entries, &end].concat().concat();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&tar).unwrap();
    let tree = unpack(gzip.finish().unwrap().as_slice(), &Limits::default()).unwrap();
    let found: Vec<String> = tree
        .iter()
        .map(|(path, file)| format!("{path}{}", if file.executable { "*" } else { "" }))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn what_an_upstream_source_packs_is_accepted() {
    let directory = |name: &str| go_header(name.as_bytes(), b'5', 0o750, 0, USTAR);
    accepted(
        &[
            directory("."),
            directory("apps"),
            go_file("apps/a.yaml", 0o600, b"a"),
            go_file("apps/run.sh", 0o700, b"b"),
            directory("empty"),
        ],
        &["apps/a.yaml", "apps/run.sh*"],
    );
    // A split name: prefix and name.
    let (prefix, name) = ("d".repeat(90), "f".repeat(90));
    let mut split = go_header(name.as_bytes(), b'0', 0o600, 0, USTAR);
    split[345..435].copy_from_slice(prefix.as_bytes());
    split[148..156].copy_from_slice(b"        ");
    let sum: u32 = split.iter().map(|byte| u32::from(*byte)).sum();
    split[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    accepted(&[split], &[&format!("{prefix}/{name}")]);
}

#[test]
fn long_and_foreign_names_are_accepted() {
    let long = format!("{}/{}", "x".repeat(150), "y".repeat(150));
    accepted(&[go_pax(long.as_bytes(), b"1")], &[&long]);
    accepted(&[go_pax("\u{fc}ber.yaml".as_bytes(), b"1")], &["\u{fc}ber.yaml"]);
    // One stray name must not cost the whole source.
    accepted(
        &[go_pax(b"bad\xff", b"1"), go_file("a", 0o600, b"")],
        &["a", "bad\u{fffd}"],
    );
    accepted(&[gnu_long(long.as_bytes(), b"1")], &[&long]);
    // What `git archive` puts in front.
    let comment = b"15 comment=abc\n";
    let global = [
        go_header(b"pax_global_header", b'g', 0o666, comment.len(), USTAR),
        padded(comment),
    ];
    accepted(&[global.concat(), go_file("a", 0o600, b"")], &["a"]);
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
