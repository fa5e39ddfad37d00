//! unlink takes a lower name away, counts it, and is refused where POSIX says so.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{character, chmod, chown, dir, fifo, file, link, remove, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "unlinks_follow_the_rules",
    promise: "unlink takes a lower name away, counts it, moves the right times, and is refused where POSIX says so.",
    why: "What rm may not delete has to stay, and what it deleted has to be gone, for every type and owner.",
    origin: "POSIX.1-2024 unlink(); unlink(2); pjdfstest unlink",
    covers: &["HL3", "CU5", "WO1"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("hard_links_survive_copy_up"),
    broken_by: &[Fault::Lie(&lies::UNLINK_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    vec![
        rule("a file", [file("f", "1"), file("g", "2")], || {
            call::unlink("f")
        })
        .does([remove("f")])
        .marks("", "mc"),
        rule(
            "a file without permissions",
            [file("f", "1"), chmod("f", 0)],
            || call::unlink("f"),
        )
        .does([remove("f")])
        .marks("", "mc"),
        rule(
            "another user's file, in a directory of one's own",
            [owned(""), file("f", "1"), chmod("f", 0o400)],
            || call::unlink("f"),
        )
        .by(OWNER)
        .does([remove("f")])
        .marks("", "mc"),
        rule(
            "one of two names",
            [dir("d"), dir("e"), file("d/f", "1"), link("d/f", "e/g")],
            || call::unlink("d/f"),
        )
        .does([remove("d/f")])
        .marks("d", "mc")
        // It is read where the names are kept together by a copy.
        .marks("e/g", "cA")
        .links("e/g", 1)
        .turns_on("hard_links_survive_copy_up", |c| {
            c.hard_links_survive_copy_up
        }),
        rule(
            "a symbolic link, not its target",
            [file("f", "1"), symlink("s", "f")],
            || call::unlink("s"),
        )
        .does([remove("s")])
        .marks("", "mc"),
        rule(
            "a symbolic link to a directory",
            [dir("d"), symlink("s", "d")],
            || call::unlink("s"),
        )
        .does([remove("s")])
        .marks("", "mc"),
        rule(
            "a symbolic link that leads nowhere",
            [symlink("s", "nowhere")],
            || call::unlink("s"),
        )
        .does([remove("s")])
        .marks("", "mc"),
        rule("a fifo", [fifo("p")], || call::unlink("p"))
            .does([remove("p")])
            .marks("", "mc"),
        rule("a device", [character("c", 1, 3)], || call::unlink("c"))
            .does([remove("c")])
            .marks("", "mc"),
        rule("a directory", [dir("d")], || call::unlink("d")).refused(Errno::ISDIR),
        rule(
            "a directory by an ordinary user",
            [owned(""), dir("d"), owned("d")],
            || call::unlink("d"),
        )
        .by(OWNER)
        .refused(Errno::ISDIR),
        rule("a directory with a slash behind it", [dir("d")], || {
            call::unlink("d/")
        })
        .refused(Errno::ISDIR),
        rule("a file with a slash behind it", [file("f", "1")], || {
            call::unlink("f/")
        })
        .refused(Errno::NOTDIR),
        rule("the directory one is in", [], || call::unlink(".")).refused(Errno::ISDIR),
        rule("the directory above", [dir("d")], || call::unlink("d/..")).refused(Errno::ISDIR),
        rule("a name that is not there", [], || call::unlink("f")).refused(Errno::NOENT),
        rule("below a file", [file("f", "1")], || call::unlink("f/g")).refused(Errno::NOTDIR),
        rule("the empty name", [], || call::unlink("")).refused(Errno::NOENT),
        rule(
            "where one may not write",
            [file("f", "1"), owned("f")],
            || call::unlink("f"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule(
            "where one may not search",
            [dir("d"), file("d/f", "1"), owned("d/f"), chmod("d", 0o666)],
            || call::unlink("d/f"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule("twice", [file("f", "1")], || {
            call::unlink("f")?;
            call::unlink("f")
        })
        .refused(Errno::NOENT)
        .does([remove("f")])
        .marks("", "mc"),
        rule(
            "another's file in a sticky directory",
            [
                chmod("", 0o1777),
                file("f", "1"),
                owned("f"),
                chmod("f", 0o666),
            ],
            || call::unlink("f"),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        rule(
            "one's own file in a sticky directory",
            [chmod("", 0o1777), file("f", "1"), owned("f")],
            || call::unlink("f"),
        )
        .by(OWNER)
        .does([remove("f")])
        .marks("", "mc"),
        rule(
            "another's file in one's own sticky directory",
            [
                owned(""),
                chmod("", 0o1777),
                file("f", "1"),
                chown("f", 7, 7),
            ],
            || call::unlink("f"),
        )
        .by(OWNER)
        .does([remove("f")])
        .marks("", "mc"),
    ]
}
