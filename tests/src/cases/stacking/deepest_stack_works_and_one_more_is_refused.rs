//! Stacks of 127, 128, 129 and 300 layers (on a pool, 130 at most) and as many as the driver declares are one tree, and one more is refused cleanly.

use drivers::{Backing, ErrorKind, Item, Kind};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{dir, file, remove, write};

/// The promise.
pub const CASE: Case = Case {
    name: "deepest_stack_works_and_one_more_is_refused",
    promise: "Stacks of 127, 128, 129 and 300 layers (on a pool, 130 at most) and as many as the driver declares are one tree, and one more is refused cleanly.",
    why: "Long Dockerfiles reach the limit in the field; the message must say so before the mount fails.",
    origin: "moby 26380 (122 layers, not 128); for-linux 414; kernel selftest set_layers_via_fds (500)",
    covers: &["DP1", "C78"],
    level: Level::Should,
    theme: Theme::Stacking,
    capability: Some("max_layers"),
    broken_by: &[Fault::Flipped("max_layers"), Fault::DeepLayersLost],
    run,
};

/// Where depths were once kept in seven or eight bits, the limit of moby, and one well beyond.
const EDGES: [u32; 4] = [127, 128, 129, 300];

fn run(context: &mut Context<'_>) -> Verdict {
    let declared = context.capabilities()?.max_layers;
    // In a pool each layer is a filesystem, and takes a tenth of a second.
    let on_a_pool = matches!(context.root(), Ok(root) if root.backing == Backing::Pool);
    let unlimited = if on_a_pool {
        context.fewer("layers", 130, 30)
    } else {
        301
    };
    let depth = declared.unwrap_or(unlimited);
    let mut top = context.layer(None, &[file("bottom", "0"), dir("d")])?;
    for number in 2..=depth {
        // Most layers are empty: what counts is how many there are.
        let edge = EDGES.iter().any(|edge| number.abs_diff(*edge) <= 1);
        top = if edge || number % 25 == 0 || number == depth || number < 4 {
            // Each takes the place of something below, so that no layer may be lost and no two may be exchanged.
            context.layer(
                Some(&top),
                &[
                    file(format!("d/{number}"), "x"),
                    write("bottom", 0, number.to_string()),
                ],
            )?
        } else {
            context.empty_layer(&top)?
        };
        if EDGES.contains(&number) && number != depth {
            let container = context.container(Some(&top))?;
            container.check()?;
            context.remove(container)?;
        }
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
