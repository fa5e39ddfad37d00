//! The runs an output directory keeps: `OUT/runs/ID/`, plain files, one directory for each.

mod find;
mod id;
mod links;
mod list;

pub(crate) use find::find;
pub(crate) use id::{host, stem};
pub(crate) use links::{adopt, create, publish};
pub(crate) use list::{Entry, State, is_running, list, newest, read};
