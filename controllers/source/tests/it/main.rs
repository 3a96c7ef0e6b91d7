//! The source controller on the embedded cluster, with repositories made by the real git.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod life;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod world;
