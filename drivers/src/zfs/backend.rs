//! Whether this host has a ZFS, and opening the driver on it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use super::daemon::{self, Lease};
use super::diff;
use super::driver::Zfs;
use super::engine::Engine;
use super::labels;
use super::pool::{PLAIN, Pool};
use super::quirks::{OPENZFS, Quirks, ZFS_FUSE};
use crate::capabilities::{Capabilities, CopyUp};
use crate::driver::{Backend, Driver, Root};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::fsprobe;
use crate::host::{Host, MissingReason, Support};
use crate::subject::{Backing, OptionSpec, Options};

/// Datasets and clones of ZFS: OpenZFS in the kernel, or zfs-fuse.
pub const ZFS: &dyn Backend = &ZfsBackend;

#[derive(Debug)]
struct ZfsBackend;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "compression",
        values: &["off", "on"],
        doc: "compress file contents with the back end's default method: less space, more CPU time",
    },
    OptionSpec {
        name: "recordsize",
        values: &["128k", "64k", "32k", "16k", "8k", "4k"],
        doc: "the largest block of a file: small ones suit databases, large ones streams",
    },
];

impl Backend for ZfsBackend {
    fn name(&self) -> &'static str {
        "zfs"
    }

    fn summary(&self) -> &'static str {
        "a dataset per item, a child is a clone of its parent's snapshot; by the kernel module, or by zfs-fuse"
    }

    fn backings(&self) -> &'static [Backing] {
        &[Backing::Pool]
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn probe(&self, host: &Host) -> Support {
        let quirks = quirks();
        if !host.root || host.user_namespace {
            return Support::missing(
                MissingReason::Permission,
                "pools need root outside any user namespace",
                "run it as root",
            );
        }
        if let Some((what, fix)) = missing_tool(host, &quirks) {
            return Support::missing(MissingReason::Tool, what, fix);
        }
        if !quirks.legacy_mounts && !Path::new("/dev/fuse").exists() {
            return Support::missing(
                MissingReason::Kernel,
                "there is neither /dev/zfs nor /dev/fuse",
                "modprobe zfs (or: modprobe fuse, for zfs-fuse)",
            );
        }
        let (label, mut facts) = labels::label(host, &quirks);
        facts.insert(0, ("ground".to_owned(), label));
        Support::Ready(facts)
    }

    fn open(&self, root: &Root, options: &Options) -> Result<Box<dyn Driver>> {
        options.check(self.name(), OPTIONS)?;
        let quirks = quirks();
        let host = Host::detect();
        let (label, mut facts) = labels::label(&host, &quirks);
        let engine = Arc::new(engine(&host, quirks, label, root)?);
        let pool = Pool::open(Arc::clone(&engine), root, options)?;
        facts.extend(
            quirks
                .facts
                .iter()
                .map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())),
        );
        facts.extend(pool.facts()?);
        if engine.daemon_pid().is_some() {
            facts.push(("daemon".to_owned(), daemon::ARGUMENTS.join(" ")));
        }
        let native = native_changes(&pool)?;
        if let Some(how) = &native {
            facts.push((
                "native_diff".to_owned(),
                match how {
                    Ok(how) => format!("on, {how}"),
                    Err(why) => format!("off, because {why}: whole trees are compared"),
                },
            ));
        }
        let native = matches!(native, Some(Ok(_)));
        let capabilities = capabilities(pool.plain_dir(), &pool.engine.quirks, native)?;
        Ok(Box::new(Zfs::open(root, pool, capabilities, facts)?))
    }
}

/// The kernel's ZFS where it is loaded, otherwise zfs-fuse.
fn quirks() -> Quirks {
    if labels::has_kernel_module() {
        OPENZFS
    } else {
        ZFS_FUSE
    }
}

/// What is not installed, and what would mend it.
fn missing_tool(host: &Host, quirks: &Quirks) -> Option<(String, String)> {
    let (tools, debian, fedora): (&[&str], _, _) = if quirks.legacy_mounts {
        (&["zfs", "zpool"], "zfsutils-linux", "zfs")
    } else {
        (&["zfs-fuse", "zfs", "zpool"], "zfs-fuse", "zfs-fuse")
    };
    let fix = host.install(debian, fedora);
    if let Some(tool) = tools.iter().find(|tool| host.tool(tool).is_none()) {
        return Some((format!("{tool} is not installed"), fix));
    }
    if quirks.legacy_mounts {
        return None;
    }
    ["/etc/zfs", "/var/lib/zfs"]
        .into_iter()
        .find(|dir| !Path::new(dir).is_dir())
        .map(|dir| (format!("{dir} is not there"), fix))
}

fn engine(host: &Host, quirks: Quirks, label: String, root: &Root) -> Result<Engine> {
    let op = "open the zfs driver";
    if let Some((what, fix)) = missing_tool(host, &quirks) {
        return Err(Error::new(ErrorKind::Missing, op).because(what).hint(fix));
    }
    let tool = |name: &str| {
        host.tool(name).ok_or_else(|| {
            Error::new(ErrorKind::Missing, op).because(format!("{name} is not installed"))
        })
    };
    let lease = if quirks.legacy_mounts {
        None
    } else {
        Some(Lease::take(&tool("zfs-fuse")?, &root.run_id)?)
    };
    Ok(Engine {
        zfs: tool("zfs")?,
        zpool: tool("zpool")?,
        quirks,
        label,
        lease,
    })
}

/// Whether the module tells what differs between snapshots, and how or why not. `None` where there is no module to ask.
fn native_changes(pool: &Pool) -> Result<Option<Result<&'static str, String>>> {
    if !pool.engine.quirks.native_diff {
        return Ok(None);
    }
    let plain = pool.plain_dir();
    let root = plain.metadata().attempt("look at", plain)?;
    let unusable = diff::unusable(&pool.dataset(PLAIN), root.ino(), root.mode());
    Ok(Some(match unusable {
        None => Ok(
            "by the requests of zfs diff: only objects that were written are compared; whole trees where a changed file has several names before and after, or one that ZFS cannot tell",
        ),
        Some(why) => Err(why),
    }))
}

/// What the filesystem was found to give, and what follows from clones.
fn capabilities(plain: &Path, quirks: &Quirks, native_changes: bool) -> Result<Capabilities> {
    Ok(Capabilities {
        max_layers: None,
        parallel_apply: false,
        // A dataset is busy as long as any mount of it is left anywhere.
        leaked_mounts_do_no_harm: false,
        quota_bytes: true,
        // The tools take the mountpoint as a property and refuse, or misread, what is not printable.
        odd_root_names: false,
        constant_time_prepare: true,
        shares_data_with_parent: true,
        copy_up: CopyUp::Blocks,
        // OpenZFS answers to this name in every dataset, listed or not.
        backing_names_are_free: !plain.join(".zfs").exists(),
        native_changes,
        shared_page_cache: false,
        removed_directory_can_be_listed: quirks.removed_directory_can_be_listed,
        // A clone's holes are its parent's, whether SEEK_HOLE finds them (which was tried) or not.
        sparse_files: true,
        ..fsprobe::probe(plain)?.capabilities
    })
}
