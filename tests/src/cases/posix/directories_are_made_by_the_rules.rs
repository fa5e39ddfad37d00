//! mkdir in a lower directory: mode and umask, owner and group, times, and every refusal.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, chown, dir, fifo, file, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{CLUB, OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "directories_are_made_by_the_rules",
    promise: "mkdir in a lower directory gives the mode less the umask, the right owner and group, and is refused where POSIX says so.",
    why: "A directory with a wrong mode or group lets others in or locks its owner out.",
    origin: "POSIX.1-2024 mkdir(); mkdir(2), inode(7); pjdfstest mkdir",
    covers: &["CU4", "CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("setgid_directory_is_inherited"),
    broken_by: &[Fault::Lie(&lies::MKDIR_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let made =
        |row: Row, path: &str, mode: u32| row.does([dir(path), chmod(path, mode)]).marks("", "mc");
    let mut rows = vec![
        made(rule("a mode", [], || call::mkdir("d", 0o750)), "d", 0o750),
        made(rule("no mode", [], || call::mkdir("d", 0)), "d", 0),
        made(rule("sticky", [], || call::mkdir("d", 0o1777)), "d", 0o1777),
        made(
            rule("a slash behind", [], || call::mkdir("d/", 0o755)),
            "d",
            0o755,
        ),
        made(
            rule("the umask", [], || call::mkdir("d", 0o777)).umask(0o027),
            "d",
            0o750,
        ),
        made(
            rule("a umask of all", [], || call::mkdir("d", 0o777)).umask(0o777),
            "d",
            0,
        ),
        rule("an ordinary user's own", [owned("")], || {
            call::mkdir("d", 0o700)
        })
        .by(OWNER)
        .does([dir("d"), owned("d"), chmod("d", 0o700)])
        .marks("", "mc"),
        rule(
            "in another's directory that all may write",
            [chmod("", 0o777)],
            || call::mkdir("d", 0o700),
        )
        .by(OWNER)
        .does([dir("d"), owned("d"), chmod("d", 0o700)])
        .marks("", "mc"),
        rule(
            "in a setgid directory",
            [chown("", OWNER.user, CLUB), chmod("", 0o2755)],
            || call::mkdir("d", 0o755),
        )
        .by(OWNER)
        .does([dir("d"), chown("d", OWNER.user, CLUB), chmod("d", 0o2755)])
        .marks("", "mc")
        .turns_on("setgid_directory_is_inherited", |c| {
            c.setgid_directory_is_inherited
        }),
        rule(
            "in a setgid directory, as the superuser",
            [chown("", 0, CLUB), chmod("", 0o2755)],
            || call::mkdir("d", 0o700),
        )
        .does([dir("d"), chown("d", 0, CLUB), chmod("d", 0o2700)])
        .marks("", "mc")
        .turns_on("setgid_directory_is_inherited", |c| {
            c.setgid_directory_is_inherited
        }),
        rule(
            "deep below a lower directory",
            [dir("d"), dir("d/e")],
            || call::mkdir("d/e/f", 0o755),
        )
        .does([dir("d/e/f")])
        .marks("d/e", "mc"),
        rule("in a directory that is not there", [], || {
            call::mkdir("d/e", 0o755)
        })
        .refused(Errno::NOENT),
        rule("below a file", [file("f", "1")], || {
            call::mkdir("f/d", 0o755)
        })
        .refused(Errno::NOTDIR),
        rule("the empty name", [], || call::mkdir("", 0o755)).refused(Errno::NOENT),
        rule("where one may not write", [], || call::mkdir("d", 0o755))
            .by(OTHER)
            .refused(Errno::ACCESS),
        rule(
            "where one may write but not search",
            [dir("e"), chmod("e", 0o666)],
            || call::mkdir("e/d", 0o755),
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule("where one is", [], || call::mkdir(".", 0o755)).refused(Errno::EXIST),
        rule("over its own slash", [dir("d")], || {
            call::mkdir("d/", 0o755)
        })
        .refused(Errno::EXIST),
        rule(
            "over a directory, where one may not write",
            [dir("d")],
            || call::mkdir("d", 0o755),
        )
        .by(OTHER)
        .refused(Errno::EXIST),
    ];
    for (what, there) in [
        ("a directory", vec![dir("d")]),
        ("a full directory", vec![dir("d"), file("d/f", "1")]),
        ("a file", vec![file("d", "1")]),
        ("a fifo", vec![fifo("d")]),
        ("a link to a file", vec![file("f", "1"), symlink("d", "f")]),
        ("a link to a directory", vec![dir("e"), symlink("d", "e")]),
        ("a link that leads nowhere", vec![symlink("d", "nowhere")]),
    ] {
        rows.push(
            rule(format!("over {what}"), there, || call::mkdir("d", 0o755)).refused(Errno::EXIST),
        );
    }
    rows
}
