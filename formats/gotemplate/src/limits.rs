//! What a render may use up.

/// What a render may use up. Going beyond is an error of [`crate::ErrorKind::Limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that one template and those within it write.
    pub output: usize,
    /// Bytes that functions and included templates produce, all in all, be they thrown away or not.
    pub produced: usize,
    /// Nodes executed, all in all.
    pub steps: u64,
    /// Bytes of stack that templates within templates may use. The caller's thread must have that much and 1 MiB more, for
    /// functions and the parser.
    pub stack: usize,
}

impl Default for Limits {
    /// 256 MiB of output, 512 MiB produced, 200 million steps, and stack for a thread of 2 MiB.
    fn default() -> Self {
        Self {
            output: 256 << 20,
            produced: 512 << 20,
            steps: 200_000_000,
            stack: 768 << 10,
        }
    }
}
