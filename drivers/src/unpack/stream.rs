//! The archive as a stream of blocks: one large buffer, from which file content is written without another copy.

use std::io::{ErrorKind as IoKind, Read};

use crate::error::{Error, ErrorKind, Result};

/// A tar block.
pub(super) const BLOCK: usize = 512;

/// Large enough that reads and writes of big files cost few system calls, small enough to stay in the L2 cache.
const CAPACITY: usize = 512 << 10;

/// The archive being read.
pub(super) struct Stream<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that may still come, of `most`.
    allowed: u64,
    most: u64,
}

impl<'r> Stream<'r> {
    /// A stream that is refused when it is longer than `most` bytes.
    pub(super) fn new(reader: &'r mut dyn Read, most: u64) -> Self {
        Self {
            reader,
            buffer: vec![0; CAPACITY],
            start: 0,
            end: 0,
            allowed: most,
            most,
        }
    }

    /// Reads more behind what is buffered; false at the end of the stream.
    fn fill(&mut self) -> Result<bool> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(n) => {
                    self.end += n;
                    self.allowed = self.allowed.checked_sub(n as u64).ok_or_else(|| {
                        bad(format!(
                            "it is longer than {} bytes, more than its entries can need",
                            self.most
                        ))
                        .hint("raise the limit if this archive can be trusted")
                    })?;
                    return Ok(n > 0);
                }
                Err(e) if e.kind() == IoKind::Interrupted => {}
                Err(e) => return Err(Error::io("read", "the layer archive", e)),
            }
        }
    }

    /// The next block, or `None` where the stream ends.
    pub(super) fn block(&mut self) -> Result<Option<&[u8; BLOCK]>> {
        while self.end - self.start < BLOCK {
            if !self.fill()? {
                return if self.start == self.end {
                    Ok(None)
                } else {
                    Err(truncated())
                };
            }
        }
        self.start += BLOCK;
        Ok(self.buffer[self.start - BLOCK..].first_chunk())
    }

    /// Between 1 and `most` bytes, which count as read. `most` must not be 0.
    pub(super) fn chunk(&mut self, most: u64) -> Result<&[u8]> {
        if self.start == self.end && !self.fill()? {
            return Err(truncated());
        }
        let n = usize::try_from(most).map_or(self.end - self.start, |most| {
            most.min(self.end - self.start)
        });
        self.start += n;
        Ok(&self.buffer[self.start - n..self.start])
    }

    /// Appends `count` bytes to `to`.
    pub(super) fn append(&mut self, mut count: u64, to: &mut Vec<u8>) -> Result<()> {
        while count > 0 {
            let chunk = self.chunk(count)?;
            to.extend_from_slice(chunk);
            count -= chunk.len() as u64;
        }
        Ok(())
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, mut count: u64) -> Result<()> {
        while count > 0 {
            count -= self.chunk(count)?.len() as u64;
        }
        Ok(())
    }

    /// Reads to the end, so that a digest taken by the reader is whole.
    pub(super) fn drain(&mut self) -> Result<()> {
        self.start = self.end;
        while self.fill()? {
            self.start = self.end;
        }
        Ok(())
    }
}

/// The stream ended where content was promised.
pub(super) fn truncated() -> Error {
    bad("it ends in the middle of an entry").hint("the archive is truncated: fetch it again")
}

/// A malformed archive.
pub(super) fn bad(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::BadInput, "read the layer archive").because(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time: the worst of readers.
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let n = into.len().min(1).min(self.0.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn a_slow_reader_gives_the_same_bytes() {
        let bytes: Vec<u8> = (0..2000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut reader = Trickle(&bytes);
        let mut stream = Stream::new(&mut reader, u64::MAX);
        assert_eq!(stream.block().unwrap().unwrap()[..], bytes[..512]);
        stream.skip(100).unwrap();
        let mut rest = Vec::new();
        stream.append(1000, &mut rest).unwrap();
        assert_eq!(rest, bytes[612..1612]);
        assert_eq!(
            stream.block().unwrap_err().kind(),
            ErrorKind::BadInput,
            "388 bytes are no block"
        );
    }

    #[test]
    fn blocks_cross_the_end_of_the_buffer() {
        let bytes = vec![7_u8; CAPACITY + 1024];
        let mut reader = bytes.as_slice();
        let mut stream = Stream::new(&mut reader, u64::MAX);
        stream.skip(CAPACITY as u64 - 100).unwrap();
        assert_eq!(stream.block().unwrap().unwrap()[..], [7; 512]);
        stream.drain().unwrap();
        assert!(stream.block().unwrap().is_none());
    }

    #[test]
    fn an_endless_stream_ends_at_the_limit() {
        let mut zeros = std::io::repeat(0);
        let error = Stream::new(&mut zeros, 10 << 20).drain().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput);
        assert!(error.to_string().contains("longer than 10485760 bytes"));
        let bytes = [0; 1024];
        Stream::new(&mut &bytes[..], 1024).drain().unwrap();
    }
}
