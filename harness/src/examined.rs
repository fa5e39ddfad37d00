//! A subject of the conformance suite: its driver, open on a ground of its own.

use anyhow::Context as _;
use conformance::Subject;
use drivers::Host;
use drivers::sandbox::Ground;

use crate::hostfacts;
use crate::subjects::Planned;
use crate::workplace::Workplace;

/// A subject to be asked. Close it to learn of failures.
#[derive(Debug)]
pub(crate) struct Examined {
    /// Its name, with what it stands on.
    pub(crate) name: String,
    /// The opened driver; taken out while a case that may hang has it.
    pub(crate) subject: Option<Subject>,
    /// What it stands on.
    pub(crate) ground: Ground,
}

impl Examined {
    /// Makes a ground and opens the driver on it.
    pub(crate) fn open(planned: &Planned, place: &Workplace, host: &Host) -> anyhow::Result<Self> {
        let ground = place.ground(planned, host)?;
        let scratch = place.numbered_directory("cases")?;
        let subject = Subject::open(
            planned.backend,
            ground.root().clone(),
            planned.spec.options.clone(),
            &scratch,
        )
        .with_context(|| format!("opening {}@{}", planned.backend.name(), planned.backing))?
        .emulated(hostfacts::emulated());
        Ok(Self {
            name: planned.name(&subject.driver()?.ground_label()),
            subject: Some(subject),
            ground,
        })
    }

    /// Closes the driver, then its ground.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        let Some(subject) = self.subject else {
            // Its thread still holds the mounts: they end with this process, and sweep removes the directory.
            tracing::error!(
                "{} hangs and is left behind; layerbench sweep removes the rest",
                self.name
            );
            std::mem::forget(self.ground);
            return Ok(());
        };
        let closed = subject.close();
        let released = self.ground.close();
        closed.with_context(|| format!("closing {}", self.name))?;
        released.with_context(|| format!("closing the ground of {}", self.name))
    }
}
