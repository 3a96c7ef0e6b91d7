//! Ranges of versions.

mod plain;

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use crate::version::{Version, compare_prerelease};

/// A range: groups joined by `||`, of comparisons joined by spaces or commas, each with one of the operators `=`, `!=`, `>`,
/// `<`, `>=` (or `=>`), `<=` (or `=<`), `~` (or `~>`) and `^`, or none. `1.x`, `1.*` and `1` leave out numbers, and
/// `1.2 - 3` stands for `>=1.2 <=3`. Prereleases satisfy a group only when one of its comparisons names a prerelease.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Vec<Comparison>>,
    prereleases: bool,
}

/// A text that is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConstraint {
    /// Not of the form.
    #[error("improper constraint: {0:?}")]
    Improper(String),
    /// A version in it cannot be read.
    #[error("constraint parser error")]
    Version,
}

/// Why a version is not in a range; one for each comparison that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(String);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// How much of the version was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Given {
    Nothing,
    Major,
    Minor,
    Patch,
}

#[derive(Clone, Debug)]
struct Comparison {
    operator: Operator,
    /// The operator as it was written.
    symbol: String,
    version: Version,
    /// The version as it was written.
    original: String,
    given: Given,
}

const OPERATORS: &str = r"=|!=|>|<|>=|=>|<=|=<|~|~>|\^|";
const VERSION: &str = concat!(
    r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?",
    r"(-(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    r"(?:\+(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
);
const SPACE: &str = r"[\t\n\f\r ]";

static ONE: LazyLock<Regex> =
    LazyLock::new(|| fixed(&format!("^{SPACE}*({OPERATORS}){SPACE}*({VERSION}){SPACE}*$")));
static FIND: LazyLock<Regex> = LazyLock::new(|| fixed(&format!("({OPERATORS}){SPACE}*({VERSION})")));
static HYPHEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(&format!(
        "{SPACE}*({VERSION}){SPACE}+-{SPACE}+({VERSION}){SPACE}*"
    ))
});
static GROUP: LazyLock<Regex> = LazyLock::new(|| {
    let one = format!("(?:{OPERATORS}){SPACE}*(?:{VERSION}){SPACE}*");
    fixed(&format!("^{SPACE}*{one}(?:(?:{SPACE}+|,{SPACE}*){one})*$"))
});

fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}

impl Constraint {
    /// Reads a range.
    ///
    /// # Errors
    /// It is not of the form, or a version in it cannot be read.
    pub fn parse(text: &str) -> Result<Self, InvalidConstraint> {
        // Nearly all ranges are plain; making the expressions takes longer than everything else that is done with them.
        let groups = match plain::groups(text) {
            Some(groups) => groups,
            None => Self::groups(text)?,
        };
        Ok(Constraint {
            groups,
            prereleases: false,
        })
    }

    fn groups(text: &str) -> Result<Vec<Vec<Comparison>>, InvalidConstraint> {
        let text = HYPHEN.replace_all(text, |found: &regex::Captures<'_>| {
            format!(">= {}, <= {} ", &found[1], &found[6])
        });
        text.split("||").map(group).collect()
    }

    /// The same range, satisfied by prereleases too.
    pub fn including_prereleases(mut self) -> Self {
        self.prereleases = true;
        self
    }

    /// Whether `version` is in the range.
    pub fn matches(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let prereleases = self.allows_prereleases(group);
            group
                .iter()
                .all(|comparison| comparison.check(version, prereleases).is_ok())
        })
    }

    /// Why `version` is not in the range.
    ///
    /// # Errors
    /// One for each comparison that failed, of all groups; that the range wants no prerelease is said once.
    pub fn validate(&self, version: &Version) -> Result<(), Vec<Mismatch>> {
        let mut mismatches = Vec::new();
        let mut said = false;
        for group in &self.groups {
            if !self.allows_prereleases(group) && !version.prerelease().is_empty() {
                if !said {
                    mismatches.push(no_prerelease(version));
                }
                said = true;
                continue;
            }
            let failed: Vec<_> = group
                .iter()
                .filter_map(|one| one.check(version, true).err())
                .collect();
            if failed.is_empty() {
                return Ok(());
            }
            mismatches.extend(failed);
        }
        Err(mismatches)
    }

    fn allows_prereleases(&self, group: &[Comparison]) -> bool {
        self.prereleases
            || group
                .iter()
                .any(|comparison| !comparison.version.prerelease().is_empty())
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            let separator = if index == 0 { "" } else { " || " };
            f.write_str(separator)?;
            for (index, comparison) in group.iter().enumerate() {
                let separator = if index == 0 { "" } else { " " };
                write!(f, "{separator}{}{}", comparison.symbol, comparison.original)?;
            }
        }
        Ok(())
    }
}

fn group(text: &str) -> Result<Vec<Comparison>, InvalidConstraint> {
    if !GROUP.is_match(text) {
        return Err(InvalidConstraint::Improper(text.chars().take(256).collect()));
    }
    FIND.find_iter(text)
        .map(|found| Comparison::parse(found.as_str()))
        .collect()
}

