//! chown of a lower file is the superuser's; owners give files to their own groups; setuid is lost and the change time moves.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, chown, dir, file, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{CLUB, MEMBER, OTHER, OWNER, PEER, ROOT, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "chown_is_the_superusers",
    promise: "chown of a lower file is the superuser's; owners give files to their own groups; setuid is lost and the change time moves.",
    why: "Who can give files away escapes quotas, and a setuid file that changes hands with its bit is a stolen identity.",
    origin: "POSIX.1-2024 chown(); chown(2); pjdfstest chown",
    covers: &["CU3", "CU5", "CU7"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::CHOWN_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let mine = || vec![file("f", "1"), owned("f")];
    let setid = |mode| vec![file("f", "1"), owned("f"), chmod("f", mode)];
    let (user, group) = (OWNER.user, OWNER.group);
    vec![
        rule("the superuser gives a file to anybody", mine(), || {
            call::chown("f", Some(7), Some(8))
        })
        .does([chown("f", 7, 8)])
        .marks("f", "c"),
        rule("the user alone", mine(), || call::chown("f", Some(7), None))
            .does([chown("f", 7, group)])
            .marks("f", "c"),
        rule("the group alone", mine(), || {
            call::chown("f", None, Some(8))
        })
        .does([chown("f", user, 8)])
        .marks("f", "c"),
        rule("neither changes nothing", mine(), || {
            call::chown("f", None, None)
        })
        .marks("f", "C"),
        rule("the same owner again", mine(), || {
            call::chown("f", Some(OWNER.user), Some(OWNER.group))
        })
        .marks("f", "c"),
        rule("the owner gives it to a group of his", mine(), || {
            call::chown("f", None, Some(CLUB))
        })
        .by(MEMBER)
        .does([chown("f", user, CLUB)])
        .marks("f", "c"),
        rule("the owner names himself beside the group", mine(), || {
            call::chown("f", Some(OWNER.user), Some(CLUB))
        })
        .by(MEMBER)
        .does([chown("f", user, CLUB)])
        .marks("f", "c"),
        rule("the owner gives it to no other group", mine(), || {
            call::chown("f", None, Some(CLUB))
        })
        .by(OWNER)
        .refused(Errno::PERM),
        rule("the owner gives it to no other user", mine(), || {
            call::chown("f", Some(7), None)
        })
        .by(OWNER)
        .refused(Errno::PERM),
        rule("another user takes no file", setid(0o666), || {
            call::chown("f", Some(1001), None)
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule("another user gives it to no group", setid(0o666), || {
            call::chown("f", None, Some(1001))
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule(
            "the group's other member changes nothing",
            setid(0o666),
            || call::chown("f", None, Some(PEER.group)),
        )
        .by(PEER)
        .refused(Errno::PERM),
        rule(
            "setuid and setgid are lost with the group",
            setid(0o6755),
            || call::chown("f", None, Some(CLUB)),
        )
        .by(MEMBER)
        .does([chown("f", user, CLUB), chmod("f", 0o755)])
        .marks("f", "c"),
        rule(
            "setuid is lost also by the superuser",
            setid(0o6755),
            || call::chown("f", Some(ROOT.user), Some(ROOT.group)),
        )
        .does([chown("f", 0, 0), chmod("f", 0o755)])
        .marks("f", "c"),
        rule(
            "setgid without execution is kept by the superuser",
            setid(0o2644),
            || call::chown("f", Some(7), None),
        )
        .does([chown("f", 7, group), chmod("f", 0o2644)])
        .marks("f", "c"),
        rule(
            "a directory keeps setgid",
            [dir("d"), chmod("d", 0o3775)],
            || call::chown("d", Some(7), Some(8)),
        )
        .does([chown("d", 7, 8), chmod("d", 0o3775)])
        .marks("d", "c"),
        rule(
            "a link is followed",
            [file("f", "1"), symlink("s", "f")],
            || call::chown("s", Some(7), Some(8)),
        )
        .does([chown("f", 7, 8)])
        .marks("f", "c")
        .marks("s", "A"),
        rule(
            "lchown changes the link",
            [file("f", "1"), symlink("s", "f")],
            || call::lchown("s", Some(7), Some(8)),
        )
        .does([chown("s", 7, 8)])
        .marks("s", "c"),
        rule(
            "lchown changes a link that leads nowhere",
            [symlink("s", "nowhere")],
            || call::lchown("s", Some(7), Some(8)),
        )
        .does([chown("s", 7, 8)])
        .marks("s", "c"),
        rule(
            "lchown of another's link",
            [symlink("s", "f"), owned("s")],
            || call::lchown("s", Some(1001), None),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        rule("fchown needs no descriptor for writing", mine(), || {
            call::fchown("f", None, Some(CLUB))
        })
        .by(MEMBER)
        .does([chown("f", user, CLUB)])
        .marks("f", "c"),
        rule("fchown of a directory", [dir("d")], || {
            call::fchown("d", Some(7), Some(8))
        })
        .does([chown("d", 7, 8)])
        .marks("d", "c"),
        rule("large ids", mine(), || {
            call::chown("f", Some(2_000_000_000), Some(2_000_000_001))
        })
        .does([chown("f", 2_000_000_000, 2_000_000_001)])
        .marks("f", "c"),
    ]
}
