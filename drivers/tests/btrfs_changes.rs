//! btrfs: changes found through the tree equal those found by comparing everything, whatever was done.

mod btrfs_bench;
mod btrfs_edits;

use std::ffi::CStr;
use std::fs;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use btrfs_bench::{Bench, key, layer};
use btrfs_edits::Editor;
use drivers::{Change, ChangeKind, Item, Kind};

fn show(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.path.escape_ascii()))
        .collect()
}

/// Compares both ways, the tree's first: reading everything must not be what makes it right.
fn check(bench: &Bench, item: Item<'_>, log: &[String]) -> usize {
    let native = bench.driver().changes(item).unwrap();
    let naive = bench.driver().changes_naive(item).unwrap();
    assert!(
        native == naive,
        "found: {:#?}\nthere are: {:#?}\nafter {log:#?}",
        show(&native),
        show(&naive)
    );
    native.len()
}

/// Layers on layers of random edits, with a new container on each.
fn random_edits(seed: u64) {
    let mut bench = Bench::new("");
    let mut editor = Editor::new(seed);
    bench.layer(1, None, |dir| editor.grow(dir));
    check(&bench, Item::Layer(&layer(1)), &[]);
    let mut found = 0;
    for top in 1..4 {
        let name = key("c");
        bench
            .driver()
            .prepare(&name, Some(&layer(top)), Kind::Writable)
            .unwrap();
        let item = Item::Container(&name);
        assert_eq!(check(&bench, item, &[]), 0, "an idle container");
        let at = bench.mountpoint(&format!("m{top}"));
        let mount = bench.driver().mount(&name, &at).unwrap();
        editor.log.clear();
        for _ in 0..7 {
            for _ in 0..4 {
                editor.step(&at);
            }
            found += check(&bench, item, &editor.log);
        }
        mount.unmount().unwrap();
        bench.driver().commit(&name, &layer(top + 1)).unwrap();
        check(&bench, Item::Layer(&layer(top + 1)), &editor.log);
        bench.reopen();
        check(&bench, Item::Layer(&layer(top)), &editor.log);
    }
    assert!(found > 100, "the edits show: {found}");
}

macro_rules! seeds {
    ($($name:ident = $seed:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            random_edits($seed);
        })*
    };
}
seeds!(
    random_edits_1 = 1,
    random_edits_2 = 2,
    random_edits_3 = 3,
    random_edits_4 = 4
);

