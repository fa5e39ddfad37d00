//! The btrfs driver on a real btrfs: life cycle, accounting, nested subvolumes, changes.

mod btrfs_bench;
mod btrfs_limits;
mod btrfs_nested;

use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use btrfs_bench::{Bench, key, layer};
use btrfs_nested::nest;
use drivers::{ErrorKind, Item, Kind};

const MIB: usize = 1 << 20;

#[test]
fn layers_are_immutable_and_containers_apart() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        fs::write(dir.join("a"), "one").unwrap();
        fs::create_dir(dir.join("d")).unwrap();
    });
    bench.layer(2, Some(1), |dir| fs::remove_dir(dir.join("d")).unwrap());
    for name in ["x", "y"] {
        driver
            .prepare(&key(name), Some(&layer(2)), Kind::Writable)
            .unwrap();
    }
    let (at_x, at_y) = (bench.mountpoint("mx"), bench.mountpoint("my"));
    let x = driver.mount(&key("x"), &at_x).unwrap();
    let y = driver.mount(&key("y"), &at_y).unwrap();
    fs::write(at_x.join("a"), "changed").unwrap();
    assert_eq!(fs::read(at_y.join("a")).unwrap(), b"one");
    assert!(!at_x.join("d").exists());
    assert_eq!(
        fs::metadata(&at_x).unwrap().dev(),
        fs::metadata(at_x.join("a")).unwrap().dev()
    );
    for refused in [
        driver.remove(Item::Container(&key("x"))),
        driver.commit(&key("x"), &layer(3)),
        driver.stage(&key("x")).map(drop),
        driver.remove(Item::Layer(&layer(1))),
        driver.remove(Item::Layer(&layer(2))),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InUse);
    }
    x.unmount().unwrap();
    y.unmount().unwrap();
    driver.remove(Item::Container(&key("x"))).unwrap();
    driver.remove(Item::Container(&key("y"))).unwrap();

    let view = driver.view(Item::Layer(&layer(1))).unwrap();
    assert_eq!(fs::read(view.path().join("a")).unwrap(), b"one");
    let written = fs::write(view.path().join("a"), "no").unwrap_err();
    assert_eq!(written.raw_os_error(), Some(libc::EROFS));
    view.close().unwrap();

    driver.remove(Item::Layer(&layer(2))).unwrap();
    driver.remove(Item::Layer(&layer(1))).unwrap();
    assert!(driver.list().unwrap().is_empty());
    assert_eq!(subvolumes(&bench), 0);
}

#[test]
fn a_view_is_its_parent_and_refuses_writes() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    driver
        .prepare(&key("v"), Some(&layer(1)), Kind::View)
        .unwrap();
    assert_eq!(subvolumes(&bench), 1, "a view has no subvolume of its own");
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("v"), &at).unwrap();
    for refused in [
        fs::write(at.join("a"), "x"),
        fs::write(at.join("new"), "x"),
        fs::remove_file(at.join("a")),
    ] {
        assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::EROFS));
    }
    mount.unmount().unwrap();
    assert_eq!(
        driver.stage(&key("v")).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(
        driver.remove(Item::Layer(&layer(1))).unwrap_err().kind(),
        ErrorKind::InUse
    );
    let usage = driver.usage(Item::Container(&key("v"))).unwrap();
    assert_eq!((usage.exclusive_bytes, usage.exclusive_inodes), (0, 0));
    driver.remove(Item::Container(&key("v"))).unwrap();

    driver.prepare(&key("w"), None, Kind::View).unwrap();
    let mount = driver.mount(&key("w"), &at).unwrap();
    let refused = fs::write(at.join("new"), "x").unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EROFS));
    mount.unmount().unwrap();
}

