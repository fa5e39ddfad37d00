//! What hostile archives are after, and the proof that they do not get it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use drivers::{ErrorKind, Item, Kind, LayerId, Limits};

use crate::case::Stop;
use crate::check;
use crate::context::Context;
use crate::oracle::archive::{self, Entry};
use crate::oracle::compare::show;
use crate::oracle::live;
use crate::oracle::op::file;
use crate::oracle::seen::{self, Seen};

/// A directory outside every layer, with a file in it that hostile archives are after.
#[derive(Debug)]
pub struct Victim {
    dir: PathBuf,
    before: BTreeMap<Vec<u8>, Seen>,
}

impl Victim {
    /// A fresh victim.
    ///
    /// # Errors
    /// Broken, when it cannot be made.
    pub fn new(context: &mut Context<'_>) -> Result<Self, Stop> {
        let dir = context.directory()?;
        let broken = |error: drivers::Error| Stop::broken(error.to_string());
        live::apply(&dir, &[file("kept", "untouched")]).map_err(broken)?;
        let before = seen::read(&dir).map_err(broken)?;
        Ok(Self { dir, before })
    }

    /// Its path, absolute, without the leading slash being special.
    pub fn path(&self) -> &str {
        self.dir.to_str().unwrap_or_default()
    }

    /// Applies a hostile archive on nothing: it may be refused, or land inside; the victim stays as it was.
    ///
    /// # Errors
    /// A failure, when the victim changed or the refusal is of another kind than that of bad input.
    pub fn attack(&self, context: &mut Context<'_>, entries: &[Entry]) -> Result<(), Stop> {
        self.attack_on(context, None, entries)
    }

    /// As [`Self::attack`], on a parent.
    ///
    /// # Errors
    /// As [`Self::attack`].
    pub fn attack_on(
        &self,
        context: &mut Context<'_>,
        parent: Option<&LayerId>,
        entries: &[Entry],
    ) -> Result<(), Stop> {
        let key = context.key()?;
        let tar = archive::write(entries);
        let driver = context.driver()?;
        driver.prepare(&key, parent, Kind::Writable)?;
        let outcome = driver.apply(&key, &mut &tar[..], &Limits::default());
        driver.remove(Item::Container(&key))?;
        let after = seen::read(&self.dir)?;
        let what: Vec<_> = entries.iter().map(|entry| show(&entry.path)).collect();
        check::that(
            after == self.before,
            format!("nothing outside changes by {}", what.join(", ")),
            "the victim changed",
        )?;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BadInput => Ok(()),
            Err(error) => Err(Stop::fail(
                format!(
                    "{} is refused as bad input, or lands inside",
                    what.join(", ")
                ),
                error.to_string(),
            )),
        }
    }
}
