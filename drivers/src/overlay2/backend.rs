//! The backend: what `layerbench list` and `doctor` see, and how the driver is opened.

use super::fitness;
use super::form;
use super::merge::Overlay;
use super::settings::{SPECS, Settings};
use crate::capabilities::Capabilities;
use crate::driver::{Backend, Driver, Root};
use crate::error::{Attempt as _, Result};
use crate::host::{Host, MissingReason, Support};
use crate::projects::Projects;
use crate::subject::{Backing, OptionSpec, Options};
use crate::upper::UpperDriver;

/// overlay2.
pub const OVERLAY2: &dyn Backend = &Overlay2;

#[derive(Debug)]
struct Overlay2;

impl Backend for Overlay2 {
    fn name(&self) -> &'static str {
        "overlay2"
    }

    fn summary(&self) -> &'static str {
        "the kernel's overlayfs: layers are directories, merged when mounted; the first write to a file copies it up"
    }

    fn backings(&self) -> &'static [Backing] {
        Backing::ANY_FILESYSTEM
    }

    fn options(&self) -> &'static [OptionSpec] {
        SPECS
    }

    fn probe(&self, host: &Host) -> Support {
        if !host.has_filesystem("overlay") {
            return Support::missing(
                MissingReason::Kernel,
                "the kernel does not know overlayfs",
                "modprobe overlay",
            );
        }
        if !host.root {
            return Support::missing(
                MissingReason::Permission,
                "mounting needs root, or a user namespace",
                "run as root, or allow user namespaces: sysctl user.max_user_namespaces=10000",
            );
        }
        if host.user_namespace && host.kernel_version() < (5, 11) {
            return Support::missing(
                MissingReason::Kernel,
                "overlayfs in a user namespace needs Linux 5.11",
                "run as root, or with a newer kernel",
            );
        }
        Support::Ready(vec![("kernel".to_owned(), host.kernel.clone())])
    }

    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
        let host = Host::detect();
        let settings = Settings::new(options, host.user_namespace)?;
        std::fs::create_dir_all(&root.dir).attempt("create the driver's directory", &root.dir)?;
        let projects = Projects::open(root, options)?;
        let fitness = fitness::examine(&root.dir, &settings)?;
        let mut facts = vec![("version".to_owned(), format!("Linux {}", host.kernel))];
        facts.extend(fitness.facts);
        form::check(&root.dir, &settings)?;
        facts.extend(projects.fact());
        let merge = Overlay {
            settings,
            api: fitness.api,
            capabilities: Capabilities {
                quota_bytes: projects.on(),
                quota_inodes: projects.on(),
                ..fitness.capabilities
            },
            facts,
        };
        Ok(Box::new(UpperDriver::open(root, options, projects, merge)?))
    }
}
