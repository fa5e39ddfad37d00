//! Ctrl-C and SIGTERM: the first asks for an orderly end after the operation in hand, the second ends at once.
//! While a command of the user's runs, they are for that command.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use crate::exit;

/// How many there were.
static REQUESTS: AtomicU32 = AtomicU32::new(0);
/// The process id of the user's command; 0 when there is none.
static COMMAND: AtomicI32 = AtomicI32::new(0);
/// Whether the command is in a process group of its own, so that a terminal's signals reach only this process.
static APART: AtomicBool = AtomicBool::new(false);

/// Installs the handler. After an immediate end, `layerbench sweep` removes what is left.
pub(crate) fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if let Some(command) = Pid::from_raw(COMMAND.load(Ordering::SeqCst)) {
            // At a terminal the command gets Ctrl-C itself, and may live on (a shell, a debugger).
            if APART.load(Ordering::SeqCst) || !std::io::stdin().is_terminal() {
                let _ = kill_process(command, Signal::TERM);
            }
            return;
        }
        if REQUESTS.fetch_add(1, Ordering::SeqCst) > 0 {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        crate::progress::say(
            "\nlayerbench: ending after the operation in hand; again to end at once (then: layerbench sweep)",
        );
    })?;
    Ok(())
}

/// The user asked for an end elsewhere: of the process that does the work.
pub(crate) fn request() {
    REQUESTS.fetch_add(1, Ordering::SeqCst);
}

/// Whether the user asked for an end.
pub(crate) fn requested() -> bool {
    REQUESTS.load(Ordering::SeqCst) > 0
}

/// From now on signals are for the command with this process id.
pub(crate) fn hand_over(pid: u32) {
    APART.store(false, Ordering::SeqCst);
    COMMAND.store(pid.cast_signed(), Ordering::SeqCst);
}

/// The same for one in a process group of its own: it gets each signal once, from here.
pub(crate) fn hand_over_apart(pid: u32) {
    APART.store(true, Ordering::SeqCst);
    COMMAND.store(pid.cast_signed(), Ordering::SeqCst);
}

/// The command has ended.
pub(crate) fn take_back() {
    COMMAND.store(0, Ordering::SeqCst);
}
