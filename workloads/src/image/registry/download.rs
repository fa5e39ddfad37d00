//! Several blobs at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use drivers::Error;

use super::client::Client;
use super::transfer::{Target, transfer};

/// What a download took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Downloaded {
    /// Bytes of blobs.
    pub bytes: u64,
    /// Computing their digests, over all threads; zero where somebody else does.
    pub verify: Duration,
    /// Requests that were sent to the registry since it was connected to.
    pub requests: u32,
    /// Of them those that had failed before.
    pub retries: u32,
}

/// Downloads blobs, `parallel` at once, in order. After the first failure the others end, too. `Err(None)`: somebody else
/// stopped it.
pub(super) fn all(
    client: &Client,
    targets: &[Target],
    parallel: usize,
) -> Result<Downloaded, Option<Error>> {
    let _ends = Ends(targets);
    let next = AtomicUsize::new(0);
    let first: Mutex<Option<Error>> = Mutex::default();
    let sum: Mutex<Downloaded> = Mutex::default();
    let work = || {
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            match transfer(client, target) {
                Ok(took) => {
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.bytes += target.size;
                    sum.verify += took.verify;
                    sum.retries += took.retries;
                }
                Err(error) => {
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.is_none() && !client.stop.is_stopped() {
                        *first = Some(error);
                    }
                    client.stop.stop();
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..parallel.min(targets.len()) {
            scope.spawn(work);
        }
        work();
    });
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    if first.is_some() || client.stop.is_stopped() {
        return Err(first);
    }
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Downloaded {
        requests: client.requests(),
        ..sum
    })
}

/// Whatever becomes of a download: readers learn that nothing more will come.
struct Ends<'a>(&'a [Target]);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        for arrival in self.0.iter().filter_map(|target| target.arrival.as_ref()) {
            arrival.end();
        }
    }
}
