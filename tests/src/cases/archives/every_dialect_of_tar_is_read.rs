//! Archives of Unix V7, POSIX and GNU, and mixtures of them, give the same tree, also when they come byte by byte.

use drivers::Limits;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{Op, chown, dir, file, link, mtime, symlink};
use crate::oracle::raw::{Dialect, Raw, base256, put};
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "every_dialect_of_tar_is_read",
    promise: "Archives of Unix V7, POSIX and GNU, and mixtures of them, give the same tree, also when they come byte by byte.",
    why: "Layers are written by Go, GNU tar, bsdtar, Python and shell scripts, each in a dialect of its own.",
    origin: "Go archive/tar testdata; containers/storage bats; POSIX ustar (prefix); catalogue DF11",
    covers: &["DF11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::PrefixesIgnored],
    run,
};

/// One byte at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(self.0.len()).min(1);
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// The archive, with names and targets longer than a header holds, and an id too large for octal digits if there are any.
fn archive(long: &str, large: u32) -> Vec<u8> {
    let (prefix, name) = long.split_once('/').unwrap_or_default();
    Raw::new()
        // A directory of V7 has a slash, and a file no type.
        .member(Dialect::V7, 0, "v7/", b"", |_| {})
        .member(Dialect::V7, 0, "v7/file", b"1", |_| {})
        .member(Dialect::Ustar, b'5', prefix, b"", |_| {})
        .member(Dialect::Ustar, b'0', name, b"2", |header| {
            put(header, 345, 155, prefix.as_bytes());
        })
        .member(Dialect::Ustar, b'7', "contiguous", b"3", |_| {})
        // Fields filled to the last byte, or with blanks.
        .member(Dialect::Ustar, b'0', "full", b"4", |header| {
            put(header, 100, 8, b"00000644");
            put(header, 108, 8, b"   1750 ");
            put(header, 124, 12, b"          1 ");
        })
        // Numbers that only GNU can write: an id, a size and a time in base 256.
        .member(Dialect::Gnu, b'0', "gnu", b"5", |header| {
            put(header, 108, 8, &base256(large.into(), 8));
            put(header, 124, 12, &base256(1, 12));
            put(header, 136, 12, &base256(1_234_567_890, 12));
        })
        .long(b'L', &format!("{long}-gnu"))
        .member(Dialect::Gnu, b'0', "cut", b"6", |_| {})
        .long(b'K', long)
        .long(b'L', "gnu-link")
        .link(b'1', "cut", b"cut")
        .pax(&[("linkpath", long.as_bytes())])
        .link(b'2', "pax-link", b"cut")
        .pax(&[
            ("path", "ä\n".as_bytes()),
            ("gid", large.to_string().as_bytes()),
            ("size", b"1"),
        ])
        // The old field holds what it can: nothing.
        .member(Dialect::Ustar, b'0', "cut", b"7", |header| {
            put(header, 124, 12, b"00000000000\0");
        })
        // Old writers sum signed bytes.
        .member(Dialect::V7, b'0', "latin-\u{e9}", b"8", |_| {})
        .file("last", b"9")
        .end()
}

fn run(context: &mut Context<'_>) -> Verdict {
    let long = format!("{}/{}", "p".repeat(90), "n".repeat(95));
    let prefix = "p".repeat(90);
    let large = context.capabilities()?.max_id.min(1 << 22);
    let tree: Vec<Op> = vec![
        dir("v7"),
        file("v7/file", "1"),
        dir(&prefix),
        file(&long, "2"),
        file("contiguous", "3"),
        file("full", "4"),
        chown("full", 1000, 0),
        file("gnu", "5"),
        chown("gnu", large, 0),
        mtime("gnu", 1_234_567_890, 0),
        file(format!("{long}-gnu"), "6"),
        link(&long, "gnu-link"),
        symlink("pax-link", &long),
        file("ä\n", "7"),
        chown("ä\n", 0, large),
        file("latin-\u{e9}", "8"),
        file("last", "9"),
    ];
    let tar = archive(&long, large);
    let layer = context
        .layer_of(None, &tar)
        .map_err(|Stop(why)| Stop::fail("every member is understood", why.reason()))?;
    context.expect(&layer, None, &tree)?;
    context.check_layer(&layer)?;
    // Byte by byte, and with whatever behind the end.
    let junk = [&tar[..], &fixture::noise(46, 3000)].concat();
    let key = context.key()?;
    let slow = context.layer_id()?;
    let driver = context.driver()?;
    driver.prepare(&key, None, drivers::Kind::Writable)?;
    let applied = driver.apply(&key, &mut Trickle(&junk), &Limits::default())?;
    driver.commit(&key, &slow)?;
    check::same("entries applied", 13, applied.entries)?;
    context.expect(&slow, None, &tree)?;
    context.check_layer(&slow)?;
    Ok(Outcome::Pass)
}
