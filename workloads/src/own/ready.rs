//! When a server is ready: it says so, or it takes connections.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::sys::rooted::Running;
use drivers::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::files;

/// How a server tells that it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// Its output holds this text.
    Line(String),
    /// It takes connections on this port of 127.0.0.1; there is no network but the host's.
    Port(u16),
    /// It takes connections on this socket inside its root.
    Socket(PathBuf),
}

/// Between two tries to connect: what a time until ready may be too long by.
const MOMENT: Duration = Duration::from_micros(500);
/// For one try.
const PATIENCE: Duration = Duration::from_secs(1);

impl Ready {
    /// Makes sure, before the server is started, that nobody else would answer in its place.
    ///
    /// # Errors
    /// `InUse`: the port is taken.
    pub(super) fn is_free(&self) -> Result<()> {
        let Self::Port(port) = self else {
            return Ok(());
        };
        let error = match TcpListener::bind(address(*port)) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Error::new(
                ErrorKind::InUse,
                format!("wait for a server on port {port} of 127.0.0.1"),
            )
            .because("another program of this host listens there already")
            .hint("stop it, or give the workload another port"),
            Err(error) => Error::io("listen on", address(*port).to_string(), error),
        };
        Err(error)
    }

    /// Waits until the server is ready, at most `limit`.
    ///
    /// # Errors
    /// `Daemon` when it ends before, `TimedOut`; both with its last words.
    pub(crate) fn wait(&self, server: &Running, root: &Path, limit: Duration) -> Result<()> {
        let connects = |what: String, connect: &dyn Fn() -> bool| {
            let deadline = Instant::now() + limit;
            while !connect() {
                if server.ended_within(MOMENT) || Instant::now() >= deadline {
                    return Err(not_ready(server, &what, limit));
                }
            }
            Ok(())
        };
        match self {
            Self::Line(text) => server.ready(text, limit).map(drop),
            Self::Port(port) => connects(format!("port {port} of 127.0.0.1"), &|| {
                TcpStream::connect_timeout(&address(*port), PATIENCE).is_ok()
            }),
            Self::Socket(path) => {
                connects(path.display().to_string(), &|| connect(root, path).is_ok())
            }
        }
    }
}

/// Connects to a socket inside a root. By descriptor: a path of a socket may have no more than 107 bytes (unix(7)), and
/// links stay inside.
///
/// # Errors
/// Whatever opening and connecting give.
pub(crate) fn connect(root: &Path, path: &Path) -> Result<UnixStream> {
    let op = "connect, inside the root, to";
    let (_, socket) = files::open(root, path)?;
    UnixStream::connect(format!("/proc/self/fd/{}", socket.as_raw_fd())).attempt(op, path)
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn not_ready(server: &Running, what: &str, limit: Duration) -> Error {
    let output = server.output();
    let mut lines = output.lines().rev().map(str::trim);
    let words: String = lines
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(400)
        .collect();
    let said = if words.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said last: {words:?}")
    };
    let op = format!("connect to the server on {what}");
    if server.ended_within(Duration::ZERO) {
        Error::new(ErrorKind::Daemon, op).because(format!("it has ended; {said}"))
    } else {
        Error::new(ErrorKind::TimedOut, op)
            .because(format!("it took no connection within {limit:?}; {said}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drivers::sys::rooted::InRoot;
    use std::os::unix::net::UnixListener;

    const LIMIT: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Running {
        let shell = InRoot::new(Path::new("/"), "/bin/sh");
        shell.args(["-c", script]).start().unwrap()
    }

    #[test]
    fn a_port_is_waited_for_and_must_be_free_before() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let ready = Ready::Port(port);
        let error = ready.is_free().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InUse);
        assert!(error.to_string().contains(&port.to_string()), "{error}");
        let server = shell("echo thinking; exec sleep 60");
        ready.wait(&server, Path::new("/"), LIMIT).unwrap();
        drop(listener);
        ready.is_free().unwrap();
        server.ready("thinking", LIMIT).unwrap();
        let late = ready.wait(&server, Path::new("/"), Duration::from_millis(20));
        let late = late.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut);
        assert!(late.to_string().contains("thinking"), "{late}");
        let dead = shell("echo no memory; exit 1");
        let error = ready.wait(&dead, Path::new("/"), LIMIT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Daemon);
        assert!(error.to_string().contains("no memory"), "{error}");
    }

    #[test]
    fn a_socket_is_found_inside_the_root_however_long_its_path() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("r".repeat(120));
        std::fs::create_dir_all(root.join("run")).unwrap();
        std::os::unix::fs::symlink("/run", root.join("var")).unwrap();
        // bind(2) takes no long path either.
        let short = dir.path().join("s");
        let _listener = UnixListener::bind(&short).unwrap();
        std::fs::rename(&short, root.join("run/s")).unwrap();
        let ready = Ready::Socket("/var/s".into());
        let server = shell("exec sleep 60");
        ready.wait(&server, &root, LIMIT).unwrap();
        let absent = Ready::Socket("/var/t".into());
        let late = absent.wait(&server, &root, Duration::from_millis(20));
        assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
