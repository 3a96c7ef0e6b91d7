//! Go's `strconv`: quoting, and numbers as text.

mod float;
mod quote;

pub use float::{FloatFormat, format_float};
pub use quote::{Unit, can_backquote, is_print, quote, quote_ascii, quote_rune, unquote, unquote_char};

#[cfg(test)]
mod tests;
