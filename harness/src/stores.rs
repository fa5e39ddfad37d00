//! The subjects of a run with their stores: opened, made anew between rounds, closed whatever came of it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use drivers::Host;
use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

use crate::progress::{self, Progress};
use crate::subjects::{self, Planned, Selection};
use crate::workplace::{Opened, Workplace, close_all};

/// Every subject, control and twin of a run, open.
#[derive(Debug)]
pub(crate) struct Stores<'a> {
    place: &'a Workplace,
    host: &'a Host,
    planned: Vec<Planned>,
    opened: Vec<Opened>,
    /// How much longer than needed paths are.
    lengths: ChaCha8Rng,
    /// What it took to open them all the last time.
    pub(crate) opening: Duration,
}

impl<'a> Stores<'a> {
    /// Opens the selected subjects, their controls and the twin.
    pub(crate) fn open(
        place: &'a Workplace,
        host: &'a Host,
        selection: &Selection,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut planned = selection.ready.clone();
        planned.extend(subjects::companions(&selection.ready));
        let mut stores = Self {
            place,
            host,
            planned,
            opened: Vec::new(),
            lengths: ChaCha8Rng::seed_from_u64(seed),
            opening: Duration::ZERO,
        };
        stores.open_all()?;
        Ok(stores)
    }

    fn open_all(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.place.lengthen(self.lengths.next_u32() % 16);
        let bar = Progress::new("opening", self.planned.len() as u64);
        for planned in &self.planned {
            bar.next(planned.backend.name());
            match self.place.open(planned, self.host) {
                Ok(subject) => self.opened.push(subject),
                Err(error) => {
                    bar.finish();
                    drop(close_all(std::mem::take(&mut self.opened)));
                    return Err(error);
                }
            }
            bar.done();
        }
        bar.finish();
        self.opening = began.elapsed();
        Ok(())
    }

    /// All of them, in an order that stays the same.
    pub(crate) fn subjects(&self) -> &[Opened] {
        &self.opened
    }

    /// One of them once more, on a fresh store of its own; who asked closes it.
    pub(crate) fn another(&self, subject: usize) -> anyhow::Result<Opened> {
        self.place.open(&self.planned[subject], self.host)
    }

    /// Closes all and opens them on fresh stores. What it took, closing included, is in `opening` afterwards.
    pub(crate) fn renew(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let names: Vec<String> = self.opened.iter().map(|s| s.name.clone()).collect();
        close_all(std::mem::take(&mut self.opened)).context("making the stores anew")?;
        self.open_all().context("making the stores anew")?;
        self.opening = began.elapsed();
        for (was, is) in names.iter().zip(&self.opened) {
            if *was != is.name {
                progress::say(&format!("layerbench: {was} is now {}", is.name));
            }
        }
        Ok(())
    }

    /// Closes all.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        close_all(self.opened)
    }
}
