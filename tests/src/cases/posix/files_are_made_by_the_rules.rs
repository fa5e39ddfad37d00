//! What open, mknod and symlink make in a lower directory has the right mode, owner and group, or is refused.

use rustix::fs::{FileType, OFlags, makedev};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{character, chmod, chown, dir, fifo, file, socket, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{CLUB, OTHER, OWNER, Row, asking, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "files_are_made_by_the_rules",
    promise: "What open, mknod and symlink make in a lower directory has the right mode, owner and group, or is refused as POSIX says.",
    why: "A file made with a wrong mode or group is open to others or closed to its own group.",
    origin: "POSIX.1-2024 open(), mknod(), mkfifo(), symlink(); mknod(2), inode(7); pjdfstest mknod, mkfifo, symlink",
    covers: &["SF1", "CU4", "CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("setgid_directory_is_inherited"),
    broken_by: &[
        Fault::Lie(&lies::MKNOD_DOES_NOTHING),
        Fault::Lie(&lies::SYMLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);

fn rows() -> Vec<Row> {
    let mut rows = vec![
        rule("a file", [], || call::create("x", NEW, 0o666))
            .does([file("x", ""), chmod("x", 0o666)])
            .marks("", "mc"),
        rule("a file under a umask", [], || call::create("x", NEW, 0o666))
            .umask(0o027)
            .does([file("x", ""), chmod("x", 0o640)])
            .marks("", "mc"),
        rule("a file with setuid and sticky", [], || {
            call::create("x", NEW, 0o7755)
        })
        .does([file("x", ""), chmod("x", 0o7755)])
        .marks("", "mc"),
        rule("a file for writing that nobody may write", [], || {
            call::create("x", NEW, 0o444)
        })
        .does([file("x", ""), chmod("x", 0o444)])
        .marks("", "mc"),
        rule("a file of an ordinary user", [owned("")], || {
            call::create("x", NEW, 0o600)
        })
        .by(OWNER)
        .does([file("x", ""), owned("x"), chmod("x", 0o600)])
        .marks("", "mc"),
        rule("a file as a directory", [], || {
            call::create("x/", NEW, 0o600)
        })
        .refused(Errno::ISDIR),
        rule(
            "a fifo of an ordinary user under a umask",
            [chmod("", 0o777)],
            || call::mkfifo("x", 0o666),
        )
        .by(OWNER)
        .umask(0o022)
        .does([fifo("x"), owned("x"), chmod("x", 0o644)])
        .marks("", "mc"),
        rule("a device", [], || {
            call::mknod("x", FileType::CharacterDevice, 0o620, makedev(1, 3))
        })
        .does([character("x", 1, 3), chmod("x", 0o620)])
        .marks("", "mc"),
        rule("a device of an ordinary user", [owned("")], || {
            call::mknod("x", FileType::CharacterDevice, 0o620, makedev(1, 3))
        })
        .by(OWNER)
        .refused(Errno::PERM),
        rule("a block device of an ordinary user", [owned("")], || {
            call::mknod("x", FileType::BlockDevice, 0o620, makedev(8, 1))
        })
        .by(OWNER)
        .refused(Errno::PERM),
        rule("a file by mknod", [], || {
            call::mknod("x", FileType::RegularFile, 0o640, 0)
        })
        .does([file("x", ""), chmod("x", 0o640)])
        .marks("", "mc"),
        rule("a socket by mknod", [], || {
            call::mknod("x", FileType::Socket, 0o640, 0)
        })
        .does([socket("x"), chmod("x", 0o640)])
        .marks("", "mc"),
        rule("a socket is not opened", [], || {
            call::mknod("x", FileType::Socket, 0o640, 0)?;
            call::open("x", OFlags::RDWR)
        })
        .refused(Errno::NXIO)
        .does([socket("x"), chmod("x", 0o640)])
        .marks("", "mc"),
        rule("a directory by mknod", [], || {
            call::mknod("x", FileType::Directory, 0o755, 0)
        })
        .refused(Errno::PERM),
        rule("a link", [], || call::symlink("to", "x"))
            .does([symlink("x", "to")])
            .marks("", "mc"),
        rule(
            "a link of an ordinary user under a umask",
            [owned("")],
            || call::symlink("to", "x"),
        )
        .by(OWNER)
        .umask(0o777)
        .does([symlink("x", "to"), owned("x")])
        .marks("", "mc"),
        rule("a link to nothing at all", [], || call::symlink("", "x")).refused(Errno::NOENT),
        rule("a link to a thousand bytes", [], || {
            call::symlink(&"t".repeat(1000), "x")
        })
        .does([symlink("x", "t".repeat(1000))])
        .marks("", "mc"),
        rule("a link to more than a path", [], || {
            call::symlink(&"t".repeat(4096), "x")
        })
        .refused(Errno::NAMETOOLONG),
        asking(
            "a lower link is read to the byte",
            [symlink("x", "../to/ somewhere\n")],
            || call::readlink("x", "../to/ somewhere\n"),
            17,
        )
        .marks("x", "A"),
        asking(
            "a file is no link",
            [file("x", "1")],
            || call::readlink("x", ""),
            0,
        )
        .refused(Errno::INVAL),
        asking(
            "a directory is no link",
            [dir("x")],
            || call::readlink("x", ""),
            0,
        )
        .refused(Errno::INVAL),
    ];
    type Make = fn() -> call::Done;
    let makers: [(&str, Make); 3] = [
        ("file", || call::create("x", NEW, 0o600)),
        ("fifo", || call::mkfifo("x", 0o600)),
        ("link", || call::symlink("to", "x")),
    ];
    for (what, make) in makers {
        let made = match what {
            "file" => file("x", ""),
            "fifo" => fifo("x"),
            _ => symlink("x", "to"),
        };
        let mode = (what != "link").then(|| chmod("x", 0o600));
        let inherits = [
            vec![made, chown("x", OWNER.user, CLUB)],
            mode.into_iter().collect(),
        ]
        .concat();
        let row = rule(
            format!("a {what} in a setgid directory"),
            [chown("", OWNER.user, CLUB), chmod("", 0o2755)],
            make,
        )
        .by(OWNER)
        .does(inherits)
        .marks("", "mc");
        // What is lost of a link's owner where it is declared to be lost is not looked at.
        rows.push(match what {
            "link" => row,
            _ => row.turns_on("setgid_directory_is_inherited", |c| {
                c.setgid_directory_is_inherited
            }),
        });
        for (over, there) in [
            ("a file", file("x", "1")),
            ("a directory", dir("x")),
            ("a link to nowhere", symlink("x", "nowhere")),
            ("a fifo", fifo("x")),
        ] {
            rows.push(rule(format!("a {what} over {over}"), [there], make).refused(Errno::EXIST));
        }
        rows.push(
            rule(format!("a {what} where one may not write"), [], make)
                .by(OTHER)
                .refused(Errno::ACCESS),
        );
    }
    rows
}
