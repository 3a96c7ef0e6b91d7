//! The client against a scripted server: what goes over the wire, and what is made of the answers.

mod cache;
mod client;
mod mapper;
mod server;
mod watch;
mod watches;
