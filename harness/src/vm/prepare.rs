//! The stages in their order; what is done already is left as it is.

use std::time::Instant;

use super::guests::Guest;
use super::place::Cache;
use super::{build, image, packages};
use crate::progress;

/// How packages are fetched and modules built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetching<'a> {
    /// Where packages are from, instead of the host's own mirror.
    pub(crate) mirror: Option<&'a str>,
    /// Everything from the beginning.
    pub(crate) again: bool,
    /// How many compilers at once.
    pub(crate) jobs: usize,
}

/// How far a cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    Nothing,
    Fetched,
    Built,
    Ready,
}

impl Readiness {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Nothing => "not prepared",
            Self::Fetched => "packages fetched",
            Self::Built => "modules built",
            Self::Ready => "ready",
        }
    }
}

/// How far the cache of a guest is; checksums are compared.
pub(crate) fn readiness(cache: &Cache, guest: Guest) -> Readiness {
    let Some(fetched) = packages::done(cache, guest) else {
        return Readiness::Nothing;
    };
    let Some(built) = build::done(cache, &fetched) else {
        return Readiness::Fetched;
    };
    match image::done(cache, &built) {
        Some(_) => Readiness::Ready,
        None => Readiness::Built,
    }
}

/// Makes a guest ready. Gives whether anything was left to do.
///
/// # Errors
/// What a stage gives; the stages before it stay done.
pub(crate) fn prepare(cache: &Cache, guest: Guest, how: Fetching<'_>) -> anyhow::Result<bool> {
    let began = Instant::now();
    let say = |what: &str| {
        let line = format!(
            "layerbench: [{:4} s] {}: {what}",
            began.elapsed().as_secs(),
            guest.name
        );
        progress::say(&line);
    };
    let mut worked = false;
    let fetched = match packages::done(cache, guest).filter(|_| !how.again) {
        Some(done) => done,
        None => {
            worked = true;
            say("fetching packages");
            packages::make(cache, guest, how.mirror)?
        }
    };
    let built = match build::done(cache, &fetched) {
        Some(done) => done,
        None => {
            worked = true;
            let (_, version) = packages::zfs_source(cache)?;
            let kernel = packages::kernel(cache)?.version;
            say(&format!(
                "building the modules of ZFS {version} for Linux {kernel}"
            ));
            build::make(cache, &fetched, how.jobs)?
        }
    };
    if image::done(cache, &built).is_none() {
        worked = true;
        say("assembling the guest");
        image::make(cache, guest, &built)?;
    }
    say("ready");
    Ok(worked)
}
