//! What every item goes through.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use drivers::sys::command;
use drivers::{ErrorKind, Item, Kind};
use libtest_mimic::Trial;

use crate::bench::{Bench, fact, key, layer, mounts, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("layers_are_immutable_and_containers_apart", apart),
        trial("a_view_refuses_writes", view),
        trial("thirty_clones_live_at_once", thirty),
        trial("parallel_prepare_and_remove", parallel),
        trial("mounts_in_quick_succession_are_all_served", quick),
        trial("usage_grows_by_what_is_written_and_shrinks_again", usage),
        trial("reopen_restores_state_and_discards_halves", reopen),
        trial("two_roots_share_a_daemon", two_roots),
        trial("datasets_made_by_hand_go_with_their_item", nested),
        trial("it_says_what_it_is", identity),
    ]
}

fn apart() {
    let mut bench = Bench::new();
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
    assert_eq!(fs::read(at_x.join("a")).unwrap(), b"changed", "still there");

    let changes = driver.changes(Item::Container(&key("x"))).unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].path, b"a");
    let of_layer = driver.changes(Item::Layer(&layer(2))).unwrap();
    assert!(of_layer.iter().any(|c| c.path == b"d"), "{of_layer:?}");

    x.unmount().unwrap();
    y.unmount().unwrap();
    // A container becomes a layer, and its content stays.
    driver.commit(&key("x"), &layer(3)).unwrap();
    let view = driver.view(Item::Layer(&layer(3))).unwrap();
    assert_eq!(fs::read(view.path().join("a")).unwrap(), b"changed");
    let written = fs::write(view.path().join("a"), "no").unwrap_err();
    assert_eq!(written.raw_os_error(), Some(libc::EROFS));
    view.close().unwrap();

    driver.remove(Item::Container(&key("y"))).unwrap();
    for n in [3, 2, 1] {
        driver.remove(Item::Layer(&layer(n))).unwrap();
    }
    assert!(driver.list().unwrap().is_empty());
    assert_eq!(
        fs::read_dir(bench.ground.root().dir.join("e"))
            .unwrap()
            .count(),
        0
    );
    bench.close().unwrap();
    assert_eq!(mounts(bench.run.dir()), [""; 0]);
    bench.run.close().unwrap();
}

fn view() {
    let bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    driver
        .prepare(&key("v"), Some(&layer(1)), Kind::View)
        .unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("v"), &at).unwrap();
    assert_eq!(fs::read(at.join("a")).unwrap(), b"one");
    let refused = fs::write(at.join("b"), "x").unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EROFS));
    mount.unmount().unwrap();
    let staged = driver.stage(&key("v")).unwrap_err();
    assert_eq!(staged.kind(), ErrorKind::Unsupported);
    driver.remove(Item::Container(&key("v"))).unwrap();
}

fn thirty() {
    let bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    let mut live = Vec::new();
    for n in 0..30 {
        let key = key(&format!("c{n}"));
        driver
            .prepare(&key, Some(&layer(1)), Kind::Writable)
            .unwrap();
        let at = bench.mountpoint(&format!("m{n}"));
        let mount = driver.mount(&key, &at).unwrap();
        fs::write(at.join("a"), format!("{n}")).unwrap();
        live.push((key, at, mount));
    }
    for (n, (_, at, _)) in live.iter().enumerate() {
        assert_eq!(fs::read_to_string(at.join("a")).unwrap(), n.to_string());
    }
    for (key, _, mount) in live {
        mount.unmount().unwrap();
        driver.remove(Item::Container(&key)).unwrap();
    }
    driver.remove(Item::Layer(&layer(1))).unwrap();
}

fn parallel() {
    let bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let bench = &bench;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let points: Vec<_> = (0..6)
                .map(|n| (n, bench.mountpoint(&format!("m{thread}-{n}"))))
                .collect();
            let driver = bench.driver();
            scope.spawn(move || {
                for (n, at) in points {
                    let key = key(&format!("c{thread}-{n}"));
                    driver
                        .prepare(&key, Some(&layer(1)), Kind::Writable)
                        .unwrap();
                    let mount = driver.mount(&key, &at).unwrap();
                    fs::write(at.join("b"), "x").unwrap();
                    assert_eq!(fs::read(at.join("a")).unwrap(), b"one");
                    mount.unmount().unwrap();
                    driver.remove(Item::Container(&key)).unwrap();
                }
            });
        }
    });
    assert_eq!(bench.driver().list().unwrap().len(), 1);
}

