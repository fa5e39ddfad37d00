//! A directory of a lower layer, of several, or with something of the container's own in it can be renamed with all it holds; where that is declared impossible it is EXDEV and the source stays intact.

use drivers::LayerId;
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "lower_directory_can_be_renamed",
    promise: "A directory of a lower layer, of several, or with something of the container's own in it can be renamed with all it holds; where that is declared impossible it is EXDEV and the source stays intact.",
    why: "apt, npm, conda and rustup fail with EXDEV where it cannot.",
    origin: "moby 25409; podman 13123; unionmount suite (rename-exdev); rustup 1239",
    covers: &["RN2", "C18"],
    level: Level::Should,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[
        Fault::Flipped("rename_lower_dir"),
        Fault::Lie(&lies::RENAME_DOES_NOTHING),
        Fault::Lie(&lies::RENAME_IS_ACROSS),
    ],
    run,
};

/// The directories of [`layers`], each of which comes from elsewhere.
const KINDS: [&str; 6] = [
    "lower",
    "merged",
    "upper-in",
    "empty",
    "nested/in",
    "opaque",
];

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let declared = capabilities.rename_lower_dir;
    let base = layers(context)?;
    let mut container = context.container(Some(&base))?;
    // A directory of the container's own can always be renamed.
    container.apply(&[
        file("upper-in/own", "4"),
        dir("own"),
        file("own/x", "4"),
        rename("own", "mine"),
    ])?;
    container.check()?;
    let mut refused = Vec::new();
    for kind in KINDS {
        let to = format!("moved-{}", kind.replace('/', "-"));
        let outcome = rustix::fs::rename(container.path(kind), container.path(&to));
        if outcome.is_ok() {
            container.predict(&[rename(kind, &to)])?;
        } else {
            check::errno(&format!("rename of {kind}"), Errno::XDEV, outcome)?;
            refused.push(kind);
        }
        container.check()?;
    }
    if refused.is_empty() {
        container.apply(&[
            // The old name made anew is empty; what was moved is written to, moved on, emptied and deleted.
            dir("lower"),
            file("moved-merged/sub/new", "5"),
            rename("moved-merged/sub", "moved-empty/sub"),
            rename("moved-lower", "moved-empty/again"),
            file("moved-empty/again/new", "6"),
            remove("moved-opaque"),
            // In a circle, so that a name leads to another's lower directory.
            rename("moved-empty", "t"),
            rename("moved-merged", "moved-empty"),
            rename("t", "moved-merged"),
        ])?;
        container.check()?;
    }
    context.mount(&mut container)?;
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let mut child = context.container(Some(&layer))?;
    if refused.is_empty() {
        child.apply(&[
            file("moved-merged/again/more", "7"),
            rename("moved-merged", "lower/in"),
        ])?;
    }
    child.check()?;
    context.check_layer(&base)?;
    check::declared(
        "rename_lower_dir",
        declared,
        refused.is_empty(),
        format!(
            "rename is EXDEV for the directories {}, the sources stay intact ({})",
            refused.join(", "),
            redirects(context)?
        ),
    )
}

/// Two layers: directories of one, of both, made anew in the second, and empty ones.
fn layers(context: &mut Context<'_>) -> Result<LayerId, Stop> {
    let mut lower = vec![
        dir("nested"),
        dir("nested/in"),
        file("nested/in/f", "1"),
        dir("empty"),
    ];
    for name in ["lower", "merged", "upper-in", "opaque"] {
        lower.extend([
            dir(name),
            file(format!("{name}/a"), "1"),
            dir(format!("{name}/sub")),
            file(format!("{name}/sub/b"), "2"),
        ]);
    }
    let bottom = context.layer(None, &lower)?;
    context.layer(
        Some(&bottom),
        &[
            file("merged/c", "3"),
            remove("merged/a"),
            file("merged/sub/d", "3"),
            remove("opaque"),
            dir("opaque"),
            file("opaque/e", "3"),
        ],
    )
}

/// The redirects in effect, which is what overlay filesystems rename directories with.
fn redirects(context: &Context<'_>) -> Result<String, Stop> {
    let facts = context.driver()?.facts();
    let found = facts.iter().find(|(name, _)| name == "redirect_dir");
    Ok(found.map_or_else(
        || "it has no redirect_dir".to_owned(),
        |(name, value)| format!("{name}={value}"),
    ))
}
