//! `changes` read from the upper directory equals the comparison of whole trees, whatever was done.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use drivers::{Driver, Item, Kind, LayerId, Result};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layer, key, layer, open, trial};

/// Options, and whether the upper directory is read alone.
const SUBJECTS: &[(&str, bool)] = &[
    ("overlay2", true),
    ("overlay2,index=on", true),
    ("overlay2,xino=on,volatile=on", true),
    ("overlay2,userxattr=on", true),
    ("overlay2,redirect_dir=on", false),
    ("overlay2,metacopy=on", false),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for &(subject, native) in SUBJECTS {
        trials.push(trial(
            &format!("{subject}::changes_equal_the_naive_ones"),
            move || random_edits(subject, native),
        ));
    }
    trials.push(trial(
        "overlay2,index=on::a_layer_has_every_name_of_a_written_file",
        every_name,
    ));
    trials.push(trial("overlay2::nasty_edits_give_the_exact_list", nasty));
    trials
}

fn fill(root: &Path) {
    for dir in ["d", "d/e", "d/e/f", "g", "h"] {
        std::fs::create_dir(root.join(dir)).unwrap();
    }
    for file in ["a", "b", "d/a", "d/b", "d/e/a", "d/e/f/a", "g/a", "h/a"] {
        std::fs::write(root.join(file), file.repeat(100)).unwrap();
    }
    for (from, to) in [("a", "linked"), ("d/a", "g/linked"), ("d/a", "h/linked")] {
        std::fs::hard_link(root.join(from), root.join(to)).unwrap();
    }
    symlink("d/a", root.join("s")).unwrap();
}

fn image(driver: &dyn Driver, point: &Path) -> Result<LayerId> {
    let one = add_layer(driver, None, 1, point, fill)?;
    add_layer(driver, Some(&one), 2, point, |root| {
        drivers::remove::tree(&root.join("g")).unwrap();
        std::fs::create_dir(root.join("g")).unwrap();
        std::fs::write(root.join("g/b"), "new").unwrap();
        std::fs::remove_file(root.join("b")).unwrap();
        std::fs::write(root.join("d/e/b"), "x").unwrap();
    })
}

/// Compares both lists, mounted and not, and as a layer.
fn random_edits(subject: &str, native: bool) -> Result<()> {
    let scratch = Scratch::new("changes");
    let driver = open(subject, &scratch.point("root"))?;
    assert_eq!(driver.capabilities().native_changes, native);
    let off = driver
        .facts()
        .iter()
        .any(|(key, value)| key == "native_diff" && value.starts_with("off"));
    assert_eq!(off, !native);
    let point = scratch.point("m");
    let top = image(&*driver, &point)?;
    let container = key("c");
    let item = Item::Container(&container);
    for seed in 1..=24 {
        driver.prepare(&container, Some(&top), Kind::Writable)?;
        assert_eq!(driver.changes(item)?, [], "idle");
        let mount = driver.mount(&container, &point)?;
        let log = edit(mount.path(), seed);
        let live = driver.changes(item)?;
        mount.unmount()?;
        let found = driver.changes(item)?;
        let naive = driver.changes_naive(item)?;
        assert_eq!(found, naive, "seed {seed}: {log:#?}");
        assert_eq!(live, naive, "seed {seed}, mounted: {log:#?}");
        assert!(naive.is_sorted());
        let id = layer(1000 + seed);
        driver.commit(&container, &id)?;
        let as_layer = driver.changes(Item::Layer(&id))?;
        assert_eq!(as_layer, naive, "seed {seed}, as a layer: {log:#?}");
    }
    assert!(!driver.changes(Item::Layer(&top))?.is_empty());
    assert_eq!(
        driver.changes(Item::Layer(&top))?,
        driver.changes_naive(Item::Layer(&top))?
    );
    driver.close()
}

