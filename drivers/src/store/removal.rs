//! Removal: the record goes first, then the directory. A removal that fails in between can be repeated.

use std::path::Path;

use super::{Entry, EntryState, ITEM, State, Store};
use crate::driver::{Item, not_found};
use crate::error::{Attempt as _, Error, ErrorKind, Result};

impl Store {
    /// Removes an item: it disappears from the records first, then `discard` deletes its directory, unlocked. If that
    /// fails, the rest is an orphan, which the same removal, asked again, or else the next `open` discards.
    ///
    /// # Errors
    /// `InUse`, `NotFound`, and whatever `discard` gives.
    pub fn remove(
        &self,
        item: Item<'_>,
        discard: impl FnOnce(&Entry, &Path) -> Result<()>,
    ) -> Result<()> {
        let mut state = self.lock();
        let entry = match state.serial(item) {
            Some(serial) => {
                let entry = state.entries[&serial].clone();
                require_unused(&state, item, &entry)?;
                let path = self.dir(serial).join(ITEM);
                match std::fs::remove_file(&path) {
                    // Its record was still to be made.
                    Err(error)
                        if error.kind() == std::io::ErrorKind::NotFound
                            && state.unsettled.contains(&serial) => {}
                    other => other.attempt("remove the item", &path)?,
                }
                state.forget(&entry);
                entry
            }
            None => state
                .take_half_removed(item)
                .ok_or_else(|| not_found("remove", item))?,
        };
        drop(state);
        discard(&entry, &self.dir(entry.serial))
            .inspect_err(|_| self.lock().half_removed.push(entry.clone()))
    }
}

/// Refuses while the item is mounted, or another stands on it.
fn require_unused(state: &State, item: Item<'_>, entry: &Entry) -> Result<()> {
    let refuse = |why: String, hint: &str| {
        Err(Error::new(ErrorKind::InUse, format!("remove the {item}"))
            .because(why)
            .hint(hint.to_owned()))
    };
    if entry.mounts > 0 {
        return refuse("it is mounted".to_owned(), "unmount it first");
    }
    if let EntryState::Layer { id } = &entry.state {
        let children = state
            .entries
            .values()
            .filter(|other| other.parent.as_ref() == Some(id))
            .count();
        if children > 0 {
            return refuse(
                format!("{children} other item(s) stand on it"),
                "remove those first",
            );
        }
    }
    Ok(())
}
