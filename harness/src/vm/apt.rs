//! An apt of the cache's own: its lists, its idea of what is installed (nothing) and its sources, so that the host's are
//! neither read nor changed. apt checks signatures and checksums as ever. What the host's apt is told of proxies holds.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::guests::Guest;
use super::job::{Job, ask, program};
use super::place::Cache;
use crate::exit;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const MIRROR: &str = "http://deb.debian.org/debian";
const LISTS_LIMIT: Duration = Duration::from_secs(180);
const FETCH_LIMIT: Duration = Duration::from_secs(900);
const ASK_LIMIT: Duration = Duration::from_secs(60);

/// The private apt.
#[derive(Debug)]
pub(super) struct Apt<'a> {
    cache: &'a Cache,
    conf: PathBuf,
    get: PathBuf,
    ask: PathBuf,
    env: PathBuf,
}

impl<'a> Apt<'a> {
    /// Writes its configuration and fetches the lists of packages.
    ///
    /// # Errors
    /// Code 6 where the packages cannot be had, with the reason.
    pub(super) fn new(
        cache: &'a Cache,
        guest: Guest,
        mirror: Option<&str>,
    ) -> anyhow::Result<Self> {
        if !Path::new(KEYRING).exists() {
            return Err(exit::coded(
                exit::MISSING,
                format!(
                    "{KEYRING} is not there, and Debian's packages cannot be verified without it: apt-get install debian-archive-keyring"
                ),
            ));
        }
        let dir = cache.fresh("apt")?;
        for sub in ["lists/partial", "cache/archives/partial", "parts"] {
            std::fs::create_dir_all(dir.join(sub))?;
        }
        let mirror = mirror.map_or_else(|| of_the_host(guest.release), str::to_owned);
        let conf = dir.join("apt.conf");
        for (path, text) in [
            (dir.join("status"), String::new()),
            (dir.join("parts/debian.sources"), sources(guest, &mirror)),
            (conf.clone(), configuration(&dir, guest)),
        ] {
            std::fs::write(&path, text)
                .with_context(|| format!("could not write {}", path.display()))?;
        }
        let apt = Self {
            cache,
            conf,
            get: program("apt-get", "apt")?,
            ask: program("apt-cache", "apt")?,
            env: program("env", "coreutils")?,
        };
        apt.work(
            "fetch the lists of packages",
            "update",
            LISTS_LIMIT,
            apt.cache.dir(),
            &["update", "-qq", "-o", "APT::Update::Error-Mode=any"],
        )
        .map_err(|error| without_packages(&error, &mirror))?;
        Ok(apt)
    }

    /// Fetches packages by name into `dir`, without what they need.
    pub(super) fn fetch(&self, dir: &Path, names: &[String]) -> anyhow::Result<()> {
        let mut line = vec!["download", "-qq"];
        line.extend(names.iter().map(String::as_str));
        self.work(
            "fetch the kernel's packages",
            "fetch-kernel",
            FETCH_LIMIT,
            dir,
            &line,
        )
    }

    /// Fetches packages with all they need into `dir`.
    pub(super) fn fetch_all(&self, dir: &Path, names: &[&str]) -> anyhow::Result<()> {
        std::fs::create_dir_all(dir.join("partial"))?;
        let archives = format!("Dir::Cache::archives={}", dir.display());
        let mut line = vec!["install", "-y", "-d", "-qq", "-o", &archives];
        line.extend(names);
        let log = format!(
            "fetch-{}",
            dir.file_name().unwrap_or_default().to_string_lossy()
        );
        self.work("fetch packages", &log, FETCH_LIMIT, self.cache.dir(), &line)
    }

    /// The first package that `package` depends on whose name has this beginning and this end.
    pub(super) fn dependency(
        &self,
        package: &str,
        begins: &str,
        ends: &str,
    ) -> anyhow::Result<String> {
        let text = self.question(&["depends", package])?;
        dependency(&text, begins, ends)
            .map(str::to_owned)
            .ok_or_else(|| {
                exit::coded(
                    exit::MISSING,
                    format!(
                        "{package} depends on no {begins}...{ends}: the archive is not what it was"
                    ),
                )
            })
    }

    fn question(&self, line: &[&str]) -> anyhow::Result<String> {
        let conf = format!("APT_CONFIG={}", self.conf.display());
        let tool = self.ask.as_os_str();
        let mut args: Vec<&OsStr> = vec![conf.as_ref(), tool];
        args.extend(line.iter().map(OsStr::new));
        ask(&self.env, &args, ASK_LIMIT)
    }

    fn work(
        &self,
        what: &str,
        log: &str,
        limit: Duration,
        dir: &Path,
        line: &[&str],
    ) -> anyhow::Result<()> {
        Job {
            what,
            dir,
            log: self.cache.path(format!("{log}.log")),
            limit,
            variables: vec![("APT_CONFIG", self.conf.as_os_str())],
        }
        .run(&self.get, line)
    }
}

fn without_packages(error: &anyhow::Error, mirror: &str) -> anyhow::Error {
    exit::coded(
        exit::MISSING,
        format!(
            "the guest's packages cannot be had from {mirror} (--mirror URL names another): {error:#}"
        ),
    )
}