/// In every mode an idle container has nothing of its own, and one that wrote has what it wrote.
fn accounting(options: &str, metadata: u64) {
    let bench = Bench::new(options);
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        let file = File::create(dir.join("big")).unwrap();
        file.write_all_at(&noise(4 * MIB), 0).unwrap();
        // A hole of 1 GiB, and a second name: neither takes space.
        file.set_len(1 << 30).unwrap();
        fs::hard_link(dir.join("big"), dir.join("link")).unwrap();
    });
    let near = |value: u64, wanted: u64, what: &str| {
        assert!(
            value >= wanted && value <= wanted + metadata,
            "{options} {what}: {value}, wanted {wanted} and at most {metadata} of metadata"
        );
    };
    let base = driver.usage(Item::Layer(&layer(1))).unwrap();
    near(base.exclusive_bytes, 4 << 20, "layer");
    near(base.referenced_bytes, 4 << 20, "layer, referenced");
    assert_eq!(base.exclusive_inodes, 1);

    let item = Item::Container(&key("c"));
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let idle = driver.usage(item).unwrap();
    near(idle.exclusive_bytes, 0, "idle");
    near(idle.referenced_bytes, 4 << 20, "idle, referenced");
    assert_eq!(idle.exclusive_inodes, 0);

    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    fs::write(at.join("new"), noise(3 * MIB)).unwrap();
    let big = File::options().write(true).open(at.join("big")).unwrap();
    big.write_all_at(&noise(64 << 10), MIB as u64).unwrap();
    drop(big);
    let busy = driver.usage(item).unwrap();
    near(busy.exclusive_bytes, (3 << 20) + (64 << 10), "busy");
    // An old extent that lies wholly under the 64 KiB written over it is let go; where the write-back cut the file into
    // extents is not ours to say, so anything from none to all of them may be.
    assert!(
        (7 << 20..=(7 << 20) + (64 << 10) + metadata).contains(&busy.referenced_bytes),
        "{options} busy, referenced: {}",
        busy.referenced_bytes
    );
    assert_eq!(busy.exclusive_inodes, 1);
    fs::remove_file(at.join("new")).unwrap();
    let less = driver.usage(item).unwrap();
    near(less.exclusive_bytes, 64 << 10, "after a deletion");
    mount.unmount().unwrap();
    driver.remove(item).unwrap();
    driver.sync().unwrap();
    let after = driver.usage(Item::Layer(&layer(1))).unwrap();
    near(after.exclusive_bytes, 4 << 20, "layer, afterwards");
}

#[test]
fn extents_are_counted_without_quotas() {
    accounting("quota=none", 0);
}

#[test]
fn simple_quotas_count_the_same_and_metadata() {
    accounting("quota=simple", 96 << 10);
}

#[test]
fn full_quotas_count_the_same_and_metadata() {
    accounting("quota=full", 96 << 10);
}

/// How many quota groups the filesystem has.
fn quota_groups(bench: &Bench) -> u32 {
    use drivers::sys::btrfs::{Place, Search, SearchBuffer, search};
    let place = |offset| Place {
        object: 0,
        kind: 242, // BTRFS_QGROUP_INFO_KEY
        offset,
    };
    let groups = Search {
        tree: 8, // BTRFS_QUOTA_TREE_OBJECTID
        first: place(0),
        last: place(u64::MAX),
        min_transaction: 0,
    };
    let on = File::open(&bench.root().dir).unwrap();
    search(on.as_fd(), &groups, &mut SearchBuffer::default())
        .unwrap()
        .0
}

#[test]
fn quota_groups_go_with_their_subvolumes() {
    for mode in ["quota=simple", "quota=full"] {
        let bench = Bench::new(mode);
        let driver = bench.driver();
        bench.layer(1, None, |dir| fs::write(dir.join("a"), noise(MIB)).unwrap());
        driver.sync().unwrap();
        let before = quota_groups(&bench);
        driver
            .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
            .unwrap();
        let dir = driver.stage(&key("c")).unwrap().dir;
        fs::write(dir.join("b"), noise(MIB)).unwrap();
        nest(&dir, c"nested");
        driver.sync().unwrap();
        assert_eq!(quota_groups(&bench), before + 2, "{mode}");
        driver.remove(Item::Container(&key("c"))).unwrap();
        driver.sync().unwrap();
        assert_eq!(quota_groups(&bench), before, "{mode}");
    }
}

#[test]
fn clones_and_holes_take_nothing_and_reservations_count() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        fs::write(dir.join("big"), noise(2 * MIB)).unwrap();
        fs::write(dir.join("tiny"), noise(1000)).unwrap();
    });
    let name = key("c");
    driver
        .prepare(&name, Some(&layer(1)), Kind::Writable)
        .unwrap();
    let dir = driver.stage(&name).unwrap().dir;
    let own = || driver.usage(Item::Container(&name)).unwrap();
    let big = File::options()
        .read(true)
        .write(true)
        .open(dir.join("big"))
        .unwrap();
    let clone = File::create(dir.join("clone")).unwrap();
    rustix::fs::ioctl_ficlone(&clone, &big).unwrap();
    fs::rename(dir.join("tiny"), dir.join("renamed")).unwrap();
    fs::set_permissions(dir.join("big"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!((own().exclusive_bytes, own().exclusive_inodes), (0, 1));
    assert_eq!(own().referenced_bytes, (2 << 20) + 1000);

    // A hole punched into shared blocks frees none of them here, and allocates none.
    use rustix::fs::FallocateFlags;
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&big, punch, 0, 1 << 20).unwrap();
    assert_eq!(own().exclusive_bytes, 0);
    let sparse = File::create(dir.join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert_eq!(own().exclusive_bytes, 0);
    rustix::fs::fallocate(&sparse, FallocateFlags::empty(), 0, 1 << 20).unwrap();
    assert_eq!(own().exclusive_bytes, 1 << 20);
    // Written, it is the same space; written through the clone, new space.
    sparse.write_all_at(&noise(MIB), 0).unwrap();
    assert_eq!(own().exclusive_bytes, 1 << 20);
    clone.write_all_at(&noise(8192), 4096).unwrap();
    assert_eq!(own().exclusive_bytes, (1 << 20) + 8192);
}

#[test]
fn threads_prepare_write_and_remove_at_once() {
    let bench = Bench::new("");
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..8 {
                    let name = key(&format!("t{thread}-{round}"));
                    let item = Item::Container(&name);
                    driver
                        .prepare(&name, Some(&layer(1)), Kind::Writable)
                        .unwrap();
                    let dir = driver.stage(&name).unwrap().dir;
                    fs::write(dir.join("a"), format!("{thread}")).unwrap();
                    assert_eq!(driver.changes(item).unwrap().len(), 1);
                    assert!(driver.usage(item).unwrap().exclusive_bytes <= 4096);
                    driver.remove(item).unwrap();
                }
                driver.sync().unwrap();
            });
        }
    });
    assert_eq!(driver.list().unwrap().len(), 1);
    assert_eq!(subvolumes(&bench), 1);
}

