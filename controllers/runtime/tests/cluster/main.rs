//! Controllers on the embedded cluster.

mod life;
mod world;
