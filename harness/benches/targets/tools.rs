//! Other people's tools as arms: a line to run on the clock, and lines that put everything back.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::sys::daemon::Daemon;
use drivers::{Error, ErrorKind, Host, Result, remove};

use crate::blocks::Arm;

/// Far more than any of it takes; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(600);

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    program: PathBuf,
    args: Vec<OsString>,
}

impl Line {
    /// The line, if the program is installed.
    pub(crate) fn new<S: Into<OsString>>(
        host: &Host,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let found = host.tool(program).ok_or_else(|| {
            Error::new(ErrorKind::Missing, "compare with")
                .because(format!("{program} is not installed"))
                .hint("scripts/speed.sh installs what is compared with")
        })?;
        Ok(Self {
            program: found,
            args: args.into_iter().map(Into::into).collect(),
        })
    }

    /// Adds an argument.
    pub(crate) fn push(&mut self, arg: impl Into<OsString>) {
        self.args.push(arg.into());
    }

    /// Runs it; what it printed.
    pub(crate) fn run(&self) -> Result<Vec<u8>> {
        let args: Vec<&OsStr> = self.args.iter().map(OsString::as_os_str).collect();
        command::run(&self.program, &args, LIMIT)
    }
}

/// An arm that runs lines.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) work: Vec<Line>,
    pub(crate) clean: Vec<Line>,
    /// Removed afterwards.
    pub(crate) leaves: Vec<PathBuf>,
}

impl Arm for Tool {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn work(&mut self) -> Result<()> {
        self.work.iter().try_for_each(|line| line.run().map(drop))
    }

    fn clean(&mut self) -> Result<()> {
        self.clean
            .iter()
            .try_for_each(|line| line.run().map(drop))?;
        self.leaves.iter().try_for_each(|dir| remove::tree(dir))
    }
}

/// A store of containers/storage: what podman, skopeo and buildah keep images in.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    pub(crate) graph: PathBuf,
    pub(crate) run: PathBuf,
    pub(crate) driver: &'static str,
}

impl Storage {
    /// One below `dir`. `run` is where it keeps what lives until the next boot: podman takes no path of more than 50
    /// characters for that.
    pub(crate) fn new(dir: &Path, name: &str, driver: &'static str, run: PathBuf) -> Result<Self> {
        let dir = dir.join(name);
        std::fs::create_dir_all(&dir).attempt("create the directory", &dir)?;
        Ok(Self {
            graph: dir.join("graph"),
            run,
            driver,
        })
    }

    /// `containers-storage:[overlay@GRAPH+RUN]peer:latest`.
    pub(crate) fn image(&self) -> String {
        format!(
            "containers-storage:[{}@{}+{}]localhost/peer:latest",
            self.driver,
            self.graph.display(),
            self.run.display()
        )
    }

    /// The options of podman and containers-storage that choose it.
    pub(crate) fn options(&self, names: [&str; 3]) -> Vec<OsString> {
        let [graph, run, driver] = names;
        vec![
            graph.into(),
            self.graph.clone().into(),
            run.into(),
            self.run.clone().into(),
            driver.into(),
            self.driver.into(),
        ]
    }

    /// Ends what containers/storage keeps mounted: its directory, bound to itself.
    pub(crate) fn release(&self) -> Result<()> {
        let home = self.graph.join(self.driver);
        // Not mounted with every driver.
        rustix::mount::unmount(&home, rustix::mount::UnmountFlags::NOFOLLOW).unwrap_or_default();
        remove::tree(&self.run)
    }
}

/// containerd with a root of its own.
#[derive(Debug)]
pub(crate) struct Containerd {
    daemon: Daemon,
    address: PathBuf,
}

impl Containerd {
    /// Starts it with its data in `data`, and its socket and state in the new directory `state`.
    pub(crate) fn start(host: &Host, data: &Path, state: &Path) -> Result<Self> {
        std::fs::create_dir_all(state).attempt("create the directory", state)?;
        let (address, config) = (state.join("c.sock"), state.join("config.toml"));
        let text = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.internal.v1.opt\"]\n\
             [grpc]\naddress = {:?}\n",
            data.join("containerd"),
            state.join("state"),
            address,
        );
        std::fs::write(&config, text).attempt("write", &config)?;
        let program = host.tool("containerd").ok_or_else(|| {
            Error::new(ErrorKind::Missing, "start").because("containerd is not installed")
        })?;
        let args = ["--config".as_ref(), config.as_os_str()];
        let started = Self {
            daemon: Daemon::spawn(&program, &args, &[])?,
            address,
        };
        let ready = started.ctr(host, ["version"])?;
        for _ in 0..50 {
            if ready.run().is_ok() {
                return Ok(started);
            }
            if started.daemon.ended_within(Duration::from_millis(200)) {
                break;
            }
        }
        Err(Error::new(ErrorKind::Daemon, "start containerd").because(started.daemon.last_words()))
    }

    /// A line of its client.
    pub(crate) fn ctr<S: Into<OsString>>(
        &self,
        host: &Host,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Line> {
        let mut all: Vec<OsString> = vec!["-a".into(), self.address.clone().into()];
        all.extend(args.into_iter().map(Into::into));
        Line::new(host, "ctr", all)
    }

    /// Ends it.
    pub(crate) fn stop(self) -> Result<()> {
        self.daemon.stop(Duration::from_secs(20))
    }
}
