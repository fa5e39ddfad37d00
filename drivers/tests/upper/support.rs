//! What the tests share: a root that goes away, and short names for the trait's words.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{
    Backing, Driver, Error, ErrorKind, Item, Key, Kind, LayerId, Result, SubjectSpec, driver::Root,
};
use libtest_mimic::{Failed, Trial};

/// A directory that is removed with what is in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let dir = tempfile::Builder::new()
            .prefix(name)
            .tempdir_in("/var/tmp")
            .expect("a scratch directory");
        Self(dir.keep())
    }

    /// Inside a directory that somebody else removes.
    pub(crate) fn within(dir: &Path) -> Self {
        let path = dir.join("scratch");
        std::fs::create_dir(&path).expect("a scratch directory");
        Self(path)
    }

    /// An empty directory for a mount.
    pub(crate) fn point(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).expect("a mountpoint");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What a failed test left mounted goes first: lazily is fine, the namespace is ours.
        if let Ok(all) = drivers::mountinfo::all() {
            for info in all
                .iter()
                .rev()
                .filter(|info| info.point.starts_with(&self.0))
            {
                let detach = rustix::mount::UnmountFlags::DETACH;
                let _ = rustix::mount::unmount(&info.point, detach);
            }
        }
        drop(drivers::remove::tree(&self.0));
    }
}

/// A root in a plain directory.
pub(crate) fn root(dir: &Path) -> Root {
    Root {
        dir: dir.to_owned(),
        backing: Backing::Directory,
        store_file: None,
        run_id: format!("test-{}", std::process::id()),
    }
}

/// Opens `overlay2,metacopy=on` in `dir`.
pub(crate) fn open(subject: &str, dir: &Path) -> Result<Box<dyn Driver>> {
    let spec: SubjectSpec = subject.parse()?;
    drivers::backend(&spec.driver)?.open(&root(dir), &spec.options)
}

pub(crate) fn key(name: &str) -> Key {
    name.parse().expect("a key")
}

pub(crate) fn layer(number: u32) -> LayerId {
    format!("sha256:{number:064x}").parse().expect("a layer id")
}

/// Makes a layer by writing through a mount.
pub(crate) fn add_layer(
    driver: &dyn Driver,
    parent: Option<&LayerId>,
    number: u32,
    point: &Path,
    fill: impl FnOnce(&Path),
) -> Result<LayerId> {
    let key = key(&format!("making-{number}"));
    driver.prepare(&key, parent, Kind::Writable)?;
    let mount = driver.mount(&key, point)?;
    fill(mount.path());
    mount.unmount()?;
    let id = layer(number);
    driver.commit(&key, &id)?;
    Ok(id)
}

/// Makes `count` layers without mounting: each holds one file of its number, and `top` with that number.
pub(crate) fn add_layers(driver: &dyn Driver, count: u32) -> Result<LayerId> {
    let mut parent = None;
    for number in 1..=count {
        let key = key(&format!("making-{number}"));
        driver.prepare(&key, None, Kind::Writable)?;
        let stage = driver.stage(&key)?;
        for name in [format!("f{number}"), "top".to_owned()] {
            let path = stage.dir.join(name);
            std::fs::write(&path, number.to_string()).attempt("write", &path)?;
        }
        if let Some(parent) = &parent {
            driver.rebase(&key, parent)?;
        }
        let id = layer(number);
        driver.commit(&key, &id)?;
        parent = Some(id);
    }
    parent.ok_or_else(|| Error::new(ErrorKind::BadInput, "make no layers"))
}

/// A mounted container on `parent`, for the length of `work`; then it is removed.
pub(crate) fn with_container<T>(
    driver: &dyn Driver,
    parent: &LayerId,
    point: &Path,
    work: impl FnOnce(&Path) -> T,
) -> Result<T> {
    let key = key("container");
    driver.prepare(&key, Some(parent), Kind::Writable)?;
    let mount = driver.mount(&key, point)?;
    let value = work(mount.path());
    mount.unmount()?;
    driver.remove(Item::Container(&key))?;
    Ok(value)
}

pub(crate) fn trial(name: &str, body: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || {
        body().map_err(|e| Failed::from(e.to_string()))
    })
}
