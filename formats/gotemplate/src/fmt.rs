//! Go's `fmt` on dynamic values.

mod flags;
mod printer;
mod verbs;

pub(crate) use printer::display;
pub use printer::{print_to, sprint, sprint_to, sprintf, sprintf_to, sprintln};
