//! Device numbers that are negative, or larger than Linux has, are malformed; the largest it has are kept, or refused where
//! the filesystem has no room for them.

use drivers::ErrorKind;
use tar::EntryType;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{block, character};
use crate::oracle::raw::{Dialect, Raw, base256, put};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "impossible_devices_are_refused",
    promise: "Device numbers that are negative, or larger than Linux has, are malformed; the largest it has are kept, or refused where the filesystem has no room for them.",
    why: "Numbers that are cut give the container another device than the image says: a disk of the host, perhaps.",
    origin: "moby archive tests (negative and oversized device numbers); catalogue MT4",
    covers: &["MT4"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: Some("device_nodes"),
    broken_by: &[Fault::BadArchive],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let device = |dialect, kind, major: &[u8], minor: &[u8]| {
        Raw::new()
            .member(dialect, kind, "x", b"", |header| {
                put(header, 329, 8, major);
                put(header, 337, 8, minor);
            })
            .end()
    };
    let small = b"0000001\0";
    let yard = Yard::new(context, None)?;
    for (what, number) in [
        ("-1 in base 256", base256(-1, 8)),
        ("2^32 in base 256", base256(1 << 32, 8)),
        ("2^56 in base 256", base256((1 << 56) - 1, 8)),
        ("2^20", b"4000000\0".to_vec()),
        ("-1 in octal", b"-000001\0".to_vec()),
        ("no number", b"zz\0\0\0\0\0\0".to_vec()),
    ] {
        for kind in [b'3', b'4'] {
            for dialect in [Dialect::Ustar, Dialect::Gnu] {
                let tar = device(dialect, kind, &number, small);
                yard.refuses(context, &format!("the major number {what}"), &tar)?;
                let tar = device(dialect, kind, small, &number);
                yard.refuses(context, &format!("the minor number {what}"), &tar)?;
            }
        }
    }
    let v7 = Raw::new().member(Dialect::V7, b'3', "x", b"", |_| {}).end();
    yard.refuses(context, "a device without room for numbers", &v7)?;
    let largest = Entry {
        device: (4095, (1 << 20) - 1),
        mode: 0o600,
        ..Entry::new(EntryType::Char, "c")
    };
    let disk = Entry {
        device: (4095, (1 << 20) - 1),
        mode: 0o600,
        ..Entry::new(EntryType::Block, "b")
    };
    let tar = archive::write(&[largest, disk]);
    let outcome = yard.apply(context, &tar)?;
    if !context.capabilities()?.device_nodes {
        let dropped = outcome?.devices_dropped;
        check::same("devices left out, and counted", 2, dropped)?;
        return Ok(Outcome::Deviates(
            "devices cannot be made here; they are left out".to_owned(),
        ));
    }
    if let Err(error) = outcome {
        let words = error.to_string();
        check::refused(
            "the largest device",
            ErrorKind::Unsupported,
            Err::<(), _>(error),
        )?;
        check::that(
            words.contains("4095:1048575"),
            "an error that names the device",
            &words,
        )?;
        return Ok(Outcome::Deviates(words));
    }
    let layer = context.layer_of(None, &tar)?;
    let most = (1 << 20) - 1;
    let mode = |path| crate::oracle::op::chmod(path, 0o600);
    context.expect(
        &layer,
        None,
        &[
            character("c", 4095, most),
            mode("c"),
            block("b", 4095, most),
            mode("b"),
        ],
    )?;
    context.check_layer(&layer)?;
    Ok(Outcome::Pass)
}
