//! POSIX ACLs: from the text of a `SCHILY.acl.*` record to the xattr the kernel takes.

use super::stream::bad;
use crate::error::Result;

/// The xattr of the ACL that guards a file.
pub(super) const ACCESS: &[u8] = b"system.posix_acl_access";
/// The xattr of the ACL that new files of a directory get.
pub(super) const DEFAULT: &[u8] = b"system.posix_acl_default";

const VERSION: u32 = 2;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;
/// The id of an entry that names nobody.
const NOBODY: u32 = u32::MAX;

/// Converts `user::rw-,user:lisa:rw-:1000,group::r--,mask::r--,other::r--`. A named entry is given by its number: the
/// field after the permissions where there is one, else the name itself. Names alone mean nothing inside an image.
pub(super) fn to_xattr(text: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(text).map_err(|_| wrong(""))?;
    let mut entries = Vec::new();
    for line in text.split([',', '\n']).map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        entries.push(entry(line).ok_or_else(|| wrong(line))?);
    }
    // The kernel wants them sorted by tag, then by id.
    entries.sort_unstable_by_key(|(tag, _, id)| (*tag, *id));
    let mut bytes = VERSION.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    Ok(bytes)
}

fn wrong(line: &str) -> crate::error::Error {
    bad(format!("an access control list is malformed: {line:?}"))
}

fn entry(line: &str) -> Option<(u16, u16, u32)> {
    let mut fields = line.split(':').map(str::trim);
    let (kind, name) = (fields.next()?, fields.next()?);
    let (permissions, number) = match (kind, fields.next()) {
        // mask and other may come without the empty name.
        ("m" | "mask" | "o" | "other", None) => (name, None),
        (_, permissions) => (permissions?, fields.next()),
    };
    let named = !name.is_empty() && name != permissions;
    let id = match (named, number) {
        (false, _) => NOBODY,
        (true, Some(number)) => number.parse().ok()?,
        (true, None) => name.parse().ok()?,
    };
    let tag = match (kind, named) {
        ("u" | "user", false) => USER_OBJ,
        ("u" | "user", true) => USER,
        ("g" | "group", false) => GROUP_OBJ,
        ("g" | "group", true) => GROUP,
        ("m" | "mask", false) => MASK,
        ("o" | "other", false) => OTHER,
        _ => return None,
    };
    let mut bits = 0;
    // Comments such as "#effective:r--" may follow.
    for letter in permissions.split_whitespace().next()?.chars() {
        bits |= match letter {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            '-' => 0,
            _ => return None,
        };
    }
    Some((tag, bits, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_what_the_kernel_stores() {
        let bytes =
            to_xattr(b"user::rwx,group::r-x,other::---,mask::rwx,user:lisa:rw-:1000,group:50:r--")
                .unwrap();
        let entry = |tag: u16, bits: u16, id: u32| {
            [
                &tag.to_le_bytes()[..],
                &bits.to_le_bytes(),
                &id.to_le_bytes(),
            ]
            .concat()
        };
        let expected = [
            2_u32.to_le_bytes().to_vec(),
            entry(USER_OBJ, 7, NOBODY),
            entry(USER, 6, 1000),
            entry(GROUP_OBJ, 5, NOBODY),
            entry(GROUP, 4, 50),
            entry(MASK, 7, NOBODY),
            entry(OTHER, 0, NOBODY),
        ]
        .concat();
        assert_eq!(bytes, expected);
        assert_eq!(
            to_xattr(b"user::r--\ngroup::r--\nmask:r-x\nother:r--\n")
                .unwrap()
                .len(),
            4 + 4 * 8
        );
    }

    #[test]
    fn malformed_lists_are_refused() {
        for wrong in [
            &b"user"[..],
            b"user:lisa:rwx",
            b"user::rwz",
            b"nobody::r--",
            b"other:5:r--:5",
            b"\xff",
        ] {
            assert!(to_xattr(wrong).is_err(), "{wrong:?}");
        }
    }
}
