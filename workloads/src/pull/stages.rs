//! The stages of a layer's way, each the body of a thread.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::pipe::{BUFFER_BYTES, PipeReader, PipeWriter};
use crate::image::{BlobReader, Compression, Digest};

/// What a stage left behind.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Time at work.
    pub(super) busy: Duration,
    /// The digest of what went through, if it went through whole.
    pub(super) digest: Option<Digest>,
    /// Why it stopped early, if not because others did.
    pub(super) error: Option<io::Error>,
}

/// Reads the blob and, if `digesting`, digests it. When nobody reads on, the rest is digested all the same: that the blob
/// is damaged is the better explanation of whatever went wrong further down. Unless the pull is abandoned.
pub(super) fn read(
    mut blob: BlobReader,
    mut out: PipeWriter,
    digesting: bool,
    abandoned: &AtomicBool,
) -> Report {
    let start = Instant::now();
    let mut hasher = Sha256::new();
    let mut spare = None;
    let mut listening = true;
    let error = loop {
        let buffer = if listening {
            out.buffer()
        } else {
            spare.take()
        };
        let mut buffer = match buffer {
            Some(buffer) => buffer,
            None if !digesting || abandoned.load(Ordering::Relaxed) => {
                return Report {
                    busy: start.elapsed().saturating_sub(out.waited()),
                    ..Report::default()
                };
            }
            None => {
                listening = false;
                vec![0; BUFFER_BYTES]
            }
        };
        let n = match fill(&mut blob, &mut buffer) {
            Ok(0) => break None,
            Ok(n) => n,
            Err(error) => break Some(error),
        };
        if digesting {
            hasher.update(&buffer[..n]);
        }
        if !listening {
            if abandoned.load(Ordering::Relaxed) {
                return Report::default();
            }
            spare = Some(buffer);
        } else if !out.send(buffer, n) {
            listening = false;
        }
    };
    let busy = start.elapsed().saturating_sub(out.waited());
    if error.is_none() {
        out.end();
    }
    Report {
        busy,
        digest: (digesting && error.is_none()).then(|| Digest::finish(hasher)),
        error,
    }
}

/// Decompresses what the stage before read, up to `limit` bytes.
pub(super) fn decompress(
    mut input: PipeReader,
    mut out: PipeWriter,
    compression: Compression,
    path: &Path,
    limit: u64,
) -> Report {
    let start = Instant::now();
    let outcome = inflate(&mut input, &mut out, compression, path, limit);
    let busy = start
        .elapsed()
        .saturating_sub(out.waited() + input.waited());
    let error = match outcome {
        Ok(true) => {
            out.end();
            None
        }
        Ok(false) => None,
        Err(error) => Some(error),
    };
    Report {
        busy,
        digest: None,
        error,
    }
}

/// Whether all of it was passed on; otherwise nobody reads on.
fn inflate(
    input: &mut PipeReader,
    out: &mut PipeWriter,
    compression: Compression,
    path: &Path,
    limit: u64,
) -> io::Result<bool> {
    let mut decoder = compression.decoder(input, path).map_err(io::Error::other)?;
    let mut total = 0_u64;
    while let Some(mut buffer) = out.buffer() {
        let n = fill(&mut decoder, &mut buffer)?;
        if n == 0 {
            return Ok(true);
        }
        total += n as u64;
        if total > limit {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it grows beyond the limit of {limit} bytes"),
            ));
        }
        if !out.send(buffer, n) {
            break;
        }
    }
    Ok(false)
}

/// Digests the archive on its way.
pub(super) fn digest(mut input: PipeReader, mut out: PipeWriter) -> Report {
    let start = Instant::now();
    let mut hasher = Sha256::new();
    // Buffers travel on as they are; an equal number comes back from the pipe after and goes to the pipe before.
    loop {
        match input.next_buffer() {
            Ok(Some((buffer, filled))) => {
                hasher.update(&buffer[..filled]);
                let Some(spent) = out.buffer() else { break };
                input.recycle(spent);
                if !out.send(buffer, filled) {
                    break;
                }
            }
            Ok(None) => {
                let waited = input.waited() + out.waited();
                out.end();
                return Report {
                    busy: start.elapsed().saturating_sub(waited),
                    digest: Some(Digest::finish(hasher)),
                    error: None,
                };
            }
            // The stage before says itself what went wrong.
            Err(_) => break,
        }
    }
    Report {
        busy: start
            .elapsed()
            .saturating_sub(input.waited() + out.waited()),
        ..Report::default()
    }
}

/// Reads until the buffer is full or the stream ends.
fn fill(input: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
