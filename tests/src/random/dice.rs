//! Chance that is the same on every machine: ChaCha8 and nothing but remainders.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

/// Numbers that follow from a seed and the number of a sequence.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of one sequence.
    pub fn new(seed: u64, case: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&case.to_le_bytes());
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A number below `limit`, which is above 0.
    pub fn below(&mut self, limit: usize) -> usize {
        // The remainder of 32 bits by a small number: what is uneven about it does not matter here.
        self.0.next_u32() as usize % limit.max(1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// One of several, by weight; `None` when all weigh nothing.
    pub fn weighted<T: Clone>(&mut self, of: &[(usize, T)]) -> Option<T> {
        let total: usize = of.iter().map(|(weight, _)| weight).sum();
        if total == 0 {
            return None;
        }
        let mut left = self.below(total);
        for (weight, value) in of {
            if left < *weight {
                return Some(value.clone());
            }
            left -= weight;
        }
        None
    }
}
