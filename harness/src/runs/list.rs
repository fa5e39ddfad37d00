//! The runs of an output directory, oldest first, with what can be said of each without analysing it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::Results;
use rustix::fs::FlockOperation;

use super::links::{EARLIER, RUNS};
use crate::exit;
use crate::records::FILE;

/// How far a run came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It ended in order.
    Complete,
    /// It was stopped before all was done, and ended in order.
    Interrupted,
    /// It is still at work.
    Running,
    /// It was killed: what was recorded until then is there.
    Torn,
    /// It cannot be read, for this reason.
    Broken(String),
}

/// One run.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name: that of its directory.
    pub(crate) id: String,
    /// Its directory.
    pub(crate) dir: PathBuf,
    /// How far it came.
    pub(crate) state: State,
    /// What it found; nothing when it is broken.
    pub(crate) results: Results,
}

/// Every run of `out`, and what an older version left in `earlier/`, oldest first: names and directories.
pub(crate) fn list(out: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    if !out.is_dir() {
        return Err(exit::coded(
            exit::NO_INPUT,
            format!(
                "there is no directory {}; layerbench run makes it",
                out.display()
            ),
        ));
    }
    let mut found = Vec::new();
    for (place, prefix) in [(EARLIER, "earlier/"), (RUNS, "")] {
        let dir = out.join(place);
        let entries = match std::fs::read_dir(&dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("could not list {}", dir.display()))?,
        };
        for run in entries {
            let run = run.with_context(|| format!("could not list {}", dir.display()))?;
            let path = run.path();
            // A file in between is none of ours; what was put aside need not have been a run.
            let is_run = place == RUNS || path.join(FILE).exists();
            if path.is_dir() && is_run {
                found.push((format!("{prefix}{}", run.file_name().display()), path));
            }
        }
    }
    // Runs of one second in the order in which their directories were made, where the filesystem knows it.
    found.sort_by_cached_key(|(id, dir): &(String, PathBuf)| {
        let made = dir.metadata().and_then(|metadata| metadata.created());
        (started(id), made.ok(), id.clone())
    });
    Ok(found)
}

/// The directory of the newest run of `out`, if it keeps any.
pub(crate) fn newest(out: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(list(out)?.pop().map(|(_, dir)| dir))
}

/// Reads one of them.
pub(crate) fn read((id, dir): (String, PathBuf)) -> Entry {
    let (state, results) = match crate::commands::read_results(&dir) {
        Ok(results) => (state(&dir, &results), results),
        Err(error) => {
            let reason = format!("{error:#}").replace('\n', " ");
            (State::Broken(reason), Results::default())
        }
    };
    Entry {
        id,
        dir,
        state,
        results,
    }
}

fn state(dir: &Path, results: &Results) -> State {
    match &results.end {
        Some(end) if end.interrupted => State::Interrupted,
        Some(_) => State::Complete,
        None if is_running(dir) => State::Running,
        None => State::Torn,
    }
}

/// Whether a run holds its records: it does so until it ends.
pub(crate) fn is_running(dir: &Path) -> bool {
    File::open(dir.join(FILE)).is_ok_and(|file| {
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared)
            == Err(rustix::io::Errno::WOULDBLOCK)
    })
}

/// `2026-11-21T19:30:00Z` of a name that begins with `2026-11-21T19-30-00Z`; the name itself otherwise.
fn started(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    match (name.get(..11), name.get(11..20)) {
        (Some(day), Some(time)) if time.ends_with('Z') => {
            format!("{day}{}", time.replace('-', ":"))
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_time() {
        for id in [
            "2026-11-21T19-30-00Z-5f3a9c01-7c2e",
            "earlier/2026-11-21T19-30-00Z",
        ] {
            assert_eq!(started(id), "2026-11-21T19:30:00Z");
        }
        assert_eq!(started("notes"), "notes");
    }
}
