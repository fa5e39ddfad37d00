//! What has happened to the disks, in order, and what the disks were at any moment of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drivers::Result;
use drivers::error::Attempt as _;
use rand::{Rng as _, SeedableRng as _};

/// What a disk keeps or loses as one: no filesystem here asks for less to be atomic.
const SECTOR: usize = 4096;

/// The content of a disk, by sector; what is not there is zero. Clones share sectors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sectors(BTreeMap<u64, Arc<[u8]>>);

impl Sectors {
    /// Overwrites bytes.
    pub(crate) fn write(&mut self, offset: u64, data: &[u8]) {
        for (at, part) in parts(offset, data) {
            let sector = self
                .0
                .entry(at / SECTOR as u64)
                .or_insert_with(|| vec![0; SECTOR].into());
            let start = usize::try_from(at % SECTOR as u64).unwrap_or_default();
            Arc::make_mut(sector)[start..start + part.len()].copy_from_slice(part);
        }
    }

    /// Reads bytes.
    pub(crate) fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut data = vec![0; length];
        let first = offset / SECTOR as u64;
        let last = (offset + length as u64).div_ceil(SECTOR as u64);
        for (number, sector) in self.0.range(first..last) {
            let at = number * SECTOR as u64;
            let from = at.max(offset);
            let to = (at + SECTOR as u64).min(offset + length as u64);
            let place = |position: u64, base: u64| usize::try_from(position - base).unwrap_or(0);
            data[place(from, offset)..place(to, offset)]
                .copy_from_slice(&sector[place(from, at)..place(to, at)]);
        }
        data
    }

    /// Forgets sectors of zeros.
    pub(crate) fn shrink(mut self) -> Self {
        self.0
            .retain(|_, sector| sector.iter().any(|&byte| byte != 0));
        self
    }

    /// A sparse file with this content.
    pub(crate) fn store(&self, size: u64, path: &Path) -> Result<()> {
        let file = File::create(path).attempt("create the copy", path)?;
        file.set_len(size).attempt("set the size of", path)?;
        for (number, sector) in &self.0 {
            file.write_all_at(sector, number * SECTOR as u64)
                .attempt("write the copy", path)?;
        }
        Ok(())
    }
}

/// Splits at the borders of sectors.
fn parts(offset: u64, data: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    let (mut at, mut rest) = (offset, data);
    while !rest.is_empty() {
        let room = SECTOR - usize::try_from(at % SECTOR as u64).unwrap_or_default();
        let (part, more) = rest.split_at(room.min(rest.len()));
        found.push((at, part));
        at += part.len() as u64;
        rest = more;
    }
    found
}

/// What the script does, as told to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// An operation, by its number, begins.
    Begun(usize),
    /// It has returned.
    Returned(usize),
}

/// One event.
#[derive(Debug)]
pub(crate) enum Event {
    /// A disk, by its number, is written to.
    Write(usize, u64, Vec<u8>),
    /// The same, and what is written is not to be forgotten (FUA).
    Durable(usize, u64, Vec<u8>),
    /// A disk is told to forget nothing of what was written before.
    Flush(usize),
    /// The script says where it is.
    Mark(Mark),
}

/// The log of all disks. Cheap to clone: clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Option<Vec<Event>>>>);

impl Log {
    /// Begins to record.
    pub(crate) fn start(&self) {
        *self.lock() = Some(Vec::new());
    }

    /// Ends, and gives the record away.
    pub(crate) fn stop(&self) -> Vec<Event> {
        self.lock().take().unwrap_or_default()
    }

    /// Adds an event, if it is recording.
    pub(crate) fn add(&self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut *self.lock() {
            events.push(event());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the disks hold when the power goes after the first `length` events: all that was written before each disk's last
/// flush, and of what came after it either all, or, with a seed, a random choice of sectors.
pub(crate) fn state(
    base: &[Sectors],
    events: &[Event],
    length: usize,
    forgetful: Option<u64>,
) -> Vec<Sectors> {
    let events = &events[..length];
    let mut disks = base.to_vec();
    let mut random = forgetful.map(rand::rngs::ChaCha8Rng::seed_from_u64);
    for (number, disk) in disks.iter_mut().enumerate() {
        let flushed = events
            .iter()
            .rposition(|event| matches!(event, Event::Flush(of) if *of == number))
            .unwrap_or(0);
        for (at, event) in events.iter().enumerate() {
            let (Event::Write(of, offset, data) | Event::Durable(of, offset, data)) = event else {
                continue;
            };
            if *of != number {
                continue;
            }
            match &mut random {
                Some(random) if at > flushed && matches!(event, Event::Write(..)) => {
                    for (offset, part) in parts(*offset, data) {
                        if random.next_u32() % 2 == 0 {
                            disk.write(offset, part);
                        }
                    }
                }
                _ => disk.write(*offset, data),
            }
        }
    }
    disks
}
