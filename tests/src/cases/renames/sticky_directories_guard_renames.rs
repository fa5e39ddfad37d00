//! Who may rename what: write and search permission of both directories, and the sticky bit.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, chown, dir, file, rename};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "sticky_directories_guard_renames",
    promise: "Who may not write to a lower directory renames nothing in it; in a sticky one only the owner of the file or of the directory does.",
    why: "/tmp of an image is safe only as long as nobody can move or replace another's files there.",
    origin: "POSIX.1-2024 rename() EACCES, EPERM; XBD 4.5 (directory protection); pjdfstest rename/04, 05, 09, 10",
    covers: &["RN7", "CU5"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[Fault::SpecialBitsLost, Fault::OwnersLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

/// Whose a file or directory is; [`OWNER`] makes the calls.
const OWNERS: [(&str, u32); 3] = [
    ("the superuser's", 0),
    ("the caller's", OWNER.user),
    ("another's", OTHER.user),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (of_dir, dir_owner) in OWNERS {
        for (of_file, file_owner) in OWNERS {
            for (kind, mode) in [("", 0o777), (" sticky", 0o1777)] {
                let allowed = mode == 0o777 || [dir_owner, file_owner].contains(&OWNER.user);
                let there = [
                    dir("d"),
                    file("d/f", "1"),
                    chown("d/f", file_owner, file_owner),
                    chown("d", dir_owner, dir_owner),
                    chmod("d", mode),
                    dir("e"),
                    chmod("e", 0o777),
                    file("e/g", "2"),
                    owned("e/g"),
                ];
                let out = rule(
                    format!("{of_file} file out of {of_dir}{kind} directory"),
                    there.clone(),
                    || call::rename("d/f", "e/f"),
                )
                .by(OWNER);
                let over = rule(
                    format!("over {of_file} file in {of_dir}{kind} directory"),
                    there,
                    || call::rename("e/g", "d/f"),
                )
                .by(OWNER);
                rows.push(match allowed {
                    true => out
                        .does([rename("d/f", "e/f")])
                        .marks("d", "mc")
                        .marks("e", "mc")
                        .marks("e/f", "C"),
                    false => out.refused(Errno::PERM),
                });
                rows.push(match allowed {
                    true => over
                        .does([rename("e/g", "d/f")])
                        .marks("d", "mc")
                        .marks("e", "mc")
                        .marks("d/f", "C"),
                    false => over.refused(Errno::PERM),
                });
            }
        }
    }
    rows.extend(without_permission());
    rows.extend(directories());
    rows
}

/// What one of the two directories forbids.
fn without_permission() -> Vec<Row> {
    let modes = [
        ("out of a directory one may not write", 0o555, 0o777),
        ("into a directory one may not write", 0o777, 0o555),
        ("out of a directory one may not search", 0o766, 0o777),
        ("into a directory one may not search", 0o777, 0o766),
    ];
    modes
        .map(|(name, from, to)| {
            let there = [
                dir("d"),
                file("d/f", "1"),
                owned("d/f"),
                chmod("d", from),
                dir("e"),
                chmod("e", to),
            ];
            rule(name, there, || call::rename("d/f", "e/f"))
                .by(OWNER)
                .refused(Errno::ACCESS)
        })
        .into()
}

/// A directory that changes its parent has its `..` written, which takes permission to write it.
fn directories() -> Vec<Row> {
    let there = |owner, mode| {
        [
            dir("d"),
            owned("d"),
            dir("e"),
            owned("e"),
            dir("d/s"),
            chown("d/s", owner, owner),
            chmod("d/s", mode),
        ]
    };
    vec![
        rule(
            "another's directory to another parent",
            there(OTHER.user, 0o755),
            || call::rename("d/s", "e/s"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule(
            "one's own directory, not writable, to another parent",
            there(OWNER.user, 0o555),
            || call::rename("d/s", "e/s"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule(
            "another's directory to another name",
            there(OTHER.user, 0o755),
            || call::rename("d/s", "d/t"),
        )
        .by(OWNER)
        .does([rename("d/s", "d/t")])
        .marks("d", "mc")
        .marks("d/t", "C")
        .turns_on("rename_lower_dir", |c| c.rename_lower_dir),
        rule(
            "another's directory that all may write to another parent",
            there(OTHER.user, 0o777),
            || call::rename("d/s", "e/s"),
        )
        .by(OWNER)
        .does([rename("d/s", "e/s")])
        .marks("d", "mc")
        .marks("e", "mc")
        .marks("e/s", "MC")
        .turns_on("rename_lower_dir", |c| c.rename_lower_dir),
    ]
}
