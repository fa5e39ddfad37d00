//! What follows the end marker is read, so that the digest is whole, and otherwise ignored; an archive without the
//! marker ends where its last entry does.

use drivers::Limits;

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::archive::{self, Entry};
use crate::oracle::op::file;
use crate::{check, fixture};

/// The promise.
pub const CASE: Case = Case {
    name: "what_follows_the_end_is_no_layer",
    promise: "What follows the end marker is read, so that the digest is whole, and otherwise ignored; an archive without the marker ends where its last entry does.",
    why: "Files hidden behind the end would pass by scanners; a rest that is not read makes a good digest look wrong.",
    origin: "containers/storage bats (trailing junk); Go archive/tar; catalogue MT8, DF11",
    covers: &["MT8", "DF11"],
    level: Level::Must,
    theme: Theme::Archives,
    capability: None,
    broken_by: &[Fault::ArchivesJoined],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let first = archive::write(&[Entry::file("a", "1"), Entry::file("b", "2")]);
    let hidden = archive::write(&[
        Entry::file("a", "hidden"),
        Entry::file("c", "hidden"),
        Entry::file(".wh.b", ""),
    ]);
    let whole = first.len();
    for tail in [
        Vec::new(),
        hidden,
        vec![0; 20_000],
        fixture::noise(47, 5000),
        vec![0xff; 511],
    ] {
        let tar = [&first[..], &tail].concat();
        let (key, id) = (context.key()?, context.layer_id()?);
        let driver = context.driver()?;
        driver.prepare(&key, None, drivers::Kind::Writable)?;
        let mut reader = &tar[..];
        driver.apply(&key, &mut reader, &Limits::default())?;
        check::same("bytes left unread", 0, reader.len())?;
        driver.commit(&key, &id)?;
        context.expect(&id, None, &[file("a", "1"), file("b", "2")])?;
        context.check_layer(&id)?;
    }
    // Some writers leave the marker out, or half of it.
    for length in [whole - 1024, whole - 512] {
        let layer = context.layer_of(None, &first[..length])?;
        context.expect(&layer, None, &[file("a", "1"), file("b", "2")])?;
        context.check_layer(&layer)?;
    }
    Ok(Outcome::Pass)
}
