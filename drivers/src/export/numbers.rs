//! Numbers and names in the forms of tar headers and PAX records.

use std::fmt::Write as _;

/// `value` in octal with a closing NUL, or zero and `false` where it does not fit.
pub(super) fn octal(field: &mut [u8], value: u64) -> bool {
    let digits = field.len() - 1;
    let fits = digits >= 22 || value < 1 << (3 * digits);
    let text = format!("{:0digits$o}", if fits { value } else { 0 });
    field[..digits].copy_from_slice(text.as_bytes());
    fits
}

/// A record: its length counts itself.
pub(super) fn record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let bare = key.len() + value.len() + 3;
    let mut length = bare + 1;
    while bare + length.to_string().len() != length {
        length = bare + length.to_string().len();
    }
    out.extend_from_slice(length.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(key);
    out.push(b'=');
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Seconds as a decimal fraction without closing zeros. Before 1970 nanoseconds still count forward: -1 s and
/// 750,000,000 ns are -0.25.
pub(super) fn time((seconds, nanoseconds): (i64, u32)) -> String {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    let mut text = format!("{sign}{}", total / 1_000_000_000);
    let fraction = total % 1_000_000_000;
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

/// The record of an extended attribute. A name with `=` in it cannot be a PAX key: those take libarchive's form.
pub(super) fn attribute(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    if !name.contains(&b'=') {
        return record(out, &[b"SCHILY.xattr.", name].concat(), value);
    }
    let mut key = String::from("LIBARCHIVE.xattr.");
    for &byte in name {
        if byte.is_ascii_graphic() && !matches!(byte, b'%' | b'=') {
            key.push(char::from(byte));
        } else {
            let _ = write!(key, "%{byte:02X}");
        }
    }
    record(out, key.as_bytes(), base64(value).as_bytes());
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .chain([0; 2].iter())
            .take(3)
            .fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte));
        for digit in 0..=group.len() {
            text.push(char::from(ALPHABET[bits >> (18 - 6 * digit) & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for size in (0..120).chain([985, 986, 990, 9_985, 9_990]) {
            let mut out = Vec::new();
            record(&mut out, b"path", &vec![b'x'; size]);
            let space = out.iter().position(|&b| b == b' ').unwrap();
            let said: usize = std::str::from_utf8(&out[..space]).unwrap().parse().unwrap();
            assert_eq!(said, out.len());
        }
    }

    #[test]
    fn times_and_fields() {
        assert_eq!(time((0, 0)), "0");
        assert_eq!(time((12, 500_000_000)), "12.5");
        assert_eq!(time((-1, 999_999_999)), "-0.000000001");
        assert_eq!(time((-2, 750_000_000)), "-1.25");
        let mut field = [0; 8];
        assert!(octal(&mut field, 0o777_7777) && &field == b"7777777\0");
        assert!(!octal(&mut field, 0o1000_0000) && &field == b"0000000\0");
        assert_eq!(base64(b"\0=\n"), "AD0K");
        assert_eq!((base64(b"a"), base64(b"ab")), ("YQ".into(), "YWI".into()));
    }
}
