//! Limits by simple quotas: what a container does to get around them, and what becomes of their groups.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::Path;

use drivers::{ErrorKind, Item, Kind, Limits, Quota};

use crate::btrfs_bench::{Bench, key, layer};
use crate::btrfs_nested::nest;
use crate::{MIB, noise, quota_groups};

const LIMIT: Quota = Quota {
    bytes: Some(8 << 20),
    inodes: None,
};

/// Writes up to 24 MiB, down to the disk: how many could be.
fn fill(path: &Path) -> usize {
    let mut file = File::create(path).unwrap();
    (0..24)
        .position(|_| {
            let outcome = file.write_all(&noise(MIB)).and_then(|()| file.sync_all());
            outcome.is_err_and(|error| {
                assert_eq!(error.raw_os_error(), Some(libc::EDQUOT), "{error}");
                true
            })
        })
        .expect("24 MiB fit below a limit of 8")
}

fn limited(name: &str) -> Bench {
    let bench = Bench::new("quota=on");
    bench.layer(1, None, |dir| {
        fs::write(dir.join("a"), noise(12 * MIB)).unwrap();
    });
    let driver = bench.driver();
    let prepared = driver.prepare(&key(name), Some(&layer(1)), Kind::Writable);
    prepared.unwrap();
    driver.sync().unwrap();
    driver.limit(&key(name), LIMIT).unwrap();
    bench
}

#[test]
fn subvolumes_made_inside_are_limited_too() {
    let bench = limited("c");
    let driver = bench.driver();
    let before = quota_groups(&bench);
    let dir = driver.stage(&key("c")).unwrap().dir;
    let nested = nest(&dir, c"nested");
    let fitted = fill(&nested.join("b"));
    assert!((6..=8).contains(&fitted), "{fitted} MiB");
    // There is not even room for a name, or for less than a MiB.
    let beside = File::create(dir.join("c")).map(|_| fill(&dir.join("c")));
    assert!(
        beside.is_ok_and(|fitted| fitted < 2) || !dir.join("c").exists(),
        "counted apart"
    );
    // At the limit, and past it: everything goes, the group too.
    driver.remove(Item::Container(&key("c"))).unwrap();
    driver.sync().unwrap();
    assert_eq!(quota_groups(&bench), before - 2);
}

#[test]
fn what_was_nested_before_the_limit_is_limited_too() {
    let bench = Bench::new("quota=on");
    bench.layer(1, None, |dir| drop(nest(dir, c"nested")));
    let driver = bench.driver();
    let prepared = driver.prepare(&key("c"), Some(&layer(1)), Kind::Writable);
    prepared.unwrap();
    driver.limit(&key("c"), LIMIT).unwrap();
    let dir = driver.stage(&key("c")).unwrap().dir;
    let fitted = fill(&dir.join("nested/b"));
    assert!((6..=8).contains(&fitted), "{fitted} MiB");
}

#[test]
fn a_container_at_its_limit_becomes_a_layer_without_one() {
    let bench = limited("c");
    let driver = bench.driver();
    let before = quota_groups(&bench);
    fill(&driver.stage(&key("c")).unwrap().dir.join("b"));
    driver.commit(&key("c"), &layer(2)).unwrap();
    assert_eq!(quota_groups(&bench), before - 1, "its group is left");
    let prepared = driver.prepare(&key("d"), Some(&layer(2)), Kind::Writable);
    prepared.unwrap();
    assert_eq!(driver.quota(&key("d")).unwrap(), Quota::default());
    let dir = driver.stage(&key("d")).unwrap().dir;
    fs::write(dir.join("more"), noise(12 * MIB)).unwrap();
    driver.sync().unwrap();
}

#[test]
fn an_archive_larger_than_the_limit_is_refused_and_can_be_removed() {
    let bench = limited("c");
    let driver = bench.driver();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(16 << 20);
    header.set_mode(0o644);
    let data = noise(16 * MIB);
    tar.append_data(&mut header, "big", &data[..]).unwrap();
    let tar = tar.into_inner().unwrap();
    let refused = driver.apply(&key("c"), &mut &tar[..], &Limits::default());
    let error = refused.and_then(|_| driver.sync()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
    assert_eq!(driver.quota(&key("c")).unwrap(), LIMIT);
    driver.remove(Item::Container(&key("c"))).unwrap();
}

#[test]
fn limits_outlast_a_remount_and_leftover_ones_of_layers_do_not() {
    let mut bench = limited("c");
    // As a process leaves it that is killed between the record of a layer and the end of its limit.
    let builder = key("b");
    let prepared = bench.driver().prepare(&builder, None, Kind::Writable);
    prepared.unwrap();
    let dir = bench.driver().stage(&builder).unwrap().dir;
    let id = drivers::sys::btrfs::info(File::open(&dir).unwrap().as_fd());
    let group = 0x6c62 << 48 | id.unwrap().id;
    bench.driver().commit(&builder, &layer(2)).unwrap();
    let on = File::open(&bench.root().dir).unwrap();
    drivers::sys::btrfs::create_quota_group(on.as_fd(), group).unwrap();
    drivers::sys::btrfs::limit_quota_group(on.as_fd(), group, Some(1)).unwrap();
    drop(on);
    let before = quota_groups(&bench);
    bench.remount();
    assert_eq!(quota_groups(&bench), before - 1);
    let driver = bench.driver();
    assert_eq!(driver.quota(&key("c")).unwrap(), LIMIT);
    let fitted = fill(&driver.stage(&key("c")).unwrap().dir.join("b"));
    assert!((6..=8).contains(&fitted), "{fitted} MiB");
    driver.limit(&key("c"), Quota::default()).unwrap();
    assert_eq!(driver.quota(&key("c")).unwrap(), Quota::default());
}

#[test]
fn limits_that_full_quotas_would_not_hold_are_refused() {
    for mode in ["quota=full", "quota=none"] {
        let bench = Bench::new(mode);
        let driver = bench.driver();
        driver.prepare(&key("c"), None, Kind::Writable).unwrap();
        assert!(!driver.capabilities().quota_bytes, "{mode}");
        let error = driver.limit(&key("c"), LIMIT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{mode}: {error}");
        assert!(error.to_string().contains("quota=on"), "{mode}: {error}");
    }
}
