//! What a driver stands on here: one disk, or, where a driver has a pool, one for its records and one for the pool.

use std::path::{Path, PathBuf};

use drivers::sandbox::{Ground, Run};
use drivers::{
    Backend, Backing, Driver, Error, ErrorKind, Host, Options, Result, Root, SubjectSpec,
};

use conformance::crash::Broken;

use crate::broken::BrokenDriver;
use crate::disk::Disk;
use crate::log::Log;

/// Room for a few layers; xfs and btrfs have a least size.
const SIZE: u64 = 320 << 20;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The driver.
    pub(crate) backend: &'static dyn Backend,
    /// What it stands on.
    pub(crate) backing: Backing,
    /// Its options.
    pub(crate) options: Options,
    /// How it is broken, on purpose.
    pub(crate) broken: Option<Broken>,
}

impl Asked {
    /// Of a subject's name.
    pub(crate) fn new(spec: &SubjectSpec) -> Result<Self> {
        let backend = drivers::backend(&spec.driver)?;
        let backing = spec
            .backing
            .or_else(|| backend.backings().first().copied())
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, "choose a backing"))?;
        Ok(Self {
            backend,
            backing,
            options: spec.options.clone(),
            broken: None,
        })
    }

    /// The filesystems on its disks; a pool's disk has none.
    fn filesystems(&self) -> Vec<Backing> {
        match self.backing {
            Backing::Pool => vec![Backing::Ext4, Backing::Pool],
            one => vec![one],
        }
    }

    /// Makes its disks, formatted, in a directory of the run.
    pub(crate) fn disks(&self, run: &Run, host: &Host, log: &Log) -> Result<Vec<Disk>> {
        let mut disks = Vec::new();
        for (number, filesystem) in self.filesystems().into_iter().enumerate() {
            let dir = run.directory(&format!("{}-disk{number}", unique()))?;
            let disk = Disk::new(number, SIZE, log.clone(), &dir)?;
            if filesystem != Backing::Pool {
                Ground::format(host, filesystem, &disk.file())?;
            }
            disks.push(disk);
        }
        Ok(disks)
    }

    /// Mounts what is on its disks, or on copies of them.
    pub(crate) fn place(&self, run: &Run, files: &[PathBuf]) -> Result<Place> {
        let [first, more @ ..] = files else {
            return Err(Error::new(ErrorKind::BadInput, "use no disk"));
        };
        let ground = Ground::on(run, &unique(), self.filesystems()[0], first)?;
        let root = Root {
            backing: self.backing,
            store_file: more.first().cloned(),
            ..ground.root().clone()
        };
        Ok(Place { root, ground })
    }

    /// Opens the driver.
    pub(crate) fn open(&self, place: &Place) -> Result<Box<dyn Driver>> {
        self.open_at(&place.root)
    }

    /// Opens it in a mounted store.
    pub(crate) fn open_at(&self, root: &Root) -> Result<Box<dyn Driver>> {
        let driver = self.backend.open(root, &self.options)?;
        Ok(match self.broken {
            Some(how) => Box::new(BrokenDriver::new(driver, how)?),
            None => driver,
        })
    }
}

/// A mounted store.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: Root,
    ground: Ground,
}

impl Place {
    /// Unmounts it.
    pub(crate) fn close(self) -> Result<()> {
        self.ground.close()
    }

    /// The names of the items' directories: what a second open must find as the first left it.
    pub(crate) fn entries(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.root.dir.join("e"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        found.sort();
        found
    }
}

/// A name that no other place has.
pub(crate) fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("p{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// An existing directory made for this.
pub(crate) fn directory(run: &Run) -> Result<PathBuf> {
    run.directory(&unique())
}

/// Where a copy lies.
pub(crate) fn copy(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("copy{number}"))
}
