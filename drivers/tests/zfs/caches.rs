//! The ARC: emptied by export and import, or held with the reason.

use std::fs;
use std::path::Path;

use drivers::{Item, Kind, OwnCache};
use libtest_mimic::Trial;
use rustix::fs::{Advice, fadvise};

use crate::bench::{Bench, key, layer, trial};
use crate::faults::daemons;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("dropping_caches_empties_the_arc", emptied),
        trial("what_is_mounted_keeps_its_arc", held),
    ]
}

const LENGTH: u64 = 2 << 20;

fn noise() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_ne_bytes()
    })
    .take(LENGTH as usize / 8)
    .flatten()
    .collect()
}

/// Reads a file that only the daemon can have cached. Gives the bytes that it had the device read for it.
fn read(bench: &Bench, path: &Path) -> u64 {
    bench.driver().sync().unwrap();
    // It reads its store through the page cache, and what it gives is in the page cache again.
    for cached in [path, bench.ground.root().store_file.as_deref().unwrap()] {
        let file = fs::File::open(cached).unwrap();
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    }
    let before = device_read(bench);
    assert!(fs::read(path).unwrap() == noise(), "nothing is lost");
    device_read(bench) - before
}

/// `read_bytes` of proc_pid_io(5).
fn device_read(bench: &Bench) -> u64 {
    let pid = daemons(bench.run.id())[0];
    let text = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    line.unwrap().parse().unwrap()
}

fn emptied() {
    let bench = Bench::new();
    let driver = bench.driver();
    bench.layer(1, None, |dir| fs::write(dir.join("f"), noise()).unwrap());
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let volume = driver.plain_dir().join("volume");
    fs::write(&volume, noise()).unwrap();
    if daemons(bench.run.id()).is_empty() {
        // The kernel module counts its reads elsewhere; that nothing is lost is still seen.
        assert!(matches!(driver.drop_caches().unwrap(), OwnCache::Empty(_)));
        assert!(fs::read(&volume).unwrap() == noise());
        return;
    }
    read(&bench, &volume);
    let warm = read(&bench, &volume);
    assert!(warm < LENGTH / 4, "from the ARC, but {warm} bytes read");
    let outcome = driver.drop_caches().unwrap();
    assert!(matches!(outcome, OwnCache::Empty(_)), "{outcome:?}");
    let cold = read(&bench, &volume);
    assert!(cold >= LENGTH, "from the store, but {cold} bytes read");

    // The same of a container's file, mounted anew.
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    assert!(read(&bench, &at.join("f")) >= LENGTH);
    let warm = read(&bench, &at.join("f"));
    assert!(warm < LENGTH / 4, "from the ARC, but {warm} bytes read");
    mount.unmount().unwrap();
    // Unmounting alone gives up a container's part, by what zfs-fuse 0.7.0 does; not that of what stays mounted.
    let mount = driver.mount(&key("c"), &at).unwrap();
    assert!(read(&bench, &at.join("f")) >= LENGTH);
    assert!(read(&bench, &volume) < LENGTH / 4);
    mount.unmount().unwrap();
    driver.drop_caches().unwrap();
    let mount = driver.mount(&key("c"), &at).unwrap();
    assert!(read(&bench, &at.join("f")) >= LENGTH);
    mount.unmount().unwrap();
    driver.remove(Item::Container(&key("c"))).unwrap();
}

fn held() {
    let bench = Bench::new();
    let driver = bench.driver();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    fs::write(at.join("f"), "kept").unwrap();
    let outcome = driver.drop_caches().unwrap();
    let OwnCache::Held(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("1 of the pool's datasets"), "{why}");
    assert_eq!(fs::read(at.join("f")).unwrap(), b"kept");
    mount.unmount().unwrap();

    // A file of a volume that somebody has open.
    let volume = fs::File::create(driver.plain_dir().join("volume")).unwrap();
    let outcome = driver.drop_caches().unwrap();
    assert!(matches!(outcome, OwnCache::Held(_)), "{outcome:?}");
    drop(volume);
    let outcome = driver.drop_caches().unwrap();
    assert!(matches!(outcome, OwnCache::Empty(_)), "{outcome:?}");
    assert!(driver.plain_dir().join("volume").exists());
}
