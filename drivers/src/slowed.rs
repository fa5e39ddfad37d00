//! A driver that takes a known share longer for everything it does: does a benchmark find a slowdown of that size?
//!
//! Every backend understands the option `slowed=PERCENT` (`overlay2,slowed=8`), which no list shows: it is there to test
//! the measuring, not to be used. Each call is passed on, and the time it took is burnt once more by that share, busy, so
//! that wall time and CPU time grow alike. What is not a call of the driver (unmounting, work inside a container) is not
//! slowed.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::capabilities::Capabilities;
use crate::changes::Change;
use crate::driver::{Backend, DaemonUsage, Driver, Info, Item, Kind, OwnCache, Quota, Root, Usage};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{Key, LayerId};
use crate::mount::Mount;
use crate::owners::Owners;
use crate::subject::Options;
use crate::unpack::{Applied, Limits, Stage};
use crate::usage::StoreSpace;
use crate::view::View;

/// The name of the option.
pub const OPTION: &str = "slowed";

/// Opens a backend, slowed if the options ask for it.
///
/// # Errors
/// As [`Backend::open`]; `BadInput` for a share that is none.
pub fn open(backend: &dyn Backend, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
    let mut own = options.clone();
    let Some(value) = own.0.remove(OPTION) else {
        return backend.open(root, options);
    };
    let share = share(&value)?;
    let inner = backend.open(root, &own)?;
    Ok(Box::new(Slowed { inner, share }))
}

/// Reads the option's value, whole percents.
///
/// # Errors
/// `BadInput`.
pub(crate) fn share(value: &str) -> Result<f64> {
    let percent = value.parse::<u8>().ok().filter(|percent| *percent > 0);
    percent
        .map(|percent| f64::from(percent) / 100.0)
        .ok_or_else(|| {
            Error::new(ErrorKind::BadInput, format!("set {OPTION}={value}"))
                .because("it takes whole percents from 1 to 255")
        })
}

#[derive(Debug)]
struct Slowed {
    inner: Box<dyn Driver>,
    share: f64,
}

impl Slowed {
    fn burn<T>(&self, work: impl FnOnce(&dyn Driver) -> T) -> T {
        let began = Instant::now();
        let value = work(&*self.inner);
        let until = began.elapsed().mul_f64(1.0 + self.share);
        while began.elapsed() < until {
            std::hint::spin_loop();
        }
        value
    }
}

// Every method is here, those with a default too: the default would go another way than the driver itself.
impl Driver for Slowed {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts = self.inner.facts();
        let note = format!("slowed by {:.0} % on purpose", self.share * 100.0);
        facts.push(("note".to_owned(), note));
        facts
    }

    fn ground_label(&self) -> String {
        self.inner.ground_label()
    }

    fn plain_dir(&self) -> &Path {
        self.inner.plain_dir()
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        self.burn(|inner| inner.prepare(key, parent, kind))
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        self.burn(|inner| inner.stage(key))
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        self.burn(|inner| inner.apply(key, tar, limits))
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        self.burn(|inner| inner.mount(key, at))
    }

    fn mount_as(&self, key: &Key, at: &Path, owners: &Owners) -> Result<Mount> {
        self.burn(|inner| inner.mount_as(key, at, owners))
    }

    fn store_space(&self) -> Result<StoreSpace> {
        self.inner.store_space()
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.burn(|inner| inner.commit(key, layer))
    }

    fn commit_soon(&self, key: &Key, layer: &LayerId) -> Result<()> {
        self.burn(|inner| inner.commit_soon(key, layer))
    }

    fn settle(&self) -> Result<()> {
        self.burn(|inner| inner.settle())
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        self.burn(|inner| inner.rebase(key, parent))
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        self.burn(|inner| inner.view(of))
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        self.burn(|inner| inner.parent(of))
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.burn(|inner| inner.changes(of))
    }

    fn changes_naive(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.burn(|inner| inner.changes_naive(of))
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        self.burn(|inner| inner.export(of, sink))
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        self.burn(|inner| inner.usage(of))
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        self.burn(|inner| inner.limit(key, quota))
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        self.burn(|inner| inner.quota(key))
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        self.burn(|inner| inner.remove(of))
    }

    fn list(&self) -> Result<Vec<Info>> {
        self.burn(|inner| inner.list())
    }

    fn sync(&self) -> Result<()> {
        self.burn(|inner| inner.sync())
    }

    fn drop_caches(&self) -> Result<OwnCache> {
        self.burn(|inner| inner.drop_caches())
    }

    fn backing_file(&self, of: Item<'_>, path: &Path) -> Result<Option<PathBuf>> {
        self.inner.backing_file(of, path)
    }

    fn commits_waited(&self) -> Duration {
        self.inner.commits_waited()
    }

    fn daemon_usage(&self) -> DaemonUsage {
        self.inner.daemon_usage()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_a_driver_is_passed_on() {
        let names = |text: &str, from: &str| -> Vec<String> {
            let at = text.find(from).unwrap();
            text[at..]
                .lines()
                .take_while(|line| *line != "}")
                .filter_map(|line| {
                    Some(line.strip_prefix("    fn ")?.split('(').next()?.to_owned())
                })
                .collect()
        };
        let (all, ours) = (
            names(include_str!("driver.rs"), "pub trait Driver:"),
            names(include_str!("slowed.rs"), "impl Driver for Slowed"),
        );
        assert!(all.len() > 20);
        for name in all {
            assert!(ours.contains(&name), "{name} is not passed on");
        }
    }

    #[test]
    fn a_call_takes_its_share_longer() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root {
            dir: dir.path().to_owned(),
            backing: crate::Backing::Directory,
            store_file: None,
            run_id: "test".to_owned(),
        };
        let options = |value: &str| Options([(OPTION.to_owned(), value.to_owned())].into());
        let vfs = crate::backend("vfs").unwrap();
        for bad in ["0", "x", "-1", "1000", ""] {
            assert!(options(bad).check("vfs", vfs.options()).is_err(), "{bad:?}");
        }
        options("100").check("vfs", vfs.options()).unwrap();
        let slowed = Slowed {
            inner: vfs.open(&root, &Options::default()).unwrap(),
            share: 1.0,
        };
        let (began, mut inner) = (Instant::now(), Duration::ZERO);
        slowed.burn(|driver| {
            let called = Instant::now();
            driver.list().unwrap();
            inner = called.elapsed();
        });
        // Waiting longer than asked for is the machine's affair; less would be ours.
        assert!(began.elapsed() >= inner * 2);
        Box::new(slowed).close().unwrap();
        let driver = open(vfs, &root, &options("8")).unwrap();
        assert!(
            driver
                .facts()
                .iter()
                .any(|(_, value)| value.contains("slowed by 8 %"))
        );
        driver.close().unwrap();
    }
}
