//! What generated files hold: paragraphs of words, of something like machine code, and of noise.
//!
//! The mixture matters beyond its ratio: noise is stored and decompresses at the speed of a copy, real files do not.
//! Words become short matches, code becomes literals of unequal frequency; together they shrink and decompress about as
//! a Debian root filesystem does (2.4 to 1).

use std::io::{self, Read};

use super::draw::Draw;
use super::words::word;

/// Text and noise alternate by paragraphs of this many bytes.
const PARAGRAPH: usize = 512;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Words and noise: equal ids and lengths are equal bytes.
    Drawn { id: u64, len: u64 },
    /// These very bytes.
    Bytes(Vec<u8>),
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Drawn { len, .. } => *len,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Reads it; `text_permille` of the paragraphs are words.
    pub(super) fn reader(&self, text_permille: u64) -> Box<dyn Read + Send + '_> {
        match self {
            Self::Drawn { id, len } => Box::new(Drawn::new(*id, *len, text_permille)),
            Self::Bytes(bytes) => Box::new(bytes.as_slice()),
        }
    }
}

struct Drawn {
    draw: Draw,
    left: u64,
    text_permille: u64,
    paragraph: Vec<u8>,
    at: usize,
}

impl Drawn {
    fn new(id: u64, len: u64, text_permille: u64) -> Self {
        Self {
            draw: Draw::new("content", &[id]),
            left: len,
            text_permille,
            paragraph: Vec::with_capacity(PARAGRAPH + 16),
            at: 0,
        }
    }

    fn refill(&mut self) {
        self.at = 0;
        self.paragraph.clear();
        if self.draw.chance(self.text_permille) {
            let code = self.draw.chance(500);
            while self.paragraph.len() < PARAGRAPH {
                let bits = self.draw.bits();
                if code {
                    self.instructions(bits);
                } else {
                    for byte in bits.to_le_bytes() {
                        self.paragraph.extend_from_slice(word(byte).as_bytes());
                        self.paragraph.push(b' ');
                    }
                }
            }
        } else {
            self.paragraph.resize(PARAGRAPH, 0);
            self.draw.fill(&mut self.paragraph);
        }
    }
}

impl Drawn {
    /// Eight bytes, each a small number most of the time: the product of two even spreads is a skewed one.
    fn instructions(&mut self, bits: u64) {
        let bytes = bits.to_le_bytes();
        for i in 0..8 {
            let (a, b) = (
                u32::from(bytes[i]),
                u32::from(bytes[(i + 3) % 8].rotate_left(3)),
            );
            let product = (a * b) >> 8;
            let skewed = (product * product * product) >> 16;
            self.paragraph.push(u8::try_from(skewed).unwrap_or(0));
        }
    }
}

impl Read for Drawn {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < wanted {
            if self.at == self.paragraph.len() {
                self.refill();
            }
            let n = (wanted - done).min(self.paragraph.len() - self.at);
            buffer[done..done + n].copy_from_slice(&self.paragraph[self.at..self.at + n]);
            self.at += n;
            done += n;
        }
        self.left -= done as u64;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text_permille: u64) -> usize {
        let content = Content::Drawn {
            id: 7,
            len: 1 << 20,
        };
        let mut encoder = flate2::read::GzEncoder::new(
            content.reader(text_permille),
            flate2::Compression::new(6),
        );
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).unwrap();
        bytes.len()
    }

    #[test]
    fn compressibility_goes_from_not_at_all_to_less_than_half() {
        let whole = 1 << 20;
        assert!(packed(0) > whole);
        assert!(packed(1000) * 2 < whole, "{}", packed(1000));
        let half = packed(500);
        assert!(half < whole * 9 / 10 && half > whole / 2, "{half}");
    }
}
