//! The binary, end to end, as a user meets it: what it prints, how it ends, what it leaves.

mod caches;
mod ci;
mod claims;
mod commands;
mod conform;
mod counts;
mod ends;
mod exec;
mod faults;
mod formats;
mod gate;
mod history;
mod images;
mod long;
mod own;
mod plan;
mod publish;
mod published;
mod reads;
mod registry;
mod rootless;
mod runs;
mod session;
mod shell_image;
mod starts;
mod writes;
