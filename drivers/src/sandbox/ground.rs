//! Backing stores: a filesystem in a sparse file on a loop device, a tmpfs, or a bare file for a pool.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::driver::Root;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::host::{Host, Missing, MissingReason};
use crate::mount::{self, Mount};
use crate::subject::{Backing, Options};
use crate::sys::{command, loopdev::LoopDevice};

use super::run::Run;

/// Formatting an empty sparse file takes well under a second; this only bounds a hang.
const MKFS_LIMIT: Duration = Duration::from_secs(60);

/// A backing store of a run. Dropping it unmounts it and leaves its file to the run; [`Ground::close`] deletes that too.
#[derive(Debug)]
pub struct Ground {
    root: Root,
    file: Option<PathBuf>,
    mount: Option<Mount>,
    facts: Vec<(String, String)>,
}

impl Ground {
    /// Makes a backing store of `size` bytes called `name` inside the run. `host` finds the mkfs tools.
    ///
    /// # Errors
    /// `Missing` (mkfs tool, with the package to install), `PermissionDenied` (loop devices), or the errno.
    pub fn create(run: &Run, name: &str, backing: Backing, size: u64, host: &Host) -> Result<Self> {
        Self::create_for(&Options::default(), run, name, backing, size, host)
    }

    /// As [`Ground::create`], made so that a driver can be opened on it with `options`: with `quota=on`, for project
    /// quotas.
    ///
    /// # Errors
    /// As [`Ground::create`]; `Unsupported` where the kernel cannot mount what the options ask for.
    pub fn create_for(
        options: &Options,
        run: &Run,
        name: &str,
        backing: Backing,
        size: u64,
        host: &Host,
    ) -> Result<Self> {
        let projects = options.wants_quota();
        let dir = run.directory(name)?;
        let mut ground = Self {
            root: Root {
                dir: dir.clone(),
                backing,
                store_file: None,
                run_id: run.id().to_owned(),
            },
            file: None,
            mount: None,
            facts: Vec::new(),
        };
        match backing {
            Backing::Directory => {}
            Backing::Tmpfs => {
                let size = size.to_string();
                // Inodes are not limited: the other backings are not short of them either.
                ground.mount = Some(mount::filesystem(
                    "tmpfs",
                    None,
                    &[
                        ("size", Some(&size)),
                        ("nr_inodes", Some("0")),
                        ("mode", Some("755")),
                    ],
                    &dir,
                )?);
            }
            Backing::Pool => {
                ground.root.store_file = Some(sparse_file(run, name, size)?);
                ground.file.clone_from(&ground.root.store_file);
            }
            Backing::Ext4 | Backing::Xfs | Backing::Btrfs => {
                let file = sparse_file(run, name, size)?;
                ground.file = Some(file.clone());
                format(host, backing, projects, &file)?;
                ground.attach(&file, projects)?;
            }
        }
        Ok(ground)
    }

    /// A backing store called `name` on a file that is there already: formatted, or, for a pool, empty or a pool's. The
    /// file is left where it is.
    ///
    /// # Errors
    /// The errno of attaching or mounting it.
    pub fn on(run: &Run, name: &str, backing: Backing, file: &Path) -> Result<Self> {
        let mut ground = Self {
            root: Root {
                dir: run.directory(name)?,
                backing,
                store_file: None,
                run_id: run.id().to_owned(),
            },
            file: None,
            mount: None,
            facts: Vec::new(),
        };
        match backing {
            Backing::Directory | Backing::Tmpfs => {
                return Err(Error::new(
                    ErrorKind::BadInput,
                    format!("make a store ({backing}) on"),
                )
                .path(file)
                .because("it stands on no file"));
            }
            Backing::Pool => ground.root.store_file = Some(file.to_owned()),
            Backing::Ext4 | Backing::Xfs | Backing::Btrfs => ground.attach(file, false)?,
        }
        Ok(ground)
    }

    /// Mounts the filesystem in `file` on the root.
    fn attach(&mut self, file: &Path, projects: bool) -> Result<()> {
        let backing = self.root.backing;
        let device = LoopDevice::attach(file)?;
        // The lazy zeroing of inode tables would run in the background of the measurement.
        let options: &[(&str, Option<&str>)] = match backing {
            Backing::Ext4 => &[("noinit_itable", None)],
            // It counts for projects only if told so when it is mounted; ext4, if made so.
            Backing::Xfs if projects => &[("prjquota", None)],
            _ => &[],
        };
        let counts = projects && matches!(backing, Backing::Ext4 | Backing::Xfs);
        let mounted =
            mount::filesystem(backing.name(), Some(device.path()), options, &self.root.dir);
        self.mount = Some(mounted.map_err(|error| {
            if counts {
                error.with_kind(ErrorKind::Unsupported).hint(NO_PROJECTS)
            } else {
                error
            }
        })?);
        self.facts
            .push(("loop_direct_io".to_owned(), device.direct_io().to_string()));
        // From here on the mount keeps the device; AUTOCLEAR frees it at unmount.
        Ok(())
    }

