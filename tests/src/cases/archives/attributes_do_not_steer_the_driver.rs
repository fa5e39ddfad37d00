//! Attributes by which overlays steer themselves are refused in an archive, or are attributes like any other.

use tar::EntryType;

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::compare;
use crate::oracle::op::{chmod, dir, file};
use crate::{check, fixture};

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
    let marked = |entry: Entry, (name, value): (&str, &[u8])| Entry {
        xattrs: vec![(name.as_bytes().to_vec(), value.to_vec())],
        ..entry
    };
    let mut refused = 0;
    for mark in MARKS {
        let tar = archive::write(&[
            marked(Entry::dir("./"), mark),
            marked(Entry::dir("d/"), mark),
            marked(
                Entry {
                    mode: 0o640,
                    ..Entry::file("f", "3")
                },
                mark,
            ),
        ]);
        match fixture::unpacked(context, Some(&base), &tar)? {
            Err(error) => {
                check::refused(mark.0, drivers::ErrorKind::BadInput, Err::<(), _>(error))?;
                refused += 1;
            }
            Ok(_) => shows_all(context, &base, mark.0, &tar)?,
        }
    }
    let device = archive::write(&[Entry::new(EntryType::Char, "f")]);
    let outcome = fixture::unpacked(context, Some(&base), &device)?;
    if let Err(error) = outcome {
        check::refused(
            "the device 0/0",
            drivers::ErrorKind::BadInput,
            Err::<(), _>(error),
        )?;
    } else if context.capabilities()?.device_nodes {
        let layer = context.layer_of(Some(&base), &device)?;
        let view = context.view(Some(&layer))?;
        check::that(
            view.stat("f").is_ok(),
            "the device 0/0 is a device",
            "it hides the file below",
        )?;
    }
    check::that(
        refused == 0 || refused == MARKS.len(),
        "all of them are refused, or none",
        format!("{refused} of {}", MARKS.len()),
    )?;
    Ok(Outcome::Pass)
}

/// The layer looks as if the attribute were not there.
fn shows_all(
    context: &mut Context<'_>,
    base: &drivers::LayerId,
    mark: &str,
    tar: &[u8],
) -> Result<(), Stop> {
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
    check::same(
        &format!("paths and modes under {mark}"),
        &expected[..],
        &found[..],
    )?;
    let owners = seen.values().all(|seen| (seen.uid, seen.gid) == (0, 0));
    check::that(
        owners,
        format!("owners as in the archive under {mark}"),
        compare::show(b"others"),
    )
}