fn no_prerelease(version: &Version) -> Mismatch {
    let text = version.to_string();
    Mismatch(format!(
        "{text:?} is a prerelease version and the constraint is only looking for release versions"
    ))
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, InvalidConstraint> {
        let improper = || InvalidConstraint::Improper(text.chars().take(256).collect());
        let found = ONE.captures(text).ok_or_else(improper)?;
        let part = |group| found.get(group).map_or("", |part| part.as_str());
        Comparison::new(part(1), part(2), [part(3), part(4), part(5)], part(6))
    }

    /// Of an operator and a version: all of it, its numbers with the points before them, and the prerelease with its dash.
    fn new(
        symbol: &str,
        original: &str,
        [major, minor, patch]: [&str; 3],
        prerelease: &str,
    ) -> Result<Self, InvalidConstraint> {
        let left_out = |number: &str| matches!(number.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (given, version) = match (left_out(major), left_out(minor), left_out(patch)) {
            (true, _, _) => (Given::Nothing, format!("0.0.0{prerelease}")),
            (_, true, _) => (Given::Major, format!("{major}.0.0{prerelease}")),
            (_, _, true) => (Given::Minor, format!("{major}{minor}.0{prerelease}")),
            _ => (Given::Patch, original.to_owned()),
        };
        Ok(Comparison {
            operator: Operator::of(symbol),
            symbol: symbol.into(),
            version: Version::parse(&version).map_err(|_| InvalidConstraint::Version)?,
            original: original.into(),
            given,
        })
    }

    fn check(&self, version: &Version, prereleases: bool) -> Result<(), Mismatch> {
        if !version.prerelease().is_empty() && !prereleases {
            return Err(no_prerelease(version));
        }
        let fault = match self.operator {
            Operator::Equal if self.given == Given::Patch => {
                (*version != self.version).then_some("is not equal to")
            }
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.equals_given(version).then_some("is equal to"),
            Operator::Greater => (!self.above(version)).then_some("is less than or equal to"),
            Operator::Less => (*version >= self.version).then_some("is greater than or equal to"),
            Operator::GreaterEqual => (*version < self.version).then_some("is less than"),
            Operator::LessEqual => self.beyond(version).then_some("is greater than"),
            Operator::Caret => return self.caret(version),
        };
        fault.map_or(Ok(()), |fault| Err(self.mismatch(version, fault, "")))
    }

    fn mismatch(&self, version: &Version, fault: &str, more: &str) -> Mismatch {
        Mismatch(format!(
            "{:?} {fault} {:?}{more}",
            version.to_string(),
            self.original
        ))
    }

    /// Whether the version lies in what was written: `1.2` stands for all of its patches.
    fn equals_given(&self, version: &Version) -> bool {
        let same_major = version.major() == self.version.major();
        let same_minor = version.minor() == self.version.minor();
        let prerelease = compare_prerelease(version.prerelease(), self.version.prerelease()).is_eq();
        match self.given {
            // Upstream compares with 0.0.0 when nothing was given.
            Given::Nothing | Given::Patch => *version == self.version,
            Given::Major => same_major,
            Given::Minor => same_major && same_minor && prerelease,
        }
    }

    /// Whether the version lies above all that was written: 11.1 is not above 11.
    fn above(&self, version: &Version) -> bool {
        match self.given {
            Given::Patch => *version > self.version,
            _ if version.major() != self.version.major() => version.major() > self.version.major(),
            Given::Major => false,
            Given::Minor => version.minor() > self.version.minor(),
            Given::Nothing => *version > self.version,
        }
    }

    /// Whether the version lies above the last one that was written.
    fn beyond(&self, version: &Version) -> bool {
        let same_major = version.major() == self.version.major();
        match self.given {
            Given::Patch => *version > self.version,
            _ if version.major() > self.version.major() => true,
            Given::Major => false,
            Given::Minor | Given::Nothing => same_major && version.minor() > self.version.minor(),
        }
    }

    fn tilde(&self, version: &Version) -> Option<&'static str> {
        let zero = [self.version.major(), self.version.minor(), self.version.patch()] == [0, 0, 0];
        if *version < self.version {
            return Some("is less than");
        }
        // ~0.0.0 and ~* take everything.
        if zero && matches!(self.given, Given::Nothing | Given::Patch) {
            return None;
        }
        if version.major() != self.version.major() {
            return Some("does not have same major version as");
        }
        if version.minor() != self.version.minor() && self.given != Given::Major {
            return Some("does not have same major and minor version as");
        }
        None
    }

    /// Nothing left of the first number that is not zero may change.
    fn caret(&self, version: &Version) -> Result<(), Mismatch> {
        let fail = |fault, more| Err(self.mismatch(version, fault, more));
        if *version < self.version {
            return fail("is less than", "");
        }
        let fixed_major = self.version.major() > 0 || self.given == Given::Major;
        if version.major() != self.version.major() {
            return fail("does not have same major version as", "");
        }
        if fixed_major || version.minor() == self.version.minor() && self.leaves_patch_open() {
            return Ok(());
        }
        if self.leaves_patch_open() {
            let more = ". Expected minor versions to match when constraint major version is 0";
            return fail("does not have same minor version as", more);
        }
        if version.minor() > 0 {
            return fail("does not have same minor version as", "");
        }
        if version.patch() == self.version.patch() {
            return Ok(());
        }
        fail(
            "does not equal",
            ". Expect version and constraint to equal when major and minor versions are 0",
        )
    }

    fn leaves_patch_open(&self) -> bool {
        self.version.minor() > 0 || self.given == Given::Minor
    }
}

impl Operator {
    fn of(symbol: &str) -> Self {
        match symbol {
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::GreaterEqual,
            "<=" | "=<" => Operator::LessEqual,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Equal,
        }
    }
}

#[cfg(test)]
mod tests;
