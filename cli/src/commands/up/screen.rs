//! The tree of objects on a terminal: how much of it fits, and how it is drawn over what was drawn before.

use super::progress::Stage;

/// Columns and lines of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters in a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// Where nobody tells the size.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

impl Size {
    /// Of standard output.
    pub fn now() -> Self {
        #[cfg(target_os = "linux")]
        if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
            && size.ws_col > 0
            && size.ws_row > 0
        {
            return Size {
                columns: size.ws_col.into(),
                rows: size.ws_row.into(),
            };
        }
        USUAL
    }
}

/// One object of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How far it is.
    pub stage: Stage,
    /// What is said of it, indented, without the glyph.
    pub text: String,
    /// Levels below the top.
    pub depth: usize,
}

/// The glyph of a stage.
pub fn glyph(stage: Stage) -> &'static str {
    match stage {
        Stage::Ready => "✔",
        Stage::Failed => "✗",
        Stage::Suspended => "‖",
        Stage::Progressing | Stage::Waiting => "◎",
    }
}

/// The word of a stage.
pub fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Progressing => "progressing",
        Stage::Waiting => "waiting",
        Stage::Ready => "ready",
        Stage::Failed => "failed",
        Stage::Suspended => "suspended",
    }
}

/// What is drawn: as many lines as fit, cut to the width. Where there are more, those that are not ready come first, and the last
/// line counts the rest.
pub fn layout(lines: &[Line], footer: &str, size: Size, colour: bool) -> Vec<String> {
    // One line stays free for the cursor.
    let room = size
        .rows
        .saturating_sub(1 + usize::from(!footer.is_empty()))
        .max(1);
    let mut drawn: Vec<String> = if lines.len() <= room {
        lines
            .iter()
            .map(|line| paint(line, size.columns, colour))
            .collect()
    } else {
        crowded(lines, room - 1, size.columns, colour)
    };
    if !footer.is_empty() {
        drawn.push(cut(footer, size.columns));
    }
    drawn
}

fn crowded(lines: &[Line], room: usize, columns: usize, colour: bool) -> Vec<String> {
    let urgency = |line: &Line| match line.stage {
        Stage::Failed => 0,
        Stage::Progressing => 1,
        Stage::Waiting => 2,
        Stage::Suspended => 3,
        Stage::Ready => 4,
    };
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|index| urgency(&lines[*index]));
    let (shown, hidden) = order.split_at(room.min(order.len()));
    let mut shown = shown.to_vec();
    shown.sort_unstable();
    let mut drawn: Vec<String> = shown
        .iter()
        .map(|index| paint(&lines[*index], columns, colour))
        .collect();
    let stages = [
        Stage::Failed,
        Stage::Progressing,
        Stage::Waiting,
        Stage::Suspended,
        Stage::Ready,
    ];
    let counts = stages.into_iter().filter_map(|stage| {
        let count = hidden
            .iter()
            .filter(|index| lines[**index].stage == stage)
            .count();
        (count > 0).then(|| format!("{count} {}", word(stage)))
    });
    let counts: Vec<String> = counts.collect();
    drawn.push(cut(&format!("… and {}", counts.join(", ")), columns));
    drawn
}

fn paint(line: &Line, columns: usize, colour: bool) -> String {
    let indent = "  ".repeat(line.depth);
    let text = cut(&format!("{indent}{} {}", glyph(line.stage), line.text), columns);
    let code = match line.stage {
        Stage::Ready => 32,
        Stage::Failed => 31,
        Stage::Progressing | Stage::Waiting => 33,
        Stage::Suspended => 90,
    };
    let mark = glyph(line.stage);
    if colour {
        text.replacen(mark, &format!("\x1b[{code}m{mark}\x1b[0m"), 1)
    } else {
        text
    }
}

/// At most so many characters; `…` stands for what is left out.
fn cut(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.into();
    }
    let mut text: String = text.chars().take(columns.saturating_sub(1)).collect();
    text.push('…');
    text
}

/// Draws over the `drawn` lines of before.
pub fn redraw(drawn: usize, lines: &[String]) -> String {
    let mut text = String::new();
    if drawn > 0 {
        text += &format!("\x1b[{drawn}A");
    }
    for line in lines {
        text += &format!("\r\x1b[2K{line}\n");
    }
    // What was longer before ends here.
    text + "\x1b[J"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stage: Stage, depth: usize, text: &str) -> Line {
        Line {
            stage,
            text: text.into(),
            depth,
        }
    }

    #[track_caller]
    fn check(lines: &[Line], footer: &str, size: (usize, usize), expect: &[&str]) {
        let size = Size {
            columns: size.0,
            rows: size.1,
        };
        assert_eq!(layout(lines, footer, size, false), expect);
    }

    #[test]
    fn what_fits_is_shown_and_cut_to_the_width() {
        let lines = [
            line(Stage::Ready, 0, "a ok"),
            line(Stage::Failed, 1, "b broken: very"),
        ];
        check(&lines, "", (80, 24), &["✔ a ok", "  ✗ b broken: very"]);
        check(
            &lines,
            "all done",
            (10, 24),
            &["✔ a ok", "  ✗ b bro…", "all done"],
        );
        check(&lines, "", (80, 3), &["✔ a ok", "  ✗ b broken: very"]);
    }

    #[test]
    fn of_too_many_the_ready_ones_are_counted() {
        let mut lines: Vec<Line> = (0..30)
            .map(|number| line(Stage::Ready, 1, &format!("r{number}")))
            .collect();
        lines.push(line(Stage::Waiting, 0, "w"));
        lines.push(line(Stage::Failed, 0, "f"));
        check(&lines, "", (80, 5), &["  ✔ r0", "◎ w", "✗ f", "… and 29 ready"]);
        check(
            &lines,
            "foot",
            (80, 4),
            &["✗ f", "… and 1 waiting, 30 ready", "foot"],
        );
        check(&lines, "", (80, 1), &["… and 1 failed, 1 waiting, 30 ready"]);
    }

    #[test]
    fn only_the_glyph_is_coloured() {
        let size = Size {
            columns: 80,
            rows: 24,
        };
        let drawn = layout(&[line(Stage::Failed, 0, "a ✗ b")], "", size, true);
        assert_eq!(drawn, ["\x1b[31m✗\x1b[0m a ✗ b"]);
    }

    #[test]
    fn a_tree_is_drawn_over_the_one_before() {
        assert_eq!(redraw(0, &["a".into()]), "\r\x1b[2Ka\n\x1b[J");
        assert_eq!(redraw(2, &["a".into()]), "\x1b[2A\r\x1b[2Ka\n\x1b[J");
    }
}
