//! What is mounted where: mountinfo of /proc, parsed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Attempt as _, Result};

/// Of this thread: threads may have mount namespaces of their own. Polling it for PRI tells of changes.
pub const PATH: &str = "/proc/thread-self/mountinfo";

/// One line of mountinfo (proc_pid_mountinfo(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountInfo {
    /// Unique while the mount lives.
    pub id: u64,
    /// The device number of the filesystem: major, minor.
    pub device: (u32, u32),
    /// The mountpoint, as this process sees it.
    pub point: PathBuf,
    /// Options of the mount: `rw`, `nodev`.
    pub options: String,
    /// `ext4`, `fuse.fuse-overlayfs`.
    pub kind: String,
    /// What is mounted, as the filesystem tells it.
    pub source: String,
    /// Options of the filesystem, in effect; as the kernel wrote them, because a comma in a value is written `\054`.
    pub super_options: String,
}

impl MountInfo {
    /// The value of a filesystem option: `Some("")` for a flag.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.super_options
            .split(',')
            .find_map(|option| match option.split_once('=') {
                Some((key, value)) if key == name => Some(value),
                None if option == name => Some(""),
                _ => None,
            })
    }
}

/// Every mount of this thread's namespace, in order of mounting.
///
/// # Errors
/// When /proc cannot be read.
pub fn all() -> Result<Vec<MountInfo>> {
    let text = std::fs::read(PATH).attempt("read", PATH)?;
    Ok(parse(&text))
}

/// What is visible at `point`: the topmost of the mounts there.
///
/// # Errors
/// When /proc cannot be read.
pub fn at(point: &Path) -> Result<Option<MountInfo>> {
    Ok(all()?.into_iter().rev().find(|info| info.point == point))
}

/// Lines that do not have the documented form are left out.
pub(crate) fn parse(text: &[u8]) -> Vec<MountInfo> {
    text.split(|&b| b == b'\n').filter_map(line).collect()
}

fn line(line: &[u8]) -> Option<MountInfo> {
    let mut fields = line.split(|&b| b == b' ');
    let text = |bytes: &[u8]| String::from_utf8_lossy(&unescape(bytes)).into_owned();
    let id = text(fields.next()?).parse().ok()?;
    let (major, minor) = text(fields.nth(1)?)
        .split_once(':')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))?;
    let point = PathBuf::from(OsString::from_vec(unescape(fields.nth(1)?)));
    let options = text(fields.next()?);
    // Optional fields end with a lone dash.
    fields.by_ref().find(|field| *field == b"-")?;
    Some(MountInfo {
        id,
        device: (major, minor),
        point,
        options,
        kind: text(fields.next()?),
        source: text(fields.next()?),
        super_options: String::from_utf8_lossy(fields.next()?).into_owned(),
    })
}

/// Space, tab, newline and backslash are written as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let octal = tail.get(..3).filter(|digits| {
            *first == b'\\' && digits.iter().all(|digit| matches!(digit, b'0'..=b'7'))
        });
        if let Some(digits) = octal {
            let value = digits
                .iter()
                .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            plain.push(u8::try_from(value).unwrap_or(b'?'));
            rest = &tail[3..];
        } else {
            plain.push(*first);
            rest = tail;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_escapes() {
        let text = b"66 43 0:39 / /var/a\\040b\\134c rw,nodev shared:1 master:2 - overlay ov rw,lowerdir=a\\054index=on:b,volatile,xino=on\n\
            garbage\n";
        let found = parse(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].point, Path::new("/var/a b\\c"));
        assert_eq!((found[0].id, found[0].kind.as_str()), (66, "overlay"));
        assert_eq!(found[0].device, (0, 39));
        assert_eq!(found[0].option("xino"), Some("on"));
        assert_eq!(found[0].option("volatile"), Some(""));
        assert_eq!(found[0].option("index"), None);
    }

    #[test]
    fn the_root_is_always_mounted() {
        assert!(at(Path::new("/")).unwrap().is_some());
    }
}
