use proptest::prelude::*;

use super::*;

/// A range, the versions in it and those that are not, as upstream's own tests have them.
type Row = (&'static str, &'static str, &'static str);

#[track_caller]
fn check(rows: &[Row], prepare: impl Fn(Constraint) -> Constraint) {
    for (text, inside, outside) in rows {
        let range = prepare(Constraint::parse(text).unwrap());
        for (versions, expect) in [(inside, true), (outside, false)] {
            for version in versions.split_whitespace() {
                let version = Version::parse(version).unwrap();
                assert_eq!(range.matches(&version), expect, "{version} in {text:?}");
                assert_eq!(
                    range.validate(&version).is_ok(),
                    expect,
                    "{version} validates in {text:?}"
                );
            }
        }
    }
}

#[rustfmt::skip]
const RELEASES: &[Row] = &[
    ("=2.0.0", "2.0.0", "1.2.3"),
    ("=2.0", "2.0.0 2.0.1", "1.2.3"),
    ("4.1", "4.1.0", ""),
    ("!=4.1.0", "4.1.1", "4.1.0 5.1.0-alpha.1"),
    ("!=4.1", "5.1.0", "4.1.0 4.1.1 5.1.0-alpha.1"),
    ("!=4.1-alpha", "4.1.0", "4.1.0-alpha 4.1.1-alpha"),
    ("<11", "0.1.0", "11.1.0"),
    ("<1.1", "0.1.0", "1.1.0 1.1.1"),
    ("<=11", "1.2.3 11.2.3", "12.2.3"),
    ("<=1.1", "0.1.0 1.1.0 1.1.1", "1.2.3 0.1.0-alpha"),
    (">1.1", "4.1.0", "1.1.0"),
    (">0", "1", "0 0.0.1-alpha 0.0.0-alpha"),
    (">0.0", "", "0.0.1-alpha"),
    (">0-0", "", "0.0.1-alpha 0.0.0-alpha"),
    (">0.0-0", "", "0.0.1-alpha"),
    (">0.0.0-0", "0.0.0-alpha", ""),
    (">1.2.3-alpha.1", "1.2.3-alpha.2 1.3.3-alpha.2", ""),
    (">11", "", "11.1.0"),
    (">11.1", "11.2.1", "11.1.0 11.1.1"),
    (">=11", "11.1.2", ""),
    (">=11.1", "11.1.2", "11.0.2"),
    (">=1.1", "4.1.0 1.1.0", "0.0.9 4.1.0-beta"),
    (">=0", "0", "0.0.1-alpha 0.0.0-alpha"),
    (">=0.0", "", "0.0.1-alpha"),
    (">=0-0", "0.0.1-alpha 0.0.0-alpha", ""),
    (">=0.0-0", "0.0.1-alpha", ""),
    (">=0.0.0-0", "0.0.0-alpha 1.2.3 3.4.5-beta.1", ""),
    ("<0", "", "0.0.0-alpha"),
    ("<0-z", "0.0.0-alpha", ""),
    ("=0", "", "1"),
    ("*", "1 4.5.6 1.2.3", "1.2.3-alpha.1"),
    ("*-0", "1.2.3-alpha.1", ""),
    ("2.*", "2.1.1", "1 3.4.5"),
    ("2.1.*", "2.1.1", "2.2.1"),
    ("2", "2.1.1", "1 3.4.5"),
    ("2.1", "2.1.1", "2.2.1"),
    ("~1.2.3", "1.2.4 1.2.5", "1.3.4 1.2.2 1.3.2"),
    ("~1.2", "1.2.4", "1.3.4"),
    ("~1", "1.2.4 1.3.5 1.4", "2.3.4 2.1.1"),
    ("~0.2.3", "0.2.5", "0.3.5"),
    ("~1.2.3-beta.2", "1.2.3-beta.4 1.2.4-beta.2", "1.3.4-beta.2"),
    ("^1.2.3", "1.8.9", "2.8.9 1.2.1"),
    ("^1.1.0", "", "2.1.0"),
    ("^1.2.0", "", "2.2.1 1.2.1-alpha.1"),
    ("^1.2.0-alpha.0", "1.2.1-alpha.1 1.2.1-alpha.0", ""),
    ("^1.2.0-alpha.2", "", "1.2.0-alpha.1"),
    ("^1.2", "1.8.9", "2.8.9"),
    ("^1", "1.8.9", "2.8.9"),
    ("^0.2.3", "0.2.5", "0.5.6"),
    ("^0.2", "0.2.5", "0.5.6"),
    ("^0.0.3", "0.0.3", "0.0.4"),
    ("^0.0", "0.0.3", "0.1.4 1.0.4"),
    ("^0", "0.2.3", "1.1.4"),
    ("^0.2.3-beta.2", "0.2.3-beta.4 0.2.4-beta.2 0.2.3-beta.2", "0.3.4-beta.2"),
    ("~0.0.0", "1.2.3", ""),
    ("0.x.x", "", "1.2.3"),
    ("0.0.x", "", "1.2.3"),
    ("0.0.0", "", "1.2.3"),
    ("^0.0.0", "", "1.2.3"),
    ("= 2.0", "2.0.0", "1.2.3"),
    ("4.1.x", "4.1.3", ""),
    ("1.x", "1.4", ""),
    ("!=4.x", "5.1.0", "4.1.0"),
    ("!=4.1.x", "4.2.0", ""),
    ("!=4.2.x", "", "4.2.3"),
    ("<1.x", "0.1.1", "1.1.1 2.0.0"),
    ("<1.1.x", "1.0.500", "1.2.1 1.1.500"),
    ("<1.2.x", "1.1.1", ""),
    ("<=1.1-a", "0.1.0-alpha", ""),
    ("<=1.x", "1.1.0", ""),
    ("<=2.x", "", "3.0.0"),
    ("<=1.1.x", "", "1.2.500"),
    ("<=4.5", "3.4.0 3.7.0", "4.6.3"),
    (">1.1, <2", "1.2.1", "1.1.1"),
    (">1.1, <3", "", "4.3.2"),
    (">=1.1, <2, !=1.2.3", "", "1.2.3"),
    (">1.1 <2", "1.2.1", "1.1.1"),
    (">1.1 <3", "", "4.3.2"),
    (">=1.1 <2 !=1.2.3", "", "1.2.3"),
    (">=1.1, <2, !=1.2.3 || > 3", "4.1.2", "3.1.2 3.0.0 1.2.3"),
    (">=1.1, <2, !=1.2.3 || >= 3", "3.0.0", ""),
    (">=1.1 <2 !=1.2.3 || > 3", "4.1.2", "3.1.2 3.0.0 1.2.3"),
    (">=1.1 <2 !=1.2.3 || >= 3", "3.0.0", ""),
    ("> 1.1, < 2", "", "1.1.1"),
    ("> 1.1, <2", "1.2.1", ""),
    (">1.1, < 3", "", "4.3.2"),
    (">= 1.1, < 2, !=1.2.3", "", "1.2.3"),
    ("> 1.1 < 2", "", "1.1.1"),
    (">1.1 < 2", "1.2.1", ""),
    ("> 1.1 <3", "", "4.3.2"),
    (">=1.1 < 2 != 1.2.3", "", "1.2.3"),
    (">= 1.1, <2, !=1.2.3 || > 3", "4.1.2", "3.0.0 1.2.3"),
    (">= 1.1, <2, != 1.2.3 || > 3", "", "3.1.2"),
    (">= 1.1, <2, != 1.2.3 || >= 3", "3.0.0", ""),
    (">= 1.1 <2 != 1.2.3", "", "1.2.3"),
    (">= 1.1 <2 != 1.2.3 || > 3", "4.1.2", "3.1.2"),
    (">= 1.1 <2 != 1.2.3 || >= 3", "3.0.0", ""),
    (">= 1.1 < 2 !=1.2.3 || > 3", "", "3.0.0"),
    (">=1.1 < 2 !=1.2.3 || > 3", "", "1.2.3"),
    (">= 1.0.0 <= 2.0.0-beta", "1.0.1-beta 1.0.1", "3.0.0"),
    (">= 1.0.0 <= 2.0.0-beta || > 3", "1.0.1-beta", "3.0.1-beta"),
    (">= 1.0.0 <= 2.0.0-beta != 1.0.1 || > 3", "1.0.1-beta", ""),
    (">= 1.0.0 <= 2.0.0-beta != 1.0.1-beta || > 3", "", "1.0.1-beta"),
    (">= 1.0.0-0 <= 2.0.0", "1.0.1-beta", ""),
    ("1.1 - 2", "1.1.1", ""),
    ("1.5.0 - 4.5", "3.7.0", ""),
    ("1.1-3", "", "4.3.2"),
    ("^1.1", "1.1.1", "4.3.2"),
    ("^1.x", "1.1.1", "2.1.1 1.1.1-beta1"),
    ("^2.x", "", "1.1.1"),
    ("^1.1.2-alpha", "1.2.1-beta1", ""),
    ("^1.2.x-alpha", "", "1.1.1-beta1"),
    ("^0.0.1", "0.0.1", "0.3.1"),
    ("~*", "2.1.1", ""),
    ("~1.x", "1.3.5 1.4", "2.1.1"),
    ("~1.1", "1.1.1", "1.1.1-alpha 1.2.3"),
    ("~1.1-alpha", "1.1.1-beta", ""),
    ("~1.1.1-beta", "1.1.1", "1.1.1-alpha"),
    ("~1.3", "", "2.4.5"),
    ("1.0.0 - 2.0.0 <=2.0.0", "1.5.0", ""),
    ("1.0.0 - 2.0.0, <=2.0.0", "1.5.0", ""),
];

#[rustfmt::skip]
const PRERELEASES: &[Row] = &[
    (">=1.1", "4.1.0-beta", ""),
    (">1.1", "4.1.0-beta", ""),
    ("<=1.1", "0.1.0-alpha", ""),
    ("<1.1", "0.1.0-alpha", ""),
    ("^1.x", "1.1.1-beta1", ""),
    ("~1.1", "1.1.1-alpha", ""),
    ("*", "1.2.3-alpha", ""),
    ("= 2.0", "2.0.1-beta", ""),
    ("!=4.1-alpha", "", "4.1.0-alpha 4.1.1-alpha"),
    ("<=1.1-a", "0.1.0-alpha", ""),
    (">= 1.0.0 <= 2.0.0-beta", "1.0.1-beta", ""),
    (">= 1.0.0 <= 2.0.0-beta || > 3", "1.0.1-beta", "3.0.1-beta"),
    (">= 1.0.0 <= 2.0.0-beta != 1.0.1 || > 3", "1.0.1-beta", ""),
    (">= 1.0.0 <= 2.0.0-beta != 1.0.1-beta || > 3", "", "1.0.1-beta"),
    (">= 1.0.0-0 <= 2.0.0", "1.0.1-beta", ""),
    ("^1.1.2-alpha", "1.2.1-beta1", ""),
    ("^1.2.x-alpha", "", "1.1.1-beta1"),
    ("~1.1-alpha", "1.1.1-beta", ""),
    ("~1.1.1-beta", "", "1.1.1-alpha"),
];

#[test]
fn ranges() {
    check(RELEASES, |range| range);
}

#[test]
fn ranges_including_prereleases() {
    check(PRERELEASES, Constraint::including_prereleases);
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    assert_eq!(Constraint::parse(text).unwrap_err().to_string(), expect);
}

#[test]
fn refuses_what_is_no_range() {
    refused("", "improper constraint: \"\"");
    refused("foo", "improper constraint: \"foo\"");
    refused(">= bar", "improper constraint: \">= bar\"");
    refused("BAR >= 1.2.3", "improper constraint: \"BAR >= 1.2.3\"");
    refused("12.3.4.1234", "improper constraint: \"12.3.4.1234\"");
    refused("12.3.34~ 1.2.3", "improper constraint: \"12.3.34~ 1.2.3\"");
    refused(">1 || bar", "improper constraint: \" bar\"");
    refused("v1.2.3-beta.01", "constraint parser error");
}

#[track_caller]
fn printed(text: &str, expect: &str) {
    assert_eq!(Constraint::parse(text).unwrap().to_string(), expect);
}

#[test]
fn prints_in_upstream_s_form() {
    printed("*", "*");
    printed(">= 1.2.3, < 2.0 || => 3.0, < 4", ">=1.2.3 <2.0 || =>3.0 <4");
    printed("3 - 4 || => 3.0, < 4", ">=3 <=4 || =>3.0 <4");
    printed("1.0.0 - 2.0.0 <=2.0.0", ">=1.0.0 <=2.0.0 <=2.0.0");
    printed("12.3.34 ~1.2.3", "12.3.34 ~1.2.3");
}

#[track_caller]
fn faults(text: &str, version: &str, expect: &[&str]) {
    let found = Constraint::parse(text)
        .unwrap()
        .validate(&Version::parse(version).unwrap());
    let found: Vec<_> = found.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(found, expect);
}

#[test]
fn says_why() {
    faults("= 2.0", "1.2.3", &["\"1.2.3\" is less than \"2.0\""]);
    faults("!=4.1", "4.1.0", &["\"4.1.0\" is equal to \"4.1\""]);
    faults(
        ">1.1 <2",
        "1.1.0",
        &["\"1.1.0\" is less than or equal to \"1.1\""],
    );
    faults(
        "<1.1 || <1",
        "1.1.0",
        &[
            "\"1.1.0\" is greater than or equal to \"1.1\"",
            "\"1.1.0\" is greater than or equal to \"1\"",
        ],
    );
    faults(
        "~1.3",
        "2.4.5",
        &["\"2.4.5\" does not have same major version as \"1.3\""],
    );
    faults(
        "~1.1",
        "1.2.3",
        &["\"1.2.3\" does not have same major and minor version as \"1.1\""],
    );
    faults(
        "^1.1 || ^2",
        "1.1.1-a",
        &["\"1.1.1-a\" is a prerelease version and the constraint is only looking for release versions"],
    );
    faults(
        "^0.2.3",
        "0.3.0",
        &[
            "\"0.3.0\" does not have same minor version as \"0.2.3\". Expected minor versions to match when constraint major version is 0",
        ],
    );
    faults(
        "^0.0.3",
        "0.0.4",
        &[
            "\"0.0.4\" does not equal \"0.0.3\". Expect version and constraint to equal when major and minor versions are 0",
        ],
    );
}

proptest! {
    #[test]
    fn never_panics(text in "[=<>!~^ ,|0-9.xX*v+a-]{0,24}|.*", version in "[0-9]{1,3}\\.[0-9]{1,2}(\\.[0-9])?(-[a-c1-9]{1,3})?") {
        let version = Version::parse(&version).unwrap();
        if let Ok(range) = Constraint::parse(&text) {
            prop_assert_eq!(range.matches(&version), range.validate(&version).is_ok());
        }
    }

    #[test]
    fn operators_agree_on_the_version_itself(version in "[1-9]\\.[0-9]\\.[0-9]") {
        let itself = Version::parse(&version).unwrap();
        let holds = |operator: &str| {
            let range = Constraint::parse(&format!("{operator}{version}")).unwrap();
            range.matches(&itself)
        };
        prop_assert!(["", "=", ">=", "<=", "~", "^"].into_iter().all(holds));
        prop_assert!(!["!=", ">", "<"].into_iter().any(holds));
    }
}

/// What is read without the expressions is what they make of it; and whether it is read so.
#[track_caller]
fn check_plain(text: &str, plain: bool) {
    let found = plain::groups(text);
    assert_eq!(found.is_some(), plain, "{text:?}");
    if let Some(found) = found {
        let expect = Constraint::groups(text).unwrap();
        assert_eq!(format!("{found:?}"), format!("{expect:?}"), "{text:?}");
    }
}

#[test]
fn plain_ranges() {
    for text in [
        "1.x.x",
        " >=1.25.0-0 ",
        "^1.2 || ~ v2.3.*, !=2.3.4",
        "*",
        "1",
        ">1,<2",
        "=>1 =<2",
        "~>1.2.3-a.b-c+d.e",
        "1-0",
        "x",
        "<2 , >1",
        "\t1\n",
    ] {
        check_plain(text, true);
    }
    for text in [
        "",
        " ",
        "1.2 - 3",
        "1.2.3.4",
        "1.",
        "1.2.3-",
        "1.2.3-a.",
        "1,",
        ",1",
        "1>2",
        "==1",
        "> =1",
        "1|2",
        "1 ||",
        "a",
        "1.2.3 -",
        "1 -0",
        "99999999999999999999",
    ] {
        check_plain(text, false);
    }
}

proptest! {
    #[test]
    fn plain_is_no_guess(text in "[ ,|]{0,2}(([=!<>~^]{0,2}|~>|>=) ?v?[0-9x*]{1,2}(\\.[0-9x*]{1,2}){0,3}(-[0-9a-z.-]{0,4})?(\\+[0-9a-z.]{0,3})?( - |[ ,|]{0,3})){1,3}") {
        if let Some(found) = plain::groups(&text) {
            let expect = Constraint::groups(&text);
            prop_assert_eq!(format!("{found:?}"), format!("{:?}", expect.unwrap()));
        }
    }
}
