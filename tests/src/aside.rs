//! Work done aside: in threads that no [`Lie`](crate::lies::Lie) reaches.
//!
//! A system-call filter stays with its thread and with all threads that are started from there. What is no work of the
//! container's processes (the driver's own, mountpoints) is therefore handed to a thread that was started before.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Where work is done.
#[derive(Clone, Default)]
pub struct Aside {
    jobs: Option<Arc<Mutex<Sender<Job>>>>,
}

impl fmt::Debug for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aside")
            .field("elsewhere", &self.jobs.is_some())
            .finish()
    }
}

impl Aside {
    /// Work is done where it is asked for: nobody is lied to.
    pub fn here() -> Self {
        Self::default()
    }

    /// Starts a thread from which all work is done, each piece in a thread of its own; it ends with the last clone.
    pub fn start() -> Self {
        let (jobs, inbox) = channel::<Job>();
        thread::spawn(move || {
            for job in inbox {
                thread::spawn(job);
            }
        });
        Self {
            jobs: Some(Arc::new(Mutex::new(jobs))),
        }
    }

    /// Does the work, and waits for it. If it panics, so does this.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let Some(jobs) = &self.jobs else {
            return work();
        };
        let (answer, outcome) = channel();
        let job: Job = Box::new(move || {
            // Nobody waits for an answer once the one who asked has ended.
            drop(answer.send(catch_unwind(AssertUnwindSafe(work))));
        });
        let sent = jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(job);
        drop(sent);
        match outcome.recv() {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(gone) => resume_unwind(Box::new(gone.to_string())),
        }
    }
}
