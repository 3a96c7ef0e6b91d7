//! The client against a scripted server: what goes over the wire, and what is made of the answers.

#[cfg(test)]
mod cache;
#[cfg(test)]
mod client;
#[cfg(test)]
mod lease;
#[cfg(test)]
mod mapper;
#[cfg(test)]
mod server;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod watches;
