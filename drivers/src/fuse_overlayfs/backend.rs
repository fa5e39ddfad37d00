//! The backend, and the program as a [`Merge`].

use std::path::Path;

use super::fitness;
use super::serve::{Book, Server};
use super::settings::{self, SPECS};
use crate::capabilities::Capabilities;
use crate::driver::{Backend, DaemonUsage, Driver, Root};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::host::{Host, MissingReason, Support};
use crate::mount::Mount;
use crate::projects::Projects;
use crate::subject::{Backing, OptionSpec, Options};
use crate::upper::{Merge, Stack, UpperDriver};

/// fuse-overlayfs.
pub const FUSE_OVERLAYFS: &dyn Backend = &FuseOverlayfs;

const PROGRAM: &str = "fuse-overlayfs";

#[derive(Debug)]
struct FuseOverlayfs;

impl Backend for FuseOverlayfs {
    fn name(&self) -> &'static str {
        "fuse-overlayfs"
    }

    fn summary(&self) -> &'static str {
        "overlayfs as a program: for users without root on old kernels; each mount is a daemon, each call a message to it"
    }

    fn backings(&self) -> &'static [Backing] {
        Backing::ANY_FILESYSTEM
    }

    fn options(&self) -> &'static [OptionSpec] {
        SPECS
    }

    fn probe(&self, host: &Host) -> Support {
        let Some(program) = host.tool(PROGRAM) else {
            return Support::missing(
                MissingReason::Tool,
                "fuse-overlayfs is not installed",
                host.install("fuse-overlayfs", "fuse-overlayfs"),
            );
        };
        if let Err(error) = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/fuse")
        {
            return if error.kind() == std::io::ErrorKind::PermissionDenied {
                Support::missing(
                    MissingReason::Permission,
                    "/dev/fuse cannot be opened",
                    "run as root, or: chmod 666 /dev/fuse",
                )
            } else {
                Support::missing(
                    MissingReason::Kernel,
                    format!("/dev/fuse: {error}"),
                    "modprobe fuse",
                )
            };
        }
        match fitness::version(&program) {
            Ok(version) => Support::Ready(vec![
                ("version".to_owned(), version),
                ("program".to_owned(), program.display().to_string()),
            ]),
            Err(error) => Support::missing(
                MissingReason::Tool,
                error.to_string(),
                host.install("--reinstall fuse-overlayfs", "fuse-overlayfs"),
            ),
        }
    }

    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
        let host = Host::detect();
        let program = host.tool(PROGRAM).ok_or_else(|| {
            Error::new(ErrorKind::Missing, "open fuse-overlayfs")
                .because("it is not installed")
                .hint(host.install("fuse-overlayfs", "fuse-overlayfs"))
        })?;
        let mut facts = vec![("version".to_owned(), fitness::version(&program)?)];
        std::fs::create_dir_all(&root.dir).attempt("create the driver's directory", &root.dir)?;
        let projects = Projects::open(root, options)?;
        facts.extend(projects.fact());
        let mut arguments = settings::arguments(options)?;
        if host.root && !host.user_namespace {
            // Without it /dev/null of an image cannot be opened: libfuse mounts without devices by default.
            arguments.push_str(",dev");
        }
        let server = Server {
            program,
            options: arguments,
            run_id: root.run_id.clone(),
            held_to_limits: projects.on(),
            book: Book::default(),
        };
        let fitness = fitness::examine(&root.dir, &server)?;
        facts.extend(fitness.facts);
        facts.push((
            "native_diff".to_owned(),
            "off, because the program leaves marks of its own in the upper directory".to_owned(),
        ));
        let merge = Fuse {
            // What the probe's daemon cost is not the driver's.
            server: Server {
                book: Book::default(),
                ..server
            },
            capabilities: Capabilities {
                layers_are_sealed: false,
                layers_survive_power_cuts: options.syncs_commits(),
                fsync_survives_power_cuts: options.get("volatile") != Some("on"),
                // It copies a file without syncing the copy.
                image_files_survive_power_cuts: false,
                quota_bytes: projects.on(),
                quota_inodes: projects.on(),
                ..fitness.capabilities
            },
            facts,
            xattr_prefix: fitness.xattr_prefix,
        };
        Ok(Box::new(UpperDriver::open(root, options, projects, merge)?))
    }
}

#[derive(Debug)]
struct Fuse {
    server: Server,
    capabilities: Capabilities,
    facts: Vec<(String, String)>,
    xattr_prefix: &'static str,
}

impl Merge for Fuse {
    fn merge(&self, stack: &Stack<'_>, at: &Path) -> Result<Mount> {
        self.server.mount(stack, at)
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn facts(&self) -> Vec<(String, String)> {
        self.facts.clone()
    }

    fn xattr_prefix(&self) -> &'static str {
        self.xattr_prefix
    }

    fn is_private_xattr(&self, name: &[u8]) -> bool {
        name.starts_with(self.xattr_prefix.as_bytes()) || name.starts_with(b"user.fuseoverlayfs.")
    }

    fn keeps_owners(&self) -> bool {
        self.capabilities.arbitrary_owners
    }

    fn daemon_usage(&self) -> DaemonUsage {
        self.server.book.usage()
    }
}
