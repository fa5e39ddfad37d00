//! Layers and containers have the modes of the archive, whatever the umask of the process that makes them.

use nix::sched::{CloneFlags, unshare};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, character, chmod, dir, fifo, file, mtime};

/// The promise.
pub const CASE: Case = Case {
    name: "umask_does_not_matter",
    promise: "Layers and containers have the modes of the archive, whatever the umask of the process that makes them.",
    why: "A daemon started with umask 077 unpacks images that no user in the container can read.",
    origin: "moby go-archive (umask); containerd archive tests; catalogue DF9",
    covers: &["DF9"],
    level: Level::Must,
    theme: Theme::Changes,
    capability: None,
    broken_by: &[Fault::RootsArePrivate],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    // The umask belongs to the process: a thread with one of its own leaves that alone.
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            unshare(CloneFlags::CLONE_FS)
                .map_err(|errno| Stop::broken(format!("get a umask of its own: {errno}")))?;
            umask(Mode::from_raw_mode(0o077));
            under_umask(context)
        });
        asked
            .join()
            .map_err(|_| Stop::broken("the thread panicked"))?
    })
}

fn under_umask(context: &mut Context<'_>) -> Verdict {
    context.container(None)?.check()?;
    let mut ops: Vec<Op> = vec![
        dir("open"),
        chmod("open", 0o777),
        file("open/file", "1"),
        chmod("open/file", 0o666),
        fifo("open/pipe"),
        chmod("open/pipe", 0o666),
        character("open/null", 1, 3),
        chmod("open/null", 0o666),
        dir("sticky"),
        chmod("sticky", 0o3777),
    ];
    let base = context.layer(None, &ops)?;
    context.check_layer(&base)?;
    ops = vec![
        file("open/more", "2"),
        chmod("open/more", 0o777),
        mtime("sticky", 1, 0),
    ];
    let top = context.layer(Some(&base), &ops)?;
    context.check_layer(&top)?;
    let mut container = context.container(Some(&top))?;
    container.apply(&[chmod("open/file", 0o660), chmod("sticky", 0o1777)])?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
