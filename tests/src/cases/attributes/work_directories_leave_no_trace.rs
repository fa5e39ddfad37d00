//! Neither a default ACL nor a setgid bit of the directories a driver keeps its state in reaches files of layers and containers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Backing, Item, Kind, Limits};
use rustix::fs::{Gid, XattrFlags, setxattr};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::context::{Context, matches};
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::layer::{self, Spelling};
use crate::oracle::model::Model;
use crate::oracle::op::{chmod, dir, fifo, file, link, remove, symlink, write};
use crate::oracle::{live, op::Op};

/// The promise.
pub const CASE: Case = Case {
    name: "work_directories_leave_no_trace",
    promise: "Neither a default ACL nor a setgid bit of the directories a driver keeps its state in reaches files of layers and containers.",
    why: "An administrator who gives a group access to the data directory would open files inside every container to it.",
    origin: "xfstests overlay/023 (ACL inherited from the work directory); catalogue XA6",
    covers: &["XA6"],
    level: Level::Must,
    theme: Theme::Attributes,
    capability: None,
    broken_by: &[Fault::Lie(&crate::lies::CHMOD_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let capabilities = context.capabilities()?;
    let root = context.another_root(Path::new("with-acl"))?;
    if root.backing == Backing::Pool {
        context.end_roots()?;
        return Err(Stop::not_applicable(
            "datasets are filesystems of their own: there is no directory above them to inherit from",
        ));
    }
    let inherited = setxattr(
        &root.dir,
        "system.posix_acl_default",
        &fixture::acl(1234),
        XattrFlags::empty(),
    );
    if let Err(errno) = inherited {
        context.end_roots()?;
        return Err(Stop::not_applicable(format!(
            "the filesystem has no default ACLs: {errno}"
        )));
    }
    std::os::unix::fs::chown(&root.dir, None, Some(Gid::from_raw(4321).as_raw()))
        .attempt("change the group of", &root.dir)?;
    fs::set_permissions(&root.dir, fs::Permissions::from_mode(0o2755))
        .attempt("set the mode of", &root.dir)?;

    let driver = context.open_at(&root)??;
    let outcome = ask(context, &*driver, &capabilities);
    let closed = driver.close();
    context.end_roots()?;
    outcome?;
    closed?;
    Ok(Outcome::Pass)
}

fn ask(
    context: &mut Context<'_>,
    driver: &dyn drivers::Driver,
    capabilities: &drivers::Capabilities,
) -> Result<(), Stop> {
    let below: &[Op] = &[
        dir("d"),
        file("d/f", "1"),
        dir("d/sub"),
        file("d/sub/g", "2"),
        symlink("l", "d"),
        fifo("p"),
        file("gone", "3"),
    ];
    let mut model = Model::default();
    model.apply(below).map_err(Stop::broken)?;
    layer::settle(&Model::default(), &mut model);
    let tar = layer::write(&Model::default(), &model, Spelling::default());
    let (key, id, on_it) = (context.key()?, context.layer_id()?, context.key()?);
    driver.prepare(&key, None, Kind::Writable)?;
    driver.apply(&key, &mut &tar[..], &Limits::default())?;
    driver.commit(&key, &id)?;
    let view = driver.view(Item::Layer(&id))?;
    matches("the layer", &model, view.path(), capabilities)?;
    view.close()?;

    driver.prepare(&on_it, Some(&id), Kind::Writable)?;
    let at = context.directory()?;
    let mount = driver.mount(&on_it, &at)?;
    let change: &[Op] = &[
        // Copied up, made anew, made where something was deleted, and in a directory that was copied up.
        write("d/sub/g", 0, "4"),
        file("new", "5"),
        dir("made"),
        file("made/in", "6"),
        dir("made/deep"),
        remove("gone"),
        file("gone", "7"),
        file("d/new", "8"),
        link("d/f", "d/linked"),
        chmod("d", 0o711),
        remove("p"),
        fifo("p"),
    ];
    live::apply(&at, change)?;
    model.live = true;
    model.apply(change).map_err(Stop::broken)?;
    let outcome = matches("the container", &model, &at, capabilities);
    mount.unmount()?;
    driver.remove(Item::Container(&on_it))?;
    driver.remove(Item::Layer(&id))?;
    outcome
}
