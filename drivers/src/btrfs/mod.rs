//! The `btrfs` driver: every item is a subvolume, a child starts as a snapshot of its parent. All by ioctl, no tool is run.
//!
//! An item's content is the subvolume `e/<serial>/fs`; a layer's is read-only. A view has none of its own: it shows its
//! parent's. **Nested** subvolumes, which a user may make inside a container, are part of the content: they are sealed,
//! copied, counted and deleted with the subvolume they lie in (a plain snapshot would leave empty directories instead).

mod backend;
mod cleaner;
mod driver;
mod items;
mod known;
mod limits;
mod nested;
mod quota;
mod search;
mod space;
mod subvolume;

pub use backend::BTRFS;
