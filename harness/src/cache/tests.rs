//! Each driver on a real store: what is proven, and what is refused with its reason.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use drivers::sandbox::{Ground, Run};
use drivers::sys::mapping::Mapping;
use drivers::{Backend, Backing, Host, Item, Key, Kind, LayerId, Options, Support};
use rustix::fs::{Advice, fadvise};
use workloads::fixture::{self, FixtureFile};

use super::*;

/// Fields drop in this order: the driver lets go of its store before the run removes it.
struct Stand {
    driver: Box<dyn Driver>,
    ground: Ground,
    layer: LayerId,
    key: Key,
    run: Run,
    _dir: tempfile::TempDir,
}

impl Stand {
    /// A layer of one file and a container on it, not mounted; `None` where the driver or the store cannot be had.
    fn new(backend: &dyn Backend, backing: Backing) -> Option<Self> {
        let host = Host::detect();
        if !matches!(backend.probe(&host), Support::Ready(_)) {
            return None;
        }
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let run = Run::create(dir.path()).unwrap();
        let ground = Ground::create(&run, "g", backing, 1 << 30, &host).unwrap();
        let driver = backend.open(ground.root(), &Options::default()).unwrap();
        let file = FixtureFile {
            name: "f".to_owned(),
            size: 256 << 10,
        };
        let layer = fixture::layer(&*driver, "cache", None, &[file]).unwrap();
        let key: Key = "c".parse().unwrap();
        driver.prepare(&key, Some(&layer), Kind::Writable).unwrap();
        Some(Self {
            driver,
            ground,
            layer,
            key,
            run,
            _dir: dir,
        })
    }

    fn settle(&self, wanted: CacheState, probe: Probe<'_>) -> Settled {
        Settle {
            driver: &*self.driver,
            store_file: self.ground.store_file(),
            may_drop: true,
            planned: None,
        }
        .settle(wanted, probe)
        .unwrap()
    }

    fn end(self) {
        self.driver.remove(Item::Container(&self.key)).unwrap();
        self.driver.close().unwrap();
        self.ground.close().unwrap();
        self.run.close().unwrap();
    }
}

fn files() -> Vec<PathBuf> {
    vec!["f".into()]
}

fn lukewarm_because(settled: &Settled, word: &str) {
    assert_eq!(settled.state, CacheState::Lukewarm, "{settled:?}");
    let why = settled.refused.as_deref().unwrap();
    assert!(why.contains(word), "{why}");
}

/// One test for all: the daemon of one driver must know the mount namespace of its process, and a process has one such.
#[test]
fn states_are_proven_or_refused_on_every_driver() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    drivers::sandbox::enter().unwrap();
    let mut asked = 0;
    for backend in drivers::ALL {
        let Some(stand) = Stand::new(*backend, backend.backings()[0]) else {
            continue;
        };
        with_nothing_mounted_cold_is_proven(&stand);
        while_mounted_daemons_keep_it_from_being_cold(&stand);
        what_somebody_has_mapped_is_not_cold(&stand);
        what_was_read_meanwhile_is_not_cold_but_warm(&stand);
        stand.end();
        asked += 1;
    }
    assert!(asked > 0, "vfs at least can run everywhere");
    memory_has_only_warm();
    without_root_there_is_only_warm();
}

fn with_nothing_mounted_cold_is_proven(stand: &Stand) {
    let files = files();
    for item in [Item::Container(&stand.key), Item::Layer(&stand.layer)] {
        let settled = stand.settle(CacheState::Cold, Probe::Item(item, &files));
        assert_eq!(
            settled,
            Settled::proven(CacheState::Cold),
            "{:?}",
            stand.driver
        );
    }
    let settled = stand.settle(CacheState::Lukewarm, Probe::Nothing);
    assert_eq!(settled, Settled::proven(CacheState::Lukewarm));
    let settled = stand.settle(CacheState::Cold, Probe::Nothing);
    lukewarm_because(&settled, "no file");
    // The control's files lie in a directory of the same store.
    let dir = stand.driver.plain_dir().join("control");
    std::fs::create_dir(&dir).unwrap();
    fixture::write_file(&dir.join("f"), 100_000).unwrap();
    let settled = stand.settle(CacheState::Cold, Probe::Directory(&dir, &files));
    assert_eq!(
        settled,
        Settled::proven(CacheState::Cold),
        "{:?}",
        stand.driver
    );
}

fn while_mounted_daemons_keep_it_from_being_cold(stand: &Stand) {
    let at = stand.run.directory("m2").unwrap();
    let mount = stand.driver.mount(&stand.key, &at).unwrap();
    let daemons = stand.driver.daemon_usage().alive;
    let files = files();
    let probe = Probe::Item(Item::Layer(&stand.layer), &files);
    let settled = stand.settle(CacheState::Cold, probe);
    if daemons > 0 {
        lukewarm_because(&settled, "mounted");
    } else {
        assert_eq!(
            settled,
            Settled::proven(CacheState::Cold),
            "{:?}",
            stand.driver
        );
    }
    assert_eq!(std::fs::metadata(at.join("f")).unwrap().len(), 256 << 10);
    mount.unmount().unwrap();
}

