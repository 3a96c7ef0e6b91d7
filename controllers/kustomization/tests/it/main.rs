//! The controller against the embedded cluster, in process: artifacts go in, objects come out.

mod apply;
mod dependencies;
mod health;
mod life;
mod world;
