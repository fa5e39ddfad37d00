//! This process serves the disks it uses. Killed in the midst of a trial it would hang: a thread that waits for such a disk
//! cannot end, and as long as it has not ended the kernel keeps the other end open, so nobody tells it that the server is gone;
//! sync(2) would then hang for the whole machine. So another process waits for this one's end, and ends the connections.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result, fusectl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Pid, getppid};

/// The first argument of such a process.
pub(crate) const CHILD: &str = "--guardian";

/// Told when the thread that started it is gone, though others of its process may not be.
const PARENT_GONE: Signal = Signal::SIGUSR1;

/// Starts one for all that is mounted below `dir`. The calling thread must do nothing that can hang, until the end.
pub(crate) fn start(dir: &Path) -> Result<()> {
    let program = std::env::current_exe().attempt("find", "/proc/self/exe")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "it must outlive this process, whatever ends it"
    )]
    std::process::Command::new(&program)
        .arg(CHILD)
        .arg(std::process::id().to_string())
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // What ends a whole group does not end it.
        .process_group(0)
        .spawn()
        .map(drop)
        .attempt("start", &program)
}

/// In it: waits, then ends the connections.
pub(crate) fn child(arguments: &[String]) -> Result<()> {
    let [parent, dir] = arguments else {
        return Err(Error::new(ErrorKind::BadInput, "read the arguments"));
    };
    let told = SigSet::from(PARENT_GONE);
    let fail = |errno: nix::Error| Error::io("guard", dir, std::io::Error::from(errno));
    told.thread_block().map_err(fail)?;
    set_pdeathsig(PARENT_GONE).map_err(fail)?;
    let parent = parent.parse().map(Pid::from_raw);
    // Gone before it could be told of.
    if parent == Ok(getppid()) {
        told.wait().map_err(fail)?;
    }
    fusectl::abort_below(&[Path::new(dir)]).map(drop)
}
