//! Images from registries: Debian's own on the loopback, and one that fails in every way a registry can.

mod debian;
mod faults;
mod let_in;
mod measured;
mod server;
