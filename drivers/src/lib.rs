//! What a storage driver is, and the five of them.
//!
//! Start at [`driver`]: its text fixes the vocabulary, the life cycle and the promises. [`ALL`] lists the drivers;
//! [`sandbox`] makes the ground they stand on.

pub mod btrfs;
pub mod capabilities;
pub mod changes;
pub mod copy;
pub mod driver;
pub mod error;
pub mod export;
pub mod fsprobe;
pub mod fuse_overlayfs;
pub mod fusectl;
pub mod host;
pub mod ids;
pub mod mount;
pub mod mountinfo;
pub mod overlay2;
mod owners;
mod projects;
mod reflink;
pub mod remove;
pub mod sandbox;
pub mod slowed;
pub mod store;
pub mod subject;
pub mod sys;
pub mod tree;
pub mod unpack;
mod upper;
pub mod usage;
pub mod vfs;
pub mod view;
pub mod zfs;

pub use capabilities::{Capabilities, CopyUp};
pub use changes::{Change, ChangeKind};
pub use driver::{Backend, DaemonUsage, Driver, Info, Item, Kind, OwnCache, Quota, Root, Usage};
pub use error::{Error, ErrorKind, Result};
pub use host::{Host, Missing, MissingReason, Support};
pub use ids::{Key, LayerId};
pub use mount::Mount;
pub use owners::Owners;
pub use subject::{Backing, OptionSpec, Options, SubjectSpec};
pub use unpack::{Applied, Limits};
pub use view::View;

/// Every driver, in the order reports show them.
pub const ALL: &[&dyn Backend] = &[
    overlay2::OVERLAY2,
    fuse_overlayfs::FUSE_OVERLAYFS,
    btrfs::BTRFS,
    zfs::ZFS,
    vfs::VFS,
];

/// The backend of that name.
///
/// # Errors
/// `NotFound`, naming those there are.
pub fn backend(name: &str) -> Result<&'static dyn Backend> {
    ALL.iter()
        .copied()
        .find(|backend| backend.name() == name)
        .ok_or_else(|| {
            let known: Vec<_> = ALL.iter().map(|backend| backend.name()).collect();
            Error::new(ErrorKind::NotFound, format!("find the driver {name:?}"))
                .because(format!("the drivers are {}", known.join(", ")))
        })
}
