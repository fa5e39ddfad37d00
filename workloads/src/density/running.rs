//! Servers that run, one in each of so many containers of the image of the run: what they take in memory together. Where the
//! containers read one file of the store, their programs and libraries are in memory once; where each has a file of its own,
//! as often as there are containers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::rooted::{InRoot, Running};
use drivers::{Driver, Error, ErrorKind, LayerId, Result};

use super::value;
use crate::cell::{Cell, Ground, Place};
use crate::container::{Container, key};
use crate::processes;
use crate::programs;
use crate::recorder::Metric;
use crate::room::Room;

/// Far more than any of them takes to start; only bounds a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// Where a server keeps its own, in memory: `{n}` is its number.
const OWN: &str = "dev/shm/layerbench-{n}";

/// A program that goes on until it is ended. `{n}` in its words is its number: in a plain directory several share a root.
struct Server {
    name: &'static str,
    paths: &'static [&'static str],
    args: &'static [&'static str],
    /// What it is told in the file [`OWN`].
    settings: &'static str,
    /// What it says when it is ready.
    says: &'static str,
}

const SERVERS: &[Server] = &[
    Server {
        name: "python3",
        paths: &["/usr/bin/python3", "/usr/local/bin/python3"],
        args: &[
            "-c",
            "import http.server, signal; print('ready', flush=True); signal.pause()",
        ],
        settings: "",
        says: "ready",
    },
    Server {
        name: "nginx",
        paths: &["/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"],
        args: &["-e", "stderr", "-c", "/dev/shm/layerbench-{n}"],
        settings: "daemon off; master_process off; user root; error_log stderr notice; pid /dev/shm/pid-{n};\n\
                   events {}\n\
                   http { access_log off; client_body_temp_path /dev/shm/body-{n}; proxy_temp_path /dev/shm/proxy-{n}; \
                   fastcgi_temp_path /dev/shm/fastcgi-{n}; uwsgi_temp_path /dev/shm/uwsgi-{n}; \
                   scgi_temp_path /dev/shm/scgi-{n}; server { listen unix:/dev/shm/socket-{n}; } }\n",
        // Of its messages at its start the last but those of the kernel's name and limits.
        says: "method",
    },
];

impl Server {
    /// Starts it in a furnished root, and waits until it is ready.
    fn start(&self, root: &Path, program: &Path, number: usize) -> Result<Running> {
        let own = |text: &str| text.replace("{n}", &number.to_string());
        if !self.settings.is_empty() {
            let path = root.join(own(OWN));
            std::fs::write(&path, own(self.settings)).attempt("write", &path)?;
        }
        let args = self.args.iter().map(|arg| own(arg));
        let running = InRoot::new(root, program).args(args).start()?;
        running.ready(self.says, LIMIT)?;
        Ok(running)
    }
}

/// A server with what it runs in; taken down in this order.
struct Serving<'a> {
    running: Running,
    room: Option<Room>,
    container: Option<Container<'a>>,
}

impl Serving<'_> {
    fn end(self) -> Result<()> {
        // Killed: nothing is asked of what it leaves.
        drop(self.running);
        self.room.map_or(Ok(()), Room::close)?;
        self.container.map_or(Ok(()), Container::finish)
    }
}

/// Where servers run.
#[derive(Clone, Copy)]
enum Where<'a> {
    Containers(&'a dyn Driver, &'a LayerId),
    Directory(&'a Path),
}

/// Every server in every number of containers.
pub(super) fn measure(cell: &mut Cell<'_>) -> Result<()> {
    if cell.recorder.is_counted() {
        return Ok(());
    }
    let outcome = match (cell.ensure_image()?, cell.ground) {
        (Place::Layer(top), Ground::Driver(driver)) => all(cell, Where::Containers(driver, &top)),
        (Place::Directory(image), _) => all(cell, Where::Directory(&image)),
        (Place::Layer(_), Ground::HostDir(dir)) => {
            Err(Error::new(ErrorKind::Corrupt, "find the image in").path(dir))
        }
    };
    cell.recorder.param("program", None);
    cell.recorder.param("containers", None);
    outcome
}

fn all(cell: &mut Cell<'_>, place: Where<'_>) -> Result<()> {
    let mut absent = Vec::new();
    for server in SERVERS {
        let Some(program) = find(place, server)? else {
            absent.push(server.name);
            continue;
        };
        cell.recorder.param("program", Some(server.name.to_owned()));
        for count in cell.scale.density.density_running.clone() {
            cell.recorder.param("containers", Some(count.to_string()));
            match together(cell, place, server, &program, count as usize) {
                Ok(Some(bytes)) => value(cell, "running", Metric::Memory, bytes),
                Ok(None) => {
                    let why = "the kernel does not tell the memory of processes (smaps_rollup)";
                    cell.recorder.cannot("running", why);
                }
                // It fails in this image, or may not run: no reason not to ask the others.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Unsupported
                            | ErrorKind::Daemon
                            | ErrorKind::TimedOut
                            | ErrorKind::NoSpace
                    ) =>
                {
                    cell.recorder.cannot("running", error.to_string());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    cell.recorder.param("program", None);
    cell.recorder.param("containers", None);
    if !absent.is_empty() {
        let names = absent.join(", ");
        cell.recorder.cannot(
            "running",
            format!("the image lacks {names} (scripts/debian-image.sh makes one that has it)"),
        );
    }
    Ok(())
}

fn find(place: Where<'_>, server: &Server) -> Result<Option<PathBuf>> {
    match place {
        Where::Containers(driver, top) => {
            let view = driver.view(drivers::Item::Layer(top))?;
            let found = programs::first_of(view.path(), server.paths);
            view.close()?;
            found
        }
        Where::Directory(image) => programs::first_of(image, server.paths),
    }
}

/// What so many take in memory while all of them run.
fn together(
    cell: &Cell<'_>,
    place: Where<'_>,
    server: &Server,
    program: &Path,
    count: usize,
) -> Result<Option<u64>> {
    let shared = match place {
        Where::Directory(image) => Some(Room::furnish(image)?),
        Where::Containers(..) => None,
    };
    let mut serving = Vec::with_capacity(count);
    for number in 0..count {
        serving.push(match place {
            Where::Directory(image) => Serving {
                running: server.start(image, program, number)?,
                room: None,
                container: None,
            },
            Where::Containers(driver, top) => {
                let key = key(cell, &format!("run-{number}"))?;
                let container = Container::start(driver, key, cell.scratch, Some(top))?;
                let room = Room::furnish(container.root())?;
                Serving {
                    running: server.start(container.root(), program, number)?,
                    room: Some(room),
                    container: Some(container),
                }
            }
        });
    }
    let shares = serving.iter().map(|one| processes::memory(&one.running));
    let sum = shares.sum::<Option<u64>>();
    let ends = serving.into_iter().map(Serving::end);
    ends.fold(Ok(()), Result::and)?;
    shared.map_or(Ok(()), Room::close)?;
    Ok(sum)
}
