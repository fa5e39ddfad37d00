//! Devices of a layer and of a container can be used, a terminal multiplexer included, until the mount is nodev.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;

use drivers::error::Attempt as _;
use drivers::mount::filesystem;
use drivers::sys::mount_attr;
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{block, character, chmod, dir, fifo};

/// The promise.
pub const CASE: Case = Case {
    name: "devices_work_where_the_mount_allows",
    promise: "Devices of a layer and of a container can be used, a terminal multiplexer included, until the mount is nodev.",
    why: "Images bring /dev/null and /dev/ptmx; where they cannot be opened, shells and sshd fail.",
    origin: "moby/go-archive (mode of ptmx); mount(8) nodev; catalogue SF4",
    covers: &["SF4", "SF1"],
    level: Level::Should,
    theme: Theme::SpecialFiles,
    capability: Some("devices_can_be_opened"),
    broken_by: &[
        Fault::Flipped("devices_can_be_opened"),
        Fault::DevicesSkipped,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.device_nodes {
        return Err(Stop::not_applicable("devices cannot be made here"));
    }
    let base = context.layer(
        None,
        &[
            character("null", 1, 3),
            chmod("null", 0o666),
            character("zero", 1, 5),
            character("ptmx", 5, 2),
            chmod("ptmx", 0o666),
            block("none", 259, 200_000),
            fifo("pipe"),
            dir("pts"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[character("own", 1, 5), block("own-none", 259, 200_001)])?;
    // Modes and numbers are what the layer says, whatever the umask.
    container.check()?;
    let works = used(&container);
    if works.is_ok() {
        terminals(&container)?;
        check::errno(
            "opening a block device that no driver serves",
            Errno::NXIO,
            File::open(container.path("none")),
        )?;
    }
    let mount = container.open("")?;
    mount_attr::without_devices(mount.as_fd()).attempt("set nodev on", container.root())?;
    drop(mount);
    for name in ["null", "zero", "own", "none"] {
        check::errno(
            &format!("opening {name} on a nodev mount"),
            Errno::ACCESS,
            File::open(container.path(name)),
        )?;
    }
    // Nothing but devices is meant.
    let pipe = container.path("pipe");
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe)
        .attempt("open", &pipe)?;
    container.check()?;
    let why = works
        .as_ref()
        .err()
        .map_or_else(String::new, |Stop(why)| why.reason());
    check::declared(
        "devices_can_be_opened",
        capabilities.devices_can_be_opened,
        works.is_ok(),
        why,
    )
}

/// Reads and writes as these devices do.
fn used(container: &Container) -> Result<(), Stop> {
    for name in ["zero", "own"] {
        let path = container.path(name);
        let mut read = [1; 10];
        File::open(&path)
            .and_then(|mut file| file.read_exact(&mut read))
            .attempt("read from the device", &path)?;
        check::same("what is read", [0; 10], read)?;
    }
    let path = container.path("null");
    let file = OpenOptions::new().read(true).write(true).open(&path);
    let mut file = file.attempt("open", &path)?;
    file.write_all(b"gone").attempt("write to", &path)?;
    check::same(
        "bytes read",
        0,
        file.read(&mut [0; 4]).attempt("read", &path)?,
    )
}

/// A multiplexer in the container serves the terminals mounted beside it.
fn terminals(container: &Container) -> Result<(), Stop> {
    let pts = container.path("pts");
    let mounted = filesystem("devpts", None, &[("ptmxmode", Some("0666"))], &pts)
        .map_err(|error| Stop::not_applicable(format!("terminals cannot be mounted: {error}")))?;
    let path = container.path("ptmx");
    let master = OpenOptions::new().read(true).write(true).open(&path);
    let master = master.attempt("open", &path)?;
    let names = container.names("pts")?;
    check::that(
        names.contains(&b"0"[..]),
        "opening ptmx makes the first terminal",
        format!("{} names", names.len()),
    )?;
    drop(master);
    mounted.unmount()?;
    Ok(())
}
