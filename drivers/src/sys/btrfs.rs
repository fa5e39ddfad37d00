//! btrfs by its ioctls (linux/btrfs.h): subvolumes, snapshots, tree search, quotas. Nothing here decides anything.
#![expect(
    unsafe_code,
    reason = "btrfs is driven by ioctls on C structures with unions and flexible arrays"
)]

use std::ffi::CStr;
use std::io::{Error, Result};
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use linux_raw_sys::{btrfs as raw, ioctl as request};

/// What is known of a subvolume, by `BTRFS_IOC_GET_SUBVOL_INFO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subvolume {
    /// The id of its tree.
    pub id: u64,
    /// The transaction that created it. Whatever a snapshot shows that is not newer came with it.
    pub created: u64,
    /// Writes are refused, also root's.
    pub read_only: bool,
    /// It was made as a snapshot.
    pub snapshot: bool,
}

/// A place in a tree: object, type of item, offset; ordered like the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Mostly an inode number.
    pub object: u64,
    /// One of the `*_KEY` numbers.
    pub kind: u8,
    /// What it means depends on the kind.
    pub offset: u64,
}

/// A search of one tree between two places, both included.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// The tree; 0 is the one of the descriptor.
    pub tree: u64,
    /// Where to begin.
    pub first: Place,
    /// Where to end.
    pub last: Place,
    /// Nodes written before this transaction are skipped with everything below them.
    pub min_transaction: u64,
}

/// Room for the answer of one search: larger than the largest item (a node has at most 64 KiB).
const SEARCH_WORDS: usize = (256 << 10) / 8;
const SEARCH_HEAD_WORDS: usize = size_of::<raw::btrfs_ioctl_search_args_v2>() / 8;
const _: () = assert!(size_of::<raw::btrfs_ioctl_search_args_v2>().is_multiple_of(8));

/// The buffer of a search, to be used again for the next.
#[derive(Debug)]
pub struct SearchBuffer(Vec<u64>);

impl Default for SearchBuffer {
    fn default() -> Self {
        Self(vec![0; SEARCH_HEAD_WORDS + SEARCH_WORDS])
    }
}

/// Quotas of a whole filesystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaCommand {
    /// Count shared and exclusive bytes, following every reference.
    EnableFull,
    /// Charge an extent to the subvolume that made it (Linux 6.7).
    EnableSimple,
}

fn call<T>(fd: BorrowedFd<'_>, request: u32, argument: *mut T) -> Result<libc::c_int> {
    // SAFETY: every caller passes the structure that the request names, alive and writable for the call.
    let value = unsafe { libc::ioctl(fd.as_raw_fd(), libc::Ioctl::from(request), argument) };
    if value < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(value)
    }
}

/// The argument of the second generation of calls, with a name in it.
fn volume_args(source: i64, flags: u64, name: &CStr) -> Result<raw::btrfs_ioctl_vol_args_v2> {
    // SAFETY: all-zero is a valid value: integers and unions of integers.
    let mut args: raw::btrfs_ioctl_vol_args_v2 = unsafe { zeroed() };
    args.fd = source;
    args.flags = flags;
    let bytes = name.to_bytes();
    if bytes.is_empty() || bytes.len() > raw::BTRFS_VOL_NAME_MAX as usize {
        return Err(Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    // SAFETY: any bytes are a valid value of this member of the union.
    let field = unsafe { &mut args.__bindgen_anon_2.name };
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = from.cast_signed();
    }
    Ok(args)
}

/// Makes an empty subvolume `name` in the directory `at`.
///
/// # Errors
/// The errno.
pub fn create(at: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    let mut args = volume_args(0, 0, name)?;
    call(at, request::BTRFS_IOC_SUBVOL_CREATE_V2, &raw mut args).map(drop)
}

/// Makes a writable snapshot `name`, in the directory `at`, of the subvolume whose root is `source`.
///
/// # Errors
/// The errno.
pub fn snapshot(source: BorrowedFd<'_>, at: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    let mut args = volume_args(i64::from(source.as_raw_fd()), 0, name)?;
    call(at, request::BTRFS_IOC_SNAP_CREATE_V2, &raw mut args).map(drop)
}

/// Deletes a subvolume by id (Linux 5.7); `at` is anything on the filesystem. Its space is freed later, by the cleaner.
///
/// # Errors
/// The errno: ENOTEMPTY while it holds another subvolume, EROFS when it lies in a read-only one.
pub fn destroy(at: BorrowedFd<'_>, id: u64) -> Result<()> {
    // SAFETY: all-zero is a valid value: integers and unions of integers.
    let mut args: raw::btrfs_ioctl_vol_args_v2 = unsafe { zeroed() };
    args.flags = u64::from(raw::BTRFS_SUBVOL_SPEC_BY_ID);
    args.__bindgen_anon_2.subvolid = id;
    call(at, request::BTRFS_IOC_SNAP_DESTROY_V2, &raw mut args).map(drop)
}

/// Makes the subvolume whose root is `root` read-only, or writable again.
///
/// # Errors
/// The errno.
pub fn set_read_only(root: BorrowedFd<'_>, read_only: bool) -> Result<()> {
    let mut flags = 0_u64;
    call(root, request::BTRFS_IOC_SUBVOL_GETFLAGS, &raw mut flags)?;
    let bit = u64::from(raw::BTRFS_SUBVOL_RDONLY);
    let wanted = if read_only { flags | bit } else { flags & !bit };
    if wanted == flags {
        return Ok(());
    }
    flags = wanted;
    call(root, request::BTRFS_IOC_SUBVOL_SETFLAGS, &raw mut flags).map(drop)
}

/// The facts of the subvolume in which `inside` lies.
///
/// # Errors
/// The errno.
pub fn info(inside: BorrowedFd<'_>) -> Result<Subvolume> {
    // SAFETY: all-zero is a valid value: integers and arrays of integers.
    let mut args: raw::btrfs_ioctl_get_subvol_info_args = unsafe { zeroed() };
    call(inside, request::BTRFS_IOC_GET_SUBVOL_INFO, &raw mut args)?;
    Ok(Subvolume {
        id: args.treeid,
        created: args.otransid,
        read_only: args.flags & u64::from(raw::BTRFS_ROOT_SUBVOL_RDONLY) != 0,
        snapshot: args.parent_uuid != [0; 16],
    })
}

/// A file handle of btrfs without its parent: inode, tree, generation (0: any).
#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    words: [u32; 5],
}

