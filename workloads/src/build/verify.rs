//! That what was copied, saved and loaded is what was built.

use std::path::Path;

use drivers::{Error, ErrorKind, Result, changes};

/// Refuses two trees that differ. Their roots may: no layer describes the root, so its time is that of its making.
pub(super) fn same(expected: &Path, found: &Path) -> Result<()> {
    let mut differences = changes::compare(Some(expected), found)?;
    differences.retain(|change| !change.path.is_empty());
    let Some(first) = differences.first() else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Corrupt, "check what was built in")
        .path(found)
        .because(format!(
            "{} paths differ from what was copied, the first is {} ({:?})",
            differences.len(),
            String::from_utf8_lossy(&first.path),
            first.kind,
        )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        for dir in [&a, &b] {
            std::fs::create_dir(dir).unwrap();
        }
        same(&a, &b).unwrap();
        std::fs::write(b.join("more"), "x").unwrap();
        let error = same(&a, &b).unwrap_err().to_string();
        assert!(
            error.contains("1 paths differ") && error.contains("more"),
            "{error}"
        );
    }
}
