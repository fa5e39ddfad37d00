//! rename of every type of lower file over every other, and every refusal POSIX asks for.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, character, dir, fifo, file, link, rename, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{Row, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "renames_between_types_follow_posix",
    promise: "rename of every type of lower file over every other works or is refused as POSIX says, moves both directories' times, and follows no link.",
    why: "Editors and package managers replace files by rename, and count on the refusal where a directory is in the way.",
    origin: "POSIX.1-2024 rename(); rename(2); pjdfstest rename/13-24",
    covers: &["RN1", "RN8"],
    level: Level::Must,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

/// Makes something of a type under a path.
type Make = fn(&str) -> Vec<Op>;

/// The types, each with what makes one called `path`.
const TYPES: [(&str, Make); 7] = [
    ("a file", |path| vec![file(path, path)]),
    ("an empty directory", |path| vec![dir(path)]),
    ("a full directory", |path| {
        vec![dir(path), file(format!("{path}/in"), "1")]
    }),
    ("a link", |path| vec![symlink(path, "nowhere")]),
    ("a link to a directory", |path| vec![symlink(path, ".")]),
    ("a fifo", |path| vec![fifo(path)]),
    ("a device", |path| vec![character(path, 1, 3)]),
];

fn is_dir(what: &str) -> bool {
    what.ends_with(" directory") && !what.starts_with("a link")
}

/// The rule needs these of the driver, if it says that something is moved.
fn needing(row: Row, from: &str) -> Row {
    if is_dir(from) {
        row.turns_on("rename_lower_dir", |c| c.rename_lower_dir)
    } else if from == "a fifo" || from == "a device" {
        row.needs(|c| c.special_files_survive_copy_up)
    } else {
        row
    }
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (from, source) in TYPES {
        let row = rule(format!("{from} to a new name"), source("s"), || {
            call::rename("s", "t")
        });
        let row = row.does([rename("s", "t")]).marks("", "mc").marks("t", "C");
        rows.push(needing(row, from));
        for (over, target) in TYPES {
            let there = [source("s"), target("t")].concat();
            let row = rule(format!("{from} over {over}"), there, || {
                call::rename("s", "t")
            });
            rows.push(match (is_dir(from), is_dir(over)) {
                (true, false) => row.refused(Errno::NOTDIR),
                (false, true) => row.refused(Errno::ISDIR),
                (true, true) if over == "a full directory" => {
                    // Which of the two is told first is nobody's promise: a move that is impossible, or a full target.
                    needing(row.refused_either(Errno::NOTEMPTY, Errno::EXIST), from)
                }
                _ => needing(
                    row.does([rename("s", "t")]).marks("", "mc").marks("t", "C"),
                    from,
                ),
            });
        }
    }
    rows.extend(elsewhere());
    rows.extend(refusals());
    rows
}

/// From one directory to another: both are changed.
fn elsewhere() -> Vec<Row> {
    let two = |more: &[Op]| [vec![dir("d"), dir("e")], more.to_vec()].concat();
    vec![
        rule(
            "a file to another directory",
            two(&[file("d/s", "1")]),
            || call::rename("d/s", "e/t"),
        )
        .does([rename("d/s", "e/t")])
        .marks("d", "mc")
        .marks("e", "mc")
        .marks("e/t", "C"),
        rule(
            "a file over one in another directory",
            two(&[file("d/s", "1"), file("e/t", "2")]),
            || call::rename("d/s", "e/t"),
        )
        .does([rename("d/s", "e/t")])
        .marks("d", "mc")
        .marks("e", "mc")
        .marks("e/t", "C"),
        rule(
            "a directory to another directory",
            two(&[dir("d/s"), file("d/s/in", "1")]),
            || call::rename("d/s", "e/t"),
        )
        .does([rename("d/s", "e/t")])
        .marks("d", "mc")
        .marks("e", "mc")
        // Its own `..` is another.
        .marks("e/t", "MC")
        .turns_on("rename_lower_dir", |c| c.rename_lower_dir),
        rule(
            "one of two names over a third file",
            [file("s", "1"), link("s", "other"), file("t", "2")],
            || call::rename("s", "t"),
        )
        .does([rename("s", "t")])
        .marks("", "mc")
        .marks("t", "C")
        .marks("other", "C")
        .needs(|c| c.hard_links_survive_copy_up),
        rule(
            "a file over one of two names",
            [file("s", "1"), file("t", "2"), link("t", "other")],
            || call::rename("s", "t"),
        )
        .does([rename("s", "t")])
        .marks("", "mc")
        .marks("t", "C")
        .marks("other", "cA")
        .links("other", 1)
        .needs(|c| c.link_counts_follow),
        rule(
            "a file through links to directories",
            two(&[file("d/s", "1"), symlink("from", "d"), symlink("to", "e")]),
            || call::rename("from/s", "to/t"),
        )
        .does([rename("d/s", "e/t")])
        .marks("d", "mc")
        .marks("e", "mc")
        .marks("e/t", "C")
        .marks("from", "A")
        .marks("to", "A"),
    ]
}

fn refusals() -> Vec<Row> {
    let plain = || {
        vec![
            dir("d"),
            dir("d/in"),
            file("f", "1"),
            file("g", "2"),
            symlink("s", "d"),
        ]
    };
    let refused = |name: &str, from: &'static str, to: &'static str, errno| {
        rule(name, plain(), move || call::rename(from, to)).refused(errno)
    };
    vec![
        refused("a directory into itself", "d", "d/in/d", Errno::INVAL),
        refused("a directory into its own name", "d", "d/d", Errno::INVAL),
        refused(
            "a directory over the one it is in",
            "d/in",
            "d",
            Errno::NOTEMPTY,
        ),
        refused("the directory one is in", ".", "e", Errno::BUSY),
        refused("over the directory one is in", "d", ".", Errno::BUSY),
        refused("a directory's own dot", "d/.", "e", Errno::BUSY),
        refused("the directory above", "d/..", "e", Errno::BUSY),
        refused("what is not there", "none", "e", Errno::NOENT),
        refused("to where nothing is", "f", "none/f", Errno::NOENT),
        refused("to below a file", "f", "g/f", Errno::NOTDIR),
        refused("from below a file", "f/x", "e", Errno::NOTDIR),
        refused("a file as a directory", "f/", "e", Errno::NOTDIR),
        refused("a file to a directory's name", "f", "e/", Errno::NOTDIR),
        refused("a link as a directory", "s/", "e", Errno::NOTDIR),
        refused("nothing", "", "e", Errno::NOENT),
        refused("to nothing", "f", "", Errno::NOENT),
        rule("over itself", plain(), || call::rename("f", "f"))
            .marks("f", "C")
            .marks("", "MC"),
        rule("a directory over itself", plain(), || {
            call::rename("d", "d")
        }),
        rule(
            "over another name of itself",
            [file("f", "1"), link("f", "g")],
            || call::rename("f", "g"),
        )
        .marks("f", "C")
        .marks("g", "C")
        .turns_on("hard_links_survive_copy_up", |c| {
            c.hard_links_survive_copy_up
        }),
        rule("a directory with slashes behind both", plain(), || {
            call::rename("d/in/", "d/out/")
        })
        .does([rename("d/in", "d/out")])
        .marks("d", "mc")
        .marks("d/out", "C")
        .turns_on("rename_lower_dir", |c| c.rename_lower_dir),
    ]
}
