//! A neighbour: somebody who writes a block and syncs it, again and again, and how long each time took.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};
use hdrhistogram::Histogram;

const BLOCK: usize = 4 << 10;
/// Its file wraps round, so that it grows no more after the first writes.
const BLOCKS: u64 = 64;
/// The longest write that is told from longer ones, nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// One who writes.
#[derive(Debug)]
pub(super) struct Neighbour {
    file: File,
    path: PathBuf,
}

impl Neighbour {
    /// Opens its file in `dir`, and writes it once.
    pub(super) fn new(dir: &Path) -> Result<Self> {
        let path = dir.join("neighbour");
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .attempt("create", &path)?;
        file.write_all_at(&[0x5A; BLOCKS as usize * BLOCK], 0)
            .and_then(|()| file.sync_all())
            .attempt("write and sync", &path)?;
        Ok(Self { file, path })
    }

    fn write(&mut self, number: u64, latencies: &mut Histogram<u64>) -> Result<()> {
        let began = Instant::now();
        self.file
            .write_all_at(&[0x5A; BLOCK], number % BLOCKS * BLOCK as u64)
            .and_then(|()| self.file.sync_data())
            .attempt("write and sync", &self.path)?;
        latencies.saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// So many writes.
    pub(super) fn writes(&mut self, count: u32) -> Result<Histogram<u64>> {
        let mut latencies = histogram()?;
        for number in 0..u64::from(count) {
            self.write(number, &mut latencies)?;
        }
        Ok(latencies)
    }

    /// Writes for as long as `work` takes, in a thread of its own; at least once.
    pub(super) fn meanwhile(
        &mut self,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<Histogram<u64>> {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| -> Result<Histogram<u64>> {
                let mut latencies = histogram()?;
                let mut number = 0;
                loop {
                    self.write(number, &mut latencies)?;
                    number += 1;
                    if done.load(Ordering::Acquire) {
                        return Ok(latencies);
                    }
                }
            });
            let outcome = work();
            done.store(true, Ordering::Release);
            let latencies = writer.join().unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Corrupt, "write beside a removal")
                    .because("the thread panicked"))
            });
            outcome.and(latencies)
        })
    }
}

/// Of its full width from the start: one that grows takes what is beyond its width for the greatest it knows.
fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_max(LONGEST, 3)
        .map_err(|error| Error::new(ErrorKind::Io, "make a histogram").because(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_writes_as_long_as_the_work_takes_and_its_file_does_not_grow() {
        let dir = tempfile::tempdir().unwrap();
        let mut neighbour = Neighbour::new(dir.path()).unwrap();
        assert_eq!(neighbour.writes(100).unwrap().len(), 100);
        assert!(!neighbour.meanwhile(|| Ok(())).unwrap().is_empty());
        let failed = neighbour.meanwhile(|| Err(Error::new(ErrorKind::NoSpace, "remove")));
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::NoSpace);
        let length = std::fs::metadata(dir.path().join("neighbour"))
            .unwrap()
            .len();
        assert_eq!(length, 256 << 10);
    }
}