/// The daemon closes the descriptor of an ended mount twice, and may hit that of the next one; see `zfs::service`.
fn quick() {
    let bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    let names = ["c0", "c1", "c2"];
    for name in names {
        driver
            .prepare(&key(name), Some(&layer(1)), Kind::Writable)
            .unwrap();
    }
    let points = names.map(|name| bench.mountpoint(name));
    std::thread::scope(|scope| {
        for (name, at) in names.iter().zip(&points) {
            scope.spawn(move || {
                for _ in 0..40 {
                    let mount = driver.mount(&key(name), at).unwrap();
                    assert_eq!(fs::read(at.join("a")).unwrap(), b"one");
                    mount.unmount().unwrap();
                }
            });
        }
        // Commands open descriptors too.
        scope.spawn(|| {
            for _ in 0..20 {
                driver.usage(Item::Layer(&layer(1))).unwrap();
            }
        });
    });
}

fn usage() {
    let bench = Bench::new();
    let mib = |n: usize| vec![7_u8; n << 20];
    bench.layer(1, None, |dir| {
        fs::write(dir.join("big"), mib(20)).unwrap();
        // Without any attributes: reading them must not store anything, see `drivers::zfs::glance`.
        for n in 0..100 {
            drop(fs::File::create(dir.join(format!("empty{n}"))).unwrap());
        }
    });
    let driver = bench.driver();
    let of_layer = driver.usage(Item::Layer(&layer(1))).unwrap();
    assert!(of_layer.exclusive_bytes >= 20 << 20, "{of_layer:?}");
    assert!(of_layer.exclusive_inodes >= 2, "{of_layer:?}");

    let item = Item::Container(&key("c"));
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    let idle = driver.usage(item).unwrap();
    assert!(idle.exclusive_bytes <= idle.granularity_bytes, "{idle:?}");
    assert!(idle.referenced_bytes >= 20 << 20, "{idle:?}");
    assert_eq!(idle.exclusive_inodes, 0);

    // Looking at it costs nothing.
    let view = driver.view(item).unwrap();
    assert_eq!(fs::read(view.path().join("big")).unwrap().len(), 20 << 20);
    view.close().unwrap();
    assert!(driver.changes(item).unwrap().is_empty());
    assert_eq!(driver.changes(Item::Layer(&layer(1))).unwrap().len(), 102);
    assert_eq!(driver.usage(item).unwrap(), idle);
    assert_eq!(driver.usage(Item::Layer(&layer(1))).unwrap(), of_layer);

    fs::write(at.join("new"), mib(4)).unwrap();
    let grown = driver.usage(item).unwrap();
    let by = grown.exclusive_bytes - idle.exclusive_bytes;
    assert!((4 << 20..5 << 20).contains(&by), "{idle:?} {grown:?}");
    // zfs-fuse keeps a directory for the extended attributes of every file that was written.
    assert!((1..=2).contains(&grown.exclusive_inodes), "{grown:?}");

    fs::remove_file(at.join("new")).unwrap();
    let shrunk = driver.usage(item).unwrap();
    assert!(shrunk.exclusive_bytes < 1 << 20, "{shrunk:?}");
    mount.unmount().unwrap();
    assert_eq!(
        driver.usage(Item::Layer(&layer(1))).unwrap(),
        of_layer,
        "the layer never changes"
    );
}

fn reopen() {
    let mut bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    for name in ["kept", "half"] {
        driver
            .prepare(&key(name), Some(&layer(1)), Kind::Writable)
            .unwrap();
    }
    let stage = driver.stage(&key("kept")).unwrap();
    fs::write(stage.dir.join("b"), "two").unwrap();
    let before = driver.list().unwrap();
    bench.close().unwrap();

    // A process that dies while it removes an item leaves the directory without its record.
    let dir = bench.ground.root().dir.join("e/2");
    fs::remove_file(dir.join("item")).unwrap();
    bench.reopen();
    let driver = bench.driver();
    assert_eq!(driver.list().unwrap(), before[..2]);
    assert!(!dir.exists());
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("kept"), &at).unwrap();
    assert_eq!(fs::read(at.join("b")).unwrap(), b"two");
    mount.unmount().unwrap();
    let absent = driver.remove(Item::Container(&key("half"))).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    driver.remove(Item::Container(&key("kept"))).unwrap();
    driver.remove(Item::Layer(&layer(1))).unwrap();
}

