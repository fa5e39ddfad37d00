//! PAX extended headers: `length key=value\n` records. Values may hold any byte, newlines included.

use super::stream::bad;
use crate::error::Result;

/// The records of one extended header, in order.
pub(super) struct Records<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(&'a [u8], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        // Some writers pad with zero bytes.
        if self.0.iter().all(|b| *b == 0) {
            return None;
        }
        let record = take(&mut self.0);
        if record.is_none() {
            self.0 = &[];
        }
        Some(record.ok_or_else(|| bad("a PAX extended header is malformed")))
    }
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let space = rest.iter().take(20).position(|b| *b == b' ')?;
    let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
    let record = rest.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|b| *b == b'=')?;
    *rest = &rest[length..];
    Some((&record[..equals], &record[equals + 1..]))
}

/// A decimal number that cannot be negative.
pub(super) fn decimal(value: &[u8], what: &str) -> Result<u64> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| !text.starts_with('+'))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| bad(format!("its PAX {what} is not a number")))
}

/// Seconds with an optional fraction, as whole seconds and nanoseconds towards the future: -1.25 is -2 s and 750 ms.
/// Digits beyond the nanosecond are cut off.
pub(super) fn time(value: &[u8]) -> Result<(i64, u32)> {
    let parse = || -> Option<(i64, u32)> {
        let text = std::str::from_utf8(value).ok()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let negative = whole.starts_with('-');
        if !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.starts_with('+') {
            return None;
        }
        let seconds: i64 = if matches!(whole, "" | "-") {
            0
        } else {
            whole.parse().ok()?
        };
        let nanos = fraction
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(9)
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        if negative && nanos > 0 {
            Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos))
        } else {
            Some((seconds, nanos))
        }
    };
    parse().ok_or_else(|| bad("its PAX time is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_hold_any_byte() {
        let bytes = b"14 path=a\nb=\xff\n11 k=\0\nx=\n\n\0\0";
        let records: Vec<_> = Records(bytes).map(Result::unwrap).collect();
        assert_eq!(
            records,
            [(&b"path"[..], &b"a\nb=\xff"[..]), (b"k", b"\0\nx=\n")]
        );
    }

    #[test]
    fn malformed_records_are_refused_once() {
        for wrong in [
            &b"99 path=a\n"[..],
            b"10 path=ab\n",
            b"8 pathab\n",
            b"3 \n",
            b"0 a=b\n",
            b"-1 a=b\n",
            b"18446744073709551615 a=b\n",
            b"path=a",
        ] {
            let found: Vec<_> = Records(wrong).collect();
            assert!(found.last().unwrap().is_err(), "{wrong:?}");
            assert!(found.len() <= 2);
        }
    }

    #[test]
    fn times_keep_nanoseconds_and_sign() {
        assert_eq!(
            time(b"1700000000.123456789").unwrap(),
            (1_700_000_000, 123_456_789)
        );
        assert_eq!(time(b"1.5").unwrap(), (1, 500_000_000));
        assert_eq!(time(b"-1.25").unwrap(), (-2, 750_000_000));
        assert_eq!(time(b"-0.5").unwrap(), (-1, 500_000_000));
        assert_eq!(time(b"-7").unwrap(), (-7, 0));
        assert_eq!(time(b"3.00000000099").unwrap(), (3, 0));
        for wrong in [
            &b"1e3"[..],
            b"1.-5",
            b"x",
            b"1.2.3",
            b"99999999999999999999",
        ] {
            assert!(time(wrong).is_err(), "{wrong:?}");
        }
    }
}
