//! A driver on a btrfs of its own, in a mount namespace of the test's thread; everything goes with it.

use std::path::{Path, PathBuf};

use drivers::mount::{self, Mount};
use drivers::sandbox::{Ground, Run, enter};
use drivers::sys::loopdev::LoopDevice;
use drivers::{Backing, Driver, Host, Key, Kind, LayerId, Root, SubjectSpec};

/// Fields are dropped in this order.
pub(crate) struct Bench {
    driver: Option<Box<dyn Driver>>,
    spec: SubjectSpec,
    root: Root,
    ground: Option<Ground>,
    remounted: Option<Mount>,
    run: Run,
}

impl Bench {
    pub(crate) fn new(options: &str) -> Self {
        Self::sized(options, 2 << 30)
    }

    pub(crate) fn sized(options: &str, bytes: u64) -> Self {
        enter().unwrap();
        let run = Run::create(Path::new("/var/tmp/layerbench-btrfs-test")).unwrap();
        let ground = Ground::create(&run, "b", Backing::Btrfs, bytes, &Host::detect()).unwrap();
        let comma = if options.is_empty() { "" } else { "," };
        let spec: SubjectSpec = format!("btrfs{comma}{options}").parse().unwrap();
        let mut bench = Self {
            driver: None,
            spec,
            root: ground.root().clone(),
            ground: Some(ground),
            remounted: None,
            run,
        };
        bench.reopen();
        bench
    }

    pub(crate) fn reopen(&mut self) {
        self.driver = None;
        let backend = drivers::backend("btrfs").unwrap();
        self.driver = Some(backend.open(self.root(), &self.spec.options).unwrap());
    }

    /// Closes driver and filesystem and opens both again.
    pub(crate) fn remount(&mut self) {
        self.driver = None;
        // Dropped, not closed: the file is needed again.
        drop(self.ground.take());
        let device = LoopDevice::attach(&self.run.dir().join("b.img")).unwrap();
        let mount = mount::filesystem("btrfs", Some(device.path()), &[], &self.root.dir);
        self.remounted = Some(mount.unwrap());
        self.reopen();
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    pub(crate) fn driver(&self) -> &dyn Driver {
        self.driver.as_deref().unwrap()
    }

    pub(crate) fn mountpoint(&self, name: &str) -> PathBuf {
        self.run.directory(name).unwrap()
    }

    /// Makes the layer `n` by editing its parent's content.
    pub(crate) fn layer(&self, n: u8, parent: Option<u8>, edit: impl FnOnce(&Path)) {
        let key = key("builder");
        let driver = self.driver();
        driver
            .prepare(&key, parent.map(layer).as_ref(), Kind::Writable)
            .unwrap();
        edit(&driver.stage(&key).unwrap().dir);
        driver.commit(&key, &layer(n)).unwrap();
    }
}

pub(crate) fn key(name: &str) -> Key {
    name.parse().unwrap()
}

pub(crate) fn layer(n: u8) -> LayerId {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
        .parse()
        .unwrap()
}
