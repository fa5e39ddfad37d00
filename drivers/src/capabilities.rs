//! What a driver declares about itself.
//!
//! A capability is a documented fact that *flips* the assertion of a conformance case: a driver that declares
//! [`Capabilities::rename_lower_dir`] as false must answer EXDEV and leave the source intact, and one that declares it
//! true must rename. A declared deviation that does not show is a failure. Nobody asks for a driver's name.
//!
//! Naming: a field is named for what the user *can* do or rely on, so that `true` is what a plain filesystem gives.
//! Where the answer depends on the backing filesystem or an option, the driver computes it in `open`.

/// What the first write to a file of a lower layer costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyUp {
    /// The whole file is copied (kernel overlayfs, fuse-overlayfs).
    WholeFile,
    /// The whole file is cloned: extents are shared, then only changed blocks are written (overlay on a reflink backing).
    Reflink,
    /// Only the changed blocks are written (btrfs, zfs).
    Blocks,
    /// Nothing: the file was copied when the container layer was prepared (vfs).
    PaidAtPrepare,
}

/// The documented facts of an opened driver; see the module text for how they are used.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Capabilities {
    /// The most layers one container may stand on; `None` when there is no limit.
    pub max_layers: Option<u32>,
    /// Layers can be unpacked before their parents are: `apply` works on a key whose content does not need the parent's.
    pub parallel_apply: bool,
    /// `prepare` costs the same whatever the image's size: nothing of the image is copied.
    pub constant_time_prepare: bool,
    /// A container layer takes (nearly) no space for what it shares with its image.
    pub shares_data_with_parent: bool,
    /// What the first write to a lower file costs.
    pub copy_up: CopyUp,
    /// chmod, chown, setxattr or utimensat of a lower file leaves its data shared.
    pub metadata_change_keeps_data_shared: bool,
    /// Blocks of a container's own file are free again when they are overwritten or cut off; otherwise they stay, in use
    /// by nobody, as long as any that was written with them is in use.
    pub overwritten_blocks_are_given_back: bool,
    /// Deleting many lower files takes no inode for each: there is nothing to mark, or one inode is the mark of all.
    pub deletions_take_no_inodes: bool,
    /// rename(2) of a directory that comes from a lower layer works; otherwise EXDEV, source intact.
    pub rename_lower_dir: bool,
    /// A directory of the container's own that was made in place of a deleted lower one can be renamed, and
    /// the deleted one stays hidden; otherwise EXDEV, or the deleted one comes back.
    pub rename_own_dir_from_lower_name: bool,
    /// Two names of one lower file stay one file after a write through either.
    pub hard_links_survive_copy_up: bool,
    /// What is written through several names of a lower file, in whatever order they were looked up, outlives a remount.
    pub writes_through_any_name_are_kept: bool,
    /// st_nlink of a lower file counts the names that are there, right after link, unlink and rename.
    pub link_counts_follow: bool,
    /// What is written to one name of a linked lower file is still there, under that name, after an unmount.
    pub writes_to_links_last: bool,
    /// A lower directory keeps its time and its setuid and setgid bits when something in it is first written.
    pub lower_dir_attributes_survive_copy_up: bool,
    /// A lower symbolic link keeps its owner, time and extended attributes when it is renamed.
    pub symlink_attributes_survive_copy_up: bool,
    /// What is made in a lower setgid directory gets its group, and a directory its setgid bit.
    pub setgid_directory_is_inherited: bool,
    /// The first write to a lower file leaves its access time.
    pub atime_survives_copy_up: bool,
    /// st_ctime of a lower file or directory moves only when something of it is changed, not when it is opened for
    /// writing or when something below it is changed.
    pub ctime_survives_copy_up: bool,
    /// A file whose path is longer than PATH_MAX (4096 bytes) can be reached, going down a directory at a time.
    pub deep_paths: bool,
    /// A fifo, socket or device of a lower layer can be given another mode, renamed and deleted, and stays what it is.
    pub special_files_survive_copy_up: bool,
    /// A lower file keeps its setuid and setgid bits when its time, owner or extended attributes are first changed.
    pub setuid_survives_copy_up: bool,
    /// An ordinary user's write to a lower setuid file takes the setuid bit away.
    pub writing_clears_setuid: bool,
    /// A write by root leaves a file its setuid and setgid bits.
    pub setuid_survives_roots_write: bool,
    /// st_ino of a file does not change when it is first written, and a new link to it shows the same.
    pub inode_survives_copy_up: bool,
    /// st_ino of a file is the same when the kernel has forgotten the file meanwhile, and when the container is mounted
    /// again.
    pub inode_survives_remount: bool,
    /// The link count of a directory is two and one for each directory in it; otherwise it is 1, for "not counted".
    pub directory_links_are_counted: bool,
    /// statfs gives a filesystem id that is not zero and stays over a remount.
    pub filesystem_id: bool,
    /// A directory that was removed while a process stood in it can be opened, and is empty.
    pub removed_directory_can_be_listed: bool,
    /// inotify and fanotify watches that were set on a lower file tell of what is written to it later.
    pub watch_survives_copy_up: bool,
    /// st_dev is the same for everything in one mounted container layer.
    pub uniform_device: bool,
    /// A descriptor opened read-only before the first write sees what is written later.
    pub open_file_sees_later_writes: bool,
    /// A shared read-only mapping made before the first write sees what is written later.
    pub mapping_sees_later_writes: bool,
    /// Executing a file makes writing it fail with ETXTBSY, also for a file of a lower layer.
    pub running_file_is_busy: bool,
    /// fstat of an open file of a lower layer tells 0 names when the last one was removed.
    pub unlinked_lower_file_has_no_links: bool,
    /// A file without a name can be opened again, or run, through a descriptor (`/proc/self/fd`).
    pub unlinked_file_can_be_opened: bool,
    /// readdir gives a name that stays exactly once while other names of the directory come and go.
    pub listing_is_whole_while_changed: bool,
    /// F_SETLEASE: a read lease holds off those who open the file for writing.
    pub leases: bool,
    /// Reading a file changes its access time, as far as the mount's options say so; for a file of a lower layer too.
    pub reading_lower_updates_access_time: bool,
    /// Reading a file that the container made changes its access time, as far as the mount's options say so.
    pub reading_own_updates_access_time: bool,
    /// O_NOATIME, and noatime as an option of the mount, keep access times as they are.
    pub noatime_is_heeded: bool,
    /// `mknod c 0 0` works in a live container; otherwise it fails (overlay reserves that device for whiteouts).
    pub user_can_make_whiteout_device: bool,
    /// A live file may be called `.wh.something`.
    pub whiteout_prefix_is_an_ordinary_name: bool,
    /// No name in a container's root is taken by the backing filesystem (`.zfs`).
    pub backing_names_are_free: bool,
    /// The longest file name, in bytes.
    pub name_max: u32,
    /// A name that is too long is ENAMETOOLONG also where it is only looked for; otherwise it is ENOENT there.
    pub too_long_names_are_told: bool,
    /// user.* extended attributes.
    pub xattr_user: bool,
    /// trusted.* and security.* extended attributes.
    pub xattr_privileged: bool,
    /// setxattr with XATTR_CREATE refuses an attribute that is there; otherwise it replaces it.
    pub xattr_create_is_exclusive: bool,
    /// Attributes called as a driver's own (trusted.overlay.opaque) change nothing that a container shows; otherwise a
    /// process in it can hide files of the image.
    pub driver_attributes_do_nothing: bool,
    /// Such attributes can be set in a container, like any other.
    pub driver_attributes_are_ordinary: bool,
    /// A file with the largest attribute that the backing filesystem stores can be written to for the first time.
    pub largest_attribute_survives_copy_up: bool,
    /// chattr(1)'s immutable and append-only flags can be set in a container, and hold.
    pub file_flags: bool,
    /// chattr(1)'s noatime and sync flags can be set in a container, and stay (OpenZFS has neither).
    pub quiet_file_flags: bool,
    /// Those flags on a file of a layer hold in containers on it, also when it is first written.
    pub file_flags_of_layers_hold: bool,
    /// Those flags, set in a container, hold in what is built on it.
    pub file_flags_reach_children: bool,
    /// POSIX ACLs are stored *and* enforced.
    pub posix_acl: bool,
    /// A directory that is exchanged with one in another directory keeps its modification time.
    pub exchanged_directory_keeps_time: bool,
    /// A name in the place of one of a lower layer stays gone once it is renamed with RENAME_NOREPLACE.
    pub noreplace_hides_what_is_below: bool,
    /// The modification time that a written file shows is the same after an unmount.
    pub written_times_last: bool,
    /// The unit of modification times, in nanoseconds (1, or 1_000_000_000 where only seconds are kept).
    pub mtime_granularity_ns: u64,
    /// The latest modification time that can be stored, in seconds since 1970; a later one is refused with EOVERFLOW.
    pub latest_mtime_s: i64,
    /// SEEK_HOLE finds holes and copies keep them.
    pub sparse_files: bool,
    /// Layer archives hold no bytes for holes; otherwise an export fills them (OCI advises against sparse entries).
    pub archives_keep_holes: bool,
    /// fallocate(2), with punch-hole.
    pub fallocate: bool,
    /// fallocate(2) with FALLOC_FL_ZERO_RANGE.
    pub zero_range: bool,
    /// fallocate(2) with FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE.
    pub shift_range: bool,
    /// O_DIRECT.
    pub direct_io: bool,
    /// O_TMPFILE with linkat.
    pub tmpfile: bool,
    /// FICLONE between two files of one container layer.
    pub reflink: bool,
    /// Where files can be cloned, one that was just written can be too; otherwise that is EAGAIN until it is on the disk.
    pub fresh_files_can_be_cloned: bool,
    /// FIDEDUPERANGE: equal files of one container layer can be made to share their blocks (OpenZFS clones, and cannot).
    pub deduplication: bool,
    /// renameat2 with RENAME_EXCHANGE and RENAME_NOREPLACE.
    pub rename_flags: bool,
    /// renameat2 with RENAME_WHITEOUT leaves a device 0:0 under the old name.
    pub rename_whiteout: bool,
    /// readdir fills d_type.
    pub d_type: bool,
    /// The largest user or group id that can be stored.
    pub max_id: u32,
    /// Owners other than the caller can be stored (false in a user namespace with one id).
    pub arbitrary_owners: bool,
    /// Block and character devices can be made (false in a user namespace).
    pub device_nodes: bool,
    /// A container layer's own bytes can be limited.
    pub quota_bytes: bool,
    /// A container layer's own inodes can be limited.
    pub quota_inodes: bool,
    /// Where containers can be limited, a process with CAP_SYS_RESOURCE is held to the limit too; otherwise it passes.
    pub quota_holds_the_privileged: bool,
    /// A root's path may hold any bytes: colons, commas, spaces, backslashes, newlines. Otherwise such a root is refused.
    pub odd_root_names: bool,
    /// A copy of a container's mount that another mount namespace still holds keeps it from being neither mounted again
    /// nor removed.
    pub leaked_mounts_do_no_harm: bool,
    /// Devices in a container can be opened; otherwise its mount is nodev.
    pub devices_can_be_opened: bool,
    /// A container can be mounted with other owners shown, and nothing copied for it ([`crate::Driver::mount_as`]): its
    /// mount maps them (MOUNT_ATTR_IDMAP of mount_setattr(2)), or those of its layers do, or its daemon.
    pub idmapped_mounts: bool,
    /// An overlay can be mounted in a container with its directories there, as a container engine inside it does.
    pub overlays_inside: bool,
    /// `changes` takes time proportional to the change, not to the image.
    pub native_changes: bool,
    /// Containers of one image read a lower file through one page-cache copy.
    pub shared_page_cache: bool,
    /// After a power cut a committed layer is whole or absent; otherwise it may be listed with files that are empty or cut.
    pub layers_survive_power_cuts: bool,
    /// After a power cut a file of the image is, in a container, what it was or what was written; otherwise a file that was
    /// copied for the container, or whose first write was under way, may be empty or cut.
    pub image_files_survive_power_cuts: bool,
    /// What a container has synced by fsync(2) is there after a power cut.
    pub fsync_survives_power_cuts: bool,
    /// The files of a layer cannot be changed behind the driver's back, by writing in the store's directory (btrfs: the
    /// subvolume is read-only; zfs: a snapshot is nowhere to be written to); otherwise they can, and nobody notices.
    pub layers_are_sealed: bool,
}

