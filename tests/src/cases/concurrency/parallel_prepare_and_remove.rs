//! Containers of one image can be prepared, mounted, written, unmounted and removed by several threads at once.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use drivers::{Driver, Key};
use drivers::{ErrorKind, Item, Kind, LayerId};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::live;
use crate::oracle::op::{file, remove};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "parallel_prepare_and_remove",
    promise: "Containers of one image can be prepared, mounted, written, unmounted and removed by several threads at once.",
    why: "Engines start and stop containers at the same time, all the time.",
    origin: "layerbench driver.rs; moby aufs and containerd mount concurrency tests",
    covers: &["CC3"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::DuplicateKey],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(None, &fixture::everything())?;
    let mut work = Vec::new();
    for _ in 0..THREADS {
        let mut jobs = Vec::new();
        for _ in 0..ROUNDS {
            jobs.push((context.key()?, context.directory()?));
        }
        work.push(jobs);
    }
    let contested = context.key()?;
    let driver = context.driver()?;
    let before = driver.list()?;
    let barrier = Barrier::new(THREADS);
    let outcomes: Vec<drivers::Result<bool>> = thread::scope(|scope| {
        let threads: Vec<_> = work
            .iter()
            .map(|jobs| {
                let (barrier, contested, base) = (&barrier, &contested, &base);
                scope.spawn(move || {
                    barrier.wait();
                    let won = driver.prepare(contested, Some(base), Kind::Writable);
                    for (key, at) in jobs {
                        one(driver, base, key, at)?;
                    }
                    match won {
                        Ok(()) => Ok(true),
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
                        Err(error) => Err(error),
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    check::same("threads that ended well", THREADS, outcomes.len())?;
    let mut winners = 0;
    for outcome in outcomes {
        winners += usize::from(outcome?);
    }
    check::same("threads that got the same key", 1, winners)?;
    driver.remove(Item::Container(&contested))?;
    check::same("the list", before, driver.list()?)?;
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

const THREADS: usize = 4;
const ROUNDS: usize = 2;

fn one(driver: &dyn Driver, base: &LayerId, key: &Key, at: &Path) -> drivers::Result<()> {
    driver.prepare(key, Some(base), Kind::Writable)?;
    let mount = driver.mount(key, at)?;
    live::apply(at, &[file("mine", key.as_str()), remove("etc")])?;
    mount.unmount()?;
    driver.remove(Item::Container(key))
}
