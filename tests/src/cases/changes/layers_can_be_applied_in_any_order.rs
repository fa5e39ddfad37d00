//! A layer can be unpacked before its parent is there and put on it afterwards; the result is as in order.

use drivers::unpack::{self, Below};
use drivers::{ErrorKind, Item, Kind, Limits};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer;
use crate::oracle::layer::{Place, Spelling};
use crate::oracle::model::Model;
use crate::oracle::op::{dir, file, remove};

/// The promise.
pub const CASE: Case = Case {
    name: "layers_can_be_applied_in_any_order",
    promise: "A layer can be unpacked before its parent is there and put on it afterwards; the result is as in order.",
    why: "Parallel unpacking brought deleted files back in a released engine.",
    origin: "containerd 13030 (parallel unpack lost whiteouts), 8881 (rebase)",
    covers: &["C1", "C50", "LS7"],
    level: Level::Informs,
    theme: Theme::Changes,
    capability: Some("parallel_apply"),
    broken_by: &[Fault::RebaseIgnored],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.parallel_apply;
    let base_ops = [
        dir("d"),
        file("d/a", "1"),
        file("d/b", "2"),
        dir("e"),
        file("e/x", "3"),
    ];
    let top_ops = [
        remove("d/a"),
        file("d/c", "4"),
        remove("e"),
        dir("e"),
        file("e/y", "5"),
        remove("d/b"),
        dir("d/b"),
    ];
    // The archive of the upper layer, taken from models alone.
    let mut below = Model::default();
    below.apply(&base_ops).map_err(Stop::broken)?;
    layer::settle(&Model::default(), &mut below);
    let mut above = below.clone();
    above.apply(&top_ops).map_err(Stop::broken)?;
    layer::settle(&below, &mut above);
    // Markers last: where they come before their directory, an unpacker may have to wait for the parent.
    let tar = layer::write(
        &below,
        &above,
        Spelling {
            place: Place::Last,
            ..Spelling::default()
        },
    );
    let (key, id) = (context.key()?, context.layer_id()?);
    let driver = context.driver()?;
    driver.prepare(&key, None, Kind::Writable)?;
    if !declared {
        let base = context.layer(None, &base_ops)?;
        let outcome = context.driver()?.rebase(&key, &base);
        check::refused(
            "moving a layer onto another parent",
            ErrorKind::Unsupported,
            outcome,
        )?;
        return Ok(Outcome::Deviates(
            "layers are applied in order, one after the other".to_owned(),
        ));
    }
    let mut stage = driver.stage(&key)?;
    stage.below = Below::Unknown;
    unpack::apply(&stage, &mut &tar[..], &Limits::default())?;
    drop(stage);
    let base = context.layer(None, &base_ops)?;
    let driver = context.driver()?;
    driver.rebase(&key, &base)?;
    driver.commit(&key, &id)?;
    check::same(
        "its parent",
        Some(base.clone()),
        driver.parent(Item::Layer(&id))?,
    )?;
    context.expect(&id, Some(&base), &top_ops)?;
    context.check_layer(&id)?;
    let container = context.container(Some(&id))?;
    container.check()?;
    Ok(Outcome::Pass)
}
