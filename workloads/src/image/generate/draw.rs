//! Random choices that stay the same for ever: ChaCha8 (documented as portable), and ranges taken by a rule of our own.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// A stream of random choices.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// A stream that depends on all of `parts`.
    pub(super) fn new(purpose: &str, parts: &[u64]) -> Self {
        let mut hasher = Sha256::new_with_prefix(purpose);
        for part in parts {
            hasher.update(part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(hasher.finalize().into()))
    }

    /// Any number.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let product = u128::from(self.bits()) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A position in a list of `len` items.
    pub(super) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True `permille` times of a thousand.
    pub(super) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// Fills a buffer with noise.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) {
        self.0.fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut draw = Draw::new("test", &[1, 2]);
        assert_eq!(
            [draw.below(1000), draw.below(1000), draw.below(1000)],
            [351, 847, 426]
        );
        assert_eq!(draw.below(0), 0);
        assert!((0..1000).all(|_| draw.below(7) < 7));
    }
}