#[test]
fn links_that_change_hands_are_seen() {
    let bench = Bench::new("");
    bench.layer(1, None, |dir| {
        for sub in ["a", "b", "c"] {
            fs::create_dir(dir.join(sub)).unwrap();
        }
        fs::write(dir.join("a/one"), "same").unwrap();
        fs::hard_link(dir.join("a/one"), dir.join("b/two")).unwrap();
        fs::hard_link(dir.join("a/one"), dir.join("c/three")).unwrap();
        // A twin that nothing but its inode tells apart.
        fs::write(dir.join("a/twin"), "same").unwrap();
        fs::hard_link(dir.join("a/twin"), dir.join("c/four")).unwrap();
        let time = fs::metadata(dir.join("a/one")).unwrap().modified().unwrap();
        let twin = fs::File::options().append(true).open(dir.join("a/twin"));
        twin.unwrap().set_modified(time).unwrap();
    });
    type Step = (&'static str, fn(&Path));
    let steps: [Step; 4] = [
        ("exchange names", |dir| {
            fs::rename(dir.join("a/one"), dir.join("a/x")).unwrap();
            fs::rename(dir.join("a/twin"), dir.join("a/one")).unwrap();
            fs::rename(dir.join("a/x"), dir.join("a/twin")).unwrap();
        }),
        ("move a directory away", |dir| {
            fs::rename(dir.join("b"), dir.join("d")).unwrap();
        }),
        ("put another in its place", |dir| {
            fs::rename(dir.join("c"), dir.join("b")).unwrap();
        }),
        ("a copy for a link", |dir| {
            let text = fs::read(dir.join("d/two")).unwrap();
            let time = fs::metadata(dir.join("d/two")).unwrap().modified().unwrap();
            fs::remove_file(dir.join("d/two")).unwrap();
            fs::write(dir.join("d/two"), text).unwrap();
            let copy = fs::File::options().append(true).open(dir.join("d/two"));
            copy.unwrap().set_modified(time).unwrap();
        }),
    ];
    for (step, edit) in &steps {
        let driver = bench.driver();
        let name = key("c");
        driver
            .prepare(&name, Some(&layer(1)), Kind::Writable)
            .unwrap();
        let dir = driver.stage(&name).unwrap().dir;
        if *step == "a copy for a link" {
            fs::rename(dir.join("b"), dir.join("d")).unwrap();
        }
        if *step == "put another in its place" {
            fs::rename(dir.join("b"), dir.join("d")).unwrap();
        }
        edit(&dir);
        assert!(check(&bench, Item::Container(&name), &[(*step).to_owned()]) > 0);
        driver.remove(Item::Container(&name)).unwrap();
    }
}

/// Inode numbers begin anew from the highest in use when a filesystem is mounted.
#[test]
fn numbers_that_are_used_again_are_told_apart() {
    let mut bench = Bench::new("");
    bench.layer(1, None, |dir| {
        fs::create_dir(dir.join("d")).unwrap();
        fs::write(dir.join("d/a"), "old").unwrap();
        fs::hard_link(dir.join("d/a"), dir.join("d/b")).unwrap();
    });
    let name = key("c");
    bench
        .driver()
        .prepare(&name, Some(&layer(1)), Kind::Writable)
        .unwrap();
    let dir = bench.driver().stage(&name).unwrap().dir;
    let old = fs::metadata(dir.join("d/a")).unwrap();
    for gone in ["d/a", "d/b"] {
        fs::remove_file(dir.join(gone)).unwrap();
    }
    bench.remount();
    fs::write(dir.join("d/a"), "old").unwrap();
    fs::hard_link(dir.join("d/a"), dir.join("c")).unwrap();
    let new = fs::File::options().append(true).open(dir.join("d/a"));
    new.unwrap().set_modified(old.modified().unwrap()).unwrap();
    assert_eq!(
        fs::metadata(dir.join("d/a")).unwrap().ino(),
        old.ino(),
        "the case is not met"
    );
    check(&bench, Item::Container(&name), &[]);
}

/// Exchanged directories leave the inodes in them as they are, but names change hands.
#[test]
fn links_from_elsewhere_into_moved_directories_are_seen() {
    let bench = Bench::new("");
    bench.layer(1, None, |dir| {
        for sub in ["one", "two", "far"] {
            fs::create_dir(dir.join(sub)).unwrap();
        }
        fs::create_dir(dir.join("far/away")).unwrap();
        let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        for sub in ["one", "two"] {
            let file = dir.join(sub).join("x");
            fs::write(&file, "same").unwrap();
            fs::hard_link(&file, dir.join("far/away").join(sub)).unwrap();
            let file = fs::File::options().append(true).open(file).unwrap();
            file.set_modified(time).unwrap();
        }
    });
    let name = key("c");
    bench
        .driver()
        .prepare(&name, Some(&layer(1)), Kind::Writable)
        .unwrap();
    let dir = bench.driver().stage(&name).unwrap().dir;
    let at = fs::File::open(dir).unwrap();
    let exchange = rustix::fs::RenameFlags::EXCHANGE;
    rustix::fs::renameat_with(&at, "one", &at, "two", exchange).unwrap();
    check(&bench, Item::Container(&name), &[]);
    let found = show(&bench.driver().changes(Item::Container(&name)).unwrap());
    assert!(
        found.contains(&"Modified far/away/one".to_owned()),
        "{found:?}"
    );
}

/// Makes a subvolume, or a snapshot of `of`, as a container's root could.
fn nest(dir: &Path, name: &CStr, of: Option<&Path>) {
    let at = fs::File::open(dir).unwrap();
    match of {
        None => drivers::sys::btrfs::create(at.as_fd(), name),
        Some(of) => {
            let of = fs::File::open(of).unwrap();
            drivers::sys::btrfs::snapshot(of.as_fd(), at.as_fd(), name)
        }
    }
    .unwrap();
}

#[test]
fn nested_subvolumes_are_compared_like_directories() {
    let bench = Bench::new("");
    bench.layer(1, None, |dir| {
        for sub in ["quiet", "busy", "gone"] {
            fs::create_dir(dir.join(sub)).unwrap();
            nest(&dir.join(sub), c"nested", None);
            let inside = dir.join(sub).join("nested");
            fs::write(inside.join("f"), sub).unwrap();
            fs::hard_link(inside.join("f"), inside.join("g")).unwrap();
            nest(&inside, c"deeper", None);
            fs::write(inside.join("deeper/h"), sub).unwrap();
        }
    });
    let item_key = key("c");
    let item = Item::Container(&item_key);
    let mut number = 1;
    // Each edit becomes a layer of its own, so that the next starts from copies of copies.
    let steps: [fn(&Path); 6] = [
        |_| {},
        |dir| {
            fs::write(dir.join("busy/nested/deeper/h"), "other").unwrap();
            fs::remove_file(dir.join("busy/nested/f")).unwrap();
        },
        |dir| fs::rename(dir.join("gone/nested"), dir.join("moved")).unwrap(),
        // A snapshot of it all, in itself: the nested ones in it are empty directories.
        |dir| nest(dir, c"all", Some(dir)),
        |dir| fs::write(dir.join("all/busy/new"), "x").unwrap(),
        |dir| {
            let at = fs::File::open(dir.join("quiet/nested/deeper")).unwrap();
            let id = drivers::sys::btrfs::info(at.as_fd()).unwrap().id;
            drivers::sys::btrfs::destroy(at.as_fd(), id).unwrap();
            fs::remove_file(dir.join("busy/nested/g")).unwrap();
        },
    ];
    for (step, edit) in steps.iter().enumerate() {
        bench
            .driver()
            .prepare(&item_key, Some(&layer(number)), Kind::Writable)
            .unwrap();
        edit(&bench.driver().stage(&item_key).unwrap().dir);
        let found = check(&bench, item, &[format!("step {step}")]);
        assert_eq!(found == 0, step == 0, "step {step}");
        number += 1;
        bench.driver().commit(&item_key, &layer(number)).unwrap();
        check(
            &bench,
            Item::Layer(&layer(number)),
            &[format!("layer {step}")],
        );
    }
}

/// The names of one inode fill several nodes of the tree, most of which a write leaves alone.
#[test]
fn all_names_of_a_written_file_are_found() {
    let bench = Bench::new("");
    bench.layer(1, None, |dir| {
        for sub in ["p", "q"] {
            fs::create_dir(dir.join(sub)).unwrap();
        }
        fs::write(dir.join("p/x"), "x").unwrap();
        for n in 0..150 {
            let sub = ["p", "q"][n % 2];
            let name = format!("{n}{}", "y".repeat(240));
            fs::hard_link(dir.join("p/x"), dir.join(sub).join(name)).unwrap();
        }
    });
    let name = key("c");
    bench
        .driver()
        .prepare(&name, Some(&layer(1)), Kind::Writable)
        .unwrap();
    let dir = bench.driver().stage(&name).unwrap().dir;
    fs::write(dir.join("p/x"), "z").unwrap();
    assert_eq!(check(&bench, Item::Container(&name), &[]), 151);
}

#[test]
fn a_few_changes_in_a_large_image_are_found_without_reading_it() {
    let bench = Bench::new("");
    let driver = bench.driver();
    bench.layer(1, None, |dir| {
        for sub in 0..200 {
            let sub = dir.join(format!("d{sub}"));
            fs::create_dir(&sub).unwrap();
            for file in 0..100 {
                fs::write(sub.join(format!("f{file}")), "0123456789").unwrap();
            }
        }
    });
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let dir = driver.stage(&key("c")).unwrap().dir;
    for n in 0..10 {
        let path = dir.join(format!("d{}/f{n}", n * 17));
        let file = fs::File::options().write(true).open(path).unwrap();
        file.write_all_at(b"x", 3).unwrap();
    }
    let item = Item::Container(&key("c"));
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let start = Instant::now();
        let native = driver.changes(item).unwrap();
        fast.push(start.elapsed());
        let start = Instant::now();
        let naive = driver.changes_naive(item).unwrap();
        slow.push(start.elapsed());
        assert_eq!(show(&native), show(&naive));
        assert_eq!(native.len(), 10);
        assert!(native.iter().all(|one| one.kind == ChangeKind::Modified));
    }
    // Whatever else the machine does only adds: the quickest of each is what the work itself takes.
    let (fast, slow) = (fast.into_iter().min(), slow.into_iter().min());
    assert!(
        fast.map(|fast| fast * 4) < slow,
        "tree {fast:?}, everything {slow:?}"
    );
}