/// A fixed sequence of numbers for a seed (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Does things; those the filesystem refuses are part of the game.
fn edit(root: &Path, seed: u32) -> Vec<String> {
    let mut numbers = Numbers(seed.into());
    let mut log = Vec::new();
    for step in 0..30 {
        let (one, two) = (name(&mut numbers), name(&mut numbers));
        let (a, b): (PathBuf, PathBuf) = (root.join(one), root.join(two));
        let keep = |change: &dyn Fn() -> std::io::Result<()>| {
            let modified = std::fs::symlink_metadata(&a)?.modified()?;
            change()?;
            std::fs::File::open(&a)?.set_modified(modified)
        };
        let (what, outcome) = match numbers.below(14) {
            0 => ("write", std::fs::write(&a, format!("{step}"))),
            1 => ("unlink", std::fs::remove_file(&a)),
            2 => ("mkdir", std::fs::create_dir(&a)),
            3 => (
                "rm -r",
                drivers::remove::tree(&a).map_err(std::io::Error::other),
            ),
            4 => ("rename", std::fs::rename(&a, &b)),
            5 => ("link", std::fs::hard_link(&a, &b)),
            6 => (
                "chmod",
                std::fs::set_permissions(&a, std::fs::Permissions::from_mode(0o700)),
            ),
            7 => ("symlink", symlink("a", &a)),
            8 => (
                "touch",
                std::fs::File::open(&a).and_then(|f| f.set_modified(std::time::UNIX_EPOCH)),
            ),
            9 => (
                "write the same",
                keep(&|| std::fs::write(&a, std::fs::read(&a)?)),
            ),
            10 => (
                "open to write",
                std::fs::OpenOptions::new().write(true).open(&a).map(drop),
            ),
            11 => (
                "make anew",
                drivers::remove::tree(&a)
                    .map_err(std::io::Error::other)
                    .and_then(|()| std::fs::create_dir(&a)),
            ),
            12 => (
                "setxattr",
                rustix::fs::setxattr(&a, "user.x", b"1", rustix::fs::XattrFlags::empty())
                    .map_err(Into::into),
            ),
            _ => (
                // A device: a fifo would make the next open wait.
                "mknod",
                rustix::fs::mknodat(
                    rustix::fs::CWD,
                    &a,
                    rustix::fs::FileType::CharacterDevice,
                    rustix::fs::Mode::RUSR,
                    rustix::fs::makedev(1, 3),
                )
                .map_err(Into::into),
            ),
        };
        log.push(format!("{what} {one} {two}: {outcome:?}"));
    }
    log
}

fn name(numbers: &mut Numbers) -> &'static str {
    const NAMES: &[&str] = &[
        "a", "b", "c", "d", "d/a", "d/b", "d/c", "d/e", "d/e/a", "d/e/b", "d/e/f", "d/e/f/a", "g",
        "g/a", "g/b", "g/linked", "h", "h/a", "h/linked", "linked", "s", "n", "n/a",
    ];
    NAMES[numbers.below(NAMES.len())]
}

fn nasty() -> Result<()> {
    let scratch = Scratch::new("nasty");
    let driver = open("overlay2", &scratch.point("root"))?;
    let point = scratch.point("m");
    let one = add_layer(&*driver, None, 1, &point, fill)?;
    let container = key("c");
    driver.prepare(&container, Some(&one), Kind::Writable)?;
    let mount = driver.mount(&container, &point)?;
    let root = mount.path();
    // Made again under the same name; deleted; a file for a directory and the other way round; copied up, left as it was.
    drivers::remove::tree(&root.join("d")).unwrap();
    std::fs::create_dir_all(root.join("d/e")).unwrap();
    std::fs::write(root.join("d/e/new"), "").unwrap();
    drivers::remove::tree(&root.join("g")).unwrap();
    drivers::remove::tree(&root.join("h")).unwrap();
    std::fs::write(root.join("h"), "a file now").unwrap();
    std::fs::remove_file(root.join("s")).unwrap();
    std::fs::create_dir_all(root.join("s/t")).unwrap();
    drop(
        std::fs::OpenOptions::new()
            .write(true)
            .open(root.join("b"))
            .unwrap(),
    );
    mount.unmount()?;
    let found: Vec<String> = driver
        .changes(Item::Container(&container))?
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.path.escape_ascii()))
        .collect();
    assert_eq!(
        found,
        [
            "Modified ",
            "Modified d",
            "Deleted d/a",
            "Deleted d/b",
            "Modified d/e",
            "Deleted d/e/a",
            "Deleted d/e/f",
            "Added d/e/new",
            "Deleted g",
            "Modified h",
            "Modified s",
            "Added s/t",
        ]
    );
    // A file with several names, copied up and left as it was: only whole trees tell, and they are asked.
    let mount = driver.mount(&container, &point)?;
    drop(
        std::fs::OpenOptions::new()
            .write(true)
            .open(mount.path().join("linked"))
            .unwrap(),
    );
    mount.unmount()?;
    let found = driver.changes(Item::Container(&container))?;
    assert_eq!(found, driver.changes_naive(Item::Container(&container))?);
    assert!(
        found.iter().any(|change| change.path == b"a"),
        "the other name lost its companion"
    );
    Ok(())
}

fn every_name() -> Result<()> {
    let scratch = Scratch::new("names");
    let driver = open("overlay2,index=on", &scratch.point("root"))?;
    let point = scratch.point("m");
    let one = add_layer(&*driver, None, 1, &point, fill)?;
    let two = add_layer(&*driver, Some(&one), 2, &point, |root| {
        std::fs::write(root.join("linked"), "by another name").unwrap();
        // Written through a name that is then deleted.
        std::fs::write(root.join("g/linked"), "by a lost name").unwrap();
        std::fs::remove_file(root.join("g/linked")).unwrap();
    })?;
    let view = driver.view(Item::Layer(&two))?;
    for (name, text) in [
        ("a", "by another name"),
        ("linked", "by another name"),
        ("d/a", "by a lost name"),
        ("h/linked", "by a lost name"),
    ] {
        let found = std::fs::read_to_string(view.path().join(name)).unwrap();
        assert_eq!(found, text, "{name}");
    }
    view.close()
}
