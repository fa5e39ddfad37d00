//! Drivers that break what the crash trials ask for: a trial that does not notice is no proof.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use conformance::crash::Broken;
use conformance::oracle::live::place;
use drivers::error::Attempt as _;
use drivers::unpack::Stage;
use drivers::{
    Applied, Capabilities, Change, Driver, ErrorKind, Info, Item, Key, Kind, LayerId, Limits,
    Mount, Result, Usage, View,
};
use nix::libc;

/// A driver that is broken in one way.
#[derive(Debug)]
pub(crate) struct BrokenDriver {
    inner: Box<dyn Driver>,
    capabilities: Capabilities,
    how: Broken,
    /// The keys for which there was no room.
    half: Mutex<BTreeSet<Key>>,
}

impl BrokenDriver {
    /// Breaks a driver that has just been opened.
    pub(crate) fn new(inner: Box<dyn Driver>, how: Broken) -> Result<Self> {
        let mut capabilities = inner.capabilities().clone();
        if how == Broken::Boasts {
            capabilities.layers_survive_power_cuts = true;
            capabilities.image_files_survive_power_cuts = true;
            capabilities.fsync_survives_power_cuts = true;
        }
        if how == Broken::LosesAnItem
            && let Some(key) = inner.list()?.into_iter().find_map(|info| info.key)
        {
            inner.remove(Item::Container(&key))?;
        }
        Ok(Self {
            inner,
            capabilities,
            how,
            half: Mutex::default(),
        })
    }

    /// Turns a refusal of this kind into success, if that is what is broken.
    fn forgive<T: Default>(&self, how: Broken, kind: ErrorKind, outcome: Result<T>) -> Result<T> {
        match outcome {
            Err(error) if self.how == how && error.kind() == kind => Ok(T::default()),
            Err(error)
                if self.how == Broken::ForgivesReadOnly
                    && error.raw_os_error() == Some(libc::EROFS) =>
            {
                Ok(T::default())
            }
            other => other,
        }
    }

    /// Empties one file of a content. Gives it, with its bytes and its time.
    fn empty(&self, key: &Key) -> Result<(PathBuf, Vec<u8>, SystemTime)> {
        let path = place(self.inner.view(Item::Container(key))?.path(), "new/large");
        let bytes = std::fs::read(&path).attempt("read", &path)?;
        let time = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
        std::fs::write(&path, "").attempt("empty", &path)?;
        Ok((path.clone(), bytes, time.attempt("ask", &path)?))
    }
}

impl Driver for BrokenDriver {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.inner.facts()
    }

    fn ground_label(&self) -> String {
        self.inner.ground_label()
    }

    fn plain_dir(&self) -> &Path {
        self.inner.plain_dir()
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        self.inner.prepare(key, parent, kind)
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        self.inner.stage(key)
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let outcome = self.inner.apply(key, tar, limits);
        if outcome
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::NoSpace)
        {
            let mut half = self.half.lock().unwrap_or_else(PoisonError::into_inner);
            half.insert(key.clone());
        }
        let outcome = self.forgive(Broken::ForgivesFullDisks, ErrorKind::NoSpace, outcome);
        self.forgive(Broken::ForgivesFailingDisks, ErrorKind::Io, outcome)
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        self.inner.mount(key, at)
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        let late = match self.how {
            Broken::RecordsFirst => self.empty(key).ok(),
            _ => None,
        };
        let outcome = self.inner.commit(key, layer);
        if let Some((path, bytes, time)) = late {
            std::fs::write(&path, bytes).attempt("complete", &path)?;
            File::options()
                .write(true)
                .open(&path)
                .and_then(|file| file.set_modified(time))
                .attempt("set the time of", &path)?;
        }
        let outcome = self.forgive(Broken::ForgivesFullDisks, ErrorKind::NoSpace, outcome);
        self.forgive(Broken::ForgivesFailingDisks, ErrorKind::Io, outcome)
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        self.inner.rebase(key, parent)
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        self.inner.view(of)
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        self.inner.parent(of)
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        self.inner.changes(of)
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        self.inner.export(of, sink)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        self.inner.usage(of)
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        if let Item::Container(key) = of
            && self.how == Broken::KeepsTheHalf
            && self
                .half
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(key)
        {
            return Ok(());
        }
        self.inner.remove(of)
    }

    fn list(&self) -> Result<Vec<Info>> {
        self.inner.list()
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }
}
