//! Workload `full`: how much fits into a store before it is full, and what is still possible then.
//!
//! On a small store of its own, made as the subject's was, containers are started one after the other; each writes small
//! files and is stopped. When the store is full the last one is removed, and a new one started to write again.
//!
//! It predicts how far a host's disk can be trusted to fill up, and whether a full one can be mended by removing
//! containers. A larger store has relatively less metadata set aside, so the share that fits is that of a store of this
//! size. The control does the same in plain directories.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Ground};
use crate::container::key;
use crate::fixture;
use crate::recorder::Metric;
use crate::shown::Shown;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "full",
    question: "How much fits before the disk is full, and can it be mended then?",
    phases: &[
        (
            "fill",
            "containers write small files until the store is full: how much was written",
        ),
        ("full", "what the store then says is in use"),
        ("remove-when-full", "removing one of these containers"),
        (
            "write-again",
            "starting a new container and writing a file in it, synced",
        ),
    ],
    reach: Reach::Long,
    run,
};

/// How large the store is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// Size in bytes of the store; below 300 MiB there is no xfs.
    pub full_store_bytes: u64,
    /// Size in bytes of a file.
    pub full_file_bytes: u64,
    /// Files that a container writes before the next one is started.
    pub full_files_each: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            full_store_bytes: 320 << 20,
            full_file_bytes: 256 << 10,
            full_files_each: 200,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            full_store_bytes: 512 << 20,
            full_file_bytes: 16 << 10,
            full_files_each: 2000,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            full_store_bytes: 2 << 30,
            full_file_bytes: 8 << 10,
            full_files_each: 10_000,
        }
    }
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let amounts = cell.scale.full.clone();
    cell.recorder
        .param("size", Some(amounts.full_store_bytes.to_string()));
    let dir = cell.scratch.join("small");
    let small = cell.environment.small(&dir, amounts.full_store_bytes);
    let small = small.inspect_err(|_| drop(std::fs::remove_dir(&dir)))?;
    let outcome = fill(cell, small.driver(), &amounts);
    let closed = small.close();
    std::fs::remove_dir(&dir).attempt("remove", &dir)?;
    cell.recorder.param("size", None);
    outcome.and(closed)
}

/// What writes to the store: containers one after the other, or plain directories.
struct Writers<'a> {
    driver: &'a dyn Driver,
    scratch: &'a Path,
    /// Of the control: where its directories are.
    plain: Option<PathBuf>,
    prefix: String,
}

impl<'a> Writers<'a> {
    fn start(&self, number: u32) -> Result<Shown<'a>> {
        if let Some(plain) = &self.plain {
            let dir = plain.join(number.to_string());
            std::fs::create_dir(&dir).attempt("create", &dir)?;
            return Ok(Shown::Directory(dir));
        }
        let key = format!("{}-{number}", self.prefix).parse()?;
        let mut container = Shown::on_nothing(self.driver, key, self.scratch)?;
        container.mount()?;
        Ok(container)
    }
}

fn fill(cell: &mut Cell<'_>, driver: &dyn Driver, amounts: &Amounts) -> Result<()> {
    let writers = Writers {
        driver,
        scratch: cell.scratch,
        plain: match cell.ground {
            Ground::Driver(_) => None,
            Ground::HostDir(_) => Some(driver.plain_dir().to_owned()),
        },
        prefix: key(cell, "full")?.as_str().to_owned(),
    };
    let mut data = vec![0_u8; usize::try_from(amounts.full_file_bytes).unwrap_or(1 << 20)];
    std::io::Read::read_exact(&mut fixture::random(amounts.full_file_bytes), &mut data)
        .attempt("make", "what is written")?;
    let mut stopped: Vec<Shown<'_>> = Vec::new();
    let mut files = 0_u64;
    cell.recorder.time("fill", || {
        // Far more than fits; only bounds a store that is never full.
        let most = amounts.full_store_bytes / amounts.full_file_bytes.max(1) * 2;
        while files < most {
            let number = u32::try_from(stopped.len()).unwrap_or(u32::MAX);
            let mut writer = match writers.start(number) {
                Err(error) if error.kind() == ErrorKind::NoSpace => return Ok(()),
                other => other?,
            };
            let full = write_some(writer.root(), &data, amounts.full_files_each, &mut files);
            let left = writer.unmount();
            stopped.push(writer);
            if full? {
                return Ok(());
            }
            left?;
        }
        Err(
            Error::new(ErrorKind::Corrupt, "fill a store").because(format!(
                "{files} files of {} bytes went into one of {}",
                amounts.full_file_bytes, amounts.full_store_bytes
            )),
        )
    })?;
    let value = |cell: &mut Cell<'_>, phase, metric, value: u64| {
        #[expect(clippy::cast_precision_loss, reason = "byte counts below 2^53")]
        cell.recorder.value(phase, metric, value as f64);
    };
    let written = files * amounts.full_file_bytes;
    value(cell, "fill", Metric::Payload, written);
    // A pool that is full has no room to sync either, and its numbers are those of before.
    match driver.sync().and_then(|()| driver.store_space()) {
        Ok(space) => value(cell, "full", Metric::Allocated, space.bytes),
        Err(error) => cell.recorder.cannot("full", error.to_string()),
    }

    let Some(last) = stopped.pop() else {
        return Err(Error::new(ErrorKind::NoSpace, "write to a new store")
            .because("not even one container could be started in it"));
    };
    let removed = cell.recorder.time("remove-when-full", || {
        remove(last).and_then(|()| driver.sync())
    });
    if let Err(error) = removed {
        cell.recorder.cannot("remove-when-full", error.to_string());
    }
    let again = cell.recorder.time("write-again", || {
        let mut writer = writers.start(u32::MAX)?;
        let path = writer.root().join("again");
        let mut file = File::create(&path).attempt("create", &path)?;
        file.write_all(&data).attempt("write", &path)?;
        file.sync_all().attempt("sync", &path)?;
        drop(file);
        writer.unmount()?;
        Ok(writer)
    });
    if let Err(error) = again {
        cell.recorder.cannot("write-again", error.to_string());
    }
    // The rest goes with the store, should it be too full to take it down.
    drop(stopped);
    Ok(())
}

/// Writes files, and says whether the store is full.
fn write_some(root: &Path, data: &[u8], most: u32, written: &mut u64) -> Result<bool> {
    for number in 0..most {
        let path = root.join(format!("file-{number}"));
        let one = File::create(&path).and_then(|mut file| file.write_all(data));
        match one.attempt("write", &path) {
            Ok(()) => *written += 1,
            Err(error) if error.kind() == ErrorKind::NoSpace => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn remove(writer: Shown<'_>) -> Result<()> {
    if let Shown::Directory(dir) = &writer {
        drivers::remove::tree(dir)?;
    }
    writer.finish()
}
