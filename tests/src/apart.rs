//! A driver that works aside of the case: lies told to the case's system calls are not told to the driver.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::unpack::Stage;
use drivers::{
    Applied, Capabilities, Change, DaemonUsage, Driver, Error, ErrorKind, Info, Item, Key, Kind,
    LayerId, Limits, Mount, OwnCache, Owners, Quota, Result, Usage, View,
};

use crate::aside::Aside;

/// A driver whose work is done aside.
#[derive(Debug)]
pub struct Apart {
    inner: Arc<Box<dyn Driver>>,
    aside: Aside,
    capabilities: Capabilities,
    plain_dir: PathBuf,
}

impl Apart {
    /// Opens a driver aside.
    ///
    /// # Errors
    /// As `open`.
    pub fn open(
        aside: &Aside,
        open: impl FnOnce() -> Result<Box<dyn Driver>> + Send + 'static,
    ) -> Result<Self> {
        let inner = aside.run(open)?;
        Ok(Self {
            capabilities: inner.capabilities().clone(),
            plain_dir: inner.plain_dir().to_owned(),
            inner: Arc::new(inner),
            aside: aside.clone(),
        })
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce(&dyn Driver) -> T + Send + 'static) -> T {
        let inner = Arc::clone(&self.inner);
        self.aside.run(move || {
            let outcome = work(&**inner);
            // Before the answer is sent: who has all answers is the last to hold the driver.
            drop(inner);
            outcome
        })
    }

    /// A mount that ends aside.
    fn ends_aside(&self, mount: Mount) -> Mount {
        let aside = self.aside.clone();
        let path = mount.path().to_owned();
        let mut held = Some(mount);
        Mount::new(path).left_by(move || {
            let Some(mut mount) = held.take() else {
                return Ok(());
            };
            let (mount, outcome) = aside.run(move || {
                let outcome = mount.try_unmount();
                (mount, outcome)
            });
            if outcome.is_err() {
                // Still there: to be asked again.
                held = Some(mount);
            }
            outcome
        })
    }
}

/// An [`Item`] with names of its own.
#[derive(Clone)]
enum Named {
    Container(Key),
    Layer(LayerId),
}

impl Named {
    fn item(&self) -> Item<'_> {
        match self {
            Self::Container(key) => Item::Container(key),
            Self::Layer(id) => Item::Layer(id),
        }
    }
}

impl From<Item<'_>> for Named {
    fn from(item: Item<'_>) -> Self {
        match item {
            Item::Container(key) => Self::Container(key.clone()),
            Item::Layer(id) => Self::Layer(id.clone()),
        }
    }
}

