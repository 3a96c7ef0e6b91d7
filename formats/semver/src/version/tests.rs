use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expect: Result<&str, InvalidVersion>) {
    assert_eq!(
        Version::parse(text).map(|version| version.to_string()),
        expect.map(str::to_owned)
    );
}

#[track_caller]
fn strict(text: &str, expect: Result<&str, InvalidVersion>) {
    assert_eq!(
        Version::parse_strict(text).map(|version| version.to_string()),
        expect.map(str::to_owned)
    );
}

#[test]
fn loose() {
    check("1.2.3", Ok("1.2.3"));
    check("v1.2.3", Ok("1.2.3"));
    check("1.0", Ok("1.0.0"));
    check("v1", Ok("1.0.0"));
    check("01.02.03", Ok("1.2.3"));
    check("1.2-5", Ok("1.2.0-5"));
    check(
        "v1.2.0-x.Y.0+metadata-width-hypen",
        Ok("1.2.0-x.Y.0+metadata-width-hypen"),
    );
    check("v1.2.3-0abc", Ok("1.2.3-0abc"));
    check("1.2.3-rc1-with-hypen", Ok("1.2.3-rc1-with-hypen"));
    check(
        "20221209-update-renovatejson-v4",
        Ok("20221209.0.0-update-renovatejson-v4"),
    );
    check("", Err(InvalidVersion::Form));
    check("1.2.beta", Err(InvalidVersion::Form));
    check("1.2.3.4", Err(InvalidVersion::Form));
    check(" 1.2.3", Err(InvalidVersion::Form));
    check("V1.2.3", Err(InvalidVersion::Form));
    check("1.2.3-01", Err(InvalidVersion::LeadingZero));
    check(
        "1.2.2147483648999999999999",
        Err(InvalidVersion::Range("2147483648999999999999".into())),
    );
}

#[test]
fn exact() {
    strict("1.2.3-alpha.01a+b", Ok("1.2.3-alpha.01a+b"));
    strict("", Err(InvalidVersion::Empty));
    strict("1.0", Err(InvalidVersion::Form));
    strict("v1.2.3", Err(InvalidVersion::Characters));
    strict("1.2.3.4", Err(InvalidVersion::Characters));
    strict("01.2.3", Err(InvalidVersion::LeadingZero));
    strict("1.2.3-01", Err(InvalidVersion::LeadingZero));
    strict("1.2.3+", Err(InvalidVersion::Metadata));
    strict("1.2.3-a..b", Err(InvalidVersion::Prerelease));
}

#[test]
fn tags_have_three_numbers() {
    let parses = |text| Version::parse_three_part(text).is_ok();
    assert!(parses("v1.2.3") && parses("v2025.02.03-rc.1") && parses("1.2.3+a.b"));
    // The dots are counted, not the numbers.
    assert!(parses("1.2-a.b"));
    assert!(!parses("1.2") && !parses("v1") && !parses("1.2-a"));
}

#[track_caller]
fn ordered(a: &str, expect: Ordering, b: &str) {
    let (a, b) = (Version::parse(a).unwrap(), Version::parse(b).unwrap());
    assert_eq!((a.cmp(&b), b.cmp(&a)), (expect, expect.reverse()));
}

#[test]
fn precedence() {
    use Ordering::{Equal, Greater, Less};
    ordered("1.2.3", Less, "1.5.1");
    ordered("2.2.3", Greater, "1.5.1");
    ordered("3.2-beta", Equal, "3.2-beta");
    ordered("1.3", Greater, "1.3-alpha");
    ordered("4.2-alpha", Less, "4.2-beta");
    ordered("4.2-beta.2", Less, "4.2-beta.11");
    ordered("4.2-alpha.1", Less, "4.2-alpha.beta");
    ordered("4.2-alpha", Less, "4.2-alpha.1");
    ordered("7.43.0-SNAPSHOT.99", Less, "7.43.0-SNAPSHOT.103");
    ordered("7.43.0-SNAPSHOT.-99", Greater, "7.43.0-SNAPSHOT.103");
    ordered("1.2.3+a", Equal, "v1.2.3+b");
}

proptest! {
    #[test]
    fn never_panics(text in "v?[0-9.a-z+-]{0,20}|.*") {
        let _ = Version::parse(&text);
        let _ = Version::parse_strict(&text);
    }

    #[test]
    fn plain_is_what_the_expression_says(text in "[0-9]{1,3}(\\.[0-9]{1,3}){1,3}(-[0a-z.-]{0,4})?|1\\.2\\.[0-9]{18,22}") {
        let captured = LOOSE.captures(&text);
        let part = |group| captured.as_ref().and_then(|found| found.get(group)).map_or("", |part| part.as_str());
        if let Some((numbers, prerelease)) = plain(&text) {
            let expect = [1, 2, 3].map(|group| part(group).parse().unwrap());
            prop_assert_eq!((numbers, prerelease), (expect, part(4)));
        }
    }

    #[test]
    fn what_is_strict_is_loose_too(text in "(0|[1-9][0-9]{0,2})\\.(0|[1-9])\\.[0-9](-[a-z1-9]{1,3}(\\.[a-z1-9]+)?)?(\\+[a-z0-9]{1,3})?") {
        let (loose, strict) = (Version::parse(&text).unwrap(), Version::parse_strict(&text).unwrap());
        prop_assert_eq!(&loose, &strict);
        prop_assert_eq!(strict.to_string(), text);
    }
}
