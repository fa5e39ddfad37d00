//! An archive that asks for more than it is allowed, in entries, bytes, holes, names or sheer length, is refused as soon
//! as it does, and by default no small archive can ask for much.

use std::io::Read as _;

use drivers::{ErrorKind, Limits};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::raw::{Dialect, Raw, put};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "archive_limits_are_kept",
    promise: "An archive that asks for more than it is allowed, in entries, bytes, holes, names or sheer length, is refused as soon as it does.",
    why: "One small download must not be able to fill the disk of the host, or keep it busy for ever.",
    origin: "catalogue MT8 (bombs, tested by nobody); layerbench driver.rs",
    covers: &["MT8"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::LimitsIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let yard = Yard::new(context, None)?;
    let tar = archive::write(&[
        Entry::file("a", "123"),
        Entry::file("b", "456"),
        Entry::file("c".repeat(200), "7"),
    ]);
    let fine = Limits {
        entries: 3,
        bytes: 7,
        path_bytes: 200,
        ..Limits::default()
    };
    for (what, limits) in [
        ("too many entries", Limits { entries: 2, ..fine }),
        ("too many bytes", Limits { bytes: 5, ..fine }),
        (
            "too long a path",
            Limits {
                path_bytes: 150,
                ..fine
            },
        ),
    ] {
        refused(context, &yard, what, &tar, &limits)?;
    }
    let applied = yard.apply_within(context, &mut &tar[..], &fine)??;
    check::same(
        "entries and bytes applied",
        (3, 7),
        (applied.entries, applied.bytes),
    )?;

    // Nothing but headers of nothing, and nothing but a tail: they have an end too.
    let mut globals = Raw::new();
    for _ in 0..4 {
        globals = globals.global(&[("comment", b"x")]);
    }
    refused(context, &yard, "four global headers", &globals.end(), &fine)?;
    let mut tail = tar.clone();
    tail.resize(20 << 20, 0);
    refused(
        context,
        &yard,
        "a tail of 20 MiB behind three entries",
        &tail,
        &fine,
    )?;
    let mut endless = (&tar[..]).chain(std::io::repeat(b'x').take(20 << 20));
    let outcome = yard.apply_within(context, &mut endless, &fine)?;
    check::refused("garbage without an end", ErrorKind::BadInput, outcome)?;

    bombs(context, &yard)?;
    Ok(Outcome::Pass)
}

fn refused(
    context: &Context<'_>,
    yard: &Yard,
    what: &str,
    tar: &[u8],
    limits: &Limits,
) -> Result<(), Stop> {
    let outcome = yard.apply_within(context, &mut &tar[..], limits)?;
    check::refused(what, ErrorKind::BadInput, outcome)
}

/// A few blocks that say they are terabytes, under the limits that everybody has.
fn bombs(context: &Context<'_>, yard: &Yard) -> Result<(), Stop> {
    let size = (8_u64 << 40).to_string();
    let hole = format!("{},1", (8_u64 << 40) - 1);
    let pax = Raw::new()
        .pax(&[
            ("GNU.sparse.size", size.as_bytes()),
            ("GNU.sparse.numblocks", b"1"),
            ("GNU.sparse.map", hole.as_bytes()),
        ])
        .file("bomb", b"x")
        .end();
    let gnu = Raw::new()
        .member(Dialect::Gnu, b'S', "bomb", b"", |header| {
            put(header, 483, 12, b"77777777777\0");
            put(header, 483, 12, &crate::oracle::raw::base256(8 << 40, 12));
        })
        .end();
    let many: Vec<String> = (0..5000)
        .map(|i| format!("SCHILY.xattr.user.{i}"))
        .collect();
    let records: Vec<(&str, &[u8])> = many.iter().map(|name| (&name[..], &b"1"[..])).collect();
    let attributes = Raw::new().pax(&records).file("x", b"").end();
    let deep = archive::write(&[Entry::dir("d/".repeat(600))]);
    let mut links: Vec<_> = (0..39)
        .map(|i| {
            Entry::symlink(
                format!("l{i}"),
                format!("{}l{}", "d/../".repeat(700), i + 1),
            )
        })
        .collect();
    links.insert(0, Entry::dir("d/"));
    links.extend([Entry::dir("l39/"), Entry::file("l0/x", "")]);
    for (what, tar) in [
        ("a hole of 8 TiB, told by PAX", pax),
        ("a hole of 8 TiB, told by GNU", gnu),
        ("5000 attributes", attributes),
        ("600 directories in one another", deep),
        ("links that go 50 000 steps", archive::write(&links)),
    ] {
        refused(context, yard, what, &tar, &Limits::default())?;
    }
    Ok(())
}
