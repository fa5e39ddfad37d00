//! The cycles: containers that come, write, and go. The same seed, the same cycles.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::place::{Place, Places};
use super::{Amounts, LOWER};

/// Containers that live at a time.
const LIVING: usize = 8;
/// The smallest and the largest file are 2 to the power of these.
const SIZES: std::ops::RangeInclusive<u32> = 12..=20;

/// The containers that live, and how many there have been.
#[derive(Debug)]
pub(super) struct Population<'a> {
    living: VecDeque<Place<'a>>,
    age: u32,
    rng: ChaCha8Rng,
}

impl<'a> Population<'a> {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            living: VecDeque::new(),
            age: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Cycles until there have been so many.
    pub(super) fn grow_to(
        &mut self,
        age: u32,
        places: &'a Places<'_>,
        amounts: &Amounts,
    ) -> Result<()> {
        while self.age < age {
            let mut place = places.plan(&format!("age{}", self.age))?;
            place.make()?;
            self.live(&place, amounts)?;
            self.living.push_back(place);
            if self.living.len() > LIVING
                && let Some(oldest) = self.living.pop_front()
            {
                oldest.finish()?;
            }
            self.age += 1;
        }
        Ok(())
    }

    /// What a container does in its life.
    fn live(&mut self, place: &Place<'_>, amounts: &Amounts) -> Result<()> {
        let root = place.root();
        let block = vec![0xC3_u8; 1 << SIZES.end()];
        let path = |number: u32| root.join(format!("f{number}"));
        for number in 0..amounts.aging_files {
            let size = 1_usize << self.rng.random_range(SIZES);
            let path = path(number);
            std::fs::write(&path, &block[..size]).attempt("write", &path)?;
        }
        // Holes of all sizes are left between those that stay.
        for number in (0..amounts.aging_files).step_by(2) {
            std::fs::remove_file(path(number)).attempt("remove", path(number))?;
        }
        let lower = root.join(LOWER);
        if lower.exists() {
            let at = self.rng.random_range(0..amounts.aging_file_bytes);
            overwrite(&lower, at)?;
        }
        Ok(())
    }

    /// Removes those that live.
    pub(super) fn finish(self) -> Result<()> {
        self.living.into_iter().try_for_each(Place::finish)
    }
}

fn overwrite(path: &Path, at: u64) -> Result<()> {
    let file = OpenOptions::new().write(true).open(path);
    let mut file = file.attempt("open", path)?;
    file.seek(SeekFrom::Start(at)).attempt("seek in", path)?;
    file.write_all(b"x").attempt("write", path)
}
