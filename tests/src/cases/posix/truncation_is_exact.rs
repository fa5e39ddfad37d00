//! truncate and ftruncate of a lower file cut or grow it to the byte, with the right times and errors.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::lies;
use crate::oracle::op::{Op, chmod, dir, fifo, file, symlink, truncate, xattr};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "truncation_is_exact",
    promise: "truncate and ftruncate of a lower file cut or grow it to the byte, with the right times and errors.",
    why: "Databases and logs cut their files; a byte of the image that comes back after the new end is corruption.",
    origin: "POSIX.1-2024 truncate(), ftruncate(); pjdfstest truncate, ftruncate; unionmount suite (truncate)",
    covers: &["CU1", "CU5", "CU7"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::TRUNCATE_DOES_NOTHING)],
    run,
};

/// Longer than a page, no multiple of a block.
const LONG: usize = 9001;

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let long = || vec![file("f", fixture::noise(1, LONG)), owned("f")];
    let mode = |bits| -> Vec<Op> { [long(), vec![chmod("f", bits)]].concat() };
    let mut rows = Vec::new();
    for length in [0_u32, 1, 4095, 4096, 4097, 9000, 9002, 12_288, 100_000] {
        rows.push(
            rule(format!("to {length} of {LONG} bytes"), long(), move || {
                call::truncate("f", length.into())
            })
            .by(OWNER)
            .does([truncate("f", length.into())])
            .marks("f", "mc"),
        );
        rows.push(
            rule(
                format!("to {length} bytes through a descriptor"),
                long(),
                move || call::ftruncate("f", OFlags::WRONLY, length.into()),
            )
            .by(OWNER)
            .does([truncate("f", length.into())])
            .marks("f", "mc"),
        );
    }
    rows.extend([
        // Whether the times move is open: the standard says they do, local filesystems of Linux leave them.
        rule("to the length it has", long(), || call::truncate("f", 9001))
            .does([truncate("f", 9001)])
            .marks("f", "MC"),
        rule("an empty file grows", [file("f", "")], || {
            call::truncate("f", 5000)
        })
        .does([truncate("f", 5000)])
        .marks("f", "mc"),
        rule(
            "through a link",
            [file("f", "12345"), symlink("s", "f")],
            || call::truncate("s", 2),
        )
        .does([truncate("f", 2)])
        .marks("f", "mc")
        .marks("s", "A"),
        rule("by who may not write", mode(0o644), || {
            call::truncate("f", 0)
        })
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule("by its owner, who may not write", mode(0o444), || {
            call::truncate("f", 0)
        })
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule("by anybody who may write", mode(0o666), || {
            call::truncate("f", 7)
        })
        .by(OTHER)
        .does([truncate("f", 7)])
        .marks("f", "mc"),
        rule("by the superuser, whatever the mode", mode(0), || {
            call::truncate("f", 7)
        })
        .does([truncate("f", 7)])
        .marks("f", "mc"),
        rule("to less than nothing", long(), || call::truncate("f", -1)).refused(Errno::INVAL),
        rule("a directory", [dir("d")], || call::truncate("d", 0)).refused(Errno::ISDIR),
        rule("a fifo", [fifo("p")], || call::truncate("p", 0)).refused(Errno::INVAL),
        rule("a descriptor for reading", long(), || {
            call::ftruncate("f", OFlags::RDONLY, 0)
        })
        .refused(Errno::INVAL),
        rule("a descriptor for appending", long(), || {
            call::ftruncate("f", OFlags::WRONLY | OFlags::APPEND, 3)
        })
        .does([truncate("f", 3)])
        .marks("f", "mc"),
        rule("a file that is not there", [], || call::truncate("f", 0)).refused(Errno::NOENT),
        rule("an ordinary user takes setuid away", mode(0o6777), || {
            call::truncate("f", 7)
        })
        .by(OTHER)
        .does([truncate("f", 7), chmod("f", 0o777)])
        .marks("f", "mc"),
        rule(
            "file capabilities are taken away",
            [
                file("f", "12345"),
                chmod("f", 0o755),
                xattr("f", "security.capability", fixture::capability()),
            ],
            || call::truncate("f", 2),
        )
        .does([truncate("f", 2)])
        .marks("f", "mc"),
    ]);
    rows
}
