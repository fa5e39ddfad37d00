//! Progress on standard error: a bar with an estimate of the time left, silent when it is no terminal, and never moving
//! while a sample is timed (it only moves when told to, between cells).

use std::io::IsTerminal as _;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a known number of steps.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar of `steps` under a title.
    pub(crate) fn new(title: &str, steps: u64) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {bar:16} {pos}/{len}, {eta} left  {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        Self(bar)
    }

    /// Says what comes next. Drawn at once; nothing draws afterwards until the next call.
    pub(crate) fn next(&self, what: &str) {
        self.0.set_message(what.to_owned());
        self.0.tick();
    }

    /// So many steps it will be, after all.
    pub(crate) fn resize(&self, steps: u64) {
        self.0.set_length(steps);
    }

    /// Hides the bar while lines are printed.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// One step is done.
    pub(crate) fn done(&self) {
        self.0.inc(1);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// One line to the user on standard error.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    // Nobody reads any more (`2>&1 | head`): no reason to stop, and eprintln would panic.
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// The document, on standard output. A closed pipe is no failure.
pub(crate) fn document(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("could not write to standard output"),
    }
}
