//! Layers whose files a workload writes itself, through a mount: holes, repositories, databases of packages. Made once for
//! each subject, found again by chain id in later rounds.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, Key, Kind, LayerId, Result};

/// Makes sure that there is a layer, standing on nothing, with what `fill` writes into an empty root, and gives its id.
/// `label` decides the layer: it names everything that `fill` depends on.
///
/// # Errors
/// As `prepare`, `mount`, `commit` and `fill`; a layer that fails half-way is removed again.
pub fn layer(
    driver: &dyn Driver,
    scratch: &Path,
    label: &str,
    fill: &dyn Fn(&Path) -> Result<()>,
) -> Result<LayerId> {
    let digest = {
        use sha2::Digest as _;
        drivers::ids::hex(&sha2::Sha256::digest(format!("layerbench made {label}")))
    };
    let id = LayerId::chain(None, &format!("sha256:{digest}"))?;
    match driver.parent(Item::Layer(&id)) {
        Ok(_) => return Ok(id),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key: Key = format!("made-{}", &digest[..16]).parse()?;
    driver.prepare(&key, None, Kind::Writable)?;
    let made = write(driver, &key, scratch, fill).and_then(|()| driver.commit(&key, &id));
    if made.is_err() {
        drop(driver.remove(Item::Container(&key)));
    }
    made.map(|()| id)
}

fn write(
    driver: &dyn Driver,
    key: &Key,
    scratch: &Path,
    fill: &dyn Fn(&Path) -> Result<()>,
) -> Result<()> {
    let at = PlainDir::create(scratch.join(key.as_str()))?;
    let mount = driver.mount(key, at.path())?;
    let filled = fill(mount.path());
    mount.unmount()?;
    filled
}

/// A driver that lost what was written, or shows something else, has not done the work.
pub(crate) fn wrong(path: &Path, why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, "check")
        .path(path)
        .because(why)
}

/// A directory that goes, with everything in it, when it is dropped. Nothing mounted in it is touched.
#[derive(Debug)]
pub struct PlainDir {
    path: PathBuf,
    there: bool,
}

impl PlainDir {
    /// Makes it.
    ///
    /// # Errors
    /// Whatever mkdir gives.
    pub fn create(path: PathBuf) -> Result<Self> {
        std::fs::create_dir(&path).attempt("create", &path)?;
        Ok(Self { path, there: true })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it and says whether that worked.
    ///
    /// # Errors
    /// `InUse` when something is mounted inside; otherwise the errno.
    pub fn remove(mut self) -> Result<()> {
        self.there = false;
        drivers::remove::tree(&self.path)
    }
}

impl Drop for PlainDir {
    fn drop(&mut self) {
        if self.there {
            // The failure that led here is the one the user reads.
            drop(drivers::remove::tree(&self.path));
        }
    }
}
