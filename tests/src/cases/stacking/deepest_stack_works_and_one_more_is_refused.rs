//! As many layers as the driver declares work (130, where it declares no limit), and one more is refused cleanly.

use drivers::{ErrorKind, Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "deepest_stack_works_and_one_more_is_refused",
    promise: "As many layers as the driver declares work (130, where it declares no limit), and one more is refused cleanly.",
    why: "Long Dockerfiles reach the limit in the field; the message must say so before the mount fails.",
    origin: "moby 26380 (122 layers, not 128); for-linux 414; kernel selftest set_layers_via_fds (500)",
    covers: &["DP1", "C78"],
    level: Level::Should,
    theme: Theme::Stacking,
    capability: Some("max_layers"),
    broken_by: &[Fault::Flipped("max_layers"), Fault::DeepLayersLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.max_layers;
    let depth = declared.unwrap_or(130);
    let mut top = context.layer(None, &[file("bottom", "0"), dir("d")])?;
    for number in 2..=depth {
        // Most layers are empty: what counts is how many there are.
        top = if number % 25 == 0 || number == depth || number < 4 {
            context.layer(Some(&top), &[file(format!("d/{number}"), "x")])?
        } else {
            context.empty_layer(&top)?
        };
    }
    let mut container = context.container(Some(&top))?;
    container.check()?;
    container.apply(&[write("bottom", 0, "1"), remove("d/2")])?;
    container.check()?;
    context.remove(container)?;
    if declared.is_none() {
        return Ok(Outcome::Pass);
    }
    // Whether the last commit or the container on it is refused is the driver's choice.
    let (key, id, above) = (context.key()?, context.layer_id()?, context.key()?);
    let driver = context.driver()?;
    let before = driver.list()?;
    let outcome = driver
        .prepare(&key, Some(&top), Kind::Writable)
        .and_then(|()| driver.commit(&key, &id))
        .and_then(|()| driver.prepare(&above, Some(&id), Kind::Writable));
    check::refused(
        "a container on one layer more",
        ErrorKind::Unsupported,
        outcome,
    )?;
    for info in driver
        .list()?
        .iter()
        .rev()
        .filter(|info| !before.contains(info))
    {
        match (&info.key, &info.layer) {
            (Some(key), _) => driver.remove(Item::Container(key))?,
            (_, Some(id)) => driver.remove(Item::Layer(id))?,
            _ => {}
        }
    }
    Ok(Outcome::Deviates(format!(
        "a container stands on at most {depth} layers"
    )))
}
