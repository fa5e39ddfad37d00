//! A working directory stays usable when removing it fails, follows a rename, and knows when it is gone.

use std::fs;
use std::path::PathBuf;

use drivers::error::Attempt as _;
use nix::sched::{CloneFlags, unshare};
use rustix::io::Errno;
use rustix::process::{chdir, getcwd};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{dir, file, remove, rename};

/// The promise.
pub const CASE: Case = Case {
    name: "working_directory_follows_its_directory",
    promise: "A working directory stays usable when removing it fails, follows a rename, and knows when it is gone.",
    why: "Shells and build tools stand in directories that others rename and remove.",
    origin: "xfstests overlay/007 (getcwd after a failed rmdir); catalogue ID7",
    covers: &["ID7"],
    level: Level::Must,
    theme: Theme::Identity,
    capability: Some("removed_directory_can_be_listed"),
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let listable = context.capabilities()?.removed_directory_can_be_listed;
    let base = context.layer(
        None,
        &[
            dir("full"),
            file("full/f", "1"),
            dir("empty"),
            dir("emptied"),
            file("emptied/f", "1"),
        ],
    )?;
    let mut container = context.container(Some(&base))?;
    container.apply(&[dir("own"), file("own/f", "2")])?;
    // A working directory belongs to the process: a thread with one of its own leaves that alone.
    std::thread::scope(|scope| {
        scope
            .spawn(|| in_directories(&mut container, listable))
            .join()
    })
    .map_err(|_| Stop::broken("the thread panicked"))??;
    container.check()?;
    context.mount(&mut container)?;
    container.check()?;
    if !listable {
        return Ok(Outcome::Deviates(
            "opening a removed directory ends its daemon, so that is not asked".to_owned(),
        ));
    }
    Ok(Outcome::Pass)
}

fn in_directories(container: &mut Container, listable: bool) -> Result<(), Stop> {
    unshare(CloneFlags::CLONE_FS)
        .map_err(|errno| Stop::broken(format!("get a working directory of its own: {errno}")))?;
    let full = container.path("full");
    for name in ["full", "own"] {
        enter(container, name)?;
        check::errno(
            "removing a directory that is not empty",
            Errno::NOTEMPTY,
            fs::remove_dir(container.path(name)),
        )?;
        check::same("the working directory", Ok(container.path(name)), cwd())?;
        fs::read("f").attempt("read in the working directory", &full)?;
    }
    enter(container, "own")?;
    container.apply(&[rename("own", "full/moved")])?;
    check::same(
        "the working directory, renamed",
        Ok(container.path("full/moved")),
        cwd(),
    )?;
    fs::write("g", "3").attempt("write in the working directory", &full)?;
    container.predict(&[file("full/moved/g", "3")])?;
    check::same(
        "the directory above, after the rename",
        fs::read("../f").attempt("read", &full)?,
        container.read("full/f")?,
    )?;
    container.apply(&[remove("emptied/f"), dir("made")])?;
    for name in ["empty", "emptied", "made"] {
        enter(container, name)?;
        container.apply(&[remove(name)])?;
        check::same(
            &format!("the working directory, {name} and removed"),
            Err(Errno::NOENT),
            cwd(),
        )?;
        check::errno(
            "making a file in a removed directory",
            Errno::NOENT,
            fs::write("f", "4"),
        )?;
        if listable {
            let left = fs::read_dir(".").attempt("list a removed directory", &full)?;
            check::same("names in a removed directory", 0, left.count())?;
        }
    }
    // Out of the mount, which is to end.
    chdir("/").attempt("go to", "/")?;
    Ok(())
}

fn enter(container: &Container, name: &str) -> Result<(), Stop> {
    let path = container.path(name);
    Ok(chdir(&path).attempt("go to", &path)?)
}

fn cwd() -> Result<PathBuf, Errno> {
    use std::os::unix::ffi::OsStringExt as _;
    getcwd(Vec::new()).map(|path| std::ffi::OsString::from_vec(path.into_bytes()).into())
}
