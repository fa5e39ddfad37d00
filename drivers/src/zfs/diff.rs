//! Reads what `zfs diff -FH` prints: an object that differs between two snapshots on each line, by one of its names.
//! What is not understood makes the whole answer useless: the caller then compares the trees.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Objects that differ, by their paths below the root; the root's is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Diff {
    /// In both trees, under the same name, with what may differ: attributes, content, or what a directory lists.
    pub(super) changed: Vec<Vec<u8>>,
    /// In the newer tree only.
    pub(super) added: Vec<Vec<u8>>,
    /// In the older tree only.
    pub(super) gone: Vec<Vec<u8>>,
    /// In both, under another name: the older and the newer.
    pub(super) renamed: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What `zfs diff` shows an extended attribute under that is an object of its own.
const ATTRIBUTES: &[u8] = b"/<xattrdir>";

/// Reads the text; `None` where a line is odd or a path is not below `mountpoint`.
pub(super) fn parse(text: &str, mountpoint: &Path) -> Option<Diff> {
    let mut diff = Diff::default();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (what, _kind) = (fields.next()?, fields.next()?);
        let mut path = || below(&unescape(fields.next()?)?, mountpoint);
        match what {
            "M" => diff.changed.push(path()?),
            "+" => diff.added.push(path()?),
            "-" => diff.gone.push(path()?),
            "R" => {
                let renamed = (path()?, path()?);
                diff.renamed.push(renamed);
            }
            _ => return None,
        }
    }
    Some(diff)
}

/// The path relative to the mountpoint; of an attribute, the path of its file.
fn below(path: &[u8], mountpoint: &Path) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(mountpoint.as_os_str().as_bytes())?;
    let rest = rest.strip_prefix(b"/")?;
    let end = rest
        .windows(ATTRIBUTES.len())
        .position(|window| window == ATTRIBUTES)
        .unwrap_or(rest.len());
    Some(rest[..end].to_vec())
}

/// A backslash and four octal digits stand for a byte that is not printable.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'\\' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..4)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 8).ok()?);
        rest = &after[4..];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Diff> {
        parse(text, Path::new("/m/e2"))
    }

    #[test]
    fn objects_are_told_by_what_became_of_them() {
        let diff = of(
            "M\t/\t/m/e2/\nM\tF\t/m/e2/a\\0040b\\0134\\0303\t(+1)\n+\tF\t/m/e2/new\n-\t@\t/m/e2/d/old\nR\tF\t/m/e2/x\t/m/e2/d/y\n\
             +\tF\t/m/e2/f/<xattrdir>/user.x\n",
        )
        .unwrap();
        assert_eq!(diff.changed, [&b""[..], b"a b\\\xc3"]);
        assert_eq!(diff.added, [&b"new"[..], b"f"]);
        assert_eq!(diff.gone, [b"d/old"]);
        assert_eq!(diff.renamed, [(b"x".to_vec(), b"d/y".to_vec())]);
        assert_eq!(of(""), Some(Diff::default()));
    }

    #[test]
    fn an_odd_line_makes_it_useless() {
        for odd in [
            "X\tF\t/m/e2/a\n",
            "M\tF\t/m/e22/a\n",
            "M\tF\n",
            "M F /m/e2/a\n",
            "R\tF\t/m/e2/a\n",
            "M\tF\t/m/e2/a\\09\n",
            "M\tF\t/m/e2/a\\0900\n",
            "M\tF\t/m/e2/a\\0777\n",
        ] {
            assert_eq!(of(odd), None, "{odd:?}");
        }
    }
}
