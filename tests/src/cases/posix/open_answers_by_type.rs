//! open of every type of lower file with every flag that matters.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, character, dir, fifo, file, symlink, truncate};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{Row, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "open_answers_by_type",
    promise: "open of a lower file, directory, link, fifo or device answers every flag as on a plain filesystem, and only O_TRUNC changes anything.",
    why: "Programs find out by open's error what a path is, and take O_EXCL for a lock.",
    origin: "POSIX.1-2024 open(); open(2); pjdfstest open",
    covers: &["CU1", "CU6", "SF1"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::EXCLUSIVE_OPEN_IS_DENIED)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

const R: OFlags = OFlags::RDONLY;
const W: OFlags = OFlags::WRONLY;
const RW: OFlags = OFlags::RDWR;
const CREAT: OFlags = OFlags::CREATE;
const EXCL: OFlags = OFlags::EXCL;
const TRUNC: OFlags = OFlags::TRUNC;
const APPEND: OFlags = OFlags::APPEND;
const DIRECTORY: OFlags = OFlags::DIRECTORY;
const NOFOLLOW: OFlags = OFlags::NOFOLLOW;
const NONBLOCK: OFlags = OFlags::NONBLOCK;
const NOATIME: OFlags = OFlags::NOATIME;
const PATH: OFlags = OFlags::PATH;

