//! Arbitrary bytes as a row of choices: every byte decides something, and where they end all further choices are 0.

/// What is left of the bytes.
#[derive(Debug, Clone)]
pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    /// Whether there is nothing left to decide by.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// Two bytes.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// One of several.
    pub fn of<T: Clone>(&mut self, several: &[T]) -> T {
        several[usize::from(self.byte()) % several.len()].clone()
    }

    /// Yes, once in `times`.
    pub fn once_in(&mut self, times: u8) -> bool {
        self.byte() % times == times - 1
    }

    /// Up to `most` bytes as they are.
    pub fn some(&mut self, most: usize) -> &'a [u8] {
        let length = usize::from(self.byte()).min(most).min(self.0.len());
        let (some, rest) = self.0.split_at(length);
        self.0 = rest;
        some
    }
}
