//! A run with a pool, for one trial; everything goes with it.

use std::path::{Path, PathBuf};

use drivers::sandbox::{Ground, Run};
use drivers::{Backing, Driver, Host, Key, Kind, LayerId, Options, Root};
use libtest_mimic::{Failed, Trial};

/// Set in the environment of this program started as a helper of a trial.
pub(crate) const ROLE: &str = "LAYERBENCH_ZFS_TEST_ROLE";

pub(crate) const GIB: u64 = 1 << 30;

pub(crate) struct Bench {
    driver: Option<Box<dyn Driver>>,
    pub(crate) ground: Ground,
    pub(crate) run: Run,
    _parent: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        // A trial apart works below its parent's directory, which goes when its process, and so its mounts, have gone.
        let base = std::env::var_os("PARENT").unwrap_or_else(|| "/var/tmp".into());
        let parent = tempfile::tempdir_in(base).unwrap();
        let run = Run::create(parent.path()).unwrap();
        let ground = Ground::create(&run, "g", Backing::Pool, 2 * GIB, &Host::detect()).unwrap();
        let driver = Some(open(ground.root()));
        Self {
            driver,
            ground,
            run,
            _parent: parent,
        }
    }

    pub(crate) fn driver(&self) -> &dyn Driver {
        self.driver.as_deref().unwrap()
    }

    pub(crate) fn close(&mut self) -> drivers::Result<()> {
        self.driver.take().unwrap().close()
    }

    pub(crate) fn reopen(&mut self) {
        self.driver = Some(open(self.ground.root()));
    }

    pub(crate) fn mountpoint(&self, name: &str) -> PathBuf {
        let at = self.run.dir().join(name);
        std::fs::create_dir_all(&at).unwrap();
        at
    }

    /// Makes layer `n` on `parent`, filled by `fill`.
    pub(crate) fn layer(&self, n: u8, parent: Option<u8>, fill: impl FnOnce(&Path)) {
        let parent = parent.map(layer);
        let driver = self.driver();
        driver
            .prepare(&key("build"), parent.as_ref(), Kind::Writable)
            .unwrap();
        fill(&driver.stage(&key("build")).unwrap().dir);
        driver.commit(&key("build"), &layer(n)).unwrap();
    }
}

pub(crate) fn open(root: &Root) -> Box<dyn Driver> {
    drivers::backend("zfs")
        .unwrap()
        .open(root, &Options::default())
        .unwrap()
}

pub(crate) fn key(name: &str) -> Key {
    name.parse().unwrap()
}

pub(crate) fn layer(n: u8) -> LayerId {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
        .parse()
        .unwrap()
}

/// The value of a fact.
pub(crate) fn fact(driver: &dyn Driver, name: &str) -> Option<String> {
    let facts = driver.facts();
    facts.into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// The mounts of this namespace below `dir`, and those of any zfs.
pub(crate) fn mounts(dir: &Path) -> Vec<String> {
    std::fs::read_to_string("/proc/self/mountinfo")
        .unwrap()
        .lines()
        .filter(|line| {
            let at = line.split(' ').nth(4).unwrap();
            Path::new(at).starts_with(dir)
        })
        .map(str::to_owned)
        .collect()
}

pub(crate) fn trial(name: &str, body: fn()) -> Trial {
    Trial::test(name, move || {
        body();
        Ok::<(), Failed>(())
    })
}