fn what_somebody_has_mapped_is_not_cold(stand: &Stand) {
    let files = files();
    let item = Item::Layer(&stand.layer);
    let probe = Probe::Item(item, &files);
    let view = stand.driver.view(item).unwrap();
    let shown = view.path().join("f");
    let backing = stand.driver.backing_file(item, &files[0]).unwrap();
    let file = File::open(backing.as_ref().unwrap_or(&shown)).unwrap();
    let mapping = Mapping::new(file.as_fd(), 4096).unwrap();
    assert!(mapping.read().iter().any(|&byte| byte != 0));
    let settled = stand.settle(CacheState::Cold, probe);
    // Where it is shown through a mount, the mount may be what hinders.
    if backing.is_some() || stand.driver.daemon_usage().alive == 0 {
        lukewarm_because(&settled, "pages of f");
    } else {
        lukewarm_because(&settled, "");
    }
    drop((mapping, file));
    view.close().unwrap();
    let settled = stand.settle(CacheState::Cold, probe);
    assert_eq!(
        settled,
        Settled::proven(CacheState::Cold),
        "{:?}",
        stand.driver
    );
}

fn what_was_read_meanwhile_is_not_cold_but_warm(stand: &Stand) {
    let files = files();
    let at = stand.run.directory("m").unwrap();
    let item = Item::Container(&stand.key);
    let evidence = Evidence::new(&*stand.driver);
    let mount = stand.driver.mount(&stand.key, &at).unwrap();
    let inside = Probe::Directory(&at, &files);
    std::fs::read(at.join("f")).unwrap();
    assert!(
        evidence.against_cold(inside).unwrap().is_some(),
        "{:?}",
        stand.driver
    );
    // Other trials drop the caches of the whole machine at any moment: read again.
    let warm = (0..20).any(|_| {
        std::fs::read(at.join("f")).unwrap();
        [inside, Probe::Item(item, &files)]
            .into_iter()
            .all(|probe| stand.settle(CacheState::Warm, probe).state == CacheState::Warm)
    });
    assert!(warm, "{:?}", stand.driver);

    let file = File::open(at.join("f")).unwrap();
    if let Some(path) = stand.driver.backing_file(item, &files[0]).unwrap() {
        let backing = File::open(path).unwrap();
        for file in [&file, &backing] {
            fadvise(file, 0, None, Advice::DontNeed).unwrap();
        }
        let settled = stand.settle(CacheState::Warm, Probe::Item(item, &files));
        lukewarm_because(&settled, "after it was read");
    }
    drop(file);
    mount.unmount().unwrap();
}

fn memory_has_only_warm() {
    let files = files();
    let backend = drivers::ALL
        .iter()
        .find(|backend| backend.backings().contains(&Backing::Tmpfs))
        .unwrap();
    let stand = Stand::new(*backend, Backing::Tmpfs).unwrap();
    let probe = Probe::Item(Item::Layer(&stand.layer), &files);
    for wanted in [CacheState::Cold, CacheState::Lukewarm] {
        let settled = stand.settle(wanted, probe);
        assert_eq!(settled.state, CacheState::Warm);
        assert!(settled.refused.unwrap().contains("tmpfs"));
    }
    assert_eq!(
        stand.settle(CacheState::Warm, probe),
        Settled::proven(CacheState::Warm)
    );
    stand.end();
}

fn without_root_there_is_only_warm() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let run = Run::create(dir.path()).unwrap();
    let host = Host::detect();
    let ground = Ground::create(&run, "g", Backing::Directory, 0, &host).unwrap();
    let backend = drivers::ALL
        .iter()
        .find(|backend| backend.backings().contains(&Backing::Directory))
        .unwrap();
    let driver = backend.open(ground.root(), &Options::default()).unwrap();
    let user = Settle {
        driver: &*driver,
        store_file: None,
        may_drop: false,
        planned: None,
    };
    let settled = user.settle(CacheState::Cold, Probe::Nothing).unwrap();
    assert_eq!(settled, Settled::refused(CacheState::Warm, NOT_ROOT));
    driver.close().unwrap();
    ground.close().unwrap();
    run.close().unwrap();
}

/// A pool's file is read through the host's page cache: whoever looks only at the pool's files calls that cold.
#[test]
fn the_file_that_holds_the_store_is_looked_at() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let path = dir.path().join("store.img");
    fixture::write_file(&path, 1 << 20).unwrap();
    std::fs::read(&path).unwrap();
    // Another trial may drop it between the two.
    let told = (0..20).find_map(|_| {
        std::fs::read(&path).unwrap();
        evidence::of_store_file(&path).unwrap()
    });
    assert!(told.unwrap().contains("store.img"));
    let file = File::open(&path).unwrap();
    file.sync_all().unwrap();
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    assert_eq!(evidence::of_store_file(&path).unwrap(), None);
}