    /// Makes a filesystem in a file.
    ///
    /// # Errors
    /// `Missing` (mkfs tool, with the package to install), or what the tool says.
    pub fn format(host: &Host, backing: Backing, file: &Path) -> Result<()> {
        format(host, backing, false, file)
    }

    /// Why no backing store of this kind can be made here, if so.
    pub fn missing(backing: Backing, host: &Host) -> Option<Missing> {
        let mkfs = mkfs(backing)?;
        if host.user_namespace || !host.root {
            return Some(Missing {
                reason: MissingReason::Permission,
                what: "loop devices need root".to_owned(),
                fix: "run as root, outside any user namespace".to_owned(),
            });
        }
        host.tool(mkfs.tool).is_none().then(|| Missing {
            reason: MissingReason::Tool,
            what: format!("{} is not installed", mkfs.tool),
            fix: host.install(mkfs.package, mkfs.package),
        })
    }

    /// What a driver is opened on.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The file of the host that holds the store, where there is one.
    pub fn store_file(&self) -> Option<&Path> {
        self.file.as_deref().or(self.root.store_file.as_deref())
    }

    /// What is in effect, for the report.
    pub fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    /// Unmounts it and deletes its file.
    ///
    /// # Errors
    /// `InUse` while something is open in it.
    pub fn close(mut self) -> Result<()> {
        self.mount.take().map_or(Ok(()), Mount::unmount)?;
        // The space is needed by the grounds that follow; what is left of the run's directory goes with the run.
        match self.file.take() {
            Some(file) => std::fs::remove_file(&file).attempt("delete the backing file", &file),
            None => Ok(()),
        }
    }
}

fn sparse_file(run: &Run, name: &str, size: u64) -> Result<PathBuf> {
    let path = run.dir().join(format!("{name}.img"));
    let file = File::create_new(&path).attempt("create the backing file", &path)?;
    file.set_len(size)
        .attempt("set the size of", &path)
        .map_err(|error| error.hint("is --size too large for the filesystem below?"))?;
    Ok(path)
}

/// What mostly keeps a filesystem made for project quotas from being mounted.
pub const NO_PROJECTS: &str = "does this kernel have project quotas? ext4 needs CONFIG_QUOTA and CONFIG_QFMT_V2, xfs CONFIG_XFS_QUOTA";

/// How an ext4 is made that can count for projects, and not for users and groups. Of two -E the last counts.
const PROJECTS: [&str; 4] = [
    "-O",
    "project,quota",
    "-E",
    "lazy_itable_init=1,lazy_journal_init=1,nodiscard,quotatype=prjquota",
];

/// How a filesystem is made.
struct Mkfs {
    tool: &'static str,
    package: &'static str,
    args: &'static [&'static str],
}

fn mkfs(backing: Backing) -> Option<Mkfs> {
    let (tool, package, args): (_, _, &[&str]) = match backing {
        Backing::Ext4 => (
            "mkfs.ext4",
            "e2fsprogs",
            &[
                "-q",
                "-F",
                "-b",
                "4096",
                "-m",
                "0",
                // By the hash of its name a directory finds its block group: the same on every store.
                "-E",
                "lazy_itable_init=1,lazy_journal_init=1,nodiscard,hash_seed=6c617965-7262-656e-6368-000000000001",
            ],
        ),
        Backing::Xfs => (
            "mkfs.xfs",
            "xfsprogs",
            &["-q", "-f", "-K", "-s", "size=4096"],
        ),
        Backing::Btrfs => ("mkfs.btrfs", "btrfs-progs", &["-q", "-f", "-K"]),
        Backing::Tmpfs | Backing::Pool | Backing::Directory => return None,
    };
    Some(Mkfs {
        tool,
        package,
        args,
    })
}

fn format(host: &Host, backing: Backing, projects: bool, file: &Path) -> Result<()> {
    let Some(Mkfs {
        tool,
        package,
        args,
    }) = mkfs(backing)
    else {
        return Ok(());
    };
    let program = host.tool(tool).ok_or_else(|| {
        Error::new(ErrorKind::Missing, format!("make a filesystem ({backing})"))
            .because(format!("{tool} is not installed"))
            .hint(host.install(package, package))
    })?;
    let mut line: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    if projects && backing == Backing::Ext4 {
        line.extend(PROJECTS.map(OsStr::new));
    }
    line.push(file.as_os_str());
    command::run(&program, &line, MKFS_LIMIT)
        .map(drop)
        .map_err(|error| error.hint("is --size too small for this filesystem?"))
}
