//! Paths of an archive: relative to the stage whatever they say, without `.`, and never above the root.

use super::stream::bad;
use crate::error::Result;

/// The longest name Linux has.
const NAME_MAX: usize = 255;

/// Writes `raw` to `clean` as names joined by single slashes; the root is the empty path. Absolute paths count from the
/// root. A `..` takes back the name before it, as text: links are not followed for it.
pub(super) fn clean(raw: &[u8], clean: &mut Vec<u8>) -> Result<()> {
    clean.clear();
    if raw.is_empty() {
        return Err(bad("an entry has no name"));
    }
    for name in raw.split(|b| *b == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                if clean.is_empty() {
                    return Err(bad("a path leads out of the layer"));
                }
                clean.truncate(split(clean).0.len());
            }
            // A whiteout's own name is never made: it may be as much longer as its prefix is.
            _ if name.strip_prefix(b".wh.").unwrap_or(name).len() > NAME_MAX => {
                return Err(bad(format!("a name is longer than {NAME_MAX} bytes")));
            }
            _ => {
                if !clean.is_empty() {
                    clean.push(b'/');
                }
                clean.extend_from_slice(name);
            }
        }
    }
    Ok(())
}

/// Parent and last name of a clean path.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    path.iter()
        .rposition(|b| *b == b'/')
        .map_or((b"", path), |slash| (&path[..slash], &path[slash + 1..]))
}

/// A clean path and one more name.
pub(super) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() {
        name.to_vec()
    } else {
        [parent, b"/", name].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_relative() {
        let mut out = Vec::new();
        for (raw, expected) in [
            ("./a//b/", "a/b"),
            ("/etc/passwd", "etc/passwd"),
            ("a/../b/./c", "b/c"),
            ("a/b/../../c", "c"),
            ("./", ""),
            ("/", ""),
            ("a\n/b", "a\n/b"),
            ("...", "..."),
        ] {
            clean(raw.as_bytes(), &mut out).unwrap();
            assert_eq!(out, expected.as_bytes(), "{raw}");
        }
        let long = "x".repeat(256);
        for wrong in ["", "..", "../x", "/../x", "a/../../x", &long] {
            assert!(clean(wrong.as_bytes(), &mut out).is_err(), "{wrong}");
        }
        let (whiteout, longer) = (".wh.".to_owned() + &long[1..], ".wh.".to_owned() + &long);
        assert!(clean(whiteout.as_bytes(), &mut out).is_ok());
        assert!(clean(longer.as_bytes(), &mut out).is_err());
        assert_eq!(split(b"a/b/c"), (&b"a/b"[..], &b"c"[..]));
        assert_eq!(split(b"c"), (&b""[..], &b"c"[..]));
        assert_eq!(join(b"", b"c"), b"c");
        assert_eq!(join(b"a", b"c"), b"a/c");
    }
}
