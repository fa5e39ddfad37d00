//! Extended attributes that drivers use for themselves cannot steer them from inside a container: each is refused or kept like any other.

use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, dir, file, remove, write, xattr};
use crate::oracle::{compare, live, seen};

/// The promise.
pub const CASE: Case = Case {
    name: "driver_names_are_no_magic",
    promise: "Extended attributes that drivers use for themselves cannot steer them from inside a container: each is refused or kept like any other.",
    why: "A process that can mark a directory opaque hides files of the image; nested engines need the same names for their own layers.",
    origin: "xfstests overlay/011, 026, 084 (private attributes, look-alikes, nesting); fuse-overlayfs xattr tests; catalogue XA5",
    covers: &["XA5"],
    level: Level::Must,
    theme: Theme::Attributes,
    capability: Some("driver_attributes_do_nothing"),
    broken_by: &[
        Fault::Lie(&lies::SETXATTR_DOES_NOTHING),
        Fault::Flipped("driver_attributes_are_ordinary"),
        Fault::Flipped("driver_attributes_do_nothing"),
    ],
    run,
};

/// Names that some driver reads, and values that would mean something.
const PRIVATE: [(&str, &str); 10] = [
    ("trusted.overlay.opaque", "y"),
    ("trusted.overlay.opaque", "x"),
    ("trusted.overlay.redirect", "/lower"),
    ("trusted.overlay.metacopy", ""),
    ("trusted.overlay.whiteout", ""),
    ("trusted.overlay.origin", "garbage"),
    ("user.overlay.opaque", "y"),
    ("user.fuseoverlayfs.opaque", "y"),
    ("user.fuseoverlayfs.origin", "lower"),
    ("user.containers.override_stat", "0:0:0777"),
];

/// Names that only look alike.
const ALIKE: [&str; 5] = [
    "user.overlays.opaque",
    "user.overlay",
    "user.fuseoverlayfsx.opaque",
    "trusted.overlayx",
    "trusted.overlay",
];

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let possible = |name: &str| match name.starts_with("user.") {
        true => capabilities.xattr_user,
        false => capabilities.xattr_privileged,
    };
    if !capabilities.xattr_user {
        return Err(Stop::not_applicable("there are no user.* attributes here"));
    }
    let mut ops = vec![dir("lower"), file("lower/secret", "1"), dir("plain")];
    for number in 0..PRIVATE.len() {
        ops.extend([
            dir(format!("d{number}")),
            file(format!("d{number}/below"), "shown"),
            file(format!("f{number}"), "content"),
        ]);
    }
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    let alike: Vec<Op> = ALIKE
        .iter()
        .filter(|name| possible(name))
        .map(|name| xattr("plain", name, "mine"))
        .collect();
    container.apply(&alike)?;

    // A copied-up, a deleted and a made-again name: what the driver notes about them must not show.
    container.apply(&[
        write("f0", 0, "C"),
        remove("lower/secret"),
        remove("plain"),
        dir("plain"),
    ])?;
    container.apply(&alike)?;
    let mut refused = Vec::new();
    for (number, (name, value)) in PRIVATE.iter().enumerate() {
        for path in [format!("d{number}"), format!("f{number}")] {
            let at = container.path(&path);
            let unset = lgetxattr(&at, *name, &mut [0_u8; 64][..]);
            check::that(
                unset.is_err(),
                format!("{path} has no attribute {name} before it is set"),
                format!("{unset:?}"),
            )?;
            match lsetxattr(&at, *name, value.as_bytes(), XattrFlags::empty()) {
                Ok(()) if lgetxattr(&at, *name, &mut [0_u8; 64][..]).is_ok() => {
                    container.predict(&[xattr(&path, name, value)])?;
                }
                Ok(()) => refused.push(format!("{name}={value}: accepted, and not there")),
                Err(errno) if possible(name) => refused.push(format!("{name}={value}: {errno}")),
                Err(_) => {}
            }
        }
    }
    let mut steered = Vec::new();
    for remounted in [false, true] {
        if remounted {
            context.mount(&mut container)?;
        }
        for (number, (name, value)) in PRIVATE.iter().enumerate() {
            let below = container.names(format!("d{number}"))?;
            if !below.contains(&b"below"[..]) {
                steered.push(format!("{name}={value} hides what the directory holds"));
            }
        }
    }
    if !(steered.is_empty() && capabilities.driver_attributes_do_nothing) {
        context.check_layer(&base)?;
        steered.dedup();
        return check::declared(
            "driver_attributes_do_nothing",
            capabilities.driver_attributes_do_nothing,
            steered.is_empty(),
            check::some(&steered),
        );
    }
    container.check()?;
    // New names in marked directories, and their copy-up.
    for number in 0..PRIVATE.len() {
        container.apply(&[
            file(format!("d{number}/new"), "2"),
            write(format!("d{number}/below"), 0, "S"),
        ])?;
    }
    container.check()?;
    let layer = context.commit(container)?;
    context.check_layer(&layer)?;
    let child = context.container(Some(&layer))?;
    child.check()?;
    let names = seen::xattrs(&live::place(child.root(), "plain"))?;
    for name in ALIKE.iter().filter(|name| possible(name)) {
        check::that(
            names.contains_key(name.as_bytes()),
            format!("{name} is kept"),
            names
                .keys()
                .map(|name| compare::show(name))
                .collect::<Vec<_>>()
                .join(" "),
        )?;
    }
    context.check_layer(&base)?;
    refused.dedup();
    check::declared(
        "driver_attributes_are_ordinary",
        capabilities.driver_attributes_are_ordinary,
        refused.is_empty(),
        check::some(&refused),
    )
}
