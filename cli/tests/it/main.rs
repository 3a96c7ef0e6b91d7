//! End to end: the binary, a real git repository, and the real kubectl. One test binary; each module is a topic.

mod crash;
mod failures;
mod fleet;
mod tidy;
mod up;
