//! Which libraries a program needs, as its own loader says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::job::ask;

const LIMIT: Duration = Duration::from_secs(20);
/// Where the loader of this architecture is.
pub(super) const LOADER: &str = "lib64/ld-linux-x86-64.so.2";

/// Where an unpacked package has the file of that name: the name itself is an absolute link, which leads to the host's.
const UNPACKED: [&str; 2] = [
    "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
];

/// The loader of an unpacked root. It belongs to the libc beside it, and to no other.
pub(super) fn loader(root: &Path) -> PathBuf {
    UNPACKED
        .iter()
        .map(|path| root.join(path))
        .find(|path| path.is_file())
        .unwrap_or_else(|| root.join(LOADER))
}

/// The libraries of a program, by name: found by the loader of `root` in `path` (directories, with colons between them).
pub(super) fn of(
    root: &Path,
    path: &str,
    program: &Path,
) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let args = [
        "--library-path",
        path,
        "--list",
        &program.display().to_string(),
    ];
    Ok(parse(&ask(&loader(root), &args, LIMIT)?))
}

/// The libraries of this very program; none where it is static.
pub(super) fn of_this(program: &Path) -> Vec<(String, PathBuf)> {
    let loader = Path::new("/").join(LOADER);
    // A program without a loader is refused by it.
    ask(&loader, &["--list", &program.display().to_string()], LIMIT)
        .map_or_else(|_| Vec::new(), |text| parse(&text))
}

/// Reads lines `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`.
fn parse(text: &str) -> Vec<(String, PathBuf)> {
    text.lines()
        .filter_map(|line| {
            let (name, rest) = line.trim().split_once(" => ")?;
            let (path, _) = rest.rsplit_once(" (0x")?;
            // The loader itself may be listed so; it has a place of its own.
            (path.starts_with('/') && !name.contains('/')).then(|| (name.to_owned(), path.into()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_says_is_read() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x0)\n\
                    \tlibx.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x0)\n";
        assert_eq!(
            parse(text),
            [(
                "libm.so.6".to_owned(),
                PathBuf::from("/lib/x86_64-linux-gnu/libm.so.6")
            )]
        );
        assert!(parse("\tstatically linked\n").is_empty());
    }

    #[test]
    fn the_loader_of_an_unpacked_root_is_its_own() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("lib64")).unwrap();
        let link = Path::new("/").join(LOADER);
        std::os::unix::fs::symlink(link, dir.path().join(LOADER)).unwrap();
        let own = dir.path().join(UNPACKED[1]);
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(&own, "").unwrap();
        assert_eq!(loader(dir.path()), own);
    }

    #[test]
    fn a_program_of_the_host_needs_a_libc() {
        let found = of_this(Path::new("/bin/sh"));
        assert!(
            found
                .iter()
                .any(|(name, path)| name == "libc.so.6" && path.exists()),
            "{found:?}"
        );
    }
}
