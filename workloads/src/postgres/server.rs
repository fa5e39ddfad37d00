//! The server: found in the image, its cluster made, started, stopped. No network: a socket in /tmp of the root.

use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::sys::rooted::{Ended, InRoot, Running};
use drivers::{Error, ErrorKind, Result};
use rustix::process::Signal;

use super::DATA;
use crate::programs;

/// Far above what any of it takes on the slowest driver; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(900);
/// Inside the root.
const SOCKETS: &str = "/tmp";

/// The programs of PostgreSQL in an image.
#[derive(Debug)]
pub(super) struct Programs {
    initdb: PathBuf,
    postgres: PathBuf,
    pgbench: PathBuf,
    psql: PathBuf,
    /// Whom they run as: not root.
    pub(super) user: (u32, u32),
}

impl Programs {
    /// Looks for them in a root.
    ///
    /// # Errors
    /// `Unsupported` when one, or the user `postgres`, is not there.
    pub(super) fn find(root: &Path) -> Result<Self> {
        let missing = |what: &str| {
            Error::new(ErrorKind::Unsupported, "run PostgreSQL of the image")
                .because(format!("it has no {what}"))
                .hint(
                    "scripts/debian-image.sh makes an image that has it: --image DIR/programs.tar",
                )
        };
        let find = |name: &str| {
            // All of one version: Debian keeps them beside one another, others on the usual path.
            let paths = [
                format!("/usr/lib/postgresql/*/bin/{name}"),
                format!("/usr/local/bin/{name}"),
                format!("/usr/bin/{name}"),
            ];
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            programs::first_of(root, &paths)?.ok_or_else(|| missing(name))
        };
        Ok(Self {
            initdb: find("initdb")?,
            postgres: find("postgres")?,
            pgbench: find("pgbench")?,
            psql: find("psql")?,
            user: programs::user(root, "postgres")?.ok_or_else(|| missing("user postgres"))?,
        })
    }

    fn command(&self, root: &Path, program: &Path) -> InRoot {
        let (user, group) = self.user;
        InRoot::new(root, program)
            .user(user, group)
            .env("LC_ALL", "C")
            .env("PGHOST", SOCKETS)
            .env("PGDATABASE", "postgres")
    }

    /// initdb, which syncs what it writes.
    pub(super) fn make_cluster(&self, root: &Path) -> Result<()> {
        let arguments = ["-D", DATA, "--no-locale", "-E", "UTF8", "-A", "trust"];
        let ended = self
            .command(root, &self.initdb)
            .args(arguments)
            .run(LIMIT)?;
        ended.require_success()
    }

    /// Starts the server and waits until it is ready.
    pub(super) fn serve(&self, root: &Path) -> Result<Running> {
        let settings = [
            "listen_addresses=",
            "unix_socket_directories=/tmp",
            "shared_buffers=32MB",
            "autovacuum=off",
            "max_connections=100",
            // A first checkpoint in the middle of a measurement, or after it, would be a matter of luck.
            "checkpoint_timeout=1d",
            "max_wal_size=8GB",
        ];
        let server = self
            .command(root, &self.postgres)
            .args(["-D", DATA])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .start()?;
        server.ready("database system is ready to accept connections", LIMIT)?;
        Ok(server)
    }

    /// Runs pgbench beside the server, in a directory in memory, where it keeps its log.
    pub(super) fn pgbench(
        &self,
        root: &Path,
        server: &Running,
        arguments: &[String],
    ) -> Result<Ended> {
        let command = self.command(root, &self.pgbench).dir("/dev/shm");
        let ended = command.args(arguments).beside(server)?.run(LIMIT)?;
        ended.require_success()?;
        Ok(ended)
    }

    /// What a query answers: the values of its one row, with `|` between them.
    pub(super) fn query(&self, root: &Path, server: &Running, query: &str) -> Result<String> {
        let command = self.command(root, &self.psql);
        let command = command.args(["-X", "-A", "-t", "-c", query]);
        let ended = command.beside(server)?.run(LIMIT)?;
        ended.require_success()?;
        Ok(ended.output.trim().to_owned())
    }
}

/// A fast shutdown: clients are sent away, and a checkpoint is made.
pub(super) fn stop(server: Running) -> Result<()> {
    server.stop(Signal::INT, LIMIT)?.require_success()
}
