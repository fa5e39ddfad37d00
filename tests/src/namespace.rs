//! A second mount namespace: a copy of this one, as a process that was started meanwhile would hold it.
//!
//! Other subjects of the same run must not notice: their mounts are taken out of the copy at once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, setns, unshare};
use rustix::mount::{UnmountFlags, unmount};

use crate::case::Stop;
use crate::context::Context;

type Job = Box<dyn FnOnce() + Send>;

/// A thread with a copy of the mount namespace; the copy, and every mount that only it still holds, ends with it.
#[derive(Debug)]
pub struct Namespace {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Namespace {
    /// Copies the namespace as it is now, as far as it belongs to the subject or to no subject.
    ///
    /// # Errors
    /// Not applicable, where namespaces cannot be made.
    pub fn copy(context: &Context<'_>) -> Result<Self, Stop> {
        let places = Places::of(context)?;
        let (jobs, inbox) = channel::<Job>();
        let (ready, made) = channel();
        let thread = thread::spawn(move || {
            let home = File::open("/proc/thread-self/ns/mnt");
            let outcome = unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS);
            if outcome.is_ok() {
                places.leave_others();
            }
            let failed = outcome.is_err();
            let heard = ready.send(outcome).is_ok();
            if heard && !failed {
                inbox.into_iter().for_each(|job| job());
                // Going home drops the copy at once; the end of a thread does so only after it can be joined.
                let gone_home = home.and_then(|home| Ok(setns(home, CloneFlags::CLONE_NEWNS)?));
                if let Err(error) = gone_home {
                    tracing::warn!("a copy of the mount namespace goes later: {error}");
                }
            }
        });
        let namespace = Self {
            jobs: Some(jobs),
            thread: Some(thread),
        };
        match made.recv() {
            Ok(Ok(())) => Ok(namespace),
            Ok(Err(errno)) => Err(Stop::not_applicable(format!(
                "a mount namespace cannot be made: {errno}"
            ))),
            Err(gone) => Err(Stop::broken(gone.to_string())),
        }
    }

    /// Does something in the copy.
    ///
    /// # Errors
    /// Broken, when the thread has ended.
    pub fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let (answer, outcome) = channel();
        let job: Job = Box::new(move || drop(answer.send(work())));
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job).is_ok());
        match outcome.recv() {
            Ok(value) if sent => Ok(value),
            _ => Err(Stop::broken("the thread in the other namespace has ended")),
        }
    }

    /// Ends it.
    pub fn end(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A job that panicked has no answer, which was noticed already.
            drop(thread.join());
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Where mounts of a subject and of its case can be.
#[derive(Debug, Clone)]
pub struct Places {
    own: [PathBuf; 2],
    run: PathBuf,
}

impl Places {
    /// Those of a case's subject.
    ///
    /// # Errors
    /// Not applicable, where the subject does not tell its root.
    pub fn of(context: &Context<'_>) -> Result<Self, Stop> {
        let root = &context.root()?.dir;
        Ok(Self {
            own: [root.clone(), context.scratch().to_owned()],
            run: root.parent().unwrap_or(root).to_owned(),
        })
    }

    /// The subject's mounts, as mountinfo of the calling thread has them.
    ///
    /// # Errors
    /// Broken, when /proc cannot be read.
    pub fn mounts(&self) -> Result<Vec<String>, Stop> {
        let text = std::fs::read_to_string(drivers::mountinfo::PATH)
            .map_err(|error| Stop::broken(error.to_string()))?;
        let is_own = |line: &&str| point(line).is_some_and(|at| self.is_own(at));
        Ok(text.lines().filter(is_own).map(str::to_owned).collect())
    }

    fn is_own(&self, at: &Path) -> bool {
        self.own.iter().any(|place| at.starts_with(place))
    }

    /// Takes the mounts of other subjects out of the calling thread's namespace.
    fn leave_others(&self) {
        for mount in drivers::mountinfo::all().unwrap_or_default().iter().rev() {
            if mount.point.starts_with(&self.run) && !self.is_own(&mount.point) {
                // One that is hidden under another has gone with it.
                let left = unmount(&mount.point, UnmountFlags::DETACH);
                tracing::debug!("{}: {left:?}", mount.point.display());
            }
        }
    }
}

fn point(line: &str) -> Option<&Path> {
    line.split(' ').nth(4).map(Path::new)
}