/// `FILEID_BTRFS_WITHOUT_PARENT`, from linux/exportfs.h.
const HANDLE_KIND: i32 = 0x4d;

/// Opens the directory with number `inode` in the tree `tree`, wherever its names are and however long its path;
/// `on` is anything on the same mount.
///
/// # Errors
/// The errno: ESTALE when there is no such inode, EPERM without CAP_DAC_READ_SEARCH.
pub fn open_directory(on: BorrowedFd<'_>, tree: u64, inode: u64) -> Result<OwnedFd> {
    let half = |value: u64, shift: u32| u32::try_from((value >> shift) & 0xffff_ffff).unwrap_or(0);
    // The kernel reads two integers of 8 bytes there, in its own byte order.
    let [low, high] = if cfg!(target_endian = "little") {
        [0, 32]
    } else {
        [32, 0]
    };
    let mut handle = Handle {
        bytes: 20,
        kind: HANDLE_KIND,
        words: [
            half(inode, low),
            half(inode, high),
            half(tree, low),
            half(tree, high),
            0,
        ],
    };
    // SAFETY: the handle has the layout of `struct file_handle` with its `bytes` bytes, and outlives the call.
    let fd = unsafe {
        libc::open_by_handle_at(
            on.as_raw_fd(),
            (&raw mut handle).cast(),
            libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC,
        )
    };
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the kernel has just given this descriptor to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Commits everything written so far, and wakes the cleaner that frees deleted subvolumes.
///
/// # Errors
/// The errno.
pub fn sync(on: BorrowedFd<'_>) -> Result<()> {
    call(on, request::BTRFS_IOC_SYNC, std::ptr::null_mut::<u8>()).map(drop)
}

/// Turns quotas on for the whole filesystem.
///
/// # Errors
/// The errno: EINVAL where the kernel does not know the kind.
pub fn quota(on: BorrowedFd<'_>, command: QuotaCommand) -> Result<()> {
    // SAFETY: all-zero is a valid value: two integers.
    let mut args: raw::btrfs_ioctl_quota_ctl_args = unsafe { zeroed() };
    args.cmd = u64::from(match command {
        QuotaCommand::EnableFull => raw::BTRFS_QUOTA_CTL_ENABLE,
        QuotaCommand::EnableSimple => raw::BTRFS_QUOTA_CTL_ENABLE_SIMPLE_QUOTA,
    });
    call(on, request::BTRFS_IOC_QUOTA_CTL, &raw mut args).map(drop)
}

/// Counts everything anew, and waits until that is done.
///
/// # Errors
/// The errno.
pub fn quota_rescan(on: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: all-zero is a valid value: integers.
    let mut args: raw::btrfs_ioctl_quota_rescan_args = unsafe { zeroed() };
    match call(on, request::BTRFS_IOC_QUOTA_RESCAN, &raw mut args) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
        _ => {}
    }
    quota_rescan_wait(on)
}

/// Waits for a count that is under way.
///
/// # Errors
/// The errno.
pub fn quota_rescan_wait(on: BorrowedFd<'_>) -> Result<()> {
    call(
        on,
        request::BTRFS_IOC_QUOTA_RESCAN_WAIT,
        std::ptr::null_mut::<u8>(),
    )
    .map(drop)
}

/// Makes a quota group.
///
/// # Errors
/// The errno: EEXIST when it is there.
pub fn create_quota_group(on: BorrowedFd<'_>, id: u64) -> Result<()> {
    change_quota_group(on, id, true)
}

/// Removes a quota group.
///
/// # Errors
/// The errno: ENOENT when it is gone already (the kernel removes that of a deleted subvolume by itself), EBUSY while it
/// has members.
pub fn remove_quota_group(on: BorrowedFd<'_>, id: u64) -> Result<()> {
    change_quota_group(on, id, false)
}

