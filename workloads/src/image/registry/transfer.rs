//! One blob, from the registry into a file: resumed where it broke off, digested on the way.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use ureq::http::HeaderMap;

use super::client::{Ask, Client, header};
use super::patience::{Failure, Patience};
use crate::image::arrival::Arrival;
use crate::image::digest::Digest;

/// What is read at once.
const BUFFER_BYTES: usize = 256 << 10;
/// Bytes that a try must bring for the ones that failed before to be forgotten.
const PROGRESS: u64 = 1 << 20;
/// Bytes that each get the time of one answer: a transfer below 70 kB/s is given up.
const PER_ANSWER: u64 = 4 << 20;

/// Where a blob goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) file: Arc<File>,
    pub(super) path: PathBuf,
    /// Where somebody reads what has arrived, and digests it: that is not done twice.
    pub(super) arrival: Option<Arc<Arrival>>,
}

/// What it took.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Transferred {
    pub(super) verify: Duration,
    pub(super) retries: u32,
}

/// A transfer under way.
struct Transfer<'a> {
    client: &'a Client,
    target: &'a Target,
    /// Bytes that are there.
    at: u64,
    hasher: Sha256,
    verify: Duration,
}

const OP: &str = "download a blob of";

/// Brings a blob here.
pub(super) fn transfer(client: &Client, target: &Target) -> Result<Transferred> {
    let mut transfer = Transfer {
        client,
        target,
        at: 0,
        hasher: Sha256::new(),
        verify: Duration::ZERO,
    };
    let mut patience = Patience::default();
    loop {
        let before = transfer.at;
        let outcome = transfer.go_on().and_then(|()| transfer.check());
        let Err(failure) = outcome else {
            return Ok(Transferred {
                verify: transfer.verify,
                retries: patience.retries,
            });
        };
        if transfer.at >= before + PROGRESS {
            patience.refresh();
        }
        if matches!(failure, Failure::Damaged(_)) {
            transfer.restart();
        }
        patience.after(failure, &client.stop)?;
    }
}

impl Transfer<'_> {
    fn restart(&mut self) {
        self.at = 0;
        self.hasher = Sha256::new();
    }

    fn check(&mut self) -> Result<(), Failure> {
        if self.target.arrival.is_some() {
            return Ok(());
        }
        let found = Digest::finish(std::mem::take(&mut self.hasher));
        if found == self.target.digest {
            return Ok(());
        }
        let error = self.target.digest.mismatch("blob", &found);
        Err(Failure::Damaged(
            error.path(self.client.reference.to_string()),
        ))
    }

    /// One try: from where the last one ended to the end.
    fn go_on(&mut self) -> Result<(), Failure> {
        let size = self.target.size;
        let left = size - self.at;
        let patience = self.client.options.patience;
        let answers = u32::try_from(1 + left / PER_ANSWER).unwrap_or(u32::MAX);
        let path = format!("blobs/{}", self.target.digest);
        let answer = self.client.ask(Ask {
            op: OP,
            path: &path,
            accept: &[],
            from: self.at,
            time: patience.saturating_mul(answers),
        })?;
        if self.at > 0 && answer.status() != 206 {
            // A registry without ranges sends all of it again.
            self.restart();
        } else if self.at > 0 && !starts_at(answer.headers(), self.at) {
            return Err(
                self.refuse("the registry sends another part than it was asked for".to_owned())
            );
        }
        let promised = answer.body().content_length();
        if promised.is_some_and(|promised| promised != size - self.at) {
            return Err(self.refuse(format!(
                "the registry sends {} bytes, where {} has {} left",
                promised.unwrap_or_default(),
                self.target.digest,
                size - self.at
            )));
        }
        let mut body = answer.into_body().into_reader();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            self.client.stop.check()?;
            let n = match body.read(&mut buffer) {
                Ok(n) => n,
                // It is all there: whatever becomes of the connection.
                Err(_) if self.at == size => 0,
                Err(error) => return Err(self.broken(&error.to_string())),
            };
            if n == 0 {
                break;
            }
            if self.at + n as u64 > size {
                return Err(self.refuse(format!(
                    "{} goes on beyond its {size} bytes",
                    self.target.digest
                )));
            }
            self.take(&buffer[..n])?;
        }
        if self.at < size {
            return Err(self.broken("the answer ends early"));
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let target = self.target;
        target
            .file
            .write_all_at(bytes, self.at)
            .attempt("write the download to", &target.path)?;
        self.at += bytes.len() as u64;
        if let Some(arrival) = &target.arrival {
            arrival.reach(self.at);
        } else {
            let start = Instant::now();
            self.hasher.update(bytes);
            self.verify += start.elapsed();
        }
        Ok(())
    }

    fn refuse(&self, why: String) -> Failure {
        self.client
            .error(ErrorKind::BadInput, OP, why)
            .hint("the registry is broken, or not what it says: push the image again, elsewhere")
            .into()
    }

    fn broken(&self, why: &str) -> Failure {
        let why = format!("after {} of {} bytes: {why}", self.at, self.target.size);
        Failure::Chance(self.client.error(ErrorKind::Io, OP, why), None)
    }
}

/// Whether a part begins where it should: `Content-Range: bytes 7-9/10`.
fn starts_at(headers: &HeaderMap, at: u64) -> bool {
    header(headers, "content-range")
        .and_then(|range| range.trim().strip_prefix("bytes"))
        .and_then(|range| range.trim_start().split('-').next())
        .is_some_and(|first| first.parse() == Ok(at))
}
