//! The life cycle on the backing of /var/tmp, for every driver of upper directories.

use drivers::{Driver, ErrorKind, Item, Kind, Result};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layer, key, layer, open, trial, with_container};

const SUBJECTS: &[&str] = &["overlay2", "fuse-overlayfs"];

pub(crate) fn trials() -> Vec<Trial> {
    SUBJECTS
        .iter()
        .flat_map(|subject| {
            [
                trial(&format!("{subject}::a_container_lives"), move || {
                    lives(subject)
                }),
                trial(&format!("{subject}::in_use_is_refused"), move || {
                    in_use(subject)
                }),
                trial(&format!("{subject}::views_refuse_writes"), move || {
                    views(subject)
                }),
                trial(
                    &format!("{subject}::root_attributes_are_the_parents"),
                    move || root_attributes(subject),
                ),
                trial(&format!("{subject}::two_mounts_are_one"), move || {
                    two_mounts(subject)
                }),
            ]
        })
        .collect()
}

fn image(driver: &dyn Driver, scratch: &Scratch) -> Result<drivers::LayerId> {
    let point = scratch.point("m");
    let one = add_layer(driver, None, 1, &point, |root| {
        std::fs::write(root.join("a"), "one").unwrap();
        std::fs::create_dir(root.join("d")).unwrap();
        std::fs::write(root.join("d/x"), "x").unwrap();
    })?;
    add_layer(driver, Some(&one), 2, &point, |root| {
        std::fs::write(root.join("b"), "two").unwrap();
        std::fs::remove_file(root.join("a")).unwrap();
    })
}

fn lives(subject: &str) -> Result<()> {
    let scratch = Scratch::new("life");
    let root = scratch.point("root");
    let driver = open(subject, &root)?;
    let top = image(&*driver, &scratch)?;
    let point = scratch.point("c");
    with_container(&*driver, &top, &point, |root| {
        assert!(!root.join("a").exists(), "deleted in a layer");
        assert_eq!(std::fs::read(root.join("d/x")).unwrap(), b"x");
        drivers::remove::tree(&root.join("d")).unwrap();
        std::fs::write(root.join("b"), "changed").unwrap();
    })?;
    with_container(&*driver, &top, &point, |root| {
        assert_eq!(
            std::fs::read(root.join("b")).unwrap(),
            b"two",
            "the image is as it was"
        );
        assert!(root.join("d/x").exists());
    })?;
    driver.close()?;
    let driver = open(subject, &root)?;
    assert_eq!(driver.list()?.len(), 2);
    with_container(&*driver, &top, &point, |root| {
        assert!(root.join("b").exists());
    })?;
    driver.remove(Item::Layer(&top))?;
    driver.remove(Item::Layer(&layer(1)))?;
    driver.close()?;
    for dir in ["e", "v"] {
        assert_eq!(
            std::fs::read_dir(root.join(dir)).unwrap().count(),
            0,
            "{dir}"
        );
    }
    Ok(())
}

fn in_use(subject: &str) -> Result<()> {
    let scratch = Scratch::new("inuse");
    let driver = open(subject, &scratch.point("root"))?;
    let top = image(&*driver, &scratch)?;
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let item = Item::Container(&container);
    let point = scratch.point("c");
    let mount = driver.mount(&container, &point)?;
    assert_eq!(driver.remove(item).unwrap_err().kind(), ErrorKind::InUse);
    assert_eq!(
        driver.commit(&container, &layer(9)).unwrap_err().kind(),
        ErrorKind::InUse
    );
    assert_eq!(
        driver.remove(Item::Layer(&top)).unwrap_err().kind(),
        ErrorKind::InUse
    );
    let file = std::fs::File::create(point.join("open")).unwrap();
    assert_eq!(mount.unmount().unwrap_err().kind(), ErrorKind::InUse);
    assert_eq!(
        driver.remove(item).unwrap_err().kind(),
        ErrorKind::InUse,
        "an unmount that failed leaves it in use"
    );
    drop(file);
    drivers::mount::unmount_at(&point).unwrap();
    Ok(())
}

fn views(subject: &str) -> Result<()> {
    let scratch = Scratch::new("views");
    let driver = open(subject, &scratch.point("root"))?;
    let top = image(&*driver, &scratch)?;
    for (name, parent) in [("none", None), ("one", Some(layer(1))), ("two", Some(top))] {
        let view = key(name);
        driver.prepare(&view, parent.as_ref(), Kind::View)?;
        let mount = driver.mount(&view, &scratch.point("v"))?;
        let refused = std::fs::write(mount.path().join("new"), "x").unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(30), "{name}: EROFS");
        assert_eq!(mount.path().join("d/x").exists(), name != "none");
        mount.unmount()?;
        let found = driver.view(Item::Container(&view))?;
        assert_eq!(found.path().join("b").exists(), name == "two");
        found.close()?;
        assert!(driver.commit(&view, &layer(7)).is_err());
        driver.remove(Item::Container(&view))?;
    }
    Ok(())
}

fn root_attributes(subject: &str) -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let scratch = Scratch::new("attributes");
    let driver = open(subject, &scratch.point("root"))?;
    let point = scratch.point("m");
    let one = add_layer(&*driver, None, 1, &point, |root| {
        std::fs::write(root.join("a"), "one").unwrap();
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(root, "user.colour", b"green", flags).unwrap();
        std::os::unix::fs::chown(root, Some(12), Some(34)).unwrap();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o1751)).unwrap();
        let old = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_456_789);
        std::fs::File::open(root)
            .unwrap()
            .set_modified(old)
            .unwrap();
    })?;
    // A layer that changes nothing: its own directory shows the attributes now.
    let two = add_layer(&*driver, Some(&one), 2, &point, |_| ())?;
    with_container(&*driver, &two, &point, |root| {
        let meta = std::fs::metadata(root).unwrap();
        assert_eq!(
            (meta.uid(), meta.gid(), meta.mode() & 0o7777),
            (12, 34, 0o1751)
        );
        assert_eq!(
            (meta.mtime(), meta.mtime_nsec()),
            (1_000_000_000, 123_456_789)
        );
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(root, "user.colour", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"green");
    })?;
    let idle = key("idle");
    driver.prepare(&idle, Some(&two), Kind::Writable)?;
    let usage = driver.usage(Item::Container(&idle))?;
    assert_eq!((usage.exclusive_bytes, usage.exclusive_inodes), (0, 0));
    assert!(usage.referenced_bytes > 0);
    Ok(())
}

fn two_mounts(subject: &str) -> Result<()> {
    let scratch = Scratch::new("two");
    let driver = open(subject, &scratch.point("root"))?;
    let top = image(&*driver, &scratch)?;
    let container = key("c");
    driver.prepare(&container, Some(&top), Kind::Writable)?;
    let first = driver.mount(&container, &scratch.point("p1"))?;
    let second = driver.mount(&container, &scratch.point("p2"))?;
    std::fs::write(first.path().join("n"), "seen").unwrap();
    assert_eq!(std::fs::read(second.path().join("n")).unwrap(), b"seen");
    let view = driver.view(Item::Container(&container))?;
    assert_eq!(std::fs::read(view.path().join("n")).unwrap(), b"seen");
    first.unmount()?;
    assert_eq!(std::fs::read(second.path().join("n")).unwrap(), b"seen");
    let third = driver.mount(&container, &scratch.point("p3"))?;
    view.close()?;
    second.unmount()?;
    let removed = driver.remove(Item::Container(&container));
    assert_eq!(removed.unwrap_err().kind(), ErrorKind::InUse);
    third.unmount()?;
    driver.remove(Item::Container(&container))
}
