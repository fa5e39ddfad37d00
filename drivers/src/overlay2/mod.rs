//! overlay2: the kernel's overlayfs, mounted by system call.

mod assemble;
mod backend;
mod fitness;
mod form;
mod merge;
mod settings;

pub use backend::OVERLAY2;
