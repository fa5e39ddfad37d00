//! A layer under way: its stages, and the archive that comes out of them.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Limits, Result};
use sha2::{Digest as _, Sha256};

use super::outcome::Busy;
use super::pipe::{PipeReader, pipe};
use super::stages::{self, Report};
use crate::image::{Compression, Digest, Layer, damaged};

/// Read it to get the layer's archive, then [`Stream::finish`] it to learn whether it was the right one.
pub struct Stream {
    layer: Layer,
    abandoned: Arc<AtomicBool>,
    out: Option<PipeReader>,
    read: Option<JoinHandle<Report>>,
    decompress: Option<JoinHandle<Report>>,
    digest: Option<JoinHandle<Report>>,
    /// Digests the archive as it is read, where a thread of its own would only compete with the others.
    inline: Option<Inline>,
    stop: Option<Arc<AtomicBool>>,
    bytes: u64,
}

/// See [`Stream::inline`].
#[derive(Default)]
struct Inline {
    hasher: Sha256,
    busy: Duration,
}

/// Processors from which on the archive is digested by a thread of its own: reading, decompressing and unpacking keep
/// two busy.
const PROCESSORS: usize = 3;

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("layer", &self.layer.number)
            .finish_non_exhaustive()
    }
}

fn spawn(name: &str, body: impl FnOnce() -> Report + Send + 'static) -> Result<JoinHandle<Report>> {
    Builder::new()
        .name(format!("pull-{name}"))
        .spawn(body)
        .attempt("start a thread for", name)
}

