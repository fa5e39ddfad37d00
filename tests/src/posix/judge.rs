//! What is wrong with what came of a row, in words that are the same wherever it is asked.

use std::collections::BTreeMap;

use drivers::Capabilities;
use rustix::io::Errno;

use super::row::{Answer, Marks, Returned, Row};
use super::stamps::{Stamp, Stamps, Time};
use crate::context::legal;
use crate::oracle::compare::show;
use crate::oracle::layer;
use crate::oracle::model::{Ino, Model, Refusal};
use crate::oracle::op::PathBytes;

/// What came of a row.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) returned: Returned,
    /// Before the call.
    pub(crate) before: Stamps,
    /// After it.
    pub(crate) after: Stamps,
    /// A moment between the two.
    pub(crate) between: Time,
    /// The clock has moved on between the last change before and the call.
    pub(crate) ticked: bool,
    /// What differs from the forecast in type, content, mode, owner, time, attributes and links.
    pub(crate) differences: Option<String>,
}

/// What a driver declares to lose, and what of it concerns times and links.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Losses {
    /// The access time of what is copied up moves.
    pub(crate) access_times: bool,
    /// The change time of what is copied up moves, and of the directories above.
    pub(crate) change_times: bool,
    /// Directories that are copied up take the time of it.
    pub(crate) directory_times: bool,
    /// So do symbolic links.
    pub(crate) symlink_times: bool,
    /// A file that is copied up leaves its other names.
    pub(crate) links: bool,
    /// Change times may be as they were: the clock has not moved on.
    pub(crate) change_marks: bool,
}

/// A row's own tree in the model: which paths there are, which are one file, and what they are.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    pub(crate) before: BTreeMap<PathBytes, Ino>,
    pub(crate) after: BTreeMap<PathBytes, Ino>,
    pub(crate) model: Model,
}

impl Forecast {
    /// What the model says of a row.
    ///
    /// # Errors
    /// When the model refuses an operation of the row.
    pub(crate) fn of(row: &Row, capabilities: &Capabilities) -> Result<Self, Refusal> {
        let mut model = Model::default();
        model.apply(&legal(&row.lower, capabilities))?;
        layer::settle(&Model::default(), &mut model);
        let before = model.paths();
        model.live = true;
        model.apply(&legal(&row.effects, capabilities))?;
        Ok(Self {
            before,
            after: model.paths(),
            model,
        })
    }
}

/// What differs from the rule; empty where it holds.
pub(crate) fn judge(row: &Row, paths: &Forecast, seen: &Seen, losses: Losses) -> Vec<String> {
    let mut wrong = Vec::new();
    if !matches(row.answer, &seen.returned) {
        wrong.push(format!(
            "should be {}, is {}",
            wanted(row.answer),
            words(&seen.returned)
        ));
        // The rest follows from it.
        return wrong;
    }
    for (path, ino) in &paths.after {
        let Some(after) = seen.after.get(path) else {
            wrong.push(format!("{} is missing", name(path)));
            continue;
        };
        let was = paths.before.iter().find(|(_, was)| *was == ino);
        match was.and_then(|(path, _)| seen.before.get(path)) {
            Some(before) => changed(row, path, *before, *after, losses, &mut wrong),
            None => made(path, *after, seen.between, &mut wrong),
        }
        let counted = row.links.get(path).copied();
        let before = was.and_then(|(path, _)| seen.before.get(path));
        let links = counted.or_else(|| before.filter(|_| !after.is_dir).map(|stamp| stamp.links));
        // A name that breaks off counts one link, the others stay as they were.
        let broken = losses.links && counted.is_none();
        if let Some(links) = links.filter(|&links| links != after.links && !broken) {
            wrong.push(format!(
                "{} should have {links} links, has {}",
                name(path),
                after.links
            ));
        }
    }
    for path in seen
        .after
        .keys()
        .filter(|path| !paths.after.contains_key(*path))
    {
        wrong.push(format!("{} should be gone", name(path)));
    }
    wrong.extend(seen.differences.clone());
    wrong
}

fn changed(
    row: &Row,
    path: &PathBytes,
    before: Stamp,
    after: Stamp,
    losses: Losses,
    wrong: &mut Vec<String>,
) {
    let marks: Marks = row.marks.get(path).copied().unwrap_or_default();
    for (number, time) in ["access", "modification", "change"].iter().enumerate() {
        let (old, new) = (before.times[number], after.times[number]);
        let excused = match number {
            0 if losses.access_times => true,
            2 => losses.change_times,
            _ => losses.directory_times && after.is_dir || losses.symlink_times && after.is_link,
        };
        let unmarked = losses.change_marks && number == 2;
        if marks.must[number] && new == old && !unmarked {
            wrong.push(format!("the {time} time of {} should move", name(path)));
        }
        let free = marks.must[number] || marks.may[number] || excused;
        if !free && new != old {
            wrong.push(format!("the {time} time of {} should stay", name(path)));
        }
    }
}

/// A new file has the time it was made at.
fn made(path: &PathBytes, after: Stamp, between: Time, wrong: &mut Vec<String>) {
    for (number, time) in ["access", "modification", "change"].iter().enumerate() {
        if after.times[number] < between {
            wrong.push(format!("the {time} time of the new {} is old", name(path)));
        }
    }
}

fn matches(answer: Answer, returned: &Returned) -> bool {
    match (answer, returned) {
        (Answer::Done, Ok(_)) => true,
        (Answer::Value(wanted), Ok(Some(value))) => wanted == *value,
        (Answer::Refused(wanted), Err(errno)) => wanted == *errno,
        (Answer::Either(one, other), Err(errno)) => [one, other].contains(errno),
        _ => false,
    }
}

fn wanted(answer: Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Value(value) => value.to_string(),
        Answer::Refused(errno) => error(errno),
        Answer::Either(one, other) => format!("{} or {}", error(one), error(other)),
    }
}

fn words(returned: &Returned) -> String {
    match returned {
        Ok(None) => "done".to_owned(),
        Ok(Some(value)) => value.to_string(),
        Err(errno) => error(*errno),
    }
}

fn error(errno: Errno) -> String {
    errno.to_string()
}

fn name(path: &[u8]) -> String {
    if path.is_empty() {
        "the directory".to_owned()
    } else {
        show(path)
    }
}
