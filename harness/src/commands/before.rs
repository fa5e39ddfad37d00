//! The runs before a run, in the same output directory: what its report draws the trend from.

use std::path::Path;

use reports::Results;
use reports::trend::{Filter, Group, History};

use crate::runs::{self, State};

/// As many runs as are looked at: reading one takes a fraction of a second.
const MOST: usize = 30;

/// The groups of runs up to the one whose documents belong into `dir`, if it is one of an output directory's runs: those
/// in which it is the last. A run that cannot be read is left out: `layerbench trend` says why.
pub(super) fn history(results: &Results, dir: &Path) -> Vec<Group> {
    let Ok(dir) = dir.canonicalize() else {
        return Vec::new();
    };
    let Some(out) = dir.parent().and_then(Path::parent) else {
        return Vec::new();
    };
    let all = runs::list(out).unwrap_or_default();
    let Some(own) = all.iter().position(|(_, path)| *path == dir) else {
        return Vec::new();
    };
    let mut history = History::new(Filter::default());
    let first = (own + 1).saturating_sub(MOST);
    for found in all.into_iter().take(own).skip(first) {
        let entry = runs::read(found);
        if matches!(
            entry.state,
            State::Complete | State::Interrupted | State::Torn
        ) {
            let host = runs::host(&entry.id, &entry.results);
            history.add(&entry.id, &host, &entry.results);
        }
    }
    let id = dir
        .file_name()
        .map_or_else(String::new, |name| name.display().to_string());
    history.add(&id, &runs::host(&id, results), results);
    let mut groups = history.groups();
    groups
        .retain(|group| group.runs.len() > 1 && group.runs.last().is_some_and(|run| run.id == id));
    groups
}
