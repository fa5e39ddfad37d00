//! Files that the user names for what is written: found to be writable before hours of work, written after them.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

/// A file that can be written, as far as that can be known before it is.
#[derive(Debug)]
pub(crate) struct Outfile<'a>(&'a Path);

impl<'a> Outfile<'a> {
    /// Looks whether `path` can be written; nothing is changed.
    ///
    /// # Errors
    /// That of the system, with the path.
    pub(crate) fn checked(path: &'a Path) -> anyhow::Result<Self> {
        let open = || std::fs::File::options().append(true).open(path);
        let looked = match std::fs::symlink_metadata(path) {
            // A pipe would make this wait for its reader.
            Ok(there) if there.is_file() || there.is_dir() => open().map(drop),
            Ok(_) => Ok(()),
            Err(_) => tempfile::tempfile_in(parent(path)).map(drop),
        };
        looked.with_context(|| told(path))?;
        Ok(Self(path))
    }

    /// Writes it.
    ///
    /// # Errors
    /// That of the system, with the path.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        std::fs::write(self.0, text).with_context(|| told(self.0))
    }
}

fn told(path: &Path) -> String {
    format!("could not write {} (name another file)", path.display())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file whole or not at all, in place of one that is there.
///
/// # Errors
/// That of the system, bare.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(parent(path))?;
    file.write_all(bytes)?;
    // A temporary file is private; what is written here is there to be read.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(readable)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_told_before() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for bad in [at("absent/file"), at(""), "/proc/none".into()] {
            let error = Outfile::checked(&bad).unwrap_err();
            assert!(
                format!("{error:#}").contains("could not write"),
                "{error:#}"
            );
        }
        let good = at("file");
        let file = Outfile::checked(&good).unwrap();
        assert!(!good.exists(), "nothing is made before there is something");
        file.write("one").unwrap();
        Outfile::checked(&good).unwrap();
        assert_eq!(std::fs::read(&good).unwrap(), b"one");
        replace(&good, b"two").unwrap();
        assert_eq!(std::fs::read(&good).unwrap(), b"two");
        Outfile::checked(Path::new("/dev/null")).unwrap();
    }
}
