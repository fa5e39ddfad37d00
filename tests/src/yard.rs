//! A container layer into which archives are unpacked one after the other: for archives that are refused, or of which
//! nothing is asked but that they do no harm. Making a layer for each would take some drivers minutes.

use std::io::Read;
use std::path::PathBuf;

use drivers::{Applied, Item, Key, Kind, LayerId, Limits};

use crate::case::Stop;
use crate::check;
use crate::context::Context;

/// See the module text. What is left of it the runner removes.
#[derive(Debug)]
pub struct Yard {
    key: Key,
}

impl Yard {
    /// A fresh layer on a parent.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn new(context: &mut Context<'_>, parent: Option<&LayerId>) -> Result<Self, Stop> {
        let key = context.key()?;
        context.driver()?.prepare(&key, parent, Kind::Writable)?;
        Ok(Self { key })
    }

    /// The directory that archives are unpacked into.
    ///
    /// # Errors
    /// A failure, when the driver cannot say.
    pub fn stage(&self, context: &Context<'_>) -> Result<PathBuf, Stop> {
        Ok(context.driver()?.stage(&self.key)?.dir)
    }

    /// Unpacks an archive over what the last one left.
    ///
    /// # Errors
    /// Broken, when there is no driver; what becomes of the archive is the value.
    pub fn apply(
        &self,
        context: &Context<'_>,
        tar: &[u8],
    ) -> Result<drivers::Result<Applied>, Stop> {
        self.apply_within(context, &mut &tar[..], &Limits::default())
    }

    /// As [`Self::apply`], from a reader and within limits.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_within(
        &self,
        context: &Context<'_>,
        tar: &mut dyn Read,
        limits: &Limits,
    ) -> Result<drivers::Result<Applied>, Stop> {
        Ok(context.driver()?.apply(&self.key, tar, limits))
    }

    /// An archive is malformed, and refused as such.
    ///
    /// # Errors
    /// A failure, when it is not.
    pub fn refuses(&self, context: &Context<'_>, what: &str, tar: &[u8]) -> Result<(), Stop> {
        let outcome = self.apply(context, tar)?;
        check::refused(what, drivers::ErrorKind::BadInput, outcome)
    }

    /// Removes it.
    ///
    /// # Errors
    /// A failure, when the driver refuses.
    pub fn close(self, context: &Context<'_>) -> Result<(), Stop> {
        Ok(context.driver()?.remove(Item::Container(&self.key))?)
    }
}
