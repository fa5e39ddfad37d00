//! A store like a subject's, but small, for what needs one of its own: to be filled up.

use std::path::Path;

use drivers::sandbox::{Ground, Run};
use drivers::{Backing, Driver, Error, ErrorKind, Host, Result};
use workloads::SmallStore;

use crate::subjects::Planned;

/// Its parts, in the order they are let go of.
#[derive(Debug)]
struct Small {
    driver: Box<dyn Driver>,
    ground: Ground,
    run: Run,
}

impl SmallStore for Small {
    fn driver(&self) -> &dyn Driver {
        &*self.driver
    }

    fn close(self: Box<Self>) -> Result<()> {
        // Each goes even when the one before could not; the first error is the one that explains.
        let driver = self.driver.close();
        let ground = self.ground.close();
        driver.and(ground).and(self.run.close())
    }
}

/// Makes one of `bytes` in the directory `dir`, which is made.
pub(crate) fn make(planned: &Planned, dir: &Path, bytes: u64) -> Result<Box<dyn SmallStore>> {
    if planned.backing == Backing::Directory {
        return Err(Error::new(ErrorKind::Unsupported, "make a small store")
            .because("here stores are plain directories of the host's filesystem, without a size of their own")
            .hint("run as root"));
    }
    let host = Host::detect();
    let options = &planned.spec.options;
    let run = Run::create(dir)?;
    let ground = Ground::create_for(options, &run, "small", planned.backing, bytes, &host)?;
    let driver = drivers::slowed::open(planned.backend, ground.root(), options)?;
    Ok(Box::new(Small {
        driver,
        ground,
        run,
    }))
}
