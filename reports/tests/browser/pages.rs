//! The pages that are tried.

use std::path::{Path, PathBuf};

use reports::{Results, render};

use crate::{common, whole_site};

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

/// The pages of a site but for its reports: what each is, and where.
pub(crate) fn site() -> Vec<(&'static str, PathBuf)> {
    let root = dir().join("site");
    for (path, text) in whole_site::build(&whole_site::runs()) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    [
        ("index", "index.html"),
        ("run", "runs/c-3/index.html"),
        ("pair", "compare/a-1/b-2/index.html"),
        ("machines", "compare/b-2/c-3/index.html"),
        ("compare", "compare/index.html"),
    ]
    .map(|(name, path)| (name, root.join(path)))
    .into()
}
