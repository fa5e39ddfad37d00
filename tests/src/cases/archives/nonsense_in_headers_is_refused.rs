//! What Linux cannot store as it is written, a zero byte in a path, an id of 33 bits, an attribute that is none, is
//! refused: nothing is cut to fit.

use drivers::Capabilities;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{file, xattr};
use crate::oracle::raw::{Dialect, Raw, base256, put};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "nonsense_in_headers_is_refused",
    promise: "What Linux cannot store as it is written, a zero byte in a path, an id of 33 bits, an attribute that is none, is refused: nothing is cut to fit.",
    why: "A path or id that is cut is another one: another file, another user.",
    origin: "catalogue MT7; moby archive tests (xattrs); POSIX pax",
    covers: &["MT7"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::BadArchive, Fault::ExtendedHeadersAreFiles],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let yard = Yard::new(context, None)?;
    for (name, value) in pax_nonsense(&capabilities) {
        let tar = Raw::new().pax(&[(name, value)]).file("x", b"").end();
        yard.refuses(context, &format!("{name}={}", value.escape_ascii()), &tar)?;
    }
    let link = Raw::new()
        .pax(&[("linkpath", b"a\0b")])
        .link(b'2', "l", b"x")
        .end();
    let header = |at, length, value: &[u8]| {
        Raw::new()
            .member(Dialect::Gnu, b'0', "x", b"", |header| {
                put(header, at, length, value);
            })
            .end()
    };
    for (what, tar) in [
        ("a link to a path with a zero byte", link),
        ("a user id of 33 bits", header(108, 8, &base256(1 << 32, 8))),
        ("a negative user id", header(108, 8, &base256(-1, 8))),
        (
            "a group id of 56 bits",
            header(116, 8, &base256(1 << 55, 8)),
        ),
        ("a negative size", header(124, 12, &base256(-512, 12))),
        ("a size of 95 bits", header(124, 12, &base256(1 << 90, 12))),
        ("a mode that is no number", header(100, 8, b"rw-r--r-")),
        (
            "a type that is none",
            Raw::new()
                .member(Dialect::Gnu, b'Z', "x", b"", |_| {})
                .end(),
        ),
        (
            "a name of 256 bytes",
            Raw::new().long(b'L', &"n".repeat(256)).file("x", b"").end(),
        ),
        (
            "an extended header of no entry",
            Raw::new().pax(&[("path", b"a")]).end(),
        ),
        (
            "two extended headers of one entry",
            Raw::new()
                .pax(&[("path", b"a")])
                .pax(&[("path", b"b")])
                .file("x", b"")
                .end(),
        ),
    ] {
        yard.refuses(context, what, &tar)?;
    }
    // What looks odd and is not: zero bytes in a value, a record that takes itself back, digits below the nanosecond.
    let fine = Raw::new()
        .pax(&[
            ("SCHILY.xattr.user.zero", b"a\0b\n=c"),
            ("uname", b"r\0ot"),
            ("path", b""),
            ("mtime", b"1234567890.1234567899999"),
            ("hdrcharset", b"BINARY"),
            ("comment", b"\xff\0"),
        ])
        .file("fine", b"1")
        .end();
    let layer = context.layer_of(None, &fine)?;
    let granularity = capabilities.mtime_granularity_ns;
    let nanoseconds = if granularity == 1 { 123_456_789 } else { 0 };
    context.expect(
        &layer,
        None,
        &[
            file("fine", "1"),
            xattr("fine", "user.zero", b"a\0b\n=c"),
            crate::oracle::op::mtime("fine", 1_234_567_890, nanoseconds),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}

fn pax_nonsense(capabilities: &Capabilities) -> Vec<(&'static str, &'static [u8])> {
    let mut nonsense: Vec<(&str, &[u8])> = vec![
        ("path", b"a\0b"),
        ("uid", b"4294967295"),
        ("uid", b"-1"),
        ("gid", b"18446744073709551616"),
        ("uid", b"root"),
        ("size", b"-1"),
        ("size", b"0x10"),
        ("mtime", b"yesterday"),
        ("mtime", b"1e9"),
        ("mtime", b"99999999999999999999"),
        ("SCHILY.xattr.", b"no name"),
        ("SCHILY.acl.access", b"user::rwz"),
        ("SCHILY.acl.access", b"user:lisa:rwx"),
        ("LIBARCHIVE.xattr.user.%zz", b"AA"),
        ("LIBARCHIVE.xattr.user.a", b"???"),
    ];
    if capabilities.xattr_privileged {
        nonsense.push(("SCHILY.xattr.security.capability", b"not a capability"));
    }
    if capabilities.posix_acl {
        nonsense.push(("SCHILY.xattr.system.posix_acl_access", b"\x02\0\0\0\x01\0"));
    }
    nonsense
}
