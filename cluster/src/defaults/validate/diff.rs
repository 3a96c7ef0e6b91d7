//! A unified diff of two texts with three lines around each change, as Python's difflib (and Go's copy of it) makes them.

use std::collections::{HashMap, HashSet};

const AROUND: usize = 3;
/// From this many lines on, lines that occur often do not anchor a match.
const MANY: usize = 200;

/// The hunks of a diff; nothing when the texts are the same.
pub(crate) fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = String::new();
    for hunk in hunks(&Matcher::new(&old, &new).changes()) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        out.push_str(&format!(
            "@@ -{} +{} @@\n",
            range(first.old.0, last.old.1),
            range(first.new.0, last.new.1)
        ));
        for step in &hunk {
            let mut push = |mark: char, lines: &[&str]| {
                for line in lines {
                    out.push(mark);
                    out.push_str(line);
                    out.push('\n');
                }
            };
            if step.same {
                push(' ', &old[step.old.0..step.old.1]);
            } else {
                push('-', &old[step.old.0..step.old.1]);
                push('+', &new[step.new.0..step.new.1]);
            }
        }
    }
    out
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

/// Lines that are the same, or that replace each other.
#[derive(Debug, Clone, Copy)]
struct Step {
    same: bool,
    old: (usize, usize),
    new: (usize, usize),
}

/// Steps with a few of the same lines around each change.
fn hunks(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut steps = steps.to_vec();
    if let Some(first) = steps.first_mut().filter(|step| step.same) {
        first.old.0 = first.old.0.max(first.old.1.saturating_sub(AROUND));
        first.new.0 = first.new.0.max(first.new.1.saturating_sub(AROUND));
    }
    if let Some(last) = steps.last_mut().filter(|step| step.same) {
        last.old.1 = last.old.1.min(last.old.0 + AROUND);
        last.new.1 = last.new.1.min(last.new.0 + AROUND);
    }
    let (mut all, mut hunk) = (Vec::new(), Vec::new());
    for mut step in steps {
        if step.same && step.old.1 - step.old.0 > 2 * AROUND {
            let end = Step {
                old: (step.old.0, step.old.0 + AROUND),
                new: (step.new.0, step.new.0 + AROUND),
                ..step
            };
            hunk.push(end);
            all.push(std::mem::take(&mut hunk));
            step.old.0 = step.old.1 - AROUND;
            step.new.0 = step.new.1 - AROUND;
        }
        hunk.push(step);
    }
    all.push(hunk);
    all.retain(|hunk| hunk.iter().any(|step| !step.same));
    all
}

struct Matcher<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    /// Where each line of the new text is, without those that occur often.
    places: HashMap<&'a str, Vec<usize>>,
}

/// A run of lines that both texts have.
#[derive(Debug, Clone, Copy)]
struct Run {
    old: usize,
    new: usize,
    size: usize,
}

impl<'a> Matcher<'a> {
    fn new(old: &'a [&'a str], new: &'a [&'a str]) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, line) in new.iter().enumerate() {
            places.entry(line).or_default().push(at);
        }
        if new.len() >= MANY {
            let often = new.len() / 100 + 1;
            let popular: HashSet<&str> = places
                .iter()
                .filter(|(_, places)| places.len() > often)
                .map(|(line, _)| *line)
                .collect();
            places.retain(|line, _| !popular.contains(line));
        }
        Self { old, new, places }
    }

    /// The longest run within parts of the texts; of several the first in the old text, then in the new one.
    fn longest(&self, old: (usize, usize), new: (usize, usize)) -> Run {
        let mut best = Run {
            old: old.0,
            new: new.0,
            size: 0,
        };
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for at in old.0..old.1 {
            let mut next = HashMap::new();
            for place in self.places.get(self.old[at]).into_iter().flatten().copied() {
                if place < new.0 || place >= new.1 {
                    continue;
                }
                let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
                let size = before.copied().unwrap_or(0) + 1;
                next.insert(place, size);
                if size > best.size {
                    best = Run {
                        old: at + 1 - size,
                        new: place + 1 - size,
                        size,
                    };
                }
            }
            lengths = next;
        }
        // What occurs often does not begin a run, but may be part of one.
        while best.old > old.0 && best.new > new.0 && self.old[best.old - 1] == self.new[best.new - 1] {
            best.old -= 1;
            best.new -= 1;
            best.size += 1;
        }
        while best.old + best.size < old.1
            && best.new + best.size < new.1
            && self.old[best.old + best.size] == self.new[best.new + best.size]
        {
            best.size += 1;
        }
        best
    }

    fn changes(&self) -> Vec<Step> {
        let mut runs = Vec::new();
        let mut parts = vec![((0, self.old.len()), (0, self.new.len()))];
        while let Some((old, new)) = parts.pop() {
            let run = self.longest(old, new);
            if run.size == 0 {
                continue;
            }
            runs.push(run);
            parts.push(((old.0, run.old), (new.0, run.new)));
            parts.push(((run.old + run.size, old.1), (run.new + run.size, new.1)));
        }
        runs.sort_by_key(|run| (run.old, run.new));
        runs.push(Run {
            old: self.old.len(),
            new: self.new.len(),
            size: 0,
        });
        let mut steps: Vec<Step> = Vec::new();
        let mut step = |same: bool, old: (usize, usize), new: (usize, usize)| match steps.last_mut() {
            // Runs that touch are one.
            Some(last) if last.same && same => (last.old.1, last.new.1) = (old.1, new.1),
            _ => steps.push(Step { same, old, new }),
        };
        let (mut old, mut new) = (0, 0);
        for run in runs {
            if old < run.old || new < run.new {
                step(false, (old, run.old), (new, run.new));
            }
            (old, new) = (run.old + run.size, run.new + run.size);
            if run.size > 0 {
                step(true, (run.old, old), (run.new, new));
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expect: &str) {
        assert_eq!(unified(&old.replace(' ', "\n"), &new.replace(' ', "\n")), expect);
    }

    #[test]
    fn texts() {
        check("a b c", "a b c", "");
        check("a", "b", "@@ -1 +1 @@\n-a\n+b\n");
        check(
            "a b c d e f g h",
            "a b c d x f g h",
            "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+x\n f\n g\n h\n",
        );
        check("a b", "a x b", "@@ -1,2 +1,3 @@\n a\n+x\n b\n");
        check("a x b", "a b", "@@ -1,3 +1,2 @@\n a\n-x\n b\n");
        check("", "a", "@@ -0,0 +1 @@\n+a\n");
        check(
            "1 2 3 4 5 6 7 8 9 10 11 12",
            "x 2 3 4 5 6 7 8 9 10 11 y",
            "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -9,4 +9,4 @@\n 9\n 10\n 11\n-12\n+y\n",
        );
    }
}
