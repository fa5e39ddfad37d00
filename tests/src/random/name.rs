//! The few names of sequences: with few, operations meet one another. One is the beginning of another.

/// Names of a path's parts.
pub(super) const NAMES: [&str; 4] = ["a", "b", "ab", "c"];

/// The most parts of a path.
pub(super) const DEPTH: usize = 3;

/// The directory of a path; the root's is the root.
pub(super) fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

/// A name in a directory.
pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

/// The number of parts.
pub(super) fn depth(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

/// Whether one is the other, or above it.
pub(super) fn related(a: &str, b: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner == outer
            || inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    within(a, b) || within(b, a)
}