fn change_quota_group(on: BorrowedFd<'_>, id: u64, create: bool) -> Result<()> {
    let mut args = raw::btrfs_ioctl_qgroup_create_args {
        create: create.into(),
        qgroupid: id,
    };
    call(on, request::BTRFS_IOC_QGROUP_CREATE, &raw mut args).map(drop)
}

/// Puts the group `member` into the group `group`, of a higher level, or takes it out.
///
/// # Errors
/// The errno: EEXIST when it is in it, ENOENT when it is not, or when there is no such group.
pub fn assign_quota_group(on: BorrowedFd<'_>, member: u64, group: u64, inside: bool) -> Result<()> {
    let mut args = raw::btrfs_ioctl_qgroup_assign_args {
        assign: inside.into(),
        src: member,
        dst: group,
    };
    call(on, request::BTRFS_IOC_QGROUP_ASSIGN, &raw mut args).map(drop)
}

/// Sets or lifts the limit of what a group refers to, in bytes.
///
/// # Errors
/// The errno: ENOENT when there is no such group.
pub fn limit_quota_group(on: BorrowedFd<'_>, id: u64, bytes: Option<u64>) -> Result<()> {
    // SAFETY: all-zero is a valid value: integers.
    let mut args: raw::btrfs_ioctl_qgroup_limit_args = unsafe { zeroed() };
    args.qgroupid = id;
    args.lim.flags = u64::from(raw::BTRFS_QGROUP_LIMIT_MAX_RFER);
    // All ones lifts it (CLEAR_VALUE in fs/btrfs/qgroup.c).
    args.lim.max_rfer = bytes.unwrap_or(u64::MAX);
    call(on, request::BTRFS_IOC_QGROUP_LIMIT, &raw mut args).map(drop)
}

/// Does one search, as far as the buffer reaches: the number of items, and their bytes, each a header and its data.
///
/// # Errors
/// The errno: EPERM without CAP_SYS_ADMIN.
pub fn search<'a>(
    on: BorrowedFd<'_>,
    what: &Search,
    buffer: &'a mut SearchBuffer,
) -> Result<(u32, &'a [u8])> {
    // SAFETY: all-zero is a valid value: integers.
    let mut key: raw::btrfs_ioctl_search_key = unsafe { zeroed() };
    key.tree_id = what.tree;
    key.min_objectid = what.first.object;
    key.min_type = what.first.kind.into();
    key.min_offset = what.first.offset;
    key.max_objectid = what.last.object;
    key.max_type = what.last.kind.into();
    key.max_offset = what.last.offset;
    key.min_transid = what.min_transaction;
    key.max_transid = u64::MAX;
    key.nr_items = u32::MAX;
    let words = &mut buffer.0;
    words[SEARCH_HEAD_WORDS - 1] = (SEARCH_WORDS * 8) as u64;
    let head = words.as_mut_ptr().cast::<raw::btrfs_ioctl_search_key>();
    // SAFETY: the buffer is aligned for integers of 8 bytes and longer than the key, which begins the arguments.
    unsafe { head.write(key) };
    call(on, request::BTRFS_IOC_TREE_SEARCH_V2, words.as_mut_ptr())?;
    // SAFETY: as above; the kernel has filled in the key, whose every bit pattern is valid.
    let found = unsafe { head.read() }.nr_items;
    let data = &words[SEARCH_HEAD_WORDS..];
    // SAFETY: initialised integers may be read as bytes; the length is theirs.
    let bytes = unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>(), data.len() * 8) };
    Ok((found, bytes))
}

/// Bytes in use on a whole filesystem, data and metadata, each copy counted as it is charged (`BTRFS_IOC_SPACE_INFO`).
/// statfs(2) cannot tell: what it calls free is an estimate that moves with the allocation of chunks.
///
/// # Errors
/// The errno.
pub fn used_bytes(on: BorrowedFd<'_>) -> Result<u64> {
    /// Data, metadata, system, the global reserve, and room for kinds to come.
    const SLOTS: usize = 16;
    const HEAD: usize = size_of::<raw::btrfs_ioctl_space_args>() / 8;
    const ONE: usize = size_of::<raw::btrfs_ioctl_space_info>() / 8;
    let mut words = [0_u64; HEAD + SLOTS * ONE];
    words[0] = SLOTS as u64;
    call(on, request::BTRFS_IOC_SPACE_INFO, words.as_mut_ptr())?;
    let found = usize::try_from(words[1]).unwrap_or(SLOTS).min(SLOTS);
    // Each is three words: flags, total, used. The global reserve is a part of the metadata, kept back.
    let kinds = words[HEAD..].chunks_exact(ONE).take(found);
    Ok(kinds
        .filter(|kind| kind[0] & GLOBAL_RESERVE == 0)
        .map(|kind| kind[2])
        .sum())
}

/// `BTRFS_SPACE_INFO_GLOBAL_RSV` (uapi/linux/btrfs_tree.h).
const GLOBAL_RESERVE: u64 = 1 << 49;
