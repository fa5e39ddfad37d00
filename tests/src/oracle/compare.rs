//! Compares what is there with what the model says, and puts the first differences into words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::model::{Body, Ino, Model, Mtime};
use super::op::PathBytes;
use super::seen::Seen;

/// Differences named before "and N more".
const NAMED: usize = 4;

/// What a filesystem is allowed to lose, by declared capability.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    /// The unit of modification times, in nanoseconds.
    pub mtime_granularity_ns: u64,
    /// Directories keep their time, setuid and setgid bits.
    pub directory_attributes: bool,
    /// Symbolic links keep their owner, time and extended attributes.
    pub symlink_attributes: bool,
    /// Files keep their setuid and setgid bits.
    pub setuid: bool,
    /// All names of a file show one inode number.
    pub link_numbers: bool,
    /// Different files show different inode numbers.
    pub distinct_numbers: bool,
}

/// The differences, in words: `None` if there are none.
pub fn differences(
    model: &Model,
    seen: &BTreeMap<PathBytes, Seen>,
    tolerance: Tolerance,
) -> Option<String> {
    let expected = model.paths();
    let mut found = Vec::new();
    for (path, &ino) in &expected {
        match seen.get(path) {
            None => found.push(format!("{} is missing", show(path))),
            Some(seen) => one(path, model, ino, seen, tolerance, &mut found),
        }
    }
    for path in seen.keys().filter(|path| !expected.contains_key(*path)) {
        found.push(format!("{} should not be there", show(path)));
    }
    links(&expected, seen, tolerance, &mut found);
    if found.is_empty() {
        return None;
    }
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    let mut text = found.join("; ");
    if more > 0 {
        let _ = write!(text, "; and {more} more");
    }
    Some(text)
}

fn one(
    path: &[u8],
    model: &Model,
    ino: Ino,
    seen: &Seen,
    tolerance: Tolerance,
    found: &mut Vec<String>,
) {
    let node = model.node(ino);
    let mut differ = |what: &str, expected: String, actual: String| {
        found.push(format!(
            "{}: {what} should be {expected}, is {actual}",
            show(path)
        ));
    };
    match (&node.body, &seen.body) {
        (Body::Directory(_), Body::Directory(_)) => {}
        (expected, actual) if expected == actual => {}
        (Body::File(expected), Body::File(actual)) => {
            let at = expected
                .iter()
                .zip(actual.iter())
                .position(|(a, b)| a != b)
                .unwrap_or_else(|| expected.len().min(actual.len()));
            differ(
                "content",
                format!("{} bytes", expected.len()),
                format!("{} bytes, different from byte {at}", actual.len()),
            );
        }
        (expected, actual) => differ("type", kind(expected), kind(actual)),
    }
    let (is_directory, is_symlink) = (
        matches!(node.body, Body::Directory(_)),
        matches!(node.body, Body::Symlink(_)),
    );
    let lost = match (is_directory, tolerance) {
        (
            true,
            Tolerance {
                directory_attributes: false,
                ..
            },
        ) => 0o6000,
        (false, Tolerance { setuid: false, .. }) => 0o6000,
        _ => 0,
    };
    // The mode of a symbolic link means nothing.
    if node.mode & !lost != seen.mode & !lost && !is_symlink {
        differ(
            "mode",
            format!("{:o}", node.mode),
            format!("{:o}", seen.mode),
        );
    }
    let owned = tolerance.symlink_attributes || !is_symlink;
    if owned && (node.uid, node.gid) != (seen.uid, seen.gid) {
        differ(
            "owner",
            format!("{}:{}", node.uid, node.gid),
            format!("{}:{}", seen.uid, seen.gid),
        );
    }
    let timed = (tolerance.directory_attributes || !is_directory)
        && (tolerance.symlink_attributes || !is_symlink);
    if let Mtime::Known(seconds, nanoseconds) = node.mtime
        && timed
    {
        let unit = tolerance.mtime_granularity_ns.max(1);
        let cut = |ns: u32| u64::from(ns) / unit * unit;
        if (seconds, cut(nanoseconds)) != (seen.mtime.0, cut(seen.mtime.1)) {
            differ(
                "mtime",
                format!("{seconds}.{nanoseconds:09}"),
                format!("{}.{:09}", seen.mtime.0, seen.mtime.1),
            );
        }
    }
    if node.xattrs != seen.xattrs && owned {
        let list = |xattrs: &BTreeMap<Vec<u8>, Vec<u8>>| {
            let each: Vec<_> = xattrs
                .iter()
                .map(|(name, value)| format!("{}={}", show(name), show(value)))
                .collect();
            format!("[{}]", each.join(" "))
        };
        differ("xattrs", list(&node.xattrs), list(&seen.xattrs));
    }
}

