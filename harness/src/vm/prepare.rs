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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::guests;
    use crate::vm::stamp::Stamp;

    /// A cache as the stages leave it, with other content.
    fn made(cache: &Cache, guest: Guest) {
        packages::tests::made(cache, guest);
        let fetched = packages::done(cache, guest).unwrap();
        build::tests::made(cache, &fetched);
        let built = build::done(cache, &fetched).unwrap();
        image::tests::made(cache, &built);
    }

    #[test]
    fn a_stage_that_is_half_made_is_made_again_with_those_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let guest = guests::ALL[0];
        let cache = Cache::open(Some(dir.path()), guest, true).unwrap();
        let now = || readiness(&cache, guest);
        assert_eq!(now(), Readiness::Nothing);
        made(&cache, guest);
        assert_eq!(now(), Readiness::Ready);

        let cut = |path: &str| {
            let path = cache.path(path);
            let text = std::fs::read(&path).unwrap();
            std::fs::write(path, &text[..text.len() - 1]).unwrap();
        };
        for (path, then) in [
            ("guest/base.cpio.zst", Readiness::Built),
            ("guest/vmlinuz", Readiness::Built),
            ("image.stamp", Readiness::Built),
            ("mods/zfs.ko", Readiness::Fetched),
            ("modules.stamp", Readiness::Fetched),
            ("packages.stamp", Readiness::Nothing),
        ] {
            made(&cache, guest);
            cut(path);
            assert_eq!(now(), then, "{path} cut");
        }
        for (path, then) in [
            ("guest", Readiness::Built),
            ("mods", Readiness::Fetched),
            ("root/tools", Readiness::Nothing),
        ] {
            made(&cache, guest);
            cache.discard(&cache.path(path)).unwrap();
            assert_eq!(now(), then, "without {path}");
        }
        // Modules of other packages, a base of other modules: whole, and not what is wanted.
        made(&cache, guest);
        let path = packages::stamp_path(&cache);
        let mut newer = Stamp::read(&path).unwrap();
        newer
            .files
            .push(("1".repeat(64), "kernel/newer.deb".to_owned()));
        newer.write(&path).unwrap();
        assert_eq!(now(), Readiness::Fetched);
    }
}
