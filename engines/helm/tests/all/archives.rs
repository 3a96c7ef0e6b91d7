//! Hostile archives: an error in bounded time and memory. Texts are those of helm 4.3.1 where it has one.

use flate2::Compression;
use flate2::write::GzEncoder;
use flux_helm::Log;
use flux_helm::chart::{ChartLimits, load_archive};
use tar::{Builder, EntryType, Header};

/// One entry, with a name that the library would not write.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, kind, data) in entries {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, *data).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

const CHART: (&str, EntryType, &[u8]) = (
    "web/Chart.yaml",
    EntryType::Regular,
    b"apiVersion: v2\nname: web\nversion: 1.0.0\n",
);

fn check(entries: &[(&str, EntryType, &[u8])], limits: &ChartLimits, expect: &str) {
    let loaded = load_archive(&archive(entries), limits, &mut Log::new());
    let found = loaded.map_or_else(
        |error| error.to_string(),
        |chart| format!("{} files", chart.raw.len()),
    );
    assert_eq!(found, expect);
}

#[test]
fn paths_that_leave_the_chart() {
    let file = |name| (name, EntryType::Regular, &b"x"[..]);
    let limits = ChartLimits::default();
    check(
        &[CHART, file("web/../../x")],
        &limits,
        "chart illegally references parent directory",
    );
    check(
        &[CHART, file("web//etc/x")],
        &limits,
        "chart illegally contains absolute paths",
    );
    check(
        &[CHART, file("x")],
        &limits,
        "chart illegally contains content outside the base directory: \"x\"",
    );
    check(
        &[CHART, file("web\\..\\x")],
        &limits,
        "chart illegally references parent directory",
    );
    check(
        &[CHART, file("web/c:/x")],
        &limits,
        "chart contains illegally named files",
    );
    check(
        &[file("Chart.yaml")],
        &limits,
        "chart illegally contains content outside the base directory: \"Chart.yaml\"",
    );
    check(&[], &limits, "no files in chart archive");
}

#[test]
fn links_lead_nowhere() {
    check(
        &[CHART, ("web/l", EntryType::Symlink, b"")],
        &ChartLimits::default(),
        "2 files",
    );
}

#[test]
fn bombs() {
    let limits = ChartLimits {
        total: 10_000,
        file: 5_000,
        unpacked: 30_000,
        depth: 2,
    };
    let zeros = [0; 6_000];
    check(
        &[CHART, ("web/x", EntryType::Regular, &zeros)],
        &limits,
        "decompressed chart file \"web/x\" is larger than the maximum file size 5000",
    );
    check(
        &[
            CHART,
            ("web/x", EntryType::Regular, &zeros[..4_990]),
            ("web/y", EntryType::Regular, &zeros[..4_990]),
            ("web/z", EntryType::Regular, &zeros[..1_000]),
        ],
        &limits,
        "decompressed chart is larger than the maximum size 10000",
    );
    // Charts in charts in charts.
    let mut inner = archive(&[CHART]);
    for _ in 0..3 {
        inner = archive(&[CHART, ("web/charts/web.tgz", EntryType::Regular, &inner)]);
    }
    let loaded = load_archive(&inner, &limits, &mut Log::new());
    assert!(
        loaded
            .unwrap_err()
            .to_string()
            .ends_with("charts are nested more than 2 levels deep")
    );
}

/// Ten charts in each of ten charts in each of ten: few bytes, and millions of charts.
#[test]
fn charts_that_multiply() {
    let mut inner = archive(&[CHART]);
    let names: Vec<String> = (0..10).map(|at| format!("web/charts/web{at}.tgz")).collect();
    for _ in 0..6 {
        let mut entries = vec![CHART];
        entries.extend(
            names
                .iter()
                .map(|name| (name.as_str(), EntryType::Regular, &inner[..])),
        );
        inner = archive(&entries);
    }
    let limits = ChartLimits {
        unpacked: 4 << 20,
        ..ChartLimits::default()
    };
    let error = load_archive(&inner, &limits, &mut Log::new()).unwrap_err();
    assert!(
        error.to_string().contains("larger than the maximum size"),
        "{error}"
    );
}

#[test]
fn damaged() {
    for data in [
        &b""[..],
        b"x",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
    ] {
        assert!(load_archive(data, &ChartLimits::default(), &mut Log::new()).is_err());
    }
}
