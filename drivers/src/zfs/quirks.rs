//! How the two back ends differ, as data.

/// What a back end can do, and what it does unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quirks {
    /// The first part of the ground label.
    pub(super) name: &'static str,
    /// Datasets are mounted by mount(2) (`mountpoint=legacy`); otherwise only by `zfs mount`, at their mountpoint.
    pub(super) legacy_mounts: bool,
    /// `zfs clone` mounts what it makes, `canmount=noauto` or not.
    pub(super) clone_mounts: bool,
    /// `zpool import -N` and `zpool sync` exist.
    pub(super) modern_commands: bool,
    /// A snapshot can be mounted as it is; otherwise only a clone of it.
    pub(super) snapshot_mounts: bool,
    /// The requests of `zfs diff` exist.
    pub(super) native_diff: bool,
    /// A removed directory that a process stands in can be opened.
    pub(super) removed_directory_can_be_listed: bool,
    /// The most datasets mounted at once.
    pub(super) max_mounts: Option<usize>,
    /// Properties of a new pool's datasets.
    pub(super) properties: &'static [&'static str],
    /// What a reader of the report has to know.
    pub(super) facts: &'static [(&'static str, &'static str)],
}

/// `refquota` is compared with what a dataset references (`dsl_dataset_check_quota`), and a clone references all that its
/// origin does from the start: an image could fill the limit by itself, and files of it that are deleted would raise it.
/// `quota` is compared with `used`, which of a clone is what it does not share with its origin, and what its snapshots hold.
const QUOTA: &str = "the property quota: it counts what a container does not share with its image; refquota would count the image too";

/// The kernel module.
pub(super) const OPENZFS: Quirks = Quirks {
    name: "openzfs",
    legacy_mounts: true,
    clone_mounts: false,
    modern_commands: true,
    snapshot_mounts: true,
    native_diff: true,
    removed_directory_can_be_listed: true,
    max_mounts: None,
    properties: &["acltype=posixacl", "xattr=sa", "relatime=on"],
    facts: &[
        ("back_end", "the OpenZFS kernel module"),
        (
            "mounts",
            "mount(2), with mountpoint=legacy; what is shown is a bind mount of it",
        ),
        ("quota", QUOTA),
    ],
};

/// The FUSE daemon.
pub(super) const ZFS_FUSE: Quirks = Quirks {
    name: "zfs-fuse",
    legacy_mounts: false,
    clone_mounts: true,
    modern_commands: false,
    snapshot_mounts: false,
    native_diff: false,
    // Seen with 0.7.0: the daemon ends when one is opened.
    removed_directory_can_be_listed: false,
    // Each mount takes a thread and a descriptor; beyond about 999 mounts go missing without an error.
    max_mounts: Some(900),
    properties: &["atime=off"],
    facts: &[
        (
            "back_end",
            "zfs-fuse, a daemon in user space: its numbers say nothing about OpenZFS in the kernel",
        ),
        (
            "fallback",
            "this host has no /dev/zfs, so a zfs-fuse of the run's own is used",
        ),
        (
            "fallback",
            "atime=off, because zfs-fuse has no relatime and would write at every read",
        ),
        (
            "native_diff",
            "off, because zfs-fuse has no zfs diff: whole trees are compared",
        ),
        (
            "attributes",
            "zfs-fuse stores 8 KiB with each file that has no extended attributes when they are first read",
        ),
        (
            "holes",
            "zfs-fuse keeps holes, but SEEK_HOLE does not find them",
        ),
        ("quota", QUOTA),
        (
            "mounts",
            "zfs mount and a bind mount, one at a time, because zfs-fuse has no legacy mounts",
        ),
    ],
};
