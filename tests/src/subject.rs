//! What a case is run against: an opened driver that can be closed and opened again, and a directory for the cases' own use.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Backend, Driver, Error, ErrorKind, LayerId, Options, Result, Root};

use crate::aside::Aside;
use crate::pace::Pace;

/// Opens the driver's root anew.
type Reopen = Box<dyn Fn() -> Result<Box<dyn Driver>> + Send>;

/// Opens a driver of the same kind, with the same options, on another root.
pub(crate) type OpenAt = Box<dyn Fn(&Root) -> Result<Box<dyn Driver>> + Send>;

/// Opens it on a root with other options, which are told.
type OpenWith = Box<dyn Fn(&str, &str) -> Option<(Options, OpenAt)> + Send>;

/// An opened driver under test. Cases run against it one after the other and leave nothing behind.
pub struct Subject {
    driver: Option<Box<dyn Driver>>,
    reopen: Reopen,
    scratch: PathBuf,
    aside: Aside,
    elsewhere: Option<(Root, OpenAt)>,
    options: Options,
    variants: Option<OpenWith>,
    runs: u32,
    kept: BTreeSet<LayerId>,
    pub(crate) pace: Pace,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("driver", &self.driver)
            .field("scratch", &self.scratch)
            .finish_non_exhaustive()
    }
}

impl Subject {
    /// A subject of which `reopen` opens the root, now and whenever a case asks for a restart. `scratch` is an existing
    /// directory of the host's filesystem.
    ///
    /// # Errors
    /// As `reopen`.
    pub fn new(
        reopen: impl Fn() -> Result<Box<dyn Driver>> + Send + 'static,
        scratch: &Path,
    ) -> Result<Self> {
        let scratch = scratch
            .canonicalize()
            .attempt("resolve the scratch directory", scratch)?;
        Ok(Self {
            driver: Some(reopen()?),
            reopen: Box::new(reopen),
            scratch,
            aside: Aside::here(),
            elsewhere: None,
            options: Options::default(),
            variants: None,
            runs: 0,
            kept: BTreeSet::new(),
            pace: Pace::default(),
        })
    }

    /// Says which root it stands on, and how drivers of its kind are opened on others: for cases that turn on what a
    /// root is called, who else has it open, or what lies in it.
    #[must_use]
    pub fn with_roots(
        mut self,
        root: Root,
        open_at: impl Fn(&Root) -> Result<Box<dyn Driver>> + Send + 'static,
    ) -> Self {
        self.elsewhere = Some((root, Box::new(open_at)));
        self
    }

    /// A backend on a root.
    ///
    /// # Errors
    /// As [`Backend::open`].
    pub fn open(
        backend: &'static dyn Backend,
        root: Root,
        options: Options,
        scratch: &Path,
    ) -> Result<Self> {
        let (own, others) = (root.clone(), options.clone());
        let subject = Self::new(move || backend.open(&own, &options), scratch)?;
        let given = others.clone();
        let mut subject = subject.with_roots(root, move |root| backend.open(root, &others));
        subject.options = given.clone();
        subject.variants = Some(Box::new(move |name, value| {
            let mut options = given.clone();
            options.0.insert(name.to_owned(), value.to_owned());
            options.check(backend.name(), backend.options()).ok()?;
            let told = options.clone();
            let open: OpenAt = Box::new(move |root| backend.open(root, &options));
            Some((told, open))
        }));
        Ok(subject)
    }

    /// What is the suite's own work (mountpoints) is done there.
    #[must_use]
    pub fn works_aside(mut self, aside: Aside) -> Self {
        self.aside = aside;
        self
    }

    /// Says whether the processor is emulated: cases that are long for their repetitions repeat less there, and say so.
    #[must_use]
    pub fn emulated(mut self, emulated: bool) -> Self {
        self.pace = Pace::new(emulated);
        self
    }

    /// The opened driver.
    ///
    /// # Errors
    /// `NotFound`, when it could not be opened again after a restart.
    pub fn driver(&self) -> Result<&dyn Driver> {
        self.driver.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "use the driver")
                .because("an earlier restart of it failed")
        })
    }

    /// Closes the driver and opens it again, as after a restart.
    ///
    /// # Errors
    /// As `close` and `open`.
    pub fn restart(&mut self) -> Result<()> {
        if let Some(driver) = self.driver.take() {
            driver.close()?;
        }
        self.driver = Some((self.reopen)()?);
        Ok(())
    }

    /// Closes the driver without opening it again; [`Self::restart`] does that.
    ///
    /// # Errors
    /// As `close`; the driver is gone then, too.
    pub(crate) fn shut(&mut self) -> Result<()> {
        self.driver.take().map_or(Ok(()), |driver| driver.close())
    }

    /// The root it stands on, and how a driver of its kind is opened.
    pub(crate) fn elsewhere(&self) -> Option<&(Root, OpenAt)> {
        self.elsewhere.as_ref()
    }

    /// The options it was opened with, as far as it tells.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// How a driver of its kind is opened with one more option, and all options then; `None` where it has no such option,
    /// or where the subject does not tell.
    pub(crate) fn variant(&self, name: &str, value: &str) -> Option<(Options, OpenAt)> {
        self.variants.as_ref()?(name, value)
    }

    /// Opens the driver anew after a case that failed, whatever state it is in: a dead daemon costs one case, not all.
    pub(crate) fn recover(&mut self) {
        let closed = self.driver.take().map_or(Ok(()), |driver| driver.close());
        if let Err(error) = closed {
            tracing::warn!("{error}");
        }
        match (self.reopen)() {
            Ok(driver) => self.driver = Some(driver),
            Err(error) => tracing::error!("{error}"),
        }
    }

    /// Whether the driver's daemon has died or no longer answers; drivers without one never lose it.
    pub(crate) fn lost_its_daemon(&self) -> bool {
        let answer = self
            .driver
            .as_deref()
            .map_or(Ok(()), |driver| driver.sync());
        answer.is_err_and(|error| matches!(error.kind(), ErrorKind::Daemon | ErrorKind::TimedOut))
    }

    /// Closes the driver.
    ///
    /// # Errors
    /// As [`Driver::close`].
    pub fn close(mut self) -> Result<()> {
        self.driver.take().map_or(Ok(()), |driver| driver.close())
    }

    /// Where anything of this subject may be mounted.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        let mut places = vec![self.scratch.clone()];
        places.extend(self.elsewhere.as_ref().map(|(root, _)| root.dir.clone()));
        places
    }

    /// Where cases keep mountpoints and victims.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Where the suite's own work is done.
    pub(crate) fn aside(&self) -> &Aside {
        &self.aside
    }

    /// A number that no earlier run of a case against this subject had.
    pub(crate) fn next_run(&mut self) -> u32 {
        self.runs += 1;
        self.runs
    }

    /// A layer that several cases share: it stays when they end.
    pub(crate) fn keep(&mut self, id: &LayerId) {
        if !self.kept.contains(id) {
            self.kept.insert(id.clone());
        }
    }

    /// Whether cases share the layer.
    pub(crate) fn keeps(&self, id: &LayerId) -> bool {
        self.kept.contains(id)
    }
}
