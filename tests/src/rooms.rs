//! How much room a driver's root takes: names in its directory, and space and inodes of its backing store.

use std::path::Path;

use drivers::Backing;
use drivers::error::Attempt as _;

use crate::case::Stop;
use crate::check::{self, Checked};
use crate::context::Context;
use crate::fixture;

/// What a root took at some moment, pending deletions done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    /// Names of files and directories that are not content, sorted.
    names: Vec<String>,
    /// Bytes and inodes taken of the backing store; `None` where others use it too.
    taken: Option<(u64, u64)>,
}

/// Filesystems give back directory blocks and tree nodes when they like.
const SLACK_BYTES: u64 = 2 << 20;
const SLACK_INODES: u64 = 64;

impl Rooms {
    /// What is taken now.
    ///
    /// # Errors
    /// A failure, when the driver cannot sync; broken, when it cannot be read.
    pub fn of(context: &Context<'_>) -> Result<Self, Stop> {
        let driver = context.driver()?;
        driver.sync()?;
        let root = context.root()?;
        let mut names = Vec::new();
        collect(&root.dir, 3, &mut names)?;
        names.sort();
        let taken = if root.backing == Backing::Directory {
            None
        } else {
            let path = driver.plain_dir();
            let stat = rustix::fs::statvfs(path).attempt("read the free space of", path)?;
            Some((
                (stat.f_blocks - stat.f_bfree) * stat.f_frsize,
                stat.f_files.saturating_sub(stat.f_ffree),
            ))
        };
        Ok(Self { names, taken })
    }

    /// As much is taken now as then, give or take what a filesystem keeps for itself.
    ///
    /// # Errors
    /// A failure, with what is more.
    pub fn check(&self, context: &Context<'_>) -> Checked {
        let now = Self::of(context)?;
        let more: Vec<_> = now
            .names
            .iter()
            .filter(|name| !self.names.contains(name))
            .collect();
        check::that(
            more.is_empty(),
            "no name is left in the driver's directory",
            format!("{more:?}"),
        )?;
        let (Some(before), Some(after)) = (self.taken, now.taken) else {
            return Ok(());
        };
        check::that(
            after.0 <= before.0 + SLACK_BYTES && after.1 <= before.1 + SLACK_INODES,
            format!(
                "the backing store holds {} and {} inodes, as before",
                fixture::bytes(before.0),
                before.1
            ),
            format!("{} and {} inodes", fixture::bytes(after.0), after.1),
        )
    }
}

/// Names below `dir`, relative to where it began, `depth` levels deep: deeper there is only content.
fn collect(dir: &Path, depth: u32, names: &mut Vec<String>) -> Checked {
    for entry in std::fs::read_dir(dir).attempt("list", dir)? {
        let entry = entry.attempt("list", dir)?;
        let path = entry.path();
        names.push(path.to_string_lossy().into_owned());
        let is_dir = entry.file_type().attempt("stat", &path)?.is_dir();
        if is_dir && depth > 1 {
            collect(&path, depth - 1, names)?;
        }
    }
    Ok(())
}
