//! The commands, one by one: run inside a root, or started there and stopped.

use std::path::Path;

use drivers::sys::rooted::{InRoot, Running};
use drivers::{Error, ErrorKind, Result};
use rustix::process::Signal;

use super::{Own, files};
use crate::programs;

/// A workload's commands in one root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Commands<'a> {
    pub(super) own: &'a Own,
    pub(super) root: &'a Path,
    /// Whom they run as.
    pub(super) user: Option<(u32, u32)>,
}

impl<'a> Commands<'a> {
    /// Those of a workload in a root.
    ///
    /// # Errors
    /// `Unsupported` when the image has no such user.
    pub(super) fn of(own: &'a Own, root: &'a Path) -> Result<Self> {
        let user = match &own.user {
            None => None,
            Some(text) => Some(user(root, text)?),
        };
        Ok(Self { own, root, user })
    }

    /// Runs a command to its end.
    pub(super) fn run(self, which: &str, line: &[String], beside: Option<&Running>) -> Result<()> {
        let mut command = self.command(line)?;
        if let Some(server) = beside {
            command = command.beside(server)?;
        }
        let outcome = command.run(self.own.limit());
        let ended = outcome.map_err(|error| self.told(which, line, error))?;
        ended
            .require_success()
            .map_err(|error| self.told(which, line, error))
    }

    /// Starts `run` and waits until it is ready.
    pub(super) fn serve(self, ready: &super::Ready) -> Result<Running> {
        let line = &self.own.run;
        let server = self.command(line)?.start();
        let server = server.map_err(|error| self.told("run", line, error))?;
        ready.wait(&server, self.root, self.own.limit())?;
        Ok(server)
    }

    /// Stops it. How it ends is its own affair; that it does not is an error.
    pub(super) fn stop(self, server: Running) -> Result<()> {
        server.stop(Signal::TERM, self.own.limit()).map(drop)
    }

    fn command(self, line: &[String]) -> Result<InRoot> {
        let (program, args) = line.split_first().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "run a command").because("it is empty")
        })?;
        let mut command = InRoot::new(self.root, program).args(args);
        for (name, value) in &self.own.env {
            command = command.env(name, value);
        }
        if let Some(dir) = &self.own.dir {
            command = command.dir(dir);
        }
        if let Some((user, group)) = self.user {
            command = command.user(user, group);
        }
        Ok(command)
    }

    /// An image without the program cannot do this workload: that is no failure of anybody's.
    fn told(self, which: &str, line: &[String], error: Error) -> Error {
        let program = line.first().map_or("", String::as_str);
        if error.kind() == ErrorKind::NotFound && files::program(self.root, program).is_none() {
            return Error::new(
                ErrorKind::Unsupported,
                format!("run `{which}` of the workload {}", self.own.name),
            )
            .because(format!("the image has no program {program}"))
            .hint("generated images hold next to none: --image names one that has it");
        }
        error
    }
}

/// `1000`, `1000:100`, or a name of the image's /etc/passwd.
fn user(root: &Path, text: &str) -> Result<(u32, u32)> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    if let (Ok(user), Ok(group)) = (user.parse(), group.parse()) {
        return Ok((user, group));
    }
    programs::user(root, text)?.ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("become the user {text}"))
            .because("the image has no such user in its /etc/passwd")
    })
}
