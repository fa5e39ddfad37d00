//! chmod of a lower file is its owner's and the superuser's, follows links, and moves the change time alone.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{character, chmod, chown, dir, fifo, file, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{CLUB, MEMBER, OTHER, OWNER, PEER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "chmod_is_the_owners",
    promise: "chmod of a lower file is its owner's and the superuser's, follows links, and moves the change time alone.",
    why: "A program that may not change a mode must be told so, and backup tools tell by the change time what to read again.",
    origin: "POSIX.1-2024 chmod(), fchmod(); chmod(2); pjdfstest chmod",
    covers: &["CU3", "CU5", "CU7"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("special_files_survive_copy_up"),
    broken_by: &[Fault::Lie(&lies::CHMOD_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    vec![
        rule(
            "the owner changes the mode",
            [file("f", "1"), owned("f")],
            || call::chmod("f", 0o640),
        )
        .by(OWNER)
        .does([chmod("f", 0o640)])
        .marks("f", "c"),
        rule(
            "the superuser changes the mode",
            [file("f", "1"), owned("f")],
            || call::chmod("f", 0o4711),
        )
        .does([chmod("f", 0o4711)])
        .marks("f", "c"),
        rule(
            "another user changes no mode",
            [file("f", "1"), owned("f"), chmod("f", 0o666)],
            || call::chmod("f", 0o600),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        rule(
            "the group changes no mode",
            [file("f", "1"), owned("f"), chmod("f", 0o660)],
            || call::chmod("f", 0o666),
        )
        .by(PEER)
        .refused(Errno::PERM),
        rule(
            "the same mode again moves the change time",
            [file("f", "1")],
            || call::chmod("f", 0o644),
        )
        .marks("f", "c"),
        rule(
            "a link is followed",
            [file("f", "1"), symlink("s", "f")],
            || call::chmod("s", 0o600),
        )
        .does([chmod("f", 0o600)])
        .marks("f", "c")
        .marks("s", "A"),
        rule(
            "a link of another user is followed to no other's file",
            [file("f", "1"), symlink("s", "f"), owned("s")],
            || call::chmod("s", 0o600),
        )
        .by(OWNER)
        .refused(Errno::PERM)
        .marks("s", "A"),
        rule("a directory", [dir("d"), file("d/f", "1")], || {
            call::chmod("d", 0o1700)
        })
        .does([chmod("d", 0o1700)])
        .marks("d", "c"),
        rule("the directory the call is made in", [], || {
            call::chmod(".", 0o711)
        })
        .does([chmod("", 0o711)])
        .marks("", "c"),
        rule("a fifo", [fifo("p")], || call::chmod("p", 0o600))
            .does([chmod("p", 0o600)])
            .marks("p", "c")
            .turns_on("special_files_survive_copy_up", |c| {
                c.special_files_survive_copy_up
            }),
        rule("a device", [character("c", 1, 3)], || {
            call::chmod("c", 0o666)
        })
        .does([chmod("c", 0o666)])
        .marks("c", "c")
        .turns_on("special_files_survive_copy_up", |c| {
            c.special_files_survive_copy_up
        }),
        rule(
            "the owner sets setuid and setgid",
            [file("f", "1"), owned("f")],
            || call::chmod("f", 0o6755),
        )
        .by(OWNER)
        .does([chmod("f", 0o6755)])
        .marks("f", "c"),
        rule(
            "the owner takes setuid and setgid away",
            [file("f", "1"), owned("f"), chmod("f", 0o6755)],
            || call::chmod("f", 0o755),
        )
        .by(OWNER)
        .does([chmod("f", 0o755)])
        .marks("f", "c"),
        rule(
            "setgid is dropped for who is not in the group",
            [file("f", "1"), chown("f", OWNER.user, CLUB)],
            || call::chmod("f", 0o2755),
        )
        .by(OWNER)
        .does([chmod("f", 0o755)])
        .marks("f", "c"),
        rule(
            "setgid is kept for a member of the group",
            [file("f", "1"), chown("f", OWNER.user, CLUB)],
            || call::chmod("f", 0o2755),
        )
        .by(MEMBER)
        .does([chmod("f", 0o2755)])
        .marks("f", "c"),
        rule(
            "setgid of a directory is dropped for who is not in the group",
            [dir("d"), chown("d", OWNER.user, CLUB)],
            || call::chmod("d", 0o2770),
        )
        .by(OWNER)
        .does([chmod("d", 0o770)])
        .marks("d", "c"),
        rule(
            "the superuser keeps setgid of any group",
            [file("f", "1"), chown("f", OWNER.user, CLUB)],
            || call::chmod("f", 0o2755),
        )
        .does([chmod("f", 0o2755)])
        .marks("f", "c"),
        rule("a file may be sticky", [file("f", "1"), owned("f")], || {
            call::chmod("f", 0o1644)
        })
        .by(OWNER)
        .does([chmod("f", 0o1644)])
        .marks("f", "c"),
        rule(
            "fchmod needs no descriptor for writing",
            [file("f", "1"), owned("f")],
            || call::fchmod("f", OFlags::RDONLY, 0o600),
        )
        .by(OWNER)
        .does([chmod("f", 0o600)])
        .marks("f", "c"),
        rule("fchmod of a directory", [dir("d")], || {
            call::fchmod("d", OFlags::RDONLY, 0o700)
        })
        .does([chmod("d", 0o700)])
        .marks("d", "c"),
        rule(
            "fchmod is the owner's too",
            [file("f", "1"), owned("f")],
            || call::fchmod("f", OFlags::RDONLY, 0o600),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        rule("fchmod needs more than a path", [file("f", "1")], || {
            call::fchmod("f", OFlags::PATH, 0o600)
        })
        .refused(Errno::BADF),
        rule(
            "a file without permissions keeps its content",
            [file("f", "1"), owned("f")],
            || call::chmod("f", 0),
        )
        .by(OWNER)
        .does([chmod("f", 0)])
        .marks("f", "c"),
        rule(
            "what nobody may read can be opened up by its owner",
            [file("f", "1"), owned("f"), chmod("f", 0)],
            || call::chmod("f", 0o444),
        )
        .by(OWNER)
        .does([chmod("f", 0o444)])
        .marks("f", "c"),
    ]
}
