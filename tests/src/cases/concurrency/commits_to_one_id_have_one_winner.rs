//! Of several threads that commit to one layer id, or remove one container, one succeeds and the others are told why not.

use std::fs;

use drivers::error::Attempt as _;
use drivers::{ErrorKind, Item, Kind, Limits, Mount};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::layer::{self, Spelling};
use crate::oracle::op::file;
use crate::together::together;

/// The promise.
pub const CASE: Case = Case {
    name: "commits_to_one_id_have_one_winner",
    promise: "Of several threads that commit to one layer id, or remove one container, one succeeds and the others are told why not.",
    why: "Two pulls of images that share a layer meet at its id; the loser must neither destroy nor hang it.",
    origin: "containerd (mount manager, same name at once); moby layer store (same layer registered twice)",
    covers: &["CC3"],
    level: Level::Must,
    theme: Theme::Concurrency,
    capability: None,
    broken_by: &[Fault::DuplicateLayer, Fault::UnknownRemoved],
    run,
};

const THREADS: usize = 6;

fn run(context: &mut Context<'_>) -> Verdict {
    let base = context.base()?;
    let id = context.layer_id()?;
    let below = context.model(Some(&base));
    let (mut keys, mut tars, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..THREADS {
        let mut model = below.clone();
        model
            .apply(&[file("mine", number.to_string())])
            .map_err(crate::Stop::broken)?;
        layer::settle(&below, &mut model);
        tars.push(layer::write(&below, &model, Spelling::default()));
        keys.push(context.key()?);
        points.push(context.directory()?);
    }
    let driver = context.driver()?;
    let outcomes = together(THREADS, |number| -> drivers::Result<bool> {
        let key = &keys[number];
        driver.prepare(key, Some(&base), Kind::Writable)?;
        driver.apply(key, &mut &tars[number][..], &Limits::default())?;
        match driver.commit(key, &id) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    })?;
    let outcomes = outcomes.into_iter().collect::<drivers::Result<Vec<_>>>()?;
    let winners: Vec<usize> = (0..THREADS).filter(|number| outcomes[*number]).collect();
    check::same("commits that worked", 1, winners.len())?;
    let mine = |root: &std::path::Path| {
        let path = root.join("mine");
        fs::read_to_string(&path).attempt("read", &path)
    };
    let view = driver.view(Item::Layer(&id))?;
    check::same(
        "the layer is the winner's",
        winners[0].to_string(),
        mine(view.path())?,
    )?;
    view.close()?;

    // The losers are as they were. One of them is mounted by all threads at once, then removed by all.
    let loser = (winners[0] + 1) % THREADS;
    let mounted = together(THREADS, |number| {
        driver.mount(&keys[loser], &points[number])
    })?;
    let mounts = mounted
        .into_iter()
        .collect::<drivers::Result<Vec<Mount>>>()?;
    for point in &points {
        check::same("the loser's content", loser.to_string(), mine(point)?)?;
    }
    for ended in together(THREADS, {
        let mounts: Vec<_> = mounts
            .into_iter()
            .map(|mount| std::sync::Mutex::new(Some(mount)))
            .collect();
        move |number| {
            let mut mount = mounts[number]
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            mount.take().map_or(Ok(()), Mount::unmount)
        }
    })? {
        ended?;
    }
    let removed = together(THREADS, |_| {
        match driver.remove(Item::Container(&keys[loser])) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InUse) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    })?;
    let removed = removed.into_iter().collect::<drivers::Result<Vec<_>>>()?;
    check::same(
        "removals that worked",
        1,
        removed.iter().filter(|worked| **worked).count(),
    )?;
    let left = driver
        .list()?
        .into_iter()
        .filter_map(|info| info.key)
        .collect::<Vec<_>>();
    for (number, key) in keys.iter().enumerate() {
        let wanted = number != winners[0] && number != loser;
        check::same(
            &format!("the container of thread {number} is listed"),
            wanted,
            left.contains(key),
        )?;
    }
    context.check_layer(&base)?;
    Ok(Outcome::Pass)
}
