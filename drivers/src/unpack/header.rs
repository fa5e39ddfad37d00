//! Fields of a tar header: numbers in octal or base 256, the checksum, and what kind of thing an entry is.

use tar::Header;

use super::stream::{BLOCK, bad};
use crate::error::Result;

/// What an entry makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    HardLink,
    Symlink,
    Char,
    Block,
    Fifo,
    Directory,
}

/// A number field: octal text, or two's complement in base 256 when the first bit is set (GNU, for what octal cannot
/// hold). An empty field is 0, as writers leave those they do not use.
pub(super) fn number(field: &[u8], what: &str) -> Result<i64> {
    let fail = || bad(format!("its {what} is not a number"));
    match field.first() {
        Some(first) if first & 0x80 != 0 => {
            // Bit 6 is the sign; the marker bit itself is not part of the number.
            let start = i128::from(first & 0x3f) - i128::from(first & 0x40);
            let value = field[1..]
                .iter()
                .take(12)
                .fold(start, |sum, byte| sum.wrapping_shl(8) | i128::from(*byte));
            i64::try_from(value).map_err(|_| bad(format!("its {what} does not fit in 64 bits")))
        }
        _ => {
            let text = field
                .split(|b| *b == 0)
                .next()
                .unwrap_or_default()
                .trim_ascii();
            if text.is_empty() {
                return Ok(0);
            }
            let digits = std::str::from_utf8(text).map_err(|_| fail())?;
            if digits.starts_with('+') {
                return Err(fail());
            }
            i64::from_str_radix(digits, 8).map_err(|_| fail())
        }
    }
}

/// A number that cannot be negative.
pub(super) fn unsigned(field: &[u8], what: &str) -> Result<u64> {
    u64::try_from(number(field, what)?).map_err(|_| bad(format!("its {what} is negative")))
}

/// A user or group id; the largest 32-bit number means "leave it" to chown and is no id.
pub(super) fn id(value: u64, what: &str) -> Result<u32> {
    match u32::try_from(value) {
        Ok(id) if id != u32::MAX => Ok(id),
        _ => Err(bad(format!(
            "its {what} {value} is larger than Linux can store"
        ))),
    }
}

/// Whether the checksum is right. Some old writers summed signed bytes.
pub(super) fn verify(block: &[u8; BLOCK]) -> Result<()> {
    let header = Header::from_byte_slice(block);
    let stored = number(&header.as_old().cksum, "checksum")?;
    let outside = |i: &usize| !(148..156).contains(i);
    let sum = |value: fn(u8) -> i64| -> i64 {
        (0..BLOCK)
            .filter(outside)
            .map(|i| value(block[i]))
            .sum::<i64>()
            + 8 * 32
    };
    if stored == sum(i64::from) || stored == sum(|b| i64::from(b.cast_signed())) {
        Ok(())
    } else {
        Err(bad("the checksum of an entry is wrong")
            .hint("this is not a tar archive, or it is damaged or still compressed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_notation() {
        assert_eq!(number(b"0000644\0", "mode").unwrap(), 0o644);
        assert_eq!(number(b"   644 \0", "mode").unwrap(), 0o644);
        assert_eq!(number(b"\0\0\0\0", "mode").unwrap(), 0);
        assert_eq!(number(b"777777777777", "size").unwrap(), 0o777_777_777_777);
        let huge = [0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe];
        assert_eq!(number(&huge, "uid").unwrap(), 4_294_967_294);
        assert_eq!(number(&[0xff; 12], "mtime").unwrap(), -1);
        assert_eq!(
            number(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], "mtime").unwrap(),
            -256
        );
        assert_eq!(number(b"-1\0", "uid").unwrap(), -1);
        for wrong in [&b"+7"[..], b"9", b"0x7", b"\xc3\xa4"] {
            let outcome = number(wrong, "mode");
            assert!(outcome.is_err() || wrong[0] & 0x80 != 0, "{wrong:?}");
        }
        assert!(number(&[0xbf; 12], "size").is_err());
        assert!(unsigned(&[0xff; 12], "size").is_err());
        assert!(id(u64::from(u32::MAX), "uid").is_err());
    }
}
