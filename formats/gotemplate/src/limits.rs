//! What a render may use up.

/// What a render may use up. Going beyond is an error of [`crate::ErrorKind::Limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes written and bytes produced by functions, all in all.
    pub output: usize,
    /// Nodes executed, all in all.
    pub steps: u64,
    /// Bytes of stack that templates within templates may use. The caller's thread must have that much, and some more.
    pub stack: usize,
}

impl Default for Limits {
    /// 512 MiB of output, a thousand million steps, and a stack that a thread of 2 MiB has.
    fn default() -> Self {
        Self {
            output: 512 << 20,
            steps: 1_000_000_000,
            stack: 1 << 20,
        }
    }
}
