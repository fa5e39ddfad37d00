//! Ctrl-C and SIGTERM: the first asks for an orderly end after the operation in hand, the second ends at once.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::exit;

/// How many there were.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// Installs the handler. After an immediate end, `layerbench sweep` removes what is left.
pub(crate) fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if REQUESTS.fetch_add(1, Ordering::SeqCst) > 0 {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        crate::progress::say(
            "\nlayerbench: ending after the operation in hand; again to end at once (then: layerbench sweep)",
        );
    })?;
    Ok(())
}

/// Whether the user asked for an end.
pub(crate) fn requested() -> bool {
    REQUESTS.load(Ordering::SeqCst) > 0
}
