//! Text for a terminal: how wide it is; [`reports::wrap`] breaks lines at that.

pub(crate) use reports::wrap::{broken, hang};

/// The width of standard output; without a terminal nothing is broken, so that lines can be searched.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout())
        .map_or(usize::MAX, |(width, _)| usize::from(width.0).max(40))
}