impl Driver for Apart {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.run(|driver| driver.facts())
    }

    fn ground_label(&self) -> String {
        self.run(|driver| driver.ground_label())
    }

    fn plain_dir(&self) -> &Path {
        &self.plain_dir
    }

    fn prepare(&self, key: &Key, parent: Option<&LayerId>, kind: Kind) -> Result<()> {
        let (key, parent) = (key.clone(), parent.cloned());
        self.run(move |driver| driver.prepare(&key, parent.as_ref(), kind))
    }

    fn stage(&self, key: &Key) -> Result<Stage> {
        let key = key.clone();
        self.run(move |driver| driver.stage(&key))
    }

    fn apply(&self, key: &Key, tar: &mut dyn Read, limits: &Limits) -> Result<Applied> {
        let (key, limits) = (key.clone(), *limits);
        let mut bytes = Vec::new();
        tar.read_to_end(&mut bytes)
            .attempt("read the archive for", key.as_str())?;
        self.run(move |driver| driver.apply(&key, &mut &bytes[..], &limits))
    }

    fn mount(&self, key: &Key, at: &Path) -> Result<Mount> {
        let (key, at) = (key.clone(), at.to_owned());
        let mount = self.run(move |driver| driver.mount(&key, &at))?;
        Ok(self.ends_aside(mount))
    }

    fn mount_as(&self, key: &Key, at: &Path, owners: &Owners) -> Result<Mount> {
        let (key, at, owners) = (key.clone(), at.to_owned(), owners.clone());
        let mount = self.run(move |driver| driver.mount_as(&key, &at, &owners))?;
        Ok(self.ends_aside(mount))
    }

    fn commit(&self, key: &Key, layer: &LayerId) -> Result<()> {
        let (key, layer) = (key.clone(), layer.clone());
        self.run(move |driver| driver.commit(&key, &layer))
    }

    fn commit_soon(&self, key: &Key, layer: &LayerId) -> Result<()> {
        let (key, layer) = (key.clone(), layer.clone());
        self.run(move |driver| driver.commit_soon(&key, &layer))
    }

    fn settle(&self) -> Result<()> {
        self.run(|driver| driver.settle())
    }

    fn rebase(&self, key: &Key, parent: &LayerId) -> Result<()> {
        let (key, parent) = (key.clone(), parent.clone());
        self.run(move |driver| driver.rebase(&key, &parent))
    }

    fn view(&self, of: Item<'_>) -> Result<View> {
        let of = Named::from(of);
        let view = self.run(move |driver| driver.view(of.item()))?;
        let aside = self.aside.clone();
        let ended = Mount::plain(view.path()).and_then(move || aside.run(move || view.close()));
        Ok(View::mounted(ended))
    }

    fn parent(&self, of: Item<'_>) -> Result<Option<LayerId>> {
        let of = Named::from(of);
        self.run(move |driver| driver.parent(of.item()))
    }

    fn changes(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let of = Named::from(of);
        self.run(move |driver| driver.changes(of.item()))
    }

    fn changes_naive(&self, of: Item<'_>) -> Result<Vec<Change>> {
        let of = Named::from(of);
        self.run(move |driver| driver.changes_naive(of.item()))
    }

    fn export(&self, of: Item<'_>, sink: &mut dyn Write) -> Result<()> {
        let what = of.to_string();
        let of = Named::from(of);
        let bytes = self.run(move |driver| {
            let mut bytes = Vec::new();
            driver.export(of.item(), &mut bytes).map(|()| bytes)
        })?;
        sink.write_all(&bytes).attempt("write the export of", what)
    }

    fn usage(&self, of: Item<'_>) -> Result<Usage> {
        let of = Named::from(of);
        self.run(move |driver| driver.usage(of.item()))
    }

    fn remove(&self, of: Item<'_>) -> Result<()> {
        let of = Named::from(of);
        self.run(move |driver| driver.remove(of.item()))
    }

    fn limit(&self, key: &Key, quota: Quota) -> Result<()> {
        let key = key.clone();
        self.run(move |driver| driver.limit(&key, quota))
    }

    fn quota(&self, key: &Key) -> Result<Quota> {
        let key = key.clone();
        self.run(move |driver| driver.quota(&key))
    }

    fn list(&self) -> Result<Vec<Info>> {
        self.run(|driver| driver.list())
    }

    fn sync(&self) -> Result<()> {
        self.run(|driver| driver.sync())
    }

    fn drop_caches(&self) -> Result<OwnCache> {
        self.run(|driver| driver.drop_caches())
    }

    fn backing_file(&self, of: Item<'_>, path: &Path) -> Result<Option<PathBuf>> {
        let (of, path) = (Named::from(of), path.to_owned());
        self.run(move |driver| driver.backing_file(of.item(), &path))
    }

    fn commits_waited(&self) -> Duration {
        self.run(|driver| driver.commits_waited())
    }

    fn daemon_usage(&self) -> DaemonUsage {
        self.run(|driver| driver.daemon_usage())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let Self { inner, aside, .. } = *self;
        aside.run(move || match Arc::into_inner(inner) {
            Some(driver) => driver.close(),
            None => Err(Error::new(ErrorKind::InUse, "close the driver")
                .because("an operation of it has not ended")),
        })
    }
}
