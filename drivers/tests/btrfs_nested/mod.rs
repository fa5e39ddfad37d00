//! Nested subvolumes, what cannot be removed easily, and failures half-way.

use std::ffi::CStr;
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use drivers::{ErrorKind, Item, Kind};

use crate::btrfs_bench::{Bench, key, layer};
use crate::{MIB, noise, subvolumes};

/// Makes a subvolume as a container's root could.
pub(crate) fn nest(dir: &Path, name: &CStr) -> PathBuf {
    let at = File::open(dir).unwrap();
    drivers::sys::btrfs::create(at.as_fd(), name).unwrap();
    dir.join(name.to_str().unwrap())
}

#[test]
fn nested_subvolumes_are_part_of_the_content() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        fs::create_dir_all(dir.join("home/user")).unwrap();
        let outer = nest(&dir.join("home/user"), c"outer");
        fs::write(outer.join("f"), noise(MIB)).unwrap();
        fs::create_dir(outer.join("deep")).unwrap();
        let inner = nest(&outer.join("deep"), c"inner");
        fs::write(inner.join("g"), "inner").unwrap();
    });
    let usage = driver.usage(Item::Layer(&layer(1))).unwrap();
    assert!(usage.exclusive_bytes >= 1 << 20, "nested files count");
    let view = driver.view(Item::Layer(&layer(1))).unwrap();
    let (f, g) = ("home/user/outer/f", "home/user/outer/deep/inner/g");
    for file in [f, g] {
        let refused = fs::write(view.path().join(file), "x").unwrap_err();
        assert_eq!(
            refused.raw_os_error(),
            Some(libc::EROFS),
            "{file} is sealed"
        );
    }
    let mtime = |root: &Path| {
        let data = fs::metadata(root.join("home/user")).unwrap();
        (data.mtime(), data.mtime_nsec())
    };

    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let item = Item::Container(&key("c"));
    assert_eq!(driver.usage(item).unwrap().exclusive_bytes, 0);
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    assert_eq!(mtime(&at), mtime(view.path()));
    assert_eq!(fs::read(at.join(g)).unwrap(), b"inner");
    fs::write(at.join(g), "changed").unwrap();
    assert_eq!(fs::read(view.path().join(g)).unwrap(), b"inner");
    mount.unmount().unwrap();
    assert_eq!(subvolumes(&bench), 6);
    driver.commit(&key("c"), &layer(2)).unwrap();
    driver.remove(Item::Layer(&layer(2))).unwrap();
    assert_eq!(subvolumes(&bench), 3);
    driver.remove(Item::Layer(&layer(1))).unwrap();
    assert_eq!(subvolumes(&bench), 0);
    driver.sync().unwrap();
}

#[test]
fn what_a_killed_process_left_is_discarded() {
    let mut bench = Bench::new("");
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    bench
        .driver()
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let entries = bench.root().dir.join("e");
    // Half made: subvolumes, and no record.
    let half = entries.join("77");
    fs::create_dir(&half).unwrap();
    let content = nest(&half, c"fs");
    nest(&content, c"nested");
    // Half removed: the record is gone.
    fs::remove_file(entries.join("1/item")).unwrap();
    fs::create_dir(bench.root().dir.join("v/0")).unwrap();
    bench.reopen();
    let left: Vec<_> = fs::read_dir(&entries).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(subvolumes(&bench), 1);
    assert_eq!(bench.driver().list().unwrap().len(), 1);
    bench
        .driver()
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
}

/// A run whose directory lies on a btrfs of the host is swept as plain directories are.
#[test]
fn a_tree_of_sealed_subvolumes_can_be_removed() {
    let bench = Bench::new("");
    let mut root = bench.root().clone();
    root.backing = drivers::Backing::Directory;
    root.dir = bench.driver().plain_dir().join("run");
    fs::create_dir(&root.dir).unwrap();
    let backend = drivers::backend("btrfs").unwrap();
    let driver = backend.open(&root, &drivers::Options::default()).unwrap();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let dir = driver.stage(&key("c")).unwrap().dir;
    fs::create_dir_all(dir.join("a/b")).unwrap();
    let nested = nest(&dir.join("a/b"), c"nested");
    fs::write(nested.join("f"), "x").unwrap();
    driver.commit(&key("c"), &layer(1)).unwrap();
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    drop(driver);
    assert_eq!(subvolumes(&bench), 4);
    drivers::remove::tree(&root.dir).unwrap();
    assert_eq!(subvolumes(&bench), 0);
    assert!(!root.dir.exists());
}

#[test]
fn a_prepare_that_fails_half_way_leaves_nothing() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        nest(dir, c"nested");
    });
    // Something that is no subvolume stands where the snapshot of the nested one would go.
    let content = driver.view(Item::Layer(&layer(1))).unwrap();
    let sealed = File::open(content.path()).unwrap();
    drivers::sys::btrfs::set_read_only(sealed.as_fd(), false).unwrap();
    let immutable = |on: bool| {
        let flags = if on {
            rustix::fs::IFlags::IMMUTABLE
        } else {
            rustix::fs::IFlags::empty()
        };
        rustix::fs::ioctl_setflags(&sealed, flags).unwrap();
    };
    immutable(true);
    drivers::sys::btrfs::set_read_only(sealed.as_fd(), true).unwrap();
    let refused = driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{refused}");
    drivers::sys::btrfs::set_read_only(sealed.as_fd(), false).unwrap();
    immutable(false);
    drop(sealed);
    assert_eq!(subvolumes(&bench), 2, "only the layer's are left");
    let entries = fs::read_dir(bench.root().dir.join("e")).unwrap().count();
    assert_eq!((entries, driver.list().unwrap().len()), (1, 1));
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
}

#[test]
fn a_full_filesystem_is_told_and_recovers() {
    let bench = Bench::sized("", 160 << 20);
    let driver = bench.driver();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    let (file, piece) = (File::create(at.join("f")).unwrap(), noise(MIB));
    let full = (0..256)
        .find_map(|n| file.write_all_at(&piece, n << 20).err())
        .unwrap();
    drop(file);
    assert_eq!(full.raw_os_error(), Some(libc::ENOSPC));
    mount.unmount().unwrap();
    driver.remove(Item::Container(&key("c"))).unwrap();
    driver.sync().unwrap();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let mount = driver.mount(&key("c"), &at).unwrap();
    fs::write(at.join("f"), noise(16 * MIB)).unwrap();
    mount.unmount().unwrap();
}

#[test]
fn a_container_cannot_forbid_its_own_removal() {
    let bench = Bench::new("");
    let driver = bench.driver();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let root = driver.stage(&key("c")).unwrap().dir;
    fs::create_dir(root.join("d")).unwrap();
    let nested = nest(&root.join("d"), c"nested");
    let sealed = File::open(&nested).unwrap();
    drivers::sys::btrfs::set_read_only(sealed.as_fd(), true).unwrap();
    for dir in [root.join("d"), root] {
        let dir = File::open(dir).unwrap();
        rustix::fs::ioctl_setflags(&dir, rustix::fs::IFlags::IMMUTABLE).unwrap();
    }
    driver.remove(Item::Container(&key("c"))).unwrap();
    assert_eq!(subvolumes(&bench), 0);
}
