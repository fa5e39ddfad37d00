//! What the cases of limits share: writers that are held to limits as a container's processes are, and the same questions
//! asked once more of a store of its own, where the driver can be opened with an option that lets it hold limits.

use std::fs::File;
use std::io::Write as _;

use drivers::sandbox::{Ground, NO_PROJECTS, Run};
use drivers::{Backing, ErrorKind, Host};
use rustix::io::Errno;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::case::Stop;
use crate::check::{self, Checked};
use crate::container::Container;
use crate::context::Context;
use crate::fixture;
use crate::subject::Subject;

/// A mebibyte.
pub(crate) const MIB: usize = 1 << 20;

/// More than any limit here.
const MUCH: usize = 24;

/// The store is sparse, and holds two containers of [`MUCH`] MiB; btrfs wants 109 MiB for itself.
const STORE: u64 = 512 << 20;

/// The option that has a driver hold limits.
const OPTION: (&str, &str) = ("quota", "on");

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// As engines start a container's processes: without CAP_SYS_RESOURCE.
    Ordinary,
    /// With whatever this process may do.
    Privileged,
}

/// Does the work in a thread of its own, which may do no more than `who`.
pub(crate) fn by<T: Send>(
    who: Who,
    work: impl FnOnce() -> std::io::Result<T> + Send,
) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            if who == Who::Ordinary {
                let mut sets = capabilities(None)?;
                sets.effective.remove(CapabilitySet::SYS_RESOURCE);
                set_capabilities(None, sets)?;
            }
            work()
        });
        work.join()
            .unwrap_or_else(|_| Err(std::io::Error::other("the writer panicked")))
    })
}

/// Whether this process could pass limits at all.
pub(crate) fn is_privileged() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_RESOURCE))
}

/// Writes that much to a new file, down to the backing store.
pub(crate) fn grow(container: &Container, name: &str, mib: usize, who: Who) -> std::io::Result<()> {
    let path = container.path(name);
    by(who, move || {
        let mut file = File::create(path)?;
        for part in 0..mib {
            file.write_all(&fixture::noise(1000 + part as u64, MIB))?;
            file.sync_all()?;
        }
        Ok(())
    })
}

/// That much can be written.
pub(crate) fn below(container: &Container, name: &str, mib: usize) -> Checked {
    let outcome = grow(container, name, mib, Who::Ordinary);
    check::that(
        outcome.is_ok(),
        format!("{mib} MiB can be written below the limit"),
        format!("{outcome:?}"),
    )
}

/// Far more than the limit cannot be written.
pub(crate) fn above(container: &Container, name: &str) -> Checked {
    let outcome = grow(container, name, MUCH, Who::Ordinary);
    check::that(
        outcome.as_ref().is_err_and(is_full),
        format!("{MUCH} MiB above the limit are refused as EDQUOT or ENOSPC"),
        format!("{outcome:?}"),
    )
}

/// EDQUOT or ENOSPC.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    [Errno::DQUOT, Errno::NOSPC]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Asks of the same driver, with the option, on a backing store of its own; what came of it, in words. A limit that is
/// taken there and not held fails the case.
pub(crate) fn with_the_option(
    context: &mut Context<'_>,
    ask: fn(&mut Context<'_>) -> Result<String, Stop>,
) -> Result<String, Stop> {
    let (name, value) = OPTION;
    let Some((options, open)) = context.variant(name, value) else {
        return Ok(String::new());
    };
    let backing = context.root()?.backing;
    if matches!(backing, Backing::Directory | Backing::Tmpfs) {
        return Ok(format!("; {name}={value} needs a filesystem of its own"));
    }
    let scratch = context.directory()?;
    let run = Run::create(&context.directory()?)?;
    let ground = Ground::create_for(&options, &run, "limits", backing, STORE, &Host::detect());
    let ground = match ground {
        Ok(ground) => ground,
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            run.close()?;
            return Ok(format!(
                "; with {name}={value}, {backing} cannot be mounted here: {NO_PROJECTS}"
            ));
        }
        Err(error) => {
            run.close()?;
            return Ok(format!("; with {name}={value}: {error}"));
        }
    };
    let root = ground.root().clone();
    let said = match Subject::new(move || open(&root), &scratch) {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(format!("{error}")),
        Err(error) => Err(Stop::from(error)),
        Ok(mut subject) => {
            let mut inner = Context::new(&mut subject, scratch, "limits".to_owned());
            let said = ask(&mut inner);
            drop(inner);
            let closed = subject.close();
            said.and_then(|said| Ok(closed.map(|()| said)?))
        }
    };
    let closed = ground.close();
    let said = said?;
    closed?;
    run.close()?;
    Ok(format!("; with {name}={value}: {said}"))
}
