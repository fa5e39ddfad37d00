//! What the suite has to cover: the behaviours that suites of other projects check, or that nobody checks, and the
//! lessons of bug reports. Cases name them by id ([`Case::covers`](crate::Case::covers)); nothing may be left uncovered.
//!
//! The tables are data, one line each, fields separated by tabs. Codes of the peers are explained by [`PEERS`].

use std::sync::LazyLock;

/// One behaviour of a layered filesystem, or of the archives that layers come in.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// Theme and number: `WO1`.
    pub id: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The suites that check it, as codes; empty where none does.
    pub peers: &'static str,
    /// How drivers were expected to differ, before it was measured.
    pub predicted: &'static str,
}

/// One lesson of a bug report.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// `C` and its number among all that was collected: lessons about speed are not here.
    pub id: &'static str,
    /// What a case has to do.
    pub ask: &'static str,
    /// The report, and what happened there.
    pub origin: &'static str,
}

/// The codes of the suites in [`Behaviour::peers`].
pub const PEERS: &[(&str, &str)] = &[
    ("M", "moby graphtest"),
    ("ML", "moby layer store"),
    ("GA", "moby/go-archive"),
    ("CS", "containers/storage graphtest"),
    ("CB", "containers/storage bats"),
    ("CA", "containers/storage packages"),
    ("SN", "containerd snapshotter suite"),
    ("CT", "containerd archive tests"),
    ("FS", "containerd/continuity fstest"),
    ("UM", "unionmount testsuite"),
    ("X", "xfstests overlay, by number"),
    ("PJ", "pjdfstest"),
    ("FO", "fuse-overlayfs tests"),
    ("OCI", "OCI image-spec layer.md"),
    ("KD", "kernel overlayfs document"),
    ("LTP", "Linux Test Project"),
    ("KS", "kernel selftests"),
];

/// Every behaviour.
pub static BEHAVIOURS: LazyLock<Vec<Behaviour>> = LazyLock::new(|| {
    rows(include_str!("behaviours.tsv"))
        .map(|[id, about, peers, predicted]| Behaviour {
            id,
            about,
            peers,
            predicted,
        })
        .collect()
});

/// Every lesson that asks for a case.
pub static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    rows(include_str!("lessons.tsv"))
        .map(|[id, ask, origin]| Lesson { id, ask, origin })
        .collect()
});

/// The lines of a table; one with another number of fields is left out, which a test notices.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table
        .lines()
        .filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        assert_eq!(BEHAVIOURS.len(), 127);
        assert_eq!(
            LESSONS.len(),
            include_str!("lessons.tsv").lines().count(),
            "a line has another number of fields"
        );
    }
}