impl Capabilities {
    /// What a plain, modern local filesystem gives; drivers state their differences from it.
    pub const PLAIN: Self = Self {
        max_layers: None,
        parallel_apply: false,
        constant_time_prepare: true,
        shares_data_with_parent: true,
        copy_up: CopyUp::Blocks,
        metadata_change_keeps_data_shared: true,
        overwritten_blocks_are_given_back: true,
        deletions_take_no_inodes: true,
        rename_lower_dir: true,
        rename_own_dir_from_lower_name: true,
        hard_links_survive_copy_up: true,
        writes_through_any_name_are_kept: true,
        link_counts_follow: true,
        writes_to_links_last: true,
        lower_dir_attributes_survive_copy_up: true,
        symlink_attributes_survive_copy_up: true,
        setgid_directory_is_inherited: true,
        atime_survives_copy_up: true,
        ctime_survives_copy_up: true,
        deep_paths: true,
        special_files_survive_copy_up: true,
        setuid_survives_copy_up: true,
        writing_clears_setuid: true,
        setuid_survives_roots_write: true,
        inode_survives_copy_up: true,
        inode_survives_remount: true,
        directory_links_are_counted: true,
        filesystem_id: true,
        removed_directory_can_be_listed: true,
        watch_survives_copy_up: true,
        uniform_device: true,
        open_file_sees_later_writes: true,
        mapping_sees_later_writes: true,
        running_file_is_busy: true,
        unlinked_lower_file_has_no_links: true,
        unlinked_file_can_be_opened: true,
        listing_is_whole_while_changed: true,
        leases: true,
        reading_lower_updates_access_time: true,
        reading_own_updates_access_time: true,
        noatime_is_heeded: true,
        user_can_make_whiteout_device: true,
        whiteout_prefix_is_an_ordinary_name: true,
        backing_names_are_free: true,
        name_max: 255,
        too_long_names_are_told: true,
        xattr_user: true,
        xattr_privileged: true,
        xattr_create_is_exclusive: true,
        driver_attributes_do_nothing: true,
        driver_attributes_are_ordinary: true,
        largest_attribute_survives_copy_up: true,
        file_flags: true,
        quiet_file_flags: true,
        file_flags_of_layers_hold: true,
        file_flags_reach_children: true,
        posix_acl: true,
        exchanged_directory_keeps_time: true,
        noreplace_hides_what_is_below: true,
        written_times_last: true,
        mtime_granularity_ns: 1,
        latest_mtime_s: i64::MAX,
        sparse_files: true,
        archives_keep_holes: false,
        fallocate: true,
        zero_range: true,
        shift_range: true,
        direct_io: true,
        tmpfile: true,
        reflink: false,
        fresh_files_can_be_cloned: true,
        deduplication: false,
        rename_flags: true,
        rename_whiteout: true,
        d_type: true,
        max_id: u32::MAX - 1,
        arbitrary_owners: true,
        device_nodes: true,
        devices_can_be_opened: true,
        idmapped_mounts: true,
        overlays_inside: true,
        // Plain filesystems have limits for users and projects, where they were made and mounted for it.
        quota_bytes: false,
        quota_inodes: false,
        quota_holds_the_privileged: true,
        odd_root_names: true,
        leaked_mounts_do_no_harm: true,
        native_changes: false,
        shared_page_cache: false,
        layers_survive_power_cuts: true,
        image_files_survive_power_cuts: true,
        fsync_survives_power_cuts: true,
        layers_are_sealed: true,
    };
}
