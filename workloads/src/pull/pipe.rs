//! A pipe between two threads: a fixed number of buffers go round, full one way and empty the other, so nothing is
//! copied or allocated on the way and a slow reader holds a fast writer back.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Buffers in one pipe.
const BUFFERS: usize = 8;
/// Bytes in one buffer.
pub(super) const BUFFER_BYTES: usize = 256 << 10;

/// What goes through: a buffer and how much of it is filled, or the end.
enum Message {
    Data(Vec<u8>, usize),
    End,
}

/// The writing end.
pub(super) struct PipeWriter {
    full: Sender<Message>,
    empty: Receiver<Vec<u8>>,
    waited: Duration,
}

/// The reading end. A writer that goes away without [`PipeWriter::end`] is an error to the reader, not an end.
pub(super) struct PipeReader {
    full: Receiver<Message>,
    empty: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    waited: Duration,
}

/// Makes a pipe.
pub(super) fn pipe() -> (PipeWriter, PipeReader) {
    let (full_in, full_out) = channel();
    let (empty_in, empty_out) = channel();
    for _ in 0..BUFFERS {
        // The receiver lives: this cannot fail.
        let _sent = empty_in.send(Vec::new());
    }
    let writer = PipeWriter {
        full: full_in,
        empty: empty_out,
        waited: Duration::ZERO,
    };
    let reader = PipeReader {
        full: full_out,
        empty: empty_in,
        buffer: Vec::new(),
        at: 0,
        filled: 0,
        ended: false,
        waited: Duration::ZERO,
    };
    (writer, reader)
}

impl PipeWriter {
    /// An empty buffer of full length; `None` when the reader is gone.
    pub(super) fn buffer(&mut self) -> Option<Vec<u8>> {
        let start = Instant::now();
        let buffer = self.empty.recv().ok();
        self.waited += start.elapsed();
        buffer.map(|mut buffer| {
            buffer.resize(BUFFER_BYTES, 0);
            buffer
        })
    }

    /// Passes on the first `filled` bytes of a buffer; `false` when the reader is gone.
    pub(super) fn send(&mut self, buffer: Vec<u8>, filled: usize) -> bool {
        self.full.send(Message::Data(buffer, filled)).is_ok()
    }

    /// Tells the reader that this was all.
    pub(super) fn end(self) {
        // A reader that is gone need not be told.
        let _sent = self.full.send(Message::End);
    }

    /// Time spent waiting for the reader.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}

impl PipeReader {
    /// Takes the next buffer whole, to pass it on through another pipe; `None` at the end.
    pub(super) fn next_buffer(&mut self) -> io::Result<Option<(Vec<u8>, usize)>> {
        if self.ended {
            return Ok(None);
        }
        let start = Instant::now();
        let message = self.full.recv();
        self.waited += start.elapsed();
        match message {
            Ok(Message::Data(buffer, filled)) => Ok(Some((buffer, filled))),
            Ok(Message::End) => {
                self.ended = true;
                Ok(None)
            }
            Err(_) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the step before it failed",
            )),
        }
    }

    /// Gives a buffer back to the writer.
    pub(super) fn recycle(&mut self, buffer: Vec<u8>) {
        // A writer that is gone needs no buffers.
        let _sent = self.empty.send(buffer);
    }

    /// Time spent waiting for the writer.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}

impl BufRead for PipeReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.filled {
            let spent = std::mem::take(&mut self.buffer);
            if !spent.is_empty() {
                self.recycle(spent);
            }
            (self.at, self.filled) = (0, 0);
            if let Some((buffer, filled)) = self.next_buffer()? {
                (self.buffer, self.filled) = (buffer, filled);
            }
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.filled);
    }
}

impl Read for PipeReader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(target)?;
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_whole_and_buffers_go_round() {
        let (mut writer, mut reader) = pipe();
        let sender = std::thread::spawn(move || {
            for i in 0..40_u8 {
                let mut buffer = writer.buffer().unwrap();
                buffer[..1000].fill(i);
                assert!(writer.send(buffer, 1000));
            }
            writer.end();
        });
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        sender.join().unwrap();
        assert!(
            bytes
                .chunks(1000)
                .zip(0_u8..)
                .all(|(chunk, i)| chunk.iter().all(|b| *b == i))
        );
        assert_eq!(bytes.len(), 40_000);
        assert_eq!(
            reader.read(&mut [0; 8]).unwrap(),
            0,
            "the end stays the end"
        );
    }

    #[test]
    fn either_end_learns_that_the_other_is_gone() {
        let (writer, mut reader) = pipe();
        drop(writer);
        assert!(reader.read(&mut [0; 8]).is_err());
        let (mut writer, reader) = pipe();
        drop(reader);
        // The buffers still waiting are handed out, but nothing can be sent.
        assert!(writer.buffer().is_none_or(|buffer| !writer.send(buffer, 1)));
    }
}
