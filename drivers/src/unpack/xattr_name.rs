//! Extended attributes in PAX records: `SCHILY.xattr.NAME=value`, and libarchive's encoded form of the same.

use super::stream::bad;
use crate::error::Result;

type Xattr = (Vec<u8>, Vec<u8>);

/// The attribute a record describes, if it describes one.
pub(super) fn from_pax(key: &[u8], value: &[u8]) -> Result<Option<Xattr>> {
    let (name, value) = if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
        (name.to_vec(), value.to_vec())
    } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
        let malformed = || bad("an extended attribute is malformed");
        (
            percent(name).ok_or_else(malformed)?,
            base64(value).ok_or_else(malformed)?,
        )
    } else {
        return Ok(None);
    };
    if name.is_empty() || name.contains(&0) || name.len() > 255 {
        return Err(bad("the name of an extended attribute is malformed"));
    }
    Ok(Some((name, value)))
}

fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            if digits.starts_with('+') {
                return None;
            }
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    Some(out)
}

/// Standard alphabet, padding optional (libarchive leaves it out).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.iter().take_while(|b| **b != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\n' | b'\r' => continue,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let read = |key: &[u8], value: &[u8]| from_pax(key, value).unwrap().unwrap();
        let plain = read(b"SCHILY.xattr.user.a", b"\0=\n");
        assert_eq!(plain, (b"user.a".to_vec(), b"\0=\n".to_vec()));
        assert_eq!(
            read(b"LIBARCHIVE.xattr.user.%C3%A4", b"AD0K"),
            ("user.\u{e4}".as_bytes().to_vec(), b"\0=\n".to_vec())
        );
        assert_eq!(read(b"LIBARCHIVE.xattr.user.b", b"YQ").1, b"a");
        assert_eq!(read(b"LIBARCHIVE.xattr.user.b", b"YWI=").1, b"ab");
        assert!(from_pax(b"mtime", b"1").unwrap().is_none());
        for wrong in [
            &b"SCHILY.xattr."[..],
            b"LIBARCHIVE.xattr.%",
            b"LIBARCHIVE.xattr.%zz",
        ] {
            assert!(from_pax(wrong, b"x").is_err(), "{wrong:?}");
        }
    }
}
