//! Servers that images have, as data: how each is started, and when it serves.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::rooted::{InRoot, Running};
use drivers::{Error, ErrorKind, Result};
use rustix::process::Signal;

use crate::own::{self, Ready};
use crate::programs;

/// Far more than any of them takes to start; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that goes on until it is ended. `{n}` in its words is its number: in a plain directory several share a root.
#[derive(Debug)]
pub(super) struct Server {
    /// As results name it.
    pub(super) name: &'static str,
    /// Where it is looked for; a `*` stands for a name, the highest version first.
    paths: &'static [&'static str],
    args: &'static [&'static str],
    /// Whom it runs as, by the image's own list of users; `None`: root.
    user: Option<&'static str>,
    /// What is run once before it, and makes [`Self::data`].
    first: Option<First>,
    /// A file it is told in, and its content.
    settings: Option<(&'static str, &'static str)>,
    serves: Serves,
    /// How it is ended: one without is killed, because nothing is asked of what it leaves.
    ends: Option<Signal>,
}

/// A program that makes what a server begins with.
#[derive(Debug)]
struct First {
    paths: &'static [&'static str],
    args: &'static [&'static str],
    /// The directory it makes, for the server of that number.
    data: &'static str,
}

/// When a server serves.
#[derive(Debug)]
enum Serves {
    /// It answers a request of HTTP on this socket.
    Http(&'static str),
    /// It says so.
    Line(&'static str),
}

const SOCKET: &str = "/dev/shm/socket-{n}";

pub(super) const SERVERS: &[Server] = &[
    Server {
        name: "perl",
        paths: &["/usr/bin/perl", "/usr/local/bin/perl"],
        args: &[
            "-e",
            "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un('/dev/shm/socket-{n}')) && listen(S, 8) \
             or die $!; while (accept(C, S)) { sysread(C, $_, 4096); syswrite(C, \"HTTP/1.0 200 OK\\r\\n\\r\\n\"); close(C) }",
        ],
        user: None,
        first: None,
        settings: None,
        serves: Serves::Http(SOCKET),
        ends: None,
    },
    Server {
        name: "python3",
        paths: &["/usr/bin/python3", "/usr/local/bin/python3"],
        args: &[
            "-c",
            "import functools, http.server, socketserver\n\
             class Quiet(http.server.SimpleHTTPRequestHandler):\n    def log_message(self, *words): pass\n\
             handler = functools.partial(Quiet, directory='/tmp')\n\
             socketserver.UnixStreamServer('/dev/shm/socket-{n}', handler).serve_forever()",
        ],
        user: None,
        first: None,
        settings: None,
        serves: Serves::Http(SOCKET),
        ends: None,
    },
    Server {
        name: "nginx",
        paths: &["/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"],
        args: &["-e", "stderr", "-c", "/dev/shm/nginx-{n}"],
        user: None,
        first: None,
        settings: Some((
            "dev/shm/nginx-{n}",
            "daemon off; master_process off; user root; error_log stderr notice; pid /dev/shm/pid-{n};\n\
             events {}\n\
             http { access_log off; client_body_temp_path /dev/shm/body-{n}; proxy_temp_path /dev/shm/proxy-{n}; \
             fastcgi_temp_path /dev/shm/fastcgi-{n}; uwsgi_temp_path /dev/shm/uwsgi-{n}; \
             scgi_temp_path /dev/shm/scgi-{n}; server { listen unix:/dev/shm/socket-{n}; } }\n",
        )),
        serves: Serves::Http(SOCKET),
        ends: None,
    },
    Server {
        name: "postgres",
        paths: &[
            "/usr/lib/postgresql/*/bin/postgres",
            "/usr/local/bin/postgres",
        ],
        // Its port names its socket; there is no network.
        args: &[
            "-D",
            "/tmp/layerbench-{n}",
            "-c",
            "listen_addresses=",
            "-c",
            "unix_socket_directories=/dev/shm",
            "-c",
            "port=541{n}",
            "-c",
            "shared_buffers=32MB",
            "-c",
            "autovacuum=off",
        ],
        user: Some("postgres"),
        first: Some(First {
            paths: &["/usr/lib/postgresql/*/bin/initdb", "/usr/local/bin/initdb"],
            args: &[
                "-D",
                "/tmp/layerbench-0",
                "--no-sync",
                "--no-locale",
                "-E",
                "UTF8",
                "-A",
                "trust",
            ],
            data: "tmp/layerbench-{n}",
        }),
        settings: None,
        serves: Serves::Line("database system is ready to accept connections"),
        // An immediate shutdown: killed, it would leave its shared memory on the host.
        ends: Some(Signal::QUIT),
    },
];

fn numbered(text: &str, number: usize) -> String {
    text.replace("{n}", &number.to_string())
}

/// A server as an image has it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) server: &'static Server,
    program: PathBuf,
    first: Option<PathBuf>,
    user: Option<(u32, u32)>,
}

impl Server {
    /// Looks for it in a root.
    ///
    /// # Errors
    /// Whatever looking gives.
    pub(super) fn find(&'static self, root: &Path) -> Result<Option<Found>> {
        let Some(program) = programs::first_of(root, self.paths)? else {
            return Ok(None);
        };
        let first = match &self.first {
            None => None,
            Some(first) => match programs::first_of(root, first.paths)? {
                None => return Ok(None),
                found => found,
            },
        };
        let user = match self.user {
            None => None,
            Some(name) => match programs::user(root, name)? {
                None => return Ok(None),
                found => found,
            },
        };
        Ok(Some(Found {
            server: self,
            program,
            first,
            user,
        }))
    }
}

impl Found {
    fn in_root(&self, root: &Path, program: &Path) -> InRoot {
        let run = InRoot::new(root, program).env("LC_ALL", "C");
        match self.user {
            Some((user, group)) => run.user(user, group),
            None => run,
        }
    }

