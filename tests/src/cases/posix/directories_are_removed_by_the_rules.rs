//! rmdir of a lower directory takes only what is empty, and is refused where POSIX says so.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, fifo, file, remove, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "directories_are_removed_by_the_rules",
    promise: "rmdir takes a lower directory only if it is empty, and is refused with the right error otherwise.",
    why: "rm and package managers try rmdir and go by the error; one that took a full directory would lose files.",
    origin: "POSIX.1-2024 rmdir(); rmdir(2); pjdfstest rmdir",
    covers: &["WO4", "CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::UNLINK_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let gone = |row: Row| row.does([remove("d")]).marks("", "mc");
    vec![
        gone(rule("an empty directory", [dir("d")], || call::rmdir("d"))),
        gone(rule("with a slash behind it", [dir("d")], || {
            call::rmdir("d/")
        })),
        gone(rule(
            "one without permissions",
            [dir("d"), chmod("d", 0)],
            || call::rmdir("d"),
        )),
        gone(
            rule(
                "another's, in a directory of one's own",
                [owned(""), dir("d")],
                || call::rmdir("d"),
            )
            .by(OWNER),
        ),
        gone(rule(
            "one that was just emptied",
            [dir("d"), file("d/f", "1"), dir("d/e")],
            || {
                call::unlink("d/f")?;
                call::rmdir("d/e")?;
                call::rmdir("d")
            },
        )),
        gone(rule("one that was filled and emptied", [dir("d")], || {
            call::mkdir("d/e", 0o755)?;
            call::rmdir("d/e")?;
            call::rmdir("d")
        })),
        rule(
            "one that still holds a lower file",
            [dir("d"), file("d/f", "1"), file("d/g", "2")],
            || {
                call::unlink("d/f")?;
                call::rmdir("d")
            },
        )
        .does([remove("d/f")])
        // Somebody has to read it to know.
        .marks("d", "mcA")
        .refused(Errno::NOTEMPTY),
        rule(
            "one that holds a file",
            [dir("d"), file("d/f", "1")],
            || call::rmdir("d"),
        )
        .refused_either(Errno::NOTEMPTY, Errno::EXIST),
        rule("one that holds a directory", [dir("d"), dir("d/e")], || {
            call::rmdir("d")
        })
        .refused_either(Errno::NOTEMPTY, Errno::EXIST),
        rule(
            "one that holds a link to nowhere",
            [dir("d"), symlink("d/s", "nowhere")],
            || call::rmdir("d"),
        )
        .refused_either(Errno::NOTEMPTY, Errno::EXIST),
        rule(
            "one that holds a name with a dot",
            [dir("d"), file("d/.f", "1")],
            || call::rmdir("d"),
        )
        .refused_either(Errno::NOTEMPTY, Errno::EXIST),
        rule("a file", [file("f", "1")], || call::rmdir("f")).refused(Errno::NOTDIR),
        rule("a fifo", [fifo("p")], || call::rmdir("p")).refused(Errno::NOTDIR),
        rule(
            "a link to a directory",
            [dir("d"), symlink("s", "d")],
            || call::rmdir("s"),
        )
        .refused(Errno::NOTDIR),
        rule(
            "a link that leads nowhere",
            [symlink("s", "nowhere")],
            || call::rmdir("s"),
        )
        .refused(Errno::NOTDIR),
        rule("where one is", [], || call::rmdir(".")).refused(Errno::INVAL),
        rule("its own dot", [dir("d")], || call::rmdir("d/.")).refused(Errno::INVAL),
        rule("the directory above", [dir("d")], || call::rmdir("d/.."))
            .refused_either(Errno::NOTEMPTY, Errno::INVAL),
        rule("a name that is not there", [], || call::rmdir("d")).refused(Errno::NOENT),
        rule("below a file", [file("f", "1")], || call::rmdir("f/d")).refused(Errno::NOTDIR),
        rule("where one may not write", [dir("d"), owned("d")], || {
            call::rmdir("d")
        })
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule(
            "where one may not search",
            [dir("e"), dir("e/d"), chmod("e", 0o666)],
            || call::rmdir("e/d"),
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule(
            "another's in a sticky directory",
            [chmod("", 0o1777), dir("d"), owned("d")],
            || call::rmdir("d"),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        gone(
            rule(
                "one's own in a sticky directory",
                [chmod("", 0o1777), dir("d"), owned("d")],
                || call::rmdir("d"),
            )
            .by(OWNER),
        ),
    ]
}
