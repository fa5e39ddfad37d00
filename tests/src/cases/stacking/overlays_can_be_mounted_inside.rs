//! An overlay whose layers, upper and work directory are in a container can be mounted there, and deletes, writes and makes anew as anywhere.

use std::fs;
use std::path::Path;

use drivers::error::Attempt as _;

use crate::case::{Case, Level, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file};

/// The promise.
pub const CASE: Case = Case {
    name: "overlays_can_be_mounted_inside",
    promise: "An overlay whose layers, upper and work directory are in a container can be mounted there, and deletes, writes and makes anew as anywhere.",
    why: "A build service that runs a container engine in a container falls back to copying whole images where it cannot.",
    origin: "overlayfs refuses an upper directory that is on an overlay or on FUSE, and one without renameat2 flags (Documentation/filesystems/overlayfs.rst, Upper and Lower; OpenZFS before 2.2); catalogue XA5",
    covers: &["XA5"],
    level: Level::Informs,
    theme: Theme::Stacking,
    capability: Some("overlays_inside"),
    broken_by: &[Fault::Flipped("overlays_inside")],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.overlays_inside;
    // Its layer comes from the image; nothing of that may be changed by what is done above it.
    let ops = [
        dir("lower"),
        file("lower/gone", "1"),
        file("lower/kept", "1"),
        dir("lower/wiped"),
        file("lower/wiped/deep", "1"),
    ];
    let base = context.layer(None, &ops)?;
    let mut container = context.container(Some(&base))?;
    container.apply(&["upper", "work", "at", "upper-user", "work-user"].map(dir))?;
    // In a user namespace only with attributes that its root may set.
    let outcome = inside(&container, None)
        .or_else(|first| inside(&container, Some("userxattr")).map_err(|_| first));
    // Without the paths, which are others each time.
    let why = outcome.map_or_else(
        |error| match error.raw_os_error() {
            Some(errno) => format!(
                "mounting or using it: {}",
                std::io::Error::from_raw_os_error(errno)
            ),
            None => error.to_string(),
        },
        |()| String::new(),
    );
    for name in ["lower/gone", "lower/kept", "lower/wiped/deep"] {
        check::same(
            &format!("{name} below the overlay"),
            b"1".to_vec(),
            container.read(name)?,
        )?;
    }
    context.remove(container)?;
    context.check_layer(&base)?;
    check::declared("overlays_inside", declared, why.is_empty(), why)
}

fn inside(container: &Container, option: Option<&str>) -> drivers::Result<()> {
    let suffix = if option.is_some() { "-user" } else { "" };
    let parts = [
        "lower".to_owned(),
        format!("upper{suffix}"),
        format!("work{suffix}"),
    ];
    // By descriptor: the path above may hold what separates options.
    let mut open = Vec::new();
    for part in &parts {
        let path = container.path(part);
        open.push(fs::File::open(&path).attempt("open", &path)?);
    }
    let paths: Vec<String> = open
        .iter()
        .map(|file| format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file)))
        .collect();
    let mut options = vec![
        ("lowerdir", Some(&paths[0][..])),
        ("upperdir", Some(&paths[1][..])),
        ("workdir", Some(&paths[2][..])),
    ];
    options.extend(option.map(|option| (option, None)));
    let at = container.path("at");
    let mount = drivers::mount::filesystem("overlay", None, &options, &at)?;
    let used = used(&at);
    drop(open);
    mount.unmount().and(used)
}

fn used(at: &Path) -> drivers::Result<()> {
    let (gone, kept, wiped) = (at.join("gone"), at.join("kept"), at.join("wiped"));
    fs::remove_file(&gone).attempt("delete through the overlay", &gone)?;
    fs::write(&kept, "2").attempt("write through the overlay", &kept)?;
    drivers::remove::tree(&wiped)?;
    fs::create_dir(&wiped).attempt("make anew", &wiped)?;
    let shown = (
        gone.exists(),
        fs::read(&kept).attempt("read", &kept)?,
        wiped.join("deep").exists(),
    );
    if shown == (false, b"2".to_vec(), false) {
        return Ok(());
    }
    Err(
        drivers::Error::new(drivers::ErrorKind::Io, "use the overlay")
            .path(at)
            .because(format!(
                "a deleted file, a written one and a wiped directory show {shown:?}"
            )),
    )
}
