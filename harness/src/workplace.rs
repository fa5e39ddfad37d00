//! A run's place: its directory, and the opened subjects on their grounds, each released in the right order.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use drivers::sandbox::{Ground, Run};
use drivers::{Backing, Driver, Host, Missing, MissingReason};

use crate::cli::WorkArgs;
use crate::subjects::{Absent, Planned, Role, Selection};
use crate::{exit, subjects};

/// The user as seen from outside any namespace this process enters.
static UID: OnceLock<rustix::process::Uid> = OnceLock::new();

/// Enters the private namespace, listens for Ctrl-C, and looks at the host from there: without root, a user namespace
/// makes more possible than the bare user may.
pub(crate) fn enter() -> anyhow::Result<Host> {
    UID.get_or_init(rustix::process::getuid);
    drivers::sandbox::enter()?;
    crate::interrupt::install()?;
    Ok(Host::detect())
}

/// The directory runs are made in, when none is named: one for each user.
pub(crate) fn default_work() -> PathBuf {
    let uid = *UID.get_or_init(rustix::process::getuid);
    if uid.is_root() {
        "/var/tmp/layerbench".into()
    } else {
        format!("/var/tmp/layerbench-{}", uid.as_raw()).into()
    }
}

/// A run's directory and what is needed to open subjects in it.
#[derive(Debug)]
pub(crate) struct Workplace {
    run: Run,
    size: u64,
    numbers: AtomicU32,
    padding: AtomicU32,
}

/// A subject, open. Close it to learn of failures; dropping logs them.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) planned: Planned,
    pub(crate) driver: Box<dyn Driver>,
    pub(crate) ground: Ground,
    /// An empty directory on the backing store: volumes, and for the control the whole work.
    pub(crate) plain: PathBuf,
    /// The control's directory, where the role is control.
    pub(crate) hostdir: Option<PathBuf>,
}

impl Workplace {
    /// Makes the run's directory. The process is in its private namespace already ([`enter`]).
    pub(crate) fn create(args: &WorkArgs) -> anyhow::Result<Self> {
        let run = Run::create(&args.work.clone().unwrap_or_else(default_work))?;
        Ok(Self {
            run,
            size: args.size.as_u64(),
            numbers: AtomicU32::new(0),
            padding: AtomicU32::new(0),
        })
    }

    /// Chooses the subjects and makes the run's directory. Those that nobody asked for by name and that do not open are set
    /// aside.
    pub(crate) fn with_subjects(
        args: &WorkArgs,
        requested: &[String],
        backing: Option<Backing>,
        host: &Host,
    ) -> anyhow::Result<(Self, Selection)> {
        let mut selection = subjects::select(requested, backing, host)?;
        if selection.ready.is_empty() {
            return Err(exit::coded(
                exit::MISSING,
                "no driver can run here; layerbench doctor says why",
            ));
        }
        let place = Self::create(args)?;
        if requested.is_empty() {
            place.set_aside_what_does_not_open(&mut selection, host);
            if let (true, Some(first)) = (selection.ready.is_empty(), selection.absent.first()) {
                let why = first.missing.what.clone();
                return Err(exit::coded(
                    exit::OS,
                    format!("no driver could be opened here: {why}"),
                ));
            }
        }
        Ok((place, selection))
    }

    /// The run's directory.
    pub(crate) fn dir(&self) -> &Path {
        self.run.dir()
    }

    /// The run's unique name.
    pub(crate) fn run_id(&self) -> &str {
        self.run.id()
    }

    /// A fresh directory of the host's filesystem.
    pub(crate) fn directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        Ok(self.run.directory(name)?)
    }

    /// A fresh directory of that name and a number of its own.
    pub(crate) fn numbered_directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.directory(&format!("{name}-{number}"))
    }

    /// From now on, names of stores are longer by so many characters, up to 15. Where a path lies in memory, and so how fast
    /// it is looked up, depends on its length (Mytkowicz et al. 2009): over several lengths that evens out.
    pub(crate) fn lengthen(&self, by: u32) {
        self.padding.store(by.min(15), Ordering::Relaxed);
    }

    /// As long for every subject: none is to have the shorter path.
    fn store_name(&self, number: u32) -> String {
        let padding = self.padding.load(Ordering::Relaxed) as usize;
        format!("s{number:04}{}", "x".repeat(padding))
    }

    /// Makes a backing store for a subject.
    pub(crate) fn ground(&self, planned: &Planned, host: &Host) -> anyhow::Result<Ground> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Ground::create_for(
            &planned.spec.options,
            &self.run,
            &self.store_name(number),
            planned.backing,
            self.size,
            host,
        )
        .with_context(|| {
            format!(
                "making the ground of {}@{}",
                planned.backend.name(),
                planned.backing
            )
        })
    }

    /// Makes the ground of a subject and opens its driver on it.
    pub(crate) fn open(&self, planned: &Planned, host: &Host) -> anyhow::Result<Opened> {
        let ground = self.ground(planned, host)?;
        let driver = drivers::slowed::open(planned.backend, ground.root(), &planned.spec.options)
            .with_context(|| {
            format!("opening {}@{}", planned.backend.name(), planned.backing)
        })?;
        let name = planned.name(&driver.ground_label());
        let make = |name: &str| -> anyhow::Result<PathBuf> {
            let dir = driver.plain_dir().join(name);
            std::fs::create_dir(&dir).with_context(|| format!("making {}", dir.display()))?;
            Ok(dir)
        };
        let plain = make("plain")?;
        let hostdir = if planned.role == Role::Control {
            Some(make("hostdir")?)
        } else {
            None
        };
        Ok(Opened {
            name,
            planned: planned.clone(),
            driver,
            ground,
            plain,
            hostdir,
        })
    }

    /// Opens and closes each subject once. One that nobody asked for by name and that does not open is set aside, with
    /// what it said, and does not end the run: a probe cannot foresee everything.
    fn set_aside_what_does_not_open(&self, selection: &mut Selection, host: &Host) {
        let said: Vec<Option<String>> = std::thread::scope(|scope| {
            let trials: Vec<_> = selection
                .ready
                .iter()
                .map(|planned| scope.spawn(|| self.open(planned, host).and_then(Opened::close)))
                .collect();
            trials
                .into_iter()
                .map(|trial| match trial.join() {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(format!("{error:#}")),
                    Err(_) => Some("its driver panicked".to_owned()),
                })
                .collect()
        });
        let planned = std::mem::take(&mut selection.ready);
        for (planned, said) in planned.into_iter().zip(said) {
            match said {
                None => selection.ready.push(planned),
                Some(what) => selection.absent.push(Absent {
                    backend: planned.backend,
                    missing: Missing {
                        reason: MissingReason::Filesystem,
                        what,
                        fix: format!(
                            "run it alone for the whole story: layerbench -vv conform --driver {}",
                            planned.backend.name()
                        ),
                    },
                }),
            }
        }
    }

    /// Removes the run's directory.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        Ok(self.run.close()?)
    }
}

impl Opened {
    /// Closes the driver, then its ground.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        let closed = self.driver.close();
        // The ground goes even when the driver could not be closed; its error is the one that explains.
        let ground = self.ground.close();
        closed.with_context(|| format!("closing {}", self.name))?;
        ground.with_context(|| format!("closing the ground of {}", self.name))?;
        Ok(())
    }
}

/// Closes all, and gives the first failure after having tried each.
pub(crate) fn close_all(opened: Vec<Opened>) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    for subject in opened {
        outcome = outcome.and(subject.close());
    }
    outcome
}
