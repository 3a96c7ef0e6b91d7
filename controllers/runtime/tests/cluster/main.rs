//! Controllers on the embedded cluster.

#[cfg(test)]
mod life;
#[cfg(test)]
mod world;
