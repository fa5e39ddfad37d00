//! A file that is still being written: readers wait for the bytes they want.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How much of a file is there.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    there: u64,
    /// Nothing more will come.
    over: bool,
}

impl Arrival {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first `bytes` bytes are there. What was there before stays there.
    pub(super) fn reach(&self, bytes: u64) {
        let mut state = self.state();
        state.there = state.there.max(bytes);
        self.bell.notify_all();
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.state().over = true;
        self.bell.notify_all();
    }

    /// Waits until more than `bytes` bytes are there; how many, or `None` when there will never be.
    pub(super) fn beyond(&self, bytes: u64) -> Option<u64> {
        let mut state = self.state();
        while state.there <= bytes && !state.over {
            state = self
                .bell
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        (state.there > bytes).then_some(state.there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_wait_for_their_bytes_and_learn_of_the_end() {
        let arrival = Arrival::default();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| (arrival.beyond(0), arrival.beyond(10)));
            arrival.reach(10);
            arrival.reach(4);
            assert_eq!(arrival.beyond(3), Some(10), "it never shrinks");
            arrival.end();
            assert_eq!(reader.join().unwrap(), (Some(10), None));
        });
    }
}