/// One stanza: the release's suites at the mirror, with the section that ZFS is in.
fn sources(guest: Guest, mirror: &str) -> String {
    format!(
        "Types: deb\nURIs: {mirror}\nSuites: {}\nComponents: main contrib\nSigned-By: {KEYRING}\n",
        guest.suites.join(" ")
    )
}

fn configuration(dir: &Path, guest: Guest) -> String {
    let mut text = String::new();
    let dir = dir.display();
    for (name, value) in [
        ("Dir::Etc::sourcelist", "/nonexistent".to_owned()),
        ("Dir::Etc::sourceparts", format!("{dir}/parts")),
        ("Dir::State", format!("{dir}")),
        ("Dir::State::lists", format!("{dir}/lists")),
        ("Dir::State::status", format!("{dir}/status")),
        ("Dir::Cache", format!("{dir}/cache")),
        ("APT::Architecture", "amd64".to_owned()),
        (
            "APT::Default-Release",
            guest.suites.first().copied().unwrap_or_default().to_owned(),
        ),
        ("APT::Install-Recommends", "false".to_owned()),
        // Whoever calls fetches: the cache is the caller's.
        ("APT::Sandbox::User", String::new()),
        ("Acquire::Languages", "none".to_owned()),
        ("Acquire::Retries", "3".to_owned()),
    ] {
        let _ = writeln!(text, "{name} \"{value}\";");
    }
    text
}

/// The mirror the host's own apt takes this release from; otherwise Debian's.
fn of_the_host(release: &str) -> String {
    let mut texts = Vec::new();
    let lists = std::fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    for path in lists.chain(["/etc/apt/sources.list".into()]) {
        if path
            .extension()
            .is_some_and(|e| e == "sources" || e == "list")
        {
            texts.extend(std::fs::read_to_string(&path));
        }
    }
    texts
        .iter()
        .find_map(|text| mirror_in(text, release))
        .unwrap_or_else(|| MIRROR.to_owned())
}

/// The mirror of a release in the text of a list of sources, in either of its forms.
fn mirror_in(text: &str, release: &str) -> Option<String> {
    let lines = text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("deb ")?.trim_start();
        let line = match line.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?.1,
            None => line,
        };
        let mut words = line.split_whitespace();
        let (mirror, suite) = (words.next()?, words.next()?);
        (suite == release).then(|| mirror.to_owned())
    });
    let stanzas = || {
        text.split("\n\n").find_map(|stanza| {
            let of = |name: &str| {
                stanza
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            };
            let suites = of("Suites")?;
            let mirror = of("URIs")?.split_whitespace().next()?;
            suites
                .split_whitespace()
                .any(|suite| suite == release)
                .then(|| mirror.to_owned())
        })
    };
    lines.or_else(stanzas)
}

/// The name in a line `  Depends: NAME` of `apt-cache depends`.
fn dependency<'t>(text: &'t str, begins: &str, ends: &str) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| {
            line.trim_start()
                .trim_start_matches('|')
                .strip_prefix("Depends: ")
        })
        .find(|name| name.starts_with(begins) && name.ends_with(ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::guests;

    #[test]
    fn the_hosts_mirror_is_found_in_both_forms() {
        let new = "# x\nTypes: deb\nURIs: http://a/debian\nSuites: bookworm bookworm-updates\n\nTypes: deb\nURIs: http://b\nSuites: trixie\n";
        assert_eq!(mirror_in(new, "bookworm").unwrap(), "http://a/debian");
        assert_eq!(mirror_in(new, "trixie").unwrap(), "http://b");
        assert_eq!(mirror_in(new, "bookworm-security"), None);
        let old = "# deb http://no bookworm main\ndeb-src http://no bookworm main\n deb [signed-by=/k arch=amd64] http://c bookworm main\n";
        assert_eq!(mirror_in(old, "bookworm").unwrap(), "http://c");
        assert_eq!(mirror_in("deb [broken\nSuites bookworm", "bookworm"), None);
    }

    #[test]
    fn a_dependency_is_found_by_its_beginning_and_end() {
        let text =
            "linux-headers-6.1\n  Depends: linux-kbuild-6.1\n |Depends: linux-headers-6.1-common\n";
        assert_eq!(
            dependency(text, "linux-headers-", "-common"),
            Some("linux-headers-6.1-common")
        );
        assert_eq!(
            dependency(text, "linux-kbuild-", ""),
            Some("linux-kbuild-6.1")
        );
        assert_eq!(dependency(text, "gcc-", ""), None);
    }

    #[test]
    fn nothing_of_the_host_is_in_its_configuration() {
        let text = configuration(Path::new("/cache/apt"), guests::ALL[0]);
        assert!(
            text.contains("Dir::State::status \"/cache/apt/status\";"),
            "{text}"
        );
        assert!(
            text.contains("APT::Default-Release \"bookworm-backports\";"),
            "{text}"
        );
        let sources = sources(guests::ALL[1], "http://m");
        assert!(
            sources.contains("Suites: bookworm\n") && sources.contains("Signed-By: "),
            "{sources}"
        );
    }
}