/// Flags, and what they are called in a row's name.
type Flags = (&'static str, OFlags);

/// What opens a file, and changes nothing of it.
const ORDINARY: [Flags; 9] = [
    ("read", R),
    ("write", W),
    ("read and write", RW),
    ("append", W.union(APPEND)),
    ("read and append", RW.union(APPEND)),
    ("create", W.union(CREAT)),
    ("create for reading", R.union(CREAT)),
    ("no access time", R.union(NOATIME)),
    ("a path alone", PATH),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |type_: &str, there: Vec<Op>, (what, flags): Flags, refused: Option<Errno>| {
        let row = rule(format!("{type_}: {what}"), there, move || {
            call::open("x", flags)
        });
        rows.push(match refused {
            Some(errno) => row.refused(errno),
            None => row,
        });
    };
    let plain = || vec![file("x", "12345")];
    for flags in ORDINARY {
        add("file", plain(), flags, None);
    }
    add("file", plain(), ("not blocking", RW.union(NONBLOCK)), None);
    add("file", plain(), ("no link", RW.union(NOFOLLOW)), None);
    add(
        "file",
        plain(),
        ("exclusively", W.union(CREAT).union(EXCL)),
        Some(Errno::EXIST),
    );
    add(
        "file",
        plain(),
        ("as a directory", R.union(DIRECTORY)),
        Some(Errno::NOTDIR),
    );
    add(
        "file",
        plain(),
        ("as a directory's path", PATH.union(DIRECTORY)),
        Some(Errno::NOTDIR),
    );

    let full = || vec![dir("x"), file("x/f", "1")];
    for flags in [
        ("read", R),
        ("as a directory", R.union(DIRECTORY)),
        ("not blocking", R.union(NONBLOCK)),
        ("no link", R.union(NOFOLLOW).union(DIRECTORY)),
        ("a path alone", PATH),
    ] {
        add("directory", full(), flags, None);
    }
    for flags in [
        ("write", W),
        ("read and write", RW),
        ("append", W.union(APPEND)),
        ("truncate", W.union(TRUNC)),
        ("truncate for reading", R.union(TRUNC)),
        ("create", W.union(CREAT)),
        ("create for reading", R.union(CREAT)),
        ("write as a directory", W.union(DIRECTORY)),
    ] {
        add("directory", full(), flags, Some(Errno::ISDIR));
    }
    add(
        "directory",
        full(),
        ("exclusively", R.union(CREAT).union(EXCL)),
        Some(Errno::EXIST),
    );

    let pipe = || vec![fifo("x")];
    add(
        "fifo",
        pipe(),
        ("read, not blocking", R.union(NONBLOCK)),
        None,
    );
    add("fifo", pipe(), ("read and write", RW), None);
    add(
        "fifo",
        pipe(),
        ("write, not blocking", W.union(NONBLOCK)),
        Some(Errno::NXIO),
    );
    add(
        "fifo",
        pipe(),
        ("exclusively", W.union(CREAT).union(EXCL)),
        Some(Errno::EXIST),
    );
    add(
        "fifo",
        pipe(),
        ("as a directory", R.union(DIRECTORY)),
        Some(Errno::NOTDIR),
    );
    add("fifo", pipe(), ("a path alone", PATH), None);

    let null = || vec![character("x", 1, 3)];
    add(
        "device",
        null(),
        ("exclusively", W.union(CREAT).union(EXCL)),
        Some(Errno::EXIST),
    );
    add(
        "device",
        null(),
        ("as a directory", R.union(DIRECTORY)),
        Some(Errno::NOTDIR),
    );
    add("device", null(), ("a path alone", PATH), None);

    add("nothing", vec![], ("read", R), Some(Errno::NOENT));
    add("nothing", vec![], ("write", W), Some(Errno::NOENT));
    add(
        "nothing",
        vec![],
        ("truncate", W.union(TRUNC)),
        Some(Errno::NOENT),
    );
    add(
        "nothing",
        vec![],
        ("a path alone", PATH),
        Some(Errno::NOENT),
    );

    rows.extend(links());
    rows.extend(truncating());
    rows
}

/// Symbolic links: followed, not followed, and leading nowhere or in circles.
fn links() -> Vec<Row> {
    let mut rows = Vec::new();
    let to_file = || vec![file("f", "1"), symlink("x", "f")];
    for (what, flags) in ORDINARY {
        let row = rule(format!("link: {what}"), to_file(), move || {
            call::open("x", flags)
        });
        rows.push(row.marks("x", "A"));
    }
    let nowhere = || vec![symlink("x", "nowhere")];
    let circle = || vec![symlink("x", "y"), symlink("y", "x")];
    let to_dir = || vec![dir("d"), symlink("x", "d")];
    let refusals = [
        ("no link", to_file(), R | NOFOLLOW, Errno::LOOP),
        ("no link for writing", to_file(), W | NOFOLLOW, Errno::LOOP),
        (
            "no link, truncate",
            to_file(),
            W | TRUNC | NOFOLLOW,
            Errno::LOOP,
        ),
        ("exclusively", to_file(), W | CREAT | EXCL, Errno::EXIST),
        ("as a directory", to_file(), R | DIRECTORY, Errno::NOTDIR),
        ("to a directory, write", to_dir(), W, Errno::ISDIR),
        (
            "to a directory, no link",
            to_dir(),
            R | DIRECTORY | NOFOLLOW,
            Errno::NOTDIR,
        ),
        ("to nowhere", nowhere(), R, Errno::NOENT),
        (
            "to nowhere, exclusively",
            nowhere(),
            W | CREAT | EXCL,
            Errno::EXIST,
        ),
        (
            "to nowhere, no link",
            nowhere(),
            W | CREAT | NOFOLLOW,
            Errno::LOOP,
        ),
        ("in a circle", circle(), R, Errno::LOOP),
        ("in a circle, create", circle(), W | CREAT, Errno::LOOP),
        (
            "in a circle, exclusively",
            circle(),
            W | CREAT | EXCL,
            Errno::EXIST,
        ),
    ];
    for (what, there, flags, errno) in refusals {
        let both = there.len() == 2 && matches!(there[0], Op::Symlink(..));
        let row = rule(format!("link {what}"), there, move || {
            call::open("x", flags)
        });
        let row = row.refused(errno).marks("x", "A");
        rows.push(if both { row.marks("y", "A") } else { row });
    }
    rows.push(rule("link itself, a path alone", to_file(), || {
        call::open("x", PATH | NOFOLLOW)
    }));
    rows.push(
        rule("link to a directory", to_dir(), || {
            call::open("x", R | DIRECTORY)
        })
        .marks("x", "A"),
    );
    rows.push(
        rule("link to nowhere makes its target", nowhere(), || {
            call::open("x", W | CREAT)
        })
        .does([
            file("nowhere", ""),
            crate::oracle::op::chmod("nowhere", 0o666),
        ])
        .marks("", "mc")
        .marks("x", "A"),
    );
    rows
}

/// O_TRUNC empties, whatever else is asked for.
fn truncating() -> Vec<Row> {
    let truncating = [
        ("truncate", W | TRUNC),
        ("truncate for reading and writing", RW | TRUNC),
        ("truncate for reading", R | TRUNC),
        ("create and truncate", W | CREAT | TRUNC),
        ("append and truncate", W | APPEND | TRUNC),
    ];
    let of = |there: Vec<Op>, type_: &'static str| {
        let there = move |(what, flags): Flags| {
            rule(format!("{type_}: {what}"), there.clone(), move || {
                call::open("x", flags)
            })
            .does([truncate("f", 0)])
            .marks("f", "mc")
        };
        truncating.map(there)
    };
    let mut rows: Vec<Row> = of(vec![file("f", "12345"), symlink("x", "f")], "link")
        .into_iter()
        .map(|row| row.marks("x", "A"))
        .collect();
    for (what, flags) in truncating {
        for (size, content) in [("full", "12345"), ("empty", "")] {
            rows.push(
                rule(
                    format!("{size} file: {what}"),
                    [file("x", content)],
                    move || call::open("x", flags),
                )
                .does([truncate("x", 0)])
                .marks("x", "mc"),
            );
        }
    }
    rows
}