#[test]
fn removed_items_give_their_space_back_at_the_next_sync() {
    let bench = Bench::new("");
    let driver = bench.driver();
    driver.sync().unwrap();
    let free = || rustix::fs::statvfs(driver.plain_dir()).unwrap().f_bfree;
    let before = free();
    for round in 0..3 {
        driver.prepare(&key("c"), None, Kind::Writable).unwrap();
        let at = bench.mountpoint(&format!("m{round}"));
        let mount = driver.mount(&key("c"), &at).unwrap();
        fs::write(at.join("f"), noise(16 * MIB)).unwrap();
        mount.unmount().unwrap();
        driver.sync().unwrap();
        assert!(free() + (12 << 20) / 4096 < before, "the writing shows");
        driver.remove(Item::Container(&key("c"))).unwrap();
        driver.sync().unwrap();
        let lost = before.saturating_sub(free()) * 4096;
        assert!(lost <= 1 << 20, "{lost} bytes are lost in round {round}");
    }
}

#[test]
fn a_root_on_another_filesystem_is_refused() {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let root = drivers::Root {
        dir: dir.path().to_owned(),
        backing: drivers::Backing::Directory,
        store_file: None,
        run_id: "x".to_owned(),
    };
    let backend = drivers::backend("btrfs").unwrap();
    let refused = backend
        .open(&root, &drivers::Options::default())
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(
        refused.to_string().contains("another filesystem"),
        "{refused}"
    );
}

#[test]
fn quotas_of_a_foreign_filesystem_are_left_alone() {
    let bench = Bench::new("");
    let mut root = bench.root().clone();
    root.backing = drivers::Backing::Directory;
    root.dir = bench.driver().plain_dir().join("theirs");
    fs::create_dir(&root.dir).unwrap();
    let backend = drivers::backend("btrfs").unwrap();
    let options = |text: &str| {
        let spec: drivers::SubjectSpec = format!("btrfs,{text}").parse().unwrap();
        spec.options
    };
    let refused = backend.open(&root, &options("quota=full")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let driver = backend.open(&root, &options("quota=none")).unwrap();
    let warned = driver.facts().iter().any(|(name, _)| name == "warning");
    assert!(warned, "the root is no subvolume of its own");
    let refused = backend.open(&root, &options("quota=maybe")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BadInput);
}

#[test]
fn everything_is_there_after_a_remount() {
    let mut bench = Bench::new("");
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    bench
        .driver()
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    bench.driver().sync().unwrap();
    bench.remount();
    let driver = bench.driver();
    assert_eq!(driver.list().unwrap().len(), 2);
    let item = Item::Container(&key("c"));
    assert_eq!(driver.parent(item).unwrap(), Some(layer(1)));
    let view = driver.view(item).unwrap();
    assert_eq!(fs::read(view.path().join("a")).unwrap(), b"one");
    view.close().unwrap();
    assert_eq!(driver.usage(item).unwrap().exclusive_bytes, 0);
}

/// How many subvolumes lie in the driver's root, at any depth.
fn subvolumes(bench: &Bench) -> usize {
    fn count(dir: &Path) -> usize {
        fs::read_dir(dir)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| {
                let own = usize::from(entry.metadata().unwrap().ino() == 256);
                own + count(&entry.path())
            })
            .sum()
    }
    count(&bench.root().dir)
}

/// Bytes that do not compress, the same on every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(len)
    .collect()
}
