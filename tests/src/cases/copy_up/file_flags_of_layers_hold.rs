//! A file that a layer has immutable or append-only is so in containers on it, nothing of a refused write is left, and noatime and sync outlive the first write where files can have them.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Item, Kind, Limits};
use rustix::fs::{IFlags, Mode, ioctl_getflags, ioctl_setflags};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::file;

/// The promise.
pub const CASE: Case = Case {
    name: "file_flags_of_layers_hold",
    promise: "A file that a layer has immutable or append-only is so in containers on it, nothing of a refused write is left, and noatime and sync outlive the first write where files can have them.",
    why: "A log that was append-only on the host can be cut in the container, and an immutable file replaced.",
    origin: "xfstests overlay/078, 040, 075 (flags over copy-up); catalogue CU8, CU5",
    covers: &["CU8", "CU5"],
    level: Level::Informs,
    theme: Theme::CopyUp,
    capability: Some("file_flags_of_layers_hold"),
    broken_by: &[Fault::Flipped("file_flags_of_layers_hold")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.file_flags_of_layers_hold;
    let tar = archive::write(&FLAGS.map(|(name, _)| Entry::file(name, "lower")));
    let mut flags_of = FLAGS.to_vec();
    let (key, layer) = (context.key()?, context.layer_id()?);
    let driver = context.driver()?;
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    // No archive carries flags: an administrator sets them where the layer lies.
    let stage = driver.stage(&key)?;
    for (name, flags) in FLAGS {
        let path = stage.dir.join(name);
        let set = fs::File::open(&path)
            .map_err(|_| Errno::NOENT)
            .and_then(|file| ioctl_setflags(&file, ioctl_getflags(&file)? | flags));
        // Some filesystems have the first two only.
        if name == QUIET && set == Err(Errno::OPNOTSUPP) {
            flags_of.retain(|(name, _)| *name != QUIET);
        } else if let Err(errno) = set {
            return Err(Stop::not_applicable(format!(
                "the filesystem of the layers keeps no such flags: {errno}"
            )));
        }
    }
    drop(stage);
    driver.commit(&key, &layer)?;
    context.expect(&layer, None, &FLAGS.map(|(name, _)| file(name, "lower")))?;
    context.check_layer(&layer)?;

    let mut container = context.container(Some(&layer))?;
    let mut differs = Vec::new();
    shows(&mut differs, &flags_of, "at first", container.root());
    let (immutable, append) = (container.path("immutable"), container.path("append"));
    for (what, outcome) in [
        (
            "opening immutable for writing",
            fs::File::options().write(true).open(&immutable).map(drop),
        ),
        (
            "appending to immutable",
            fs::File::options().append(true).open(&immutable).map(drop),
        ),
        (
            "chmod of immutable",
            rustix::fs::chmod(&immutable, Mode::RWXU).map_err(Into::into),
        ),
        ("unlinking immutable", fs::remove_file(&immutable)),
        (
            "overwriting append",
            fs::File::options().write(true).open(&append).map(drop),
        ),
        ("unlinking append", fs::remove_file(&append)),
    ] {
        let refused = outcome
            .as_ref()
            .err()
            .and_then(std::io::Error::raw_os_error);
        if refused != Some(Errno::PERM.raw_os_error()) {
            differs.push(match outcome {
                Ok(()) => format!("{what} works"),
                Err(error) => format!("{what}: {error}"),
            });
        }
    }
    if differs.is_empty() {
        container.unmount()?;
        let changes = context.driver()?.changes(Item::Container(&container.key))?;
        check::same("changes after what was refused", Vec::new(), changes)?;
        context.mount(&mut container)?;
        for name in ["append", "quiet"] {
            let path = container.path(name);
            let mut end = fs::File::options()
                .append(true)
                .open(&path)
                .attempt("open", &path)?;
            end.write_all(b", upper").attempt("append to", &path)?;
            container.predict(&[file(name, "lower, upper")])?;
        }
        container.check()?;
        shows(
            &mut differs,
            &flags_of,
            "after the first write",
            container.root(),
        );
        context.mount(&mut container)?;
        shows(&mut differs, &flags_of, "after a remount", container.root());
    }
    context.remove(container)?;
    context.check_layer(&layer)?;
    context.driver()?.remove(Item::Layer(&layer))?;
    check::declared(
        "file_flags_of_layers_hold",
        declared,
        differs.is_empty(),
        check::some(&differs),
    )
}

const QUIET: &str = "quiet";

/// File by file, the flags it has in the layer.
const FLAGS: [(&str, IFlags); 3] = [
    ("immutable", IFlags::IMMUTABLE),
    ("append", IFlags::APPEND),
    (QUIET, IFlags::NOATIME.union(IFlags::SYNC)),
];

/// Which of the files do not show their flags.
fn shows(differs: &mut Vec<String>, flags_of: &[(&str, IFlags)], when: &str, root: &Path) {
    for &(name, wanted) in flags_of {
        let shown = fs::File::open(root.join(name))
            .map_err(|_| Errno::NOENT)
            .and_then(ioctl_getflags);
        if !shown.is_ok_and(|flags| flags.contains(wanted)) {
            differs.push(format!("{name} shows {shown:?} {when}"));
        }
    }
}
