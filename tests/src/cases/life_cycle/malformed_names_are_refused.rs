//! Names that are no names are refused before anything is made, and every legal one, the longest too, is an item of its own.

use drivers::{ErrorKind, Item, Key, Kind, LayerId};

use crate::case::{Case, Level, Outcome, Theme, Verdict};
use crate::check;
use crate::context::Context;
use crate::faults::Fault;
use crate::rooms::Rooms;

/// The promise.
pub const CASE: Case = Case {
    name: "malformed_names_are_refused",
    promise: "Names that are no names are refused before anything is made, and every legal one, the longest too, is an item of its own.",
    why: "A name with a slash or dots reaches other directories of the host; a name that is cut is somebody else's.",
    origin: "moby layer store and graph drivers (ids checked before use); catalogue LC5",
    covers: &["LC5"],
    level: Level::Must,
    theme: Theme::LifeCycle,
    capability: None,
    broken_by: &[
        Fault::LongNamesCut,
        Fault::NothingRemoved,
        Fault::RemovalLeavesFiles,
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    let rooms = Rooms::of(context)?;
    let driver = context.driver()?;
    let before = driver.list()?;
    let long = "k".repeat(65);
    for text in [
        "", ".", "..", "../k", "k/l", "/k", "k/", "-k", "_k", ".k", "K", "k l", "k\nl", "k\0l",
        "k:l", "k,l", "k@l", "k%l", "k\\l", "k\u{e4}", &long,
    ] {
        let outcome = text
            .parse::<Key>()
            .and_then(|key| driver.prepare(&key, None, Kind::Writable));
        check::refused(&format!("the key {text:?}"), ErrorKind::BadInput, outcome)?;
    }
    let digits = "0123456789abcdef".repeat(4);
    for text in [
        String::new(),
        "sha256:".to_owned(),
        digits.clone(),
        format!("sha512:{digits}"),
        format!("sha256:{}", &digits[1..]),
        format!("sha256:{digits}0"),
        format!("sha256:{}", digits.to_uppercase()),
        format!("sha256:../{}", &digits[3..]),
        format!("sha256:{}g", &digits[1..]),
        format!("sha256:{}/", &digits[1..]),
        format!(" sha256:{digits}"),
    ] {
        let outcome = text.parse::<LayerId>().and_then(|id| {
            let key = long[..8].parse()?;
            driver.prepare(&key, Some(&id), Kind::Writable)
        });
        check::refused(&format!("the layer {text:?}"), ErrorKind::BadInput, outcome)?;
    }
    check::same("the list", &before, &driver.list()?)?;

    // What is legal is taken as it is: no two of these are one, and none is a file of the driver's own.
    let (one, other) = (format!("{}1", &long[..63]), format!("{}2", &long[..63]));
    let mut keys: Vec<Key> = Vec::new();
    for text in [&one, &other, "k..l", "k.tmp", "0", "k-", "layers", "lost"] {
        let key = text.parse()?;
        let made = driver.prepare(&key, None, Kind::Writable);
        check::that(
            made.is_ok(),
            format!("{text:?} is free"),
            made.map_or_else(|error| error.to_string(), |()| String::new()),
        )?;
        keys.push(key);
    }
    let listed: Vec<Key> = driver
        .list()?
        .into_iter()
        .filter(|info| !before.contains(info))
        .filter_map(|info| info.key)
        .collect();
    check::same("the keys", &keys, &listed)?;
    for key in &keys {
        driver.remove(Item::Container(key))?;
    }
    check::same("the list", before, driver.list()?)?;
    rooms.check(context)?;
    Ok(Outcome::Pass)
}
