//! fuse-overlayfs: the distribution's program, one daemon for each mount, on the same form on disk as overlay2.

mod backend;
mod fitness;
mod serve;
mod settings;

pub use backend::FUSE_OVERLAYFS;