/// Two paths are one file in the model exactly when they are one file here.
fn links(
    expected: &BTreeMap<PathBytes, Ino>,
    seen: &BTreeMap<PathBytes, Seen>,
    tolerance: Tolerance,
    found: &mut Vec<String>,
) {
    let mut by_ino: BTreeMap<Ino, BTreeSet<&PathBytes>> = BTreeMap::new();
    let mut by_identity: BTreeMap<(u64, u64), BTreeSet<&PathBytes>> = BTreeMap::new();
    for (path, &ino) in expected {
        if let Some(seen) = seen.get(path) {
            by_ino.entry(ino).or_default().insert(path);
            by_identity.entry(seen.identity).or_default().insert(path);
        }
    }
    let wanted: BTreeSet<_> = by_ino.into_values().collect();
    let actual: BTreeSet<_> = by_identity.into_values().collect();
    let words = |group: &BTreeSet<&PathBytes>| {
        let names: Vec<_> = group.iter().map(|path| show(path)).collect();
        names.join(" = ")
    };
    let apart = wanted.difference(&actual);
    for group in apart.filter(|group| tolerance.link_numbers && group.len() > 1) {
        found.push(format!("{} should be one file", words(group)));
    }
    // A part of a group that should be one file has been told of above.
    let mixed = |group: &&BTreeSet<&PathBytes>| {
        let inos: BTreeSet<_> = group.iter().map(|path| expected[*path]).collect();
        inos.len() > 1
    };
    let told_apart = |group: &&BTreeSet<&PathBytes>| tolerance.distinct_numbers && mixed(group);
    for group in actual.difference(&wanted).filter(told_apart) {
        found.push(format!("{} should not be one file", words(group)));
    }
}

fn kind(body: &Body) -> String {
    match body {
        Body::Directory(_) => "a directory".to_owned(),
        Body::File(_) => "a file".to_owned(),
        Body::Symlink(target) => format!("a symbolic link to {}", show(target)),
        Body::Fifo => "a fifo".to_owned(),
        Body::Socket => "a socket".to_owned(),
        Body::Character(major, minor) => format!("character device {major}:{minor}"),
        Body::Block(major, minor) => format!("block device {major}:{minor}"),
    }
}

/// Bytes for people: printable as they are, others escaped, long ones cut.
pub fn show(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None if text.is_empty() => "the root".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::op::{chmod, dir, fifo, file, link, mtime, symlink, write, xattr};
    use crate::oracle::{live, seen};

    const EXACT: Tolerance = Tolerance {
        mtime_granularity_ns: 1,
        directory_attributes: true,
        symlink_attributes: true,
        setuid: true,
        link_numbers: true,
        distinct_numbers: true,
    };

    /// Each sabotage of a real directory must be seen, and no sabotage must be silent.
    #[test]
    fn every_kind_of_difference_is_seen() {
        let ops = [
            dir("d"),
            file("d/a", "one"),
            link("d/a", "b"),
            file("c", "one"),
            symlink("s", "d/a"),
            fifo("p"),
            mtime("c", 1_000_000_000, 5),
        ];
        let sabotages: [&[crate::oracle::op::Op]; 8] = [
            &[],
            &[write("c", 0, "O"), mtime("c", 1_000_000_000, 5)],
            &[chmod("d", 0o700)],
            &[mtime("c", 1_000_000_000, 6)],
            &[xattr("c", "user.x", "1")],
            &[file("extra", "")],
            &[crate::oracle::op::remove("b"), file("b", "one")],
            &[crate::oracle::op::remove("s"), symlink("s", "d/b")],
        ];
        for (number, sabotage) in sabotages.into_iter().enumerate() {
            let root = tempfile::tempdir_in("/var/tmp").unwrap();
            live::apply(root.path(), &[chmod("", 0o755)]).unwrap();
            let mut model = Model::default();
            model.apply(&ops).unwrap();
            live::apply(root.path(), &ops).unwrap();
            live::apply(root.path(), sabotage).unwrap();
            let found = differences(&model, &seen::read(root.path()).unwrap(), EXACT);
            assert_eq!(found.is_some(), number > 0, "{sabotage:?}: {found:?}");
        }
    }
}
