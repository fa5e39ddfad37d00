//! overlay2 as a [`Merge`].

use std::path::Path;

use super::assemble;
use super::settings::{Api, Settings};
use crate::capabilities::Capabilities;
use crate::error::Result;
use crate::mount::Mount;
use crate::remove;
use crate::upper::{Merge, Stack};

/// An overlayfs with fixed settings, proven to work on its root.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) settings: Settings,
    pub(super) api: Api,
    pub(super) capabilities: Capabilities,
    pub(super) facts: Vec<(String, String)>,
}

impl Merge for Overlay {
    fn merge(&self, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
        assemble::mount(&self.settings, self.api, stack, at)
    }

    fn maps_layers(&self) -> bool {
        // Its own mounts cannot show other owners, but it heeds what those of its layers show (Linux 5.19).
        true
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.facts.clone()
    }

    fn xattr_prefix(&self) -> &'static str {
        self.settings.xattr_prefix()
    }

    fn keeps_links(&self) -> bool {
        self.settings.index
    }

    fn keeps_owners(&self) -> bool {
        self.capabilities.arbitrary_owners
    }

    fn before_mount(&self, work: &Path) -> Result<()> {
        if self.settings.volatile {
            // The kernel leaves this mark, and refuses the next mount, because a crash may have lost writes. None
            // happened since: state that outlives a boot is not opened with volatile=on unseen.
            remove::tree(&work.join("work/incompat/volatile"))?;
        }
        Ok(())
    }
}
