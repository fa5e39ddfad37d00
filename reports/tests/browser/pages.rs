//! The pages that are tried.

use std::path::{Path, PathBuf};

use reports::{Results, render};

use crate::common;

/// Where pages, pictures and printed sheets go; they stay, to be looked at.
pub(crate) fn dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The page of these results, as a file.
pub(crate) fn of(name: &str, results: &Results) -> PathBuf {
    let path = dir().join(format!("{name}.html"));
    std::fs::write(&path, render(results)).unwrap();
    path
}

/// A run with everything, or the one that `LAYERBENCH_PAGE` names.
pub(crate) fn any() -> PathBuf {
    std::env::var_os("LAYERBENCH_PAGE").map_or_else(whole, PathBuf::from)
}

/// A made-up run with everything.
pub(crate) fn whole() -> PathBuf {
    of("whole", &common::results(12))
}
