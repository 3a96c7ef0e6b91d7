//! How much of the stack is in use.

use std::hint::black_box;

/// Measures the stack used since it was made, so that deep recursion ends in an error and not in the end of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    base: usize,
    limit: usize,
}

impl Stack {
    /// From here on, `limit` bytes may be used.
    pub(crate) fn new(limit: usize) -> Self {
        Self { base: here(), limit }
    }

    /// Whether so much is used that another template should not begin.
    pub(crate) fn is_low(&self) -> bool {
        self.base.abs_diff(here()) > self.limit / 8 * 7
    }

    /// Whether they are used up.
    pub(crate) fn is_used_up(&self) -> bool {
        self.base.abs_diff(here()) > self.limit
    }
}

/// An address on the stack.
#[inline(never)]
fn here() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(black_box(&marker)).addr()
}
