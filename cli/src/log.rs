//! What a command tells about its progress: one line each on standard error, with upstream's glyphs.

/// Something begins.
pub fn action(text: impl std::fmt::Display) {
    eprintln!("► {text}");
}

/// Something went well.
pub fn success(text: impl std::fmt::Display) {
    eprintln!("✔ {text}");
}

/// Something failed.
pub fn failure(text: impl std::fmt::Display) {
    eprintln!("✗ {text}");
}

/// Something is worth a look.
pub fn warning(text: impl std::fmt::Display) {
    eprintln!("⚠️ {text}");
}

/// Something takes its time.
pub fn waiting(text: impl std::fmt::Display) {
    eprintln!("◎ {text}");
}

/// A line in the words of another program.
pub fn plain(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