fn two_roots() {
    let mut first = Bench::new();
    let mut second = Bench::new();
    let pools = [first.driver(), second.driver()].map(|d| fact(d, "pool"));
    assert_ne!(pools[0], pools[1]);
    for bench in [&first, &second] {
        bench.layer(1, None, |dir| fs::write(dir.join("a"), "x").unwrap());
    }
    first.close().unwrap();
    // The other one's daemon and mounts are untouched.
    second.layer(2, Some(1), |dir| fs::write(dir.join("b"), "y").unwrap());
    second.close().unwrap();
    first.reopen();
    assert_eq!(first.driver().list().unwrap().len(), 1);
}

fn nested() {
    let bench = Bench::new();
    let driver = bench.driver();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "x").unwrap());
    let pool = fact(driver, "pool").unwrap();
    let before = datasets(&["list", "-H", "-o", "name", "-t", "all", "-r", &pool]);
    let mounted = mounts(bench.run.dir());
    for (name, layer_too) in [("c", false), ("d", true)] {
        driver
            .prepare(&key(name), Some(&layer(1)), Kind::Writable)
            .unwrap();
        let at = bench.mountpoint("m");
        let mount = driver.mount(&key(name), &at).unwrap();
        let info = drivers::mountinfo::at(&at).unwrap().unwrap();
        let own = info.source;
        assert!(own.starts_with(&pool), "{own}");
        fs::write(at.join("b"), "y").unwrap();
        mount.unmount().unwrap();
        // Two deep, one of them mounted wherever zfs likes, with a snapshot by hand of each.
        let inner = format!("{own}/by-hand");
        datasets(&["create", &inner]);
        datasets(&[
            "create",
            "-o",
            "canmount=noauto",
            &format!("{inner}/deeper"),
        ]);
        datasets(&["snapshot", "-r", &format!("{inner}@mine")]);
        let now = datasets(&["list", "-H", "-o", "name", "-t", "all", "-r", &pool]);
        assert!(now.contains(&format!("{inner}/deeper@mine")), "{now}");
        // To the driver they are no items.
        let listed = driver.list().unwrap();
        assert_eq!(listed.len(), 2, "{listed:?}");
        if layer_too {
            driver.commit(&key(name), &layer(2)).unwrap();
            driver.remove(Item::Layer(&layer(2))).unwrap();
        } else {
            driver.remove(Item::Container(&key(name))).unwrap();
        }
        let after = datasets(&["list", "-H", "-o", "name", "-t", "all", "-r", &pool]);
        assert_eq!(after, before, "with {own} goes what was made in it");
        assert_eq!(mounts(bench.run.dir()), mounted);
    }
    driver.remove(Item::Layer(&layer(1))).unwrap();
}

/// What `zfs` says.
fn datasets(args: &[&str]) -> String {
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    let said = command::run(Path::new("zfs"), &args, Duration::from_secs(20)).unwrap();
    String::from_utf8(said).unwrap()
}

fn identity() {
    let bench = Bench::new();
    let driver = bench.driver();
    let label = driver.ground_label();
    let capabilities = driver.capabilities();
    if Path::new("/dev/zfs").exists() {
        assert!(label.starts_with("openzfs-"), "{label}");
        return;
    }
    assert!(label.starts_with("zfs-fuse-0."), "{label}");
    assert_eq!(fact(driver, "pool_version").as_deref(), Some("23"));
    assert_eq!(capabilities.mtime_granularity_ns, 1_000_000_000);
    assert_eq!(capabilities.max_id, 0x7fff_ffff);
    assert!(capabilities.xattr_user && capabilities.xattr_privileged);
    assert!(!capabilities.posix_acl && !capabilities.d_type && !capabilities.tmpfile);
    assert!(!capabilities.rename_flags && !capabilities.fallocate && !capabilities.reflink);
    let usage = driver.daemon_usage();
    assert_eq!(usage.alive, 1);
    assert!(
        usage.cpu.as_nanos() > 0 && usage.peak_rss_bytes > 1 << 20,
        "{usage:?}"
    );
    driver.sync().unwrap();
}
