//! Controllers on the embedded cluster.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod events;
#[cfg(test)]
mod life;
#[cfg(test)]
mod world;
