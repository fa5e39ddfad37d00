//! A subject of the test run: its backing store and its driver, opened when they are first needed.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use conformance::{Case, Report, Subject};
use drivers::sandbox::{Ground, NO_PROJECTS, Run};
use drivers::{Error, ErrorKind, Host, Missing, MissingReason, Result, SubjectSpec};

use crate::leaks;
use crate::watch::Watch;

/// Sparse: only what is written takes space.
const SIZE: u64 = 3 << 30;

/// Enough for an empty filesystem of any kind.
const TRIAL: u64 = 320 << 20;

/// Where runs of this user work.
pub(crate) fn work_dir() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    PathBuf::from(format!("/var/tmp/layerbench-test-{user}"))
}

/// A subject's name before it is opened: the backing as asked for.
pub(crate) fn spell(spec: &SubjectSpec) -> String {
    let default = drivers::backend(&spec.driver)
        .ok()
        .and_then(|backend| backend.backings().first().copied());
    let backing = spec
        .backing
        .or(default)
        .map_or("nowhere", drivers::Backing::name);
    drivers::subject::subject_name(&spec.driver, backing, &spec.options)
}

/// Why a driver that is to hold limits cannot be opened on this kernel, if so: found out by trying.
pub(crate) fn refused(spec: &SubjectSpec, run: &Run, host: &Host) -> Result<Option<Missing>> {
    let (Some(backing), true) = (spec.backing, spec.options.wants_quota()) else {
        return Ok(None);
    };
    let name = spell(spec).replace(['@', ',', '='], "-");
    match Ground::create_for(&spec.options, run, &name, backing, TRIAL, host) {
        Ok(ground) => {
            let opened = drivers::backend(&spec.driver)?.open(ground.root(), &spec.options);
            let missing = match opened {
                Ok(driver) => driver.close().map(|()| None)?,
                Err(error) if error.kind() == ErrorKind::Unsupported => Some(Missing {
                    reason: MissingReason::Kernel,
                    what: error.to_string(),
                    fix: "use another kernel".to_owned(),
                }),
                Err(error) => return Err(error),
            };
            ground.close().map(|()| missing)
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Some(Missing {
            reason: MissingReason::Kernel,
            what: format!("{backing} made for project quotas cannot be mounted"),
            fix: NO_PROJECTS.to_owned(),
        })),
        Err(error) => Err(error),
    }
}

/// Closes them all, and ends the run. Gives this exit code, or failure, with the reason in the output, where that cannot be
/// done or something is left.
pub(crate) fn end(labs: Vec<Arc<Lab>>, run: Arc<Run>, code: ExitCode) -> Result<ExitCode> {
    let mut code = code;
    for lab in labs {
        if let Err(error) = lab.close() {
            println!("{}: {error}", lab.name());
            code = ExitCode::FAILURE;
        }
    }
    let dir = run.dir().to_owned();
    drop(run);
    for leak in leaks::find(&dir)? {
        println!("left behind: {leak}");
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

/// A subject, closed or open.
#[derive(Debug)]
pub(crate) struct Lab {
    number: usize,
    name: String,
    spec: SubjectSpec,
    run: Arc<Run>,
    host: Host,
    open: Mutex<Open>,
}

#[derive(Debug)]
enum Open {
    NotYet,
    Yes(Box<Subject>, Box<Ground>),
    Failed(String),
}

impl Lab {
    /// A subject that nothing has been done for yet.
    pub(crate) fn new(number: usize, spec: SubjectSpec, run: Arc<Run>, host: Host) -> Self {
        Self {
            number,
            name: spell(&spec),
            spec,
            run,
            host,
            open: Mutex::new(Open::NotYet),
        }
    }

    /// `driver@backing,option=value`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs a case, one at a time.
    ///
    /// # Errors
    /// When the subject cannot be opened.
    pub(crate) fn run(&self, case: &Case, watch: &Watch) -> Result<Report> {
        let name = format!("{} {}", self.name, case.name);
        self.with(watch, |subject| {
            watch.over(&name, || conformance::run(case, subject))
        })
    }

    /// Does something with the subject, opened if it is not yet; one at a time.
    ///
    /// # Errors
    /// When the subject cannot be opened.
    pub(crate) fn with<T>(&self, watch: &Watch, work: impl FnOnce(&mut Subject) -> T) -> Result<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*open, Open::NotYet) {
            *open = match watch.over(&self.name, || self.make()) {
                Ok((subject, ground)) => Open::Yes(Box::new(subject), Box::new(ground)),
                Err(error) => Open::Failed(error.to_string()),
            };
        }
        match &mut *open {
            Open::Yes(subject, _) => Ok(work(subject)),
            Open::Failed(why) => {
                Err(Error::new(ErrorKind::Io, "open the subject").because(why.clone()))
            }
            Open::NotYet => Err(Error::new(ErrorKind::NotFound, "open the subject")),
        }
    }

    /// Closes the driver, then its backing store.
    ///
    /// # Errors
    /// When either is still in use.
    pub(crate) fn close(&self) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *open, Open::NotYet) {
            Open::Yes(subject, ground) => subject.close().and(ground.close()),
            Open::NotYet | Open::Failed(_) => Ok(()),
        }
    }

    fn make(&self) -> Result<(Subject, Ground)> {
        let backend = drivers::backend(&self.spec.driver)?;
        self.spec.options.check(backend.name(), backend.options())?;
        let backing = self
            .spec
            .backing
            .or_else(|| backend.backings().first().copied())
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, "choose a backing"))?;
        let ground = Ground::create_for(
            &self.spec.options,
            &self.run,
            &format!("g{}", self.number),
            backing,
            SIZE,
            &self.host,
        )?;
        let scratch = self.run.directory(&format!("s{}", self.number))?;
        let subject = Subject::open(
            backend,
            ground.root().clone(),
            self.spec.options.clone(),
            &scratch,
        )?;
        Ok((subject, ground))
    }
}
