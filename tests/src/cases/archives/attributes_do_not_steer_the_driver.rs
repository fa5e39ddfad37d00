//! Attributes by which overlays steer themselves are refused in an archive, or are attributes like any other.

use drivers::ErrorKind;
use tar::EntryType;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::{chmod, dir, file};
use crate::yard::Yard;

/// The promise.
pub const CASE: Case = Case {
    name: "attributes_do_not_steer_the_driver",
    promise: "Attributes by which overlays steer themselves are refused in an archive, or are attributes like any other.",
    why: "An image could hide, redirect or re-own files of lower layers, or make a device of a file.",
    origin: "Linux overlayfs.rst (trusted.overlay.*); fuse-overlayfs (override_stat on the root of a layer); layerbench review; catalogue MT7",
    covers: &["MT7"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::MarksObeyed],
    run,
};

/// Attributes and values, and whether they belong on the root of the layer.
const MARKS: [(&str, &[u8]); 10] = [
    ("trusted.overlay.opaque", b"y"),
    ("trusted.overlay.redirect", b"/other"),
    ("trusted.overlay.metacopy", b""),
    ("trusted.overlay.whiteout", b""),
    ("user.overlay.opaque", b"y"),
    ("user.overlay.redirect", b"/other"),
    ("user.fuseoverlayfs.opaque", b"y"),
    ("user.fuseoverlayfs.override_stat", b"1000:1000:4777"),
    ("security.fuseoverlayfs.override_stat", b"1000:1000:4777"),
    (
        "user.containers.override_stat",
        b"1000:1000:60600:block-8-1",
    ),
];

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.layer(
        None,
        &[
            dir("d"),
            file("d/low", "1"),
            dir("other"),
            file("other/else", "2"),
            file("f", "3"),
            chmod("f", 0o640),
        ],
    )?;
    let marked = |marks: &[(&str, &[u8])]| {
        let mut entries = [
            Entry::dir("./"),
            Entry::dir("d/"),
            Entry {
                mode: 0o640,
                ..Entry::file("f", "3")
            },
        ];
        for entry in &mut entries {
            for (name, value) in marks {
                let mark = (name.as_bytes().to_vec(), value.to_vec());
                entry.xattrs.push(mark);
            }
        }
        archive::write(&entries)
    };
    let yard = Yard::new(context, Some(&base))?;
    let mut taken = Vec::new();
    for mark in MARKS {
        match yard.apply(context, &marked(&[mark]))? {
            Err(error) => check::refused(mark.0, ErrorKind::BadInput, Err::<(), _>(error))?,
            Ok(_) => taken.push(mark),
        }
    }
    check::that(
        taken.is_empty() || taken.len() == MARKS.len(),
        "all of them are refused, or none",
        format!("{taken:?}"),
    )?;
    if !taken.is_empty() {
        shows_all(context, &base, &marked(&taken))?;
    }
    let device = archive::write(&[Entry::new(EntryType::Char, "f")]);
    if let Err(error) = yard.apply(context, &device)? {
        check::refused("the device 0/0", ErrorKind::BadInput, Err::<(), _>(error))?;
    } else if context.capabilities()?.device_nodes {
        let layer = context.layer_of(Some(&base), &device)?;
        let view = context.view(Some(&layer))?;
        check::that(
            view.stat("f").is_ok(),
            "the device 0/0 is a device",
            "it hides the file below",
        )?;
    }
    Ok(Outcome::Pass)
}

/// The layer looks as if the attribute were not there.
fn shows_all(context: &mut Context<'_>, base: &drivers::LayerId, tar: &[u8]) -> Result<(), Stop> {
    let layer = context.layer_of(Some(base), tar)?;
    let view = context.view(Some(&layer))?;
    let mut seen = crate::oracle::seen::read(&view.at)?;
    for seen in seen.values_mut() {
        seen.xattrs.clear();
    }
    let expected = [
        (&b""[..], 0o755),
        (b"d", 0o755),
        (b"d/low", 0o644),
        (b"f", 0o640),
        (b"other", 0o755),
        (b"other/else", 0o644),
    ];
    let found: Vec<_> = seen
        .iter()
        .map(|(path, seen)| (&path[..], seen.mode))
        .collect();
    check::same("paths and modes", &expected[..], &found[..])?;
    let owners = seen.values().all(|seen| (seen.uid, seen.gid) == (0, 0));
    check::that(owners, "owners as in the archive", "others")
}
