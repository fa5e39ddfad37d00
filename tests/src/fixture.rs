//! What several cases start from: a tree with everything in it, and bytes that no filesystem can compress or share.

use drivers::error::Attempt as _;
use drivers::{Item, Usage};
use rustix::fs::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::case::Stop;
use crate::container::Container;
use crate::context::Context;
use crate::oracle::op::{
    Op, block, character, chmod, chown, dir, fifo, file, link, mtime, symlink, xattr,
};

/// A user id that owns nothing and has no capability.
pub const USER: u32 = 1000;

/// A tree with a file of every type an archive can carry and every attribute it must carry.
pub fn everything() -> Vec<Op> {
    vec![
        dir("etc"),
        file("etc/passwd", "root:x:0:0\n"),
        chmod("etc/passwd", 0o640),
        chown("etc/passwd", 0, 42),
        mtime("etc/passwd", 1_234_567_890, 987_654_321),
        dir("bin"),
        file("bin/su", [0x7f; 5000]),
        chmod("bin/su", 0o4755),
        file("bin/ping", [0x7e; 300]),
        chmod("bin/ping", 0o755),
        xattr("bin/ping", "security.capability", capability()),
        symlink("bin/sh", "su"),
        symlink("dangling", "/no/where"),
        chown("dangling", 7, 8),
        dir("var"),
        dir("var/tmp"),
        chmod("var/tmp", 0o1777),
        chown("var/tmp", 1000, 1001),
        file("var/empty", ""),
        chmod("var/empty", 0),
        xattr("var/empty", "user.note", "kept"),
        dir("dev"),
        fifo("dev/pipe"),
        chmod("dev/pipe", 0o620),
        character("dev/null", 1, 3),
        chmod("dev/null", 0o666),
        block("dev/disk", 8, 1),
        chown("dev/disk", 0, 6),
        dir("links"),
        file("links/one", "linked\n"),
        link("links/one", "links/two"),
        link("links/one", "three"),
        dir("secret"),
        chmod("secret", 0o700),
        xattr("secret", "user.dir", "also on directories"),
        file("secret/acl", "shared with one\n"),
        chmod("secret/acl", 0o640),
        xattr("secret/acl", "system.posix_acl_access", acl(1234)),
        mtime("secret", 1_000_000_000, 1),
    ]
}

/// The xattr value of file capabilities, revision 2: cap_net_bind_service, effective and permitted.
pub fn capability() -> Vec<u8> {
    let mut value = vec![1, 0, 0, 2];
    value.extend(0x400_u32.to_le_bytes());
    value.resize(20, 0);
    value
}

/// The xattr value of a POSIX ACL on a file of mode 0640 that lets one more user read it.
pub fn acl(user: u32) -> Vec<u8> {
    let mut value = 2_u32.to_le_bytes().to_vec();
    for (tag, permission, id) in [
        (0x01_u16, 6_u16, u32::MAX),
        (0x02, 4, user),
        (0x04, 4, u32::MAX),
        (0x10, 4, u32::MAX),
        (0x20, 0, u32::MAX),
    ] {
        value.extend(tag.to_le_bytes());
        value.extend(permission.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    value
}

/// Larger than what a filesystem compresses at once.
const BLOCK: usize = 256 << 10;

/// Bytes that do not compress, the same for a seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    use rand::{Rng as _, SeedableRng as _};
    let mut block = vec![0; length.min(BLOCK)];
    rand::rngs::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut block);
    let mut bytes = Vec::with_capacity(length);
    // Blocks differ in their first bytes: none can be shared, and within each nothing repeats.
    for number in 0..length.div_ceil(BLOCK) as u64 {
        let start = bytes.len();
        bytes.extend_from_slice(&block[..BLOCK.min(length - start)]);
        for (byte, of_number) in bytes[start..].iter_mut().zip(number.to_le_bytes()) {
            *byte ^= of_number;
        }
    }
    bytes
}

/// Runs `work` in a thread that is an ordinary user, without any capability.
///
/// # Errors
/// Not applicable, where there is no other user (a user namespace with one id).
pub fn as_user<T: Send>(user: u32, work: impl FnOnce() -> T + Send) -> Result<T, Stop> {
    let become_user = || {
        // Credentials are a thread's own in Linux; going from uid 0 to another drops all capabilities.
        let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
        set_thread_groups(&[])?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)
    };
    let outcome = std::thread::scope(|scope| {
        scope
            .spawn(|| become_user().map(|()| work()))
            .join()
            .map_err(|_| Stop::broken("the user's thread panicked"))
    })?;
    outcome.map_err(|errno| {
        Stop::not_applicable(format!("this process cannot become user {user}: {errno}"))
    })
}

/// The space an unmounted container takes.
///
/// # Errors
/// A failure, when the driver cannot say.
pub fn usage(context: &Context<'_>, container: &mut Container) -> Result<Usage, Stop> {
    container.unmount()?;
    Ok(context.driver()?.usage(Item::Container(&container.key))?)
}

/// Has the kernel forget the inodes and names it knows without need. They are looked up anew.
///
/// # Errors
/// Broken, when there is another reason than that this process may not (a user namespace); then nothing is forgotten.
pub fn forget_inodes(at: &std::path::Path) -> Result<(), Stop> {
    use std::io::ErrorKind;
    // Dirty inodes are kept: they are written first.
    let dir = std::fs::File::open(at).attempt("open", at)?;
    rustix::fs::syncfs(&dir).attempt("sync the filesystem of", at)?;
    match std::fs::write("/proc/sys/vm/drop_caches", "2") {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(Stop::broken(format!("drop the kernel's caches: {error}")))
        }
        _ => Ok(()),
    }
}

/// What a reading may be off by: the driver's own granularity, and the few blocks of directories and inodes.
pub fn slack(usage: Usage) -> u64 {
    usage.granularity_bytes.max(4096) * 16 + (64 << 10)
}

/// Bytes for people, exact.
pub fn bytes(count: u64) -> String {
    match count {
        0..10_240 => format!("{count} bytes"),
        10_240..10_485_760 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

/// The bytes a file takes on its filesystem.
///
/// # Errors
/// A failure, when it is not there.
pub fn allocated(container: &Container, path: &str) -> Result<u64, Stop> {
    use std::os::unix::fs::MetadataExt as _;
    let path = container.path(path);
    let file = std::fs::File::open(&path).attempt("open", &path)?;
    file.sync_all().attempt("sync", &path)?;
    Ok(file.metadata().attempt("stat", &path)?.blocks() * 512)
}
