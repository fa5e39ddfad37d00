//! Several threads that begin at the same moment.

use std::sync::Barrier;
use std::thread;

use crate::case::Stop;

/// Does `work` in `count` threads at once, each with its number; gives what came of each, in their order.
///
/// # Errors
/// Broken, when one panicked.
pub fn together<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Result<Vec<T>, Stop> {
    let (barrier, work) = (Barrier::new(count), &work);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| Stop::broken("a thread of the case panicked"))
            })
            .collect()
    })
}