    /// Whether something has to be made before it can start.
    pub(super) fn has_first(&self) -> bool {
        self.first.is_some()
    }

    /// Where, below a root, the server of that number finds what was made for it.
    pub(super) fn data(&self, number: usize) -> Option<PathBuf> {
        let first = self.server.first.as_ref()?;
        Some(numbered(first.data, number).into())
    }

    /// Makes what the server of number 0 begins with, in a furnished root.
    ///
    /// # Errors
    /// `Daemon` with its last words, `TimedOut`.
    pub(super) fn make_first(&self, root: &Path) -> Result<()> {
        let (Some(program), Some(first)) = (&self.first, &self.server.first) else {
            return Ok(());
        };
        let ended = self.in_root(root, program).args(first.args).run(LIMIT)?;
        ended.require_success()
    }

    /// Starts it in a furnished root, and waits until it serves.
    ///
    /// # Errors
    /// `Daemon` when it ends or answers nonsense, `TimedOut`; both with its last words.
    pub(super) fn start(&self, root: &Path, number: usize) -> Result<Running> {
        let own = |text: &str| numbered(text, number);
        if let Some((path, settings)) = self.server.settings {
            let path = root.join(own(path));
            std::fs::write(&path, own(settings)).attempt("write", &path)?;
        }
        let args = self.server.args.iter().map(|arg| own(arg));
        let running = self.in_root(root, &self.program).args(args).start()?;
        match self.server.serves {
            Serves::Line(text) => running.ready(text, LIMIT).map(drop)?,
            Serves::Http(socket) => {
                let socket = PathBuf::from(own(socket));
                Ready::Socket(socket.clone()).wait(&running, root, LIMIT)?;
                answers(root, &socket).map_err(|error| {
                    let output = running.output();
                    let last = output.lines().last().unwrap_or_default();
                    Error::new(ErrorKind::Daemon, "serve with")
                        .path(&self.program)
                        .because(format!("{error}; it said last: {last:?}"))
                })?;
            }
        }
        Ok(running)
    }

    /// Ends it.
    ///
    /// # Errors
    /// `TimedOut` when it had to be killed in the end.
    pub(super) fn end(&self, running: Running) -> Result<()> {
        match self.server.ends {
            Some(signal) => running.stop(signal, LIMIT).map(drop),
            None => {
                drop(running);
                Ok(())
            }
        }
    }
}

/// One request, and the beginning of its answer: what it has to load for that is loaded now.
fn answers(root: &Path, socket: &Path) -> Result<()> {
    let op = "ask the server on";
    let mut stream = own::connect(root, socket)?;
    let limit = Some(LIMIT);
    let talk = stream
        .set_read_timeout(limit)
        .and_then(|()| stream.write_all(b"GET / HTTP/1.0\r\n\r\n"))
        .and_then(|()| {
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).map(|()| answer)
        });
    match talk.attempt(op, socket)? {
        answer if &answer == b"HTTP/" => Ok(()),
        answer => Err(Error::new(ErrorKind::Daemon, op)
            .path(socket)
            .because(format!(
                "it answered {:?}",
                String::from_utf8_lossy(&answer)
            ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_one_root_do_not_meet() {
        for server in SERVERS {
            let words = |number| -> Vec<String> {
                let args = server.args.iter().map(|arg| numbered(arg, number));
                args.chain(server.settings.map(|(path, _)| numbered(path, number)))
                    .collect()
            };
            assert_ne!(words(1), words(2), "{}", server.name);
            assert!(words(99).iter().all(|word| !word.contains("{n}")));
        }
    }

    #[test]
    fn a_server_that_is_not_whole_is_not_there() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let postgres = SERVERS.iter().find(|s| s.name == "postgres").unwrap();
        let program = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "#!").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        assert!(postgres.find(root.path()).unwrap().is_none());
        program("usr/lib/postgresql/15/bin/postgres");
        assert!(postgres.find(root.path()).unwrap().is_none());
        program("usr/lib/postgresql/15/bin/initdb");
        assert!(postgres.find(root.path()).unwrap().is_none());
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/passwd"), "postgres:x:7:8:::\n").unwrap();
        let found = postgres.find(root.path()).unwrap().unwrap();
        assert_eq!(found.user, Some((7, 8)));
        assert_eq!(found.data(3).unwrap(), Path::new("tmp/layerbench-3"));
    }
}
