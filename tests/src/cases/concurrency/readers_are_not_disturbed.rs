//! Containers of one image read exactly the image's bytes while siblings overwrite, delete, come and go.

use std::sync::atomic::{AtomicUsize, Ordering};

use drivers::{Item, Kind};

use crate::case::{Case, Level, Outcome, Stop, Theme, Verdict};
use crate::check::{self, Checked};
use crate::container::Container;
use crate::context::Context;
use crate::faults::Fault;
use crate::fixture;
use crate::oracle::live;
use crate::oracle::op::{Op, file, remove, rename, truncate, write};
use crate::together::together;

/// The promise.
pub const CASE: Case = Case {
    name: "readers_are_not_disturbed",
    promise: "Containers of one image read exactly the image's bytes while siblings overwrite, delete, come and go.",
    why: "A hundred containers share one image: what one does to its copy must never show in another, not for a moment.",
    origin: "no suite asks it (catalogue: page-cache effects); containerd snapshotter suite (removal of siblings)",
    covers: &["CC5", "CC4"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::WriteThrough, Fault::SharedWrites],
    run,
};

const READERS: usize = 3;
const WRITERS: usize = 2;
const FILES: usize = 12;
const BYTES: usize = 24 << 10;
const LEAST_ROUNDS: usize = 3;

fn run(context: &mut Context<'_>) -> Verdict {
    let contents: Vec<Vec<u8>> = (0..FILES)
        .map(|n| fixture::noise(700 + n as u64, BYTES))
        .collect();
    let ops: Vec<Op> = contents
        .iter()
        .enumerate()
        .map(|(n, content)| file(n.to_string(), content))
        .collect();
    let base = context.layer(None, &ops)?;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(context.container(Some(&base))?);
    }
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(context.container(Some(&base))?);
    }
    let passing = [context.key()?, context.key()?];
    let changes: Vec<Op> = (0..FILES).flat_map(change).collect();
    let driver = context.driver()?;
    let busy = AtomicUsize::new(WRITERS + 1);
    let outcomes = together(READERS + WRITERS + 1, |number| -> Checked {
        if let Some(reader) = readers.get(number) {
            let mut rounds = 0;
            while busy.load(Ordering::Acquire) > 0 || rounds < LEAST_ROUNDS {
                read_all(reader, &contents).map_err(|Stop(why)| {
                    Stop::fail("each reader reads what the image holds", why.reason())
                })?;
                rounds += 1;
            }
            return Ok(());
        }
        let worked = if let Some(writer) = writers.get(number - READERS) {
            live::apply(writer.root(), &changes).map_err(Stop::from)
        } else {
            // Siblings that come and go while the others are mounted.
            passing.iter().try_for_each(|key| {
                driver.prepare(key, Some(&base), Kind::Writable)?;
                Ok(driver.remove(Item::Container(key))?)
            })
        };
        busy.fetch_sub(1, Ordering::AcqRel);
        worked
    })?;
    outcomes.into_iter().collect::<Result<(), Stop>>()?;
    for writer in &mut writers {
        writer.predict(&changes)?;
    }
    for container in readers.iter().chain(&writers) {
        container.check()?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}

/// What a writer does to the file `number`.
fn change(number: usize) -> Vec<Op> {
    let name = number.to_string();
    match number % 4 {
        0 => vec![write(&name, 4096, vec![0; 8192])],
        1 => vec![truncate(&name, 100), write(&name, 0, "mine")],
        2 => vec![remove(&name), file(&name, "new")],
        _ => vec![rename(&name, format!("moved-{name}"))],
    }
}

fn read_all(reader: &Container, contents: &[Vec<u8>]) -> Checked {
    for (number, content) in contents.iter().enumerate() {
        let seen = reader.read(number.to_string())?;
        let differs = seen.iter().zip(content).position(|(a, b)| a != b);
        check::that(
            seen.len() == content.len() && differs.is_none(),
            format!(
                "the file {number} of {} bytes, as in the image",
                content.len()
            ),
            format!("{} bytes, different from byte {differs:?}", seen.len()),
        )?;
    }
    Ok(())
}
