//! `layerbench exec`: any command of the host on a mounted container layer, for outside test suites, fio or a shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt as _;

use anyhow::Context as _;
use drivers::sandbox::sweep::RUN_VARIABLE;
use drivers::sys::command;
use drivers::{Driver, ErrorKind, Item, Kind, LayerId};
use workloads::pull::PullOptions;

use crate::cli::ExecArgs;
use crate::workplace::{self, Workplace};
use crate::{exit, interrupt, subjects};

pub(super) fn run(args: &ExecArgs) -> anyhow::Result<u8> {
    let host = workplace::enter()?;
    let selection = subjects::select(std::slice::from_ref(&args.driver), None, &host)?;
    let Some(planned) = selection.ready.first() else {
        return Err(exit::coded(exit::NOTHING, "no subject is left"));
    };
    let place = Workplace::create(&args.work)?;
    // Before any store is made for it.
    let resolve = |name| super::image::resolve(name, 1, place.dir(), &args.registry);
    let image = args.image.as_deref().map(resolve).transpose()?;
    let opened = place.open(planned, &host)?;
    let work = || -> anyhow::Result<u8> {
        let driver = &*opened.driver;
        let top = match args.image.as_ref().zip(image.as_ref()) {
            Some((name, image)) => {
                let options = PullOptions {
                    limits: args.limits.limits(),
                    ..PullOptions::default()
                };
                let pulled = workloads::pull::pull(driver, image, &options)
                    .with_context(|| format!("the image {name} cannot be used"))?;
                Some(pulled.top)
            }
            None => None,
        };
        on_container(driver, top.as_ref(), &place, &args.command)
    };
    let outcome = work();
    let closed = opened.close().and_then(|()| place.close());
    let code = outcome?;
    closed?;
    Ok(code)
}

/// Prepares, mounts, runs, unmounts, removes: the last two whatever came of the command.
fn on_container(
    driver: &dyn Driver,
    top: Option<&LayerId>,
    place: &Workplace,
    line: &[OsString],
) -> anyhow::Result<u8> {
    let (program, arguments) = line
        .split_first()
        .ok_or_else(|| exit::coded(exit::USAGE, "no command is given after --"))?;
    let key = "exec".parse()?;
    let at = place.directory("root")?;
    driver.prepare(&key, top, Kind::Writable)?;
    let mount = driver.mount(&key, &at)?;
    // Whoever pressed Ctrl-C while the image was pulled does not want the command any more.
    if interrupt::requested() {
        mount.unmount()?;
        driver.remove(Item::Container(&key))?;
        return Ok(exit::INTERRUPTED);
    }
    let variables = [
        ("LAYERBENCH_ROOT", at.as_os_str()),
        (RUN_VARIABLE, OsStr::new(place.run_id())),
    ];
    let outcome = command::interactive(program, arguments, &variables, interrupt::hand_over);
    interrupt::take_back();
    mount.unmount()?;
    driver.remove(Item::Container(&key))?;
    let status = outcome.map_err(|error| match error.kind() {
        ErrorKind::NotFound => error.hint(
            "it is a program of the host; those of the image are in $LAYERBENCH_ROOT, for chroot",
        ),
        _ => error,
    })?;
    // The shell's convention: 128 and the signal's number.
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(u8::try_from(code).unwrap_or(exit::INTERNAL))
}
