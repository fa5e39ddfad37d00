//! `quota=on`: refused where nothing can hold limits, and what becomes of projects where they can be. The kernel of this
//! host may not be able to mount a filesystem made for them: then all but the refusals are listed as ignored.

use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::path::Path;

use drivers::sandbox::{Ground, Run};
use drivers::sys::project;
use drivers::{Backing, Driver, ErrorKind, Host, Item, Kind, Options, Quota, Result, SubjectSpec};
use libtest_mimic::Trial;

use crate::support::{Scratch, add_layer, key, layer, open, trial};

const DRIVERS: [&str; 3] = ["overlay2", "fuse-overlayfs", "vfs"];
const SIZE: u64 = 512 << 20;
const LIMIT: Quota = Quota {
    bytes: Some(4 << 20),
    inodes: Some(100),
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mountable = can_be_mounted();
    for driver in DRIVERS {
        trials.push(trial(&format!("{driver}::limits_are_refused"), move || {
            refused(driver)
        }));
        let name = format!("{driver}::projects_come_and_go");
        let come_and_go = trial(&name, move || come_and_go(driver));
        trials.push(come_and_go.with_ignored_flag(!mountable));
    }
    trials
}

fn asked() -> Options {
    let spec: SubjectSpec = "any,quota=on".parse().expect("a subject");
    spec.options
}

fn ground(scratch: &Scratch) -> Result<(Run, Ground)> {
    let run = Run::create(&scratch.point("work"))?;
    let host = Host::detect();
    let ground = Ground::create_for(&asked(), &run, "g", Backing::Ext4, SIZE, &host)?;
    Ok((run, ground))
}

fn can_be_mounted() -> bool {
    let scratch = Scratch::new("projects");
    let made = ground(&scratch);
    made.is_ok_and(|(run, ground)| ground.close().and_then(|()| run.close()).is_ok())
}

/// On a filesystem that is not the run's own, and on one that was not made for it.
fn refused(name: &str) -> Result<()> {
    let scratch = Scratch::new("refused");
    let theirs = scratch.point("theirs");
    let run = Run::create(&scratch.point("work"))?;
    let plain = Ground::create(&run, "g", Backing::Ext4, SIZE, &Host::detect())?;
    let backend = drivers::backend(name)?;
    for told in [
        open(&format!("{name},quota=on"), &theirs).unwrap_err(),
        backend.open(plain.root(), &asked()).unwrap_err(),
    ] {
        assert_eq!(told.kind(), ErrorKind::Unsupported, "{told}");
        assert!(told.to_string().contains("project quotas"), "{told}");
    }
    assert!(fs::read_dir(&theirs).unwrap().next().is_none());
    let driver = backend.open(plain.root(), &Options::default())?;
    driver.prepare(&key("c"), None, Kind::Writable)?;
    let told = driver.limit(&key("c"), LIMIT).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Unsupported, "{told}");
    assert!(told.to_string().contains("quota=on"), "{told}");
    driver.close()?;
    plain.close()?;
    run.close()
}

/// The project of the item whose directory is `path`'s parent, and its limits.
fn project_of(path: &Path) -> (u32, project::Project) {
    let dir = File::open(path.parent().expect("an item's directory")).unwrap();
    let id = project::of(dir.as_fd()).unwrap();
    (id, project::read(dir.as_fd(), id).unwrap())
}

fn stage_of(driver: &dyn Driver, name: &str) -> Result<std::path::PathBuf> {
    Ok(driver.stage(&key(name))?.dir)
}

fn come_and_go(name: &str) -> Result<()> {
    let scratch = Scratch::new("projects");
    let (run, ground) = ground(&scratch)?;
    let backend = drivers::backend(name)?;
    let driver = backend.open(ground.root(), &asked())?;
    let point = scratch.point("m");
    let base = add_layer(&*driver, None, 1, &point, |root| {
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/f"), vec![7; 1 << 20]).unwrap();
    })?;
    for container in ["a", "b"] {
        driver.prepare(&key(container), Some(&base), Kind::Writable)?;
        driver.limit(&key(container), LIMIT)?;
        assert_eq!(driver.quota(&key(container))?, LIMIT);
    }
    let (a, b) = (stage_of(&*driver, "a")?, stage_of(&*driver, "b")?);
    let (of_a, limits) = project_of(&a);
    assert_ne!(of_a, project_of(&b).0);
    assert!(of_a != 0 && limits.most_blocks >= 4 << 10, "{limits:?}");

    // Whatever is made, renamed, linked and copied up inside stays in the one project: nothing is EXDEV.
    let mount = driver.mount(&key("a"), &point)?;
    let root = mount.path();
    fs::write(root.join("new"), "x").unwrap();
    fs::create_dir(root.join("n")).unwrap();
    fs::rename(root.join("new"), root.join("n/new")).unwrap();
    fs::hard_link(root.join("n/new"), root.join("d/link")).unwrap();
    fs::rename(root.join("d/f"), root.join("n/f")).unwrap();
    fs::remove_file(root.join("d/link")).unwrap();
    mount.unmount()?;
    let inside = File::open(a.join("n/f")).unwrap();
    assert_eq!(project::of(inside.as_fd()).unwrap(), of_a);
    drop(inside);

    // A restart finds them; a layer has no limit; what is removed leaves none to whoever gets its number.
    driver.close()?;
    let driver = backend.open(ground.root(), &asked())?;
    assert_eq!(driver.quota(&key("a"))?, LIMIT);
    driver.commit(&key("a"), &layer(2))?;
    let (id, limits) = project_of(&a);
    assert_eq!((id, limits.most_blocks, limits.most_inodes), (of_a, 0, 0));
    let of_b = project_of(&b).0;
    driver.remove(Item::Container(&key("b")))?;
    let on = File::open(driver.plain_dir()).unwrap();
    let left = project::read(on.as_fd(), of_b).unwrap();
    assert_eq!((left.most_blocks, left.most_inodes), (0, 0));

    // As a killed process leaves an item: half-made, with a limit.
    driver.prepare(&key("c"), Some(&base), Kind::Writable)?;
    driver.limit(&key("c"), LIMIT)?;
    let c = stage_of(&*driver, "c")?;
    let of_c = project_of(&c).0;
    fs::remove_file(c.with_file_name("item")).unwrap();
    driver.close()?;
    let driver = backend.open(ground.root(), &asked())?;
    let left = project::read(on.as_fd(), of_c).unwrap();
    assert_eq!((left.most_blocks, left.inodes), (0, 0), "{left:?}");
    // Opened without the option, what was made with it can be used.
    driver.close()?;
    let driver = backend.open(ground.root(), &Options::default())?;
    driver.prepare(&key("d"), Some(&layer(2)), Kind::Writable)?;
    driver.remove(Item::Container(&key("d")))?;
    drop(on);
    driver.close()?;
    ground.close()?;
    run.close()
}
