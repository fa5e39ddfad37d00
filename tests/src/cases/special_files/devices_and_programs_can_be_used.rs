//! Devices of a layer and new ones can be opened, programs can be run, and the mount takes no privilege away.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{character, chmod, file};

/// The promise.
pub const CASE: Case = Case {
    name: "devices_and_programs_can_be_used",
    promise: "Devices of a layer and of a live container can be opened and do what they do, programs run, and setuid counts.",
    why: "A container without a working /dev/null or with a sudo that does nothing does not start what it is made for.",
    origin: "moby go-archive (device use); mount(2) nodev, nosuid, noexec; catalogue SF4",
    covers: &["SF4"],
    level: Level::Must,
    theme: Theme::SpecialFiles,
    capability: None,
    broken_by: &[Fault::MountedNoDevices, Fault::MountedNoPrograms],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    if !capabilities.device_nodes {
        return Err(Stop::not_applicable("devices cannot be made here"));
    }
    let program = fs::read("/bin/true").attempt("read", "/bin/true");
    let program = program.map_err(|error| Stop::broken(error.to_string()))?;
    let base = context.layer(
        None,
        &[
            character("zero", 1, 5),
            character("null", 1, 3),
            file("true", program),
            chmod("true", 0o755),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[character("new-zero", 1, 5)])?;
    for name in ["zero", "new-zero"] {
        let mut bytes = [1; 8];
        let read = File::open(container.path(name)).and_then(|mut f| f.read_exact(&mut bytes));
        check::that(
            read.is_ok() && bytes == [0; 8],
            format!("{name} gives zeros"),
            format!("{bytes:?}: {read:?}"),
        )?;
    }
    let written = File::options().write(true).open(container.path("null"));
    let written = written.and_then(|mut null| null.write_all(b"nothing"));
    check::that(written.is_ok(), "null takes all", format!("{written:?}"))?;
    let ran = command::output(&container.path("true"), &[], Duration::from_secs(20));
    check::that(
        ran.is_ok(),
        "a program of the layer runs",
        format!("{ran:?}"),
    )?;
    let flags = statvfs(container.root()).attempt("ask for the flags of", container.root())?;
    check::that(
        !flags.f_flag.contains(StatVfsMountFlags::NOSUID),
        "setuid programs count",
        format!("the mount is {:?}", flags.f_flag),
    )?;
    container.check()?;
    Ok(Outcome::Pass)
}