impl Stream {
    /// Starts the stages of a layer.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn open(layer: &Layer, limits: &Limits) -> Result<Self> {
        let abandoned = Arc::new(AtomicBool::new(false));
        let plain = layer.compression == Compression::None;
        let (writer, mut reader) = pipe();
        let blob = layer.blob.reader();
        let flag = Arc::clone(&abandoned);
        // The blob of a plain layer is its archive: one digest is both.
        let digesting = plain || layer.digest.is_some();
        let read = spawn("read", move || stages::read(blob, writer, digesting, &flag))?;
        let (mut decompress, mut digest, mut inline) = (None, None, None);
        if !plain {
            let (compression, path, limit) = (
                layer.compression,
                layer.blob.path().to_owned(),
                limits.unpacked_bytes(layer.size),
            );
            let (writer, unpacked) = pipe();
            let packed = std::mem::replace(&mut reader, unpacked);
            decompress = Some(spawn("decompress", move || {
                stages::decompress(packed, writer, compression, &path, limit)
            })?);
            if available_parallelism().map_or(1, usize::from) < PROCESSORS {
                inline = Some(Inline::default());
            } else {
                let (writer, digested) = pipe();
                let unpacked = std::mem::replace(&mut reader, digested);
                digest = Some(spawn("digest", move || stages::digest(unpacked, writer))?);
            }
        }
        Ok(Self {
            layer: layer.clone(),
            abandoned,
            out: Some(reader),
            read: Some(read),
            decompress,
            digest,
            inline,
            stop: None,
            bytes: 0,
        })
    }

    /// Makes reads fail once `stop` is set: another layer of the pull has failed.
    #[must_use]
    pub(super) fn stopped_by(mut self, stop: &Arc<AtomicBool>) -> Self {
        self.stop = Some(Arc::clone(stop));
        self
    }

    /// Time the reader spent on anything but its own work: waiting for the stages, and digesting for them.
    pub fn waited(&self) -> Duration {
        let digesting = self.inline.as_ref().map_or(Duration::ZERO, |i| i.busy);
        let waiting = self.out.as_ref().map_or(Duration::ZERO, PipeReader::waited);
        waiting + digesting
    }

    /// Bytes of archive read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the stages and says whether blob and archive were what the image says they are. `outcome` is what became of
    /// the archive: its error is given unless the stages know a better reason for it.
    ///
    /// # Errors
    /// `BadInput` naming the digest that is wrong; an error of reading or decompressing; that of `outcome`.
    pub fn finish<T>(mut self, outcome: Result<T>) -> Result<(T, Busy)> {
        let outcome = outcome.and_then(|value| {
            // A reader that stopped at the end-of-archive marker has not seen what follows.
            io::copy(&mut self, &mut io::sink()).map_err(|error| self.damaged("read", error))?;
            Ok(value)
        });
        // An archive that is malformed may come from a damaged blob; a full disk does not.
        let worth_knowing = match &outcome {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::BadInput && !self.is_stopped(),
        };
        if !worth_knowing {
            self.abandoned.store(true, Ordering::Relaxed);
        }
        drop(self.out.take());
        let [mut digest, decompress, read] =
            [self.digest.take(), self.decompress.take(), self.read.take()].map(join);
        if let Some(inline) = self.inline.take() {
            // Of what was read: all of it, if nothing failed.
            digest.digest = Some(Digest::finish(inline.hasher));
            digest.busy = inline.busy;
        }
        if worth_knowing {
            if let Some(error) = read.error {
                return Err(self.damaged("read", error));
            }
            self.check("blob", self.layer.digest.as_ref(), read.digest.as_ref())?;
            if let Some(error) = decompress.error {
                return Err(self.damaged("decompress", error));
            }
        }
        let value = outcome?;
        let archive = if self.layer.compression == Compression::None {
            read.digest
        } else {
            digest.digest
        };
        let Some(archive) = archive else {
            return Err(Error::new(ErrorKind::Io, "digest").because("a thread ended early"));
        };
        self.check("diff id", Some(&self.layer.diff_id), Some(&archive))?;
        let busy = Busy {
            verify: read.busy + digest.busy,
            decompress: decompress.busy,
            ..Busy::default()
        };
        Ok((value, busy))
    }

    fn is_stopped(&self) -> bool {
        self.stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn check(
        &self,
        what: &str,
        expected: Option<&crate::image::Digest>,
        found: Option<&crate::image::Digest>,
    ) -> Result<()> {
        match (expected, found) {
            (Some(expected), Some(found)) if expected != found => {
                let what = format!("{what} of layer {}", self.layer.number);
                Err(expected.mismatch(&what, found).path(self.layer.blob.path()))
            }
            _ => Ok(()),
        }
    }

    fn damaged(&self, verb: &str, error: io::Error) -> Error {
        let op = format!("{verb} layer {}", self.layer.number);
        damaged(op, self.layer.blob.path(), error)
    }
}

/// Waits for a stage. One that is absent has nothing to report; one that panicked has no digest either.
fn join(stage: Option<JoinHandle<Report>>) -> Report {
    stage
        .and_then(|stage| stage.join().ok())
        .unwrap_or_default()
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_stopped() {
            return Err(io::Error::other("another layer failed"));
        }
        let Some(out) = &mut self.out else {
            return Ok(0);
        };
        let n = out.read(buffer)?;
        if let Some(inline) = &mut self.inline {
            let start = Instant::now();
            inline.hasher.update(&buffer[..n]);
            inline.busy += start.elapsed();
        }
        self.bytes += n as u64;
        Ok(n)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        drop(self.out.take());
        // They end as soon as they see that nobody reads on.
        for stage in [self.digest.take(), self.decompress.take(), self.read.take()] {
            drop(join(stage));
        }
    }
}

/// Reads a whole layer and checks both digests; gives the length of its archive in bytes.
///
/// # Errors
/// As [`Stream::finish`].
pub fn verify(layer: &Layer, limits: &Limits) -> Result<u64> {
    let mut stream = Stream::open(layer, limits)?;
    let outcome = io::copy(&mut stream, &mut io::sink())
        .attempt(format!("read layer {}", layer.number), layer.blob.path());
    stream.finish(outcome).map(|(bytes, _)| bytes)
}
