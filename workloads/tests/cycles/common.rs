//! Stores of their own for every driver, and cells on them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drivers::sandbox::{Ground as Store, Run};
use drivers::{Backend, Backing, Driver, Host, Options, Result, Support};
use workloads::cell::{Cell, Ground, Scale};
use workloads::environment::{CacheState, Environment, Probe, Settled};
use workloads::image::{Compression, Image, OpenOptions, generate};
use workloads::recorder::{Recorder, Uncounted};

/// Syncs the driver's store, and drops nothing.
#[derive(Debug)]
struct Sync<'a>(&'a dyn Driver);

impl Environment for Sync<'_> {
    fn settle(&self, wanted: CacheState, _: Probe<'_>) -> Result<Settled> {
        self.sync()?;
        Ok(Settled::proven(wanted))
    }

    fn sync(&self) -> Result<()> {
        self.0.sync()
    }
}

/// A driver on a store of its own, with a small image.
pub(crate) struct Place<'a> {
    pub(crate) driver: &'a dyn Driver,
    pub(crate) image: &'a Image,
    pub(crate) plain: PathBuf,
    pub(crate) scratch: PathBuf,
    pub(crate) hostdir: PathBuf,
}

impl Place<'_> {
    pub(crate) fn cell<'b>(
        &'b self,
        control: bool,
        scale: &'b Scale,
        environment: &'b dyn Environment,
    ) -> Cell<'b> {
        Cell {
            ground: if control {
                Ground::HostDir(&self.hostdir)
            } else {
                Ground::Driver(self.driver)
            },
            plain: &self.plain,
            scratch: &self.scratch,
            image: self.image,
            second_image: None,
            limits: drivers::Limits::default(),
            scale,
            seed: 7,
            name: "r3".to_owned(),
            recorder: Recorder::new(Box::new(Uncounted)),
            environment,
        }
    }

    pub(crate) fn environment(&self) -> impl Environment {
        Sync(self.driver)
    }

    /// What is in the directories that a cell has to empty again.
    pub(crate) fn left(&self) -> Vec<PathBuf> {
        let entries = [&self.plain, &self.scratch]
            .into_iter()
            .flat_map(|dir| std::fs::read_dir(dir).unwrap());
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    pub(crate) fn containers(&self) -> usize {
        let all = self.driver.list().unwrap();
        all.iter().filter(|info| info.key.is_some()).count()
    }
}

/// Runs a test on each driver on its usual store; those that cannot run here are told.
#[expect(
    clippy::print_stdout,
    reason = "says which drivers were not asked, and why"
)]
pub(crate) fn on_each_driver(name: &str, size: u64, test: impl Fn(&Place<'_>)) {
    let turn = begin(name);
    let run = &turn.run;
    let host = Host::detect();
    let image = tiny(run.dir());
    let mut asked = 0;
    for backend in drivers::ALL {
        match backend.probe(&host) {
            Support::Missing(missing) => println!("skipped: {}: {}", backend.name(), missing.what),
            Support::Ready(_) => {
                let backing = if host.root && !host.user_namespace {
                    backend.backings()[0]
                } else if backend.backings().contains(&Backing::Directory) {
                    Backing::Directory
                } else {
                    continue;
                };
                on_store(run, &host, *backend, (backing, size), &image, &test);
                asked += 1;
            }
        }
    }
    assert!(asked > 0, "vfs at least stands on any directory");
    turn.end();
}

/// Runs a test on one backend.
pub(crate) fn on_store(
    run: &Run,
    host: &Host,
    backend: &dyn Backend,
    (backing, size): (Backing, u64),
    image: &Image,
    test: &dyn Fn(&Place<'_>),
) {
    let store = Store::create(run, backend.name(), backing, size, host).unwrap();
    let driver = backend.open(store.root(), &Options::default()).unwrap();
    let place = Place {
        driver: &*driver,
        image,
        plain: driver.plain_dir().join("plain"),
        scratch: run
            .directory(&format!("{}-scratch", backend.name()))
            .unwrap(),
        hostdir: driver.plain_dir().join("hostdir"),
    };
    for dir in [&place.plain, &place.hostdir] {
        std::fs::create_dir(dir).unwrap();
    }
    test(&place);
    driver.close().unwrap();
    store.close().unwrap();
}

/// A test's turn: which namespace is entered is known of one thread at a time.
pub(crate) struct Turn {
    pub(crate) run: Run,
    dir: tempfile::TempDir,
    mine: MutexGuard<'static, ()>,
}

/// A run in a mount namespace of its own, when it is this test's turn.
pub(crate) fn begin(name: &str) -> Turn {
    static ONE: Mutex<()> = Mutex::new(());
    let mine = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    drivers::sandbox::enter().unwrap();
    let dir = tempfile::Builder::new()
        .prefix(&format!("layerbench-{name}-"))
        .tempdir_in("/var/tmp")
        .unwrap();
    let run = Run::create(dir.path()).unwrap();
    Turn { run, dir, mine }
}

impl Turn {
    pub(crate) fn end(self) {
        let Self { run, dir, mine } = self;
        run.close().unwrap();
        dir.close().unwrap();
        drop(mine);
    }
}

/// The tiny image.
pub(crate) fn tiny(dir: &Path) -> Image {
    let path = dir.join("tiny");
    let spec = generate::Spec {
        compression: Compression::None,
        architecture: "amd64".to_owned(),
        ..generate::Preset::Tiny.spec()
    };
    generate::write(&spec, &path).unwrap();
    Image::open(&path, &OpenOptions::default()).unwrap()
}
