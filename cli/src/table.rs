//! The tables of upstream's CLI: upper-case headers, left-aligned cells padded to their column, each followed by a tab; only
//! the last header is followed by a space.

use std::fmt::Write as _;

/// Renders `rows` below `header`; an empty header is left out. A column is as wide as its widest cell.
pub fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = header.iter().map(|title| title.to_uppercase()).collect();
    let lines = || {
        std::iter::once(&titles)
            .filter(|titles| !titles.is_empty())
            .chain(rows)
    };
    let mut widths = vec![0; lines().map(Vec::len).max().unwrap_or(0)];
    for line in lines() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(first_lines(cell).map(width_of).max().unwrap_or(0));
        }
    }
    let mut text = String::new();
    for line in lines() {
        write_line(&mut text, line, &widths);
        if std::ptr::eq(line, &titles) && text.ends_with("\t\n") {
            text.replace_range(text.len() - 2.., " \n");
        }
    }
    text
}

/// A cell of several lines takes several lines of the table, as upstream's does.
fn write_line(text: &mut String, cells: &[String], widths: &[usize]) {
    let height = cells
        .iter()
        .map(|cell| first_lines(cell).count())
        .max()
        .unwrap_or(1)
        .max(1);
    for index in 0..height {
        for (cell, width) in cells.iter().zip(widths) {
            let part = first_lines(cell).nth(index).unwrap_or("");
            let padding = width.saturating_sub(width_of(part));
            let _ = write!(text, "{part}{:padding$}\t", "");
        }
        text.push('\n');
    }
}

fn first_lines(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('\n')
}

fn width_of(text: &str) -> usize {
    text.chars().count()
}

/// Shortens commit hashes and digests (40 to 128 hexadecimal digits) to eight digits.
pub fn shorten_hashes(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..]
            .find(|c| !is_word(c))
            .map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        let is_hash =
            (40..=128).contains(&word.len()) && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        short.push_str(&rest[..start]);
        short.push_str(if is_hash { &word[..8] } else { word });
        rest = &rest[end..];
    }
    short + rest
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_every_cell_and_ends_it_with_a_tab() {
        let rows = vec![
            vec!["tkfg".into(), "6.3.5@sha1:67e2c98a".into()],
            vec!["a".into(), String::new()],
        ];
        assert_eq!(
            render(&["Name", "Revision"], &rows),
            "NAME\tREVISION            \ntkfg\t6.3.5@sha1:67e2c98a\t\na   \t                   \t\n"
        );
    }

    #[test]
    fn no_header_no_line() {
        assert_eq!(render(&[], &[vec!["a".into()]]), "a\t\n");
    }

    #[test]
    fn shortens_only_hashes() {
        let hash = "696f056df216eea4f9401adbee0ff744d4df390f";
        assert_eq!(
            shorten_hashes(&format!("main@sha1:{hash}, ok")),
            "main@sha1:696f056d, ok"
        );
        assert_eq!(shorten_hashes(&format!("x{hash}")), format!("x{hash}"));
        assert_eq!(shorten_hashes(""), "");
        assert_eq!(shorten_hashes("é deadbeef"), "é deadbeef");
    }
}
