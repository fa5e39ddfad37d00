//! A run by what people type: the beginning of its name, its random part, or `latest`.

use std::path::{Path, PathBuf};

use super::links::{LATEST, RUNS};
use crate::exit;

/// The directory of the run of `out` that `text` means; `None` when there is none.
///
/// # Errors
/// Usage, when several runs are meant.
pub(crate) fn find(out: &Path, text: &str) -> anyhow::Result<Option<PathBuf>> {
    if text.is_empty() || text.contains('/') {
        return Ok(None);
    }
    if text == LATEST {
        let linked = Some(out.join(LATEST)).filter(|latest| latest.is_dir());
        // The link leads nowhere once the newest run has been removed.
        return match linked {
            None if out.is_dir() => super::list::newest(out),
            linked => Ok(linked),
        };
    }
    let mut found: Vec<String> = std::fs::read_dir(out.join(RUNS))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|id| id.starts_with(text) || id.rsplit('-').next() == Some(text))
        .collect();
    found.sort();
    if let Some(exact) = found.iter().find(|id| *id == text) {
        return Ok(Some(out.join(RUNS).join(exact)));
    }
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(out.join(RUNS).join(only))),
        [first, .., last] => Err(exit::coded(
            exit::USAGE,
            format!(
                "{text:?} means {} runs of {}, from {first} to {last}: give more of the name",
                found.len(),
                out.display()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_as_much_of_its_name_as_tells_it_apart() {
        let dir = tempfile::tempdir().unwrap();
        for id in [
            "2026-01-01T00-00-00Z-aa-01ff",
            "2026-01-02T00-00-00Z-aa-02ff",
        ] {
            std::fs::create_dir_all(dir.path().join(RUNS).join(id)).unwrap();
        }
        let found = |text: &str| {
            find(dir.path(), text).map(|path| path.map(|path| path.file_name().unwrap().to_owned()))
        };
        for text in ["2026-01-01", "01ff", "2026-01-01T00-00-00Z-aa-01ff"] {
            let name = found(text).unwrap().unwrap();
            assert_eq!(name, "2026-01-01T00-00-00Z-aa-01ff", "{text}");
        }
        for text in ["", "2027", "f", "..", "../runs"] {
            assert_eq!(found(text).unwrap(), None, "{text:?}");
        }
        // Without the link too.
        let name = found("latest").unwrap().unwrap();
        assert_eq!(name, "2026-01-02T00-00-00Z-aa-02ff");
        assert_eq!(find(&dir.path().join("absent"), "latest").unwrap(), None);
        let error = found("2026").unwrap_err().to_string();
        assert!(error.contains("means 2 runs"), "{error}");
    }
}
