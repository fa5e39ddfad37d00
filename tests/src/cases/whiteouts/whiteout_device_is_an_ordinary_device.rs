//! In a live container the character device 0:0 can be made like any other.

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{character, file};

/// The promise.
pub const CASE: Case = Case {
    name: "whiteout_device_is_an_ordinary_device",
    promise: "In a live container the character device 0:0 can be made like any other.",
    why: "A device 0:0 is a deletion to overlayfs and a device to everybody else.",
    origin: "kernel overlayfs (0:0 is reserved); catalogue WO9",
    covers: &["WO9"],
    level: Level::Informs,
    theme: Theme::Whiteouts,
    capability: Some("user_can_make_whiteout_device"),
    broken_by: &[
        Fault::Flipped("user_can_make_whiteout_device"),
        Fault::Lie(&lies::MKNOD_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.device_nodes {
        return Err(Stop::not_applicable("devices cannot be made here"));
    }
    let base = context.layer(None, &[file("a", "1")])?;
    let mut container = context.container(Some(&base))?;
    let made = mknodat(
        CWD,
        container.path("zero"),
        FileType::CharacterDevice,
        Mode::from_raw_mode(0o600),
        0,
    );
    let shown = made.is_ok() && container.names("")?.contains(&b"zero"[..]);
    container.read("a")?;
    // fuse-overlayfs 1.10 may keep the refused name in mind and answer ENOENT to who lists the directory.
    let listed = std::fs::read_dir(container.path(""))
        .and_then(|names| names.collect::<Result<Vec<_>, _>>())
        .map(|names| names.len());
    if shown {
        // It is no deletion to a remount, nor to what is built on it.
        context.mount(&mut container)?;
        container.predict(&[character("zero", 0, 0)])?;
        container.check()?;
        let layer = context.commit(container)?;
        context.check_layer(&layer)?;
    } else {
        context.mount(&mut container)?;
        container.predict(&[])?;
        container.check()?;
    }
    check::declared(
        "user_can_make_whiteout_device",
        capabilities.user_can_make_whiteout_device,
        shown,
        format!(
            "mknod of 0:0: {}; {}",
            made.err()
                .map_or("no error, but it does not show".to_owned(), |e| e
                    .to_string()),
            listed.map_or_else(
                |error| format!("after it the directory cannot be listed: {error}"),
                |_| "the directory can be listed after it".to_owned()
            )
        ),
    )
}
