//! Makes a case smaller as long as what it shows stays.

use super::chart::Case;

/// How often is tried.
const TRIES: usize = 250;

/// Leaves out flags, files and lines, in ever smaller pieces, as long as `shows` holds.
pub(super) fn shrink(mut case: Case, mut shows: impl FnMut(&Case) -> bool) -> Case {
    let mut left = TRIES;
    let mut attempt = |case: &mut Case, smaller: Case| {
        if left == 0 {
            return false;
        }
        left -= 1;
        let works = shows(&smaller);
        if works {
            *case = smaller;
        }
        works
    };
    for at in (0..case.flags.len()).rev() {
        let mut smaller = case.clone();
        smaller.flags.remove(at);
        attempt(&mut case, smaller);
    }
    let paths: Vec<String> = case.files.keys().cloned().collect();
    for path in paths.iter().chain(&paths) {
        let mut smaller = case.clone();
        if smaller.files.remove(path).is_none() || attempt(&mut case, smaller) {
            continue;
        }
        let Some(text) = case.files.get(path) else {
            continue;
        };
        let mut size = text.lines().count().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while let Some(smaller) = without(&case, path, at, size) {
                if !attempt(&mut case, smaller) {
                    at += size;
                }
            }
            size /= 2;
        }
    }
    case
}

/// The case without some lines of a file; none where there are no such lines.
fn without(case: &Case, path: &str, at: usize, size: usize) -> Option<Case> {
    let text = case.files.get(path)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if at >= lines.len() {
        return None;
    }
    let end = (at + size).min(lines.len());
    let mut smaller = case.clone();
    smaller
        .files
        .insert(path.to_owned(), lines[..at].concat() + &lines[end..].concat());
    Some(smaller)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &[&str], expect: &str) {
        let case = Case {
            files: [
                ("a".to_owned(), text.to_owned()),
                ("b".to_owned(), "more\n".to_owned()),
            ]
            .into(),
            flags: vec![vec!["--x".to_owned()]],
            odd: 0,
        };
        let small = shrink(case, |case| {
            let all: String = case.files.values().cloned().collect();
            wanted.iter().all(|word| all.contains(word))
        });
        let left: Vec<&str> = small.files.values().map(String::as_str).collect();
        assert_eq!(left.concat(), expect, "{text:?}");
        assert!(small.flags.is_empty());
    }

    #[test]
    fn what_has_no_part_is_left_out() {
        check("1\n2\n3\n4\n5\n", &["2", "5"], "2\n5\n");
        check("1\n2\n3\n", &["more"], "more\n");
        check("1\n2\n3\n", &["1", "2", "3"], "1\n2\n3\n");
        check("1\n2\n3", &["3"], "3");
    }
}
