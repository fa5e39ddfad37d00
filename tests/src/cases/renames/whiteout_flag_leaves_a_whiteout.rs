//! renameat2 with RENAME_WHITEOUT leaves a whiteout device behind, or is refused and changes nothing.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{character, chmod, dir, file, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "whiteout_flag_leaves_a_whiteout",
    promise: "renameat2 with RENAME_WHITEOUT leaves a device 0:0 under the old name, or is EINVAL and changes nothing, or leaves none where that is declared.",
    why: "An overlay filesystem inside a container (a build in a container, Docker in Docker) renames with this flag on its upper layer.",
    origin: "rename(2); Documentation/filesystems/overlayfs.rst (upper layer requirements); catalogue RN5",
    covers: &["RN5"],
    level: Level::Informs,
    theme: Theme::Renames,
    capability: Some("rename_whiteout"),
    broken_by: &[
        Fault::Flipped("rename_whiteout"),
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
    ],
    run,
};

/// Moves in place, over another file, and to another directory.
const MOVES: [(&str, &str); 3] = [("a", "b"), ("c", "d"), ("e/f", "g/h")];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.rename_whiteout;
    let base = context.layer(
        None,
        &[
            file("a", "A"),
            file("c", "C"),
            file("d", "D"),
            dir("e"),
            file("e/f", "F"),
            dir("g"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    let mut shown = true;
    let mut said = String::new();
    for (from, to) in MOVES {
        let (at, new) = (container.path(from), container.path(to));
        let outcome = renameat_with(CWD, &at, CWD, &new, RenameFlags::WHITEOUT);
        said = check::words(&format!("rename of {from} with the flag"), &outcome);
        if outcome.is_ok() {
            container.predict(&[rename(from, to)])?;
            // Some do the rename and keep the whiteout for themselves.
            if at.symlink_metadata().is_ok() {
                // Not by `predict`: this one device can be made where no other can.
                container
                    .model
                    .apply(&[character(from, 0, 0), chmod(from, 0)])
                    .map_err(Stop::broken)?;
            } else {
                shown = false;
                said = format!("rename of {from} with the flag works, and shows no device");
            }
        } else {
            shown = false;
            check::errno("the flag", Errno::INVAL, outcome)?;
        }
        container.check()?;
    }
    context.mount(&mut container)?;
    container.check()?;
    context.check_layer(&base)?;
    check::declared("rename_whiteout", declared, shown, said)
}
