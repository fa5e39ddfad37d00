//! The `zfs` driver: every item is a dataset, a layer is a dataset with a snapshot, a child starts as a clone of it.
//!
//! Words: the **pool** is built on the root's store file; the dataset of an item is `POOL/e<serial>`; its **base** is the
//! one directory `<root>/m/e<serial>` where it gets mounted, by need and counted; containers and views are bind mounts
//! of the base. The **engine** is what runs `zfs` and `zpool`: either OpenZFS in the kernel, or a `zfs-fuse` daemon of
//! our own. The two differ in so much that each has its own label, [quirks](quirks::Quirks) and capabilities.
//!
//! zfs-fuse hangs for good when one of its mounts is detached lazily (`umount -l`) or when five or more mounts are made
//! at once: nothing here detaches, and everything that mounts holds the engine's lock. It also hangs when its filesystem ends
//! before it has been told of the last close: see `linger`.

mod backend;
mod bases;
mod daemon;
mod datasets;
mod diff;
mod driver;
mod engine;
mod glance;
mod known;
mod labels;
mod linger;
mod namespace;
mod parse;
mod pool;
mod quirks;
mod service;
mod shadow;

pub use backend::ZFS;
