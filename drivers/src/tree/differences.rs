//! Where two trees differ, in words.

use std::collections::BTreeSet;
use std::fmt;

use super::node::{Content, Node, Tree};
use crate::ids::hex;

/// What is forgiven.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tolerance {
    /// Modification times of anything are not compared.
    pub any_mtime: bool,
    /// Modification times of directories are not compared.
    pub directory_mtime: bool,
    /// Modification times are compared rounded down to this, in nanoseconds; 0 and 1: exactly.
    pub mtime_granularity_ns: u64,
    /// Owners are not compared.
    pub owners: bool,
    /// Which names belong to one inode is not compared.
    pub links: bool,
    /// Extended attributes whose name starts so are not compared.
    pub xattr_prefixes: Vec<&'static str>,
    /// Sockets may be missing: archives cannot hold them.
    pub missing_sockets: bool,
}

/// One difference: a path, what was compared, and both values in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the root; empty for the root.
    pub path: Vec<u8>,
    /// `presence`, `type`, `content`, `mode`, `owner`, `mtime`, `xattr NAME`, `links`.
    pub what: String,
    /// What should have been there.
    pub expected: String,
    /// What is.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/{}: {}: expected {}, got {}",
            self.path.escape_ascii(),
            self.what,
            self.expected,
            self.actual
        )
    }
}

pub(super) fn find(expected: &Tree, actual: &Tree, tolerance: &Tolerance) -> Vec<Difference> {
    let mut found = Vec::new();
    let paths: BTreeSet<&Vec<u8>> = expected.0.keys().chain(actual.0.keys()).collect();
    for path in paths {
        let mut say = |what: &str, expected: String, actual: String| {
            found.push(Difference {
                path: path.clone(),
                what: what.to_owned(),
                expected,
                actual,
            });
        };
        match (expected.0.get(path), actual.0.get(path)) {
            (Some(e), Some(a)) => node(e, a, tolerance, &mut say),
            (Some(e), None) => {
                if !(tolerance.missing_sockets && e.content == Content::Socket) {
                    say("presence", show_content(&e.content), "nothing".to_owned());
                }
            }
            (None, Some(a)) => say("presence", "nothing".to_owned(), show_content(&a.content)),
            (None, None) => {}
        }
    }
    found
}

fn node(e: &Node, a: &Node, tolerance: &Tolerance, say: &mut impl FnMut(&str, String, String)) {
    if e.content.kind() != a.content.kind() {
        say("type", show_content(&e.content), show_content(&a.content));
        return;
    }
    if !same_content(&e.content, &a.content) {
        say(
            "content",
            show_content(&e.content),
            show_content(&a.content),
        );
    }
    if e.mode != a.mode {
        say("mode", format!("{:04o}", e.mode), format!("{:04o}", a.mode));
    }
    if !tolerance.owners && (e.uid, e.gid) != (a.uid, a.gid) {
        let show = |n: &Node| format!("{}:{}", n.uid, n.gid);
        say("owner", show(e), show(a));
    }
    let directory = e.content == Content::Directory;
    if !(tolerance.any_mtime || tolerance.directory_mtime && directory) {
        let unit = tolerance.mtime_granularity_ns.max(1);
        let rounded = |n: &Node| {
            let nanoseconds = u64::from(n.mtime.nanoseconds);
            (n.mtime.seconds, nanoseconds - nanoseconds % unit)
        };
        if rounded(e) != rounded(a) {
            let show = |n: &Node| format!("{}.{:09}", n.mtime.seconds, n.mtime.nanoseconds);
            say("mtime", show(e), show(a));
        }
    }
    xattrs(e, a, tolerance, say);
    if !tolerance.links && e.link != a.link {
        let show = |n: &Node| {
            n.link.as_ref().map_or_else(
                || "one name only".to_owned(),
                |first| format!("one inode with /{}", first.escape_ascii()),
            )
        };
        say("links", show(e), show(a));
    }
}

fn xattrs(e: &Node, a: &Node, tolerance: &Tolerance, say: &mut impl FnMut(&str, String, String)) {
    let names: BTreeSet<&Vec<u8>> = e.xattrs.keys().chain(a.xattrs.keys()).collect();
    for name in names {
        let forgiven = tolerance
            .xattr_prefixes
            .iter()
            .any(|prefix| name.starts_with(prefix.as_bytes()));
        let (expected, actual) = (e.xattrs.get(name), a.xattrs.get(name));
        if !forgiven && expected != actual {
            let show = |value: Option<&Vec<u8>>| {
                value.map_or_else(
                    || "none".to_owned(),
                    |value| format!("\"{}\"", value.escape_ascii()),
                )
            };
            let what = format!("xattr {}", name.escape_ascii());
            say(&what, show(expected), show(actual));
        }
    }
}

/// A digest that was not taken on one side is not compared.
fn same_content(e: &Content, a: &Content) -> bool {
    match (e, a) {
        (
            Content::File { size, sha256 },
            Content::File {
                size: other_size,
                sha256: other,
            },
        ) => size == other_size && (sha256.is_none() || other.is_none() || sha256 == other),
        _ => e == a,
    }
}

fn show_content(content: &Content) -> String {
    match content {
        Content::File { size, sha256 } => match sha256 {
            Some(digest) => format!("file of {size} bytes, sha256 {}", hex(&digest[..6])),
            None => format!("file of {size} bytes"),
        },
        Content::Symlink(target) => format!("symbolic link to {}", target.escape_ascii()),
        Content::Char(major, minor) | Content::Block(major, minor) => {
            format!("{} {major}:{minor}", content.kind())
        }
        _ => content.kind().to_owned(),
    }
}
