//! Every system call that takes a path refuses a bad one with the same error, and changes nothing.

use rustix::fs::{Access, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file, symlink};
use crate::posix::ask::ask;
use crate::posix::call::{self, Done, NOW};
use crate::posix::row::{OTHER, Row, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "paths_are_resolved_by_the_rules",
    promise: "Every system call that takes a path refuses a bad one in a lower directory with the right error, and changes nothing.",
    why: "Programs act on ENOENT, ENOTDIR, EACCES and ENAMETOOLONG in different ways; a wrong one sends them astray.",
    origin: "POSIX.1-2024 XBD 4.16 (pathname resolution); path_resolution(7); pjdfstest */01-05, */07",
    covers: &["CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("too_long_names_are_told"),
    broken_by: &[
        Fault::Lie(&lies::CHMOD_DOES_NOTHING),
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
    ],
    run,
};

/// Makes a call on a path.
type OnPath = fn(&str) -> Done;

const CALLS: [(&str, OnPath); 13] = [
    ("open", |path| call::open(path, OFlags::RDONLY)),
    ("create", |path| {
        call::open(path, OFlags::WRONLY | OFlags::CREATE)
    }),
    ("stat", call::stat),
    ("access", |path| call::access(path, Access::EXISTS)),
    ("chmod", |path| call::chmod(path, 0o600)),
    ("chown", |path| call::chown(path, Some(0), Some(0))),
    ("truncate", |path| call::truncate(path, 0)),
    ("utimensat", |path| call::utimens(path, NOW, NOW)),
    ("unlink", call::unlink),
    ("rmdir", call::rmdir),
    ("mkdir", |path| call::mkdir(path, 0o755)),
    ("rename", |path| call::rename(path, "to")),
    ("link", |path| call::link(path, "to")),
];

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // One directory for each kind of path: none of the calls changes it.
    let long = format!("d/{}", "n".repeat(256));
    let longest = format!("d/{}", "./".repeat(2048));
    for (kind, path, errno) in [
        ("a name that is too long", &long[..], Errno::NAMETOOLONG),
        ("a path that is too long", &longest, Errno::NAMETOOLONG),
        ("a name below a file", "d/f/x", Errno::NOTDIR),
        ("a name below nothing", "d/none/x", Errno::NOENT),
        (
            "a name below a link to nowhere",
            "d/nowhere/x",
            Errno::NOENT,
        ),
        ("a name below a circle of links", "d/circle/x", Errno::LOOP),
        ("nothing at all", "", Errno::NOENT),
    ] {
        let path = path.to_owned();
        let there = [
            dir("d"),
            file("d/f", "1"),
            symlink("d/nowhere", "none"),
            symlink("d/circle", "circle"),
        ];
        let row = rule(kind, there, move || each(&path, errno))
            .marks("d/nowhere", "A")
            .marks("d/circle", "A");
        rows.push(match kind {
            "a name that is too long" => {
                row.turns_on("too_long_names_are_told", |c| c.too_long_names_are_told)
            }
            _ => row,
        });
    }
    let there = [
        dir("d"),
        file("d/f", "1"),
        chmod("d/f", 0o666),
        dir("d/e"),
        chmod("d", 0o700),
    ];
    rows.push(
        rule(
            "a directory that another may not search",
            there.clone(),
            || {
                each("d/f", Errno::ACCESS)?;
                each("d/e", Errno::ACCESS)?;
                each("d/none", Errno::ACCESS)
            },
        )
        .by(OTHER),
    );
    rows.push(
        rule(
            "one that may be read but not searched",
            [there.to_vec(), vec![chmod("d", 0o744)]].concat(),
            || {
                each("d/f", Errno::ACCESS)?;
                // Its names are told all the same.
                call::open("d", OFlags::RDONLY | OFlags::DIRECTORY)
            },
        )
        .by(OTHER),
    );
    rows.push(
        rule(
            "through a link into such a directory",
            [there.to_vec(), vec![symlink("s", "d/f")]].concat(),
            || {
                let followed = CALLS.iter().filter(|(name, _)| {
                    !["unlink", "rmdir", "mkdir", "rename", "link"].contains(name)
                });
                all(followed, "s", Errno::ACCESS)
            },
        )
        .by(OTHER)
        .marks("s", "A"),
    );
    rows.push(
        rule(
            "out of such a directory and in again",
            there.clone(),
            || each("d/../d/f", Errno::ACCESS),
        )
        .by(OTHER),
    );
    rows.push(rule(
        "a file with a slash behind it",
        [file("f", "1")],
        || {
            let existing = CALLS
                .iter()
                .filter(|(name, _)| !["create", "mkdir"].contains(name));
            all(existing, "f/", Errno::NOTDIR)
        },
    ));
    rows
}

/// Makes every call on the path.
fn each(path: &str, errno: Errno) -> Done {
    all(CALLS.iter(), path, errno)
}

/// Each call must be refused with `errno`; otherwise what the first wrong one answered is the row's answer.
fn all<'a>(
    calls: impl Iterator<Item = &'a (&'static str, OnPath)>,
    path: &str,
    errno: Errno,
) -> Done {
    for (_, call) in calls {
        match call(path) {
            Err(answer) if answer == errno => {}
            Err(answer) => return Err(answer),
            // Nothing else answers this.
            Ok(()) => return Err(Errno::ILSEQ),
        }
    }
    Ok(())
}
