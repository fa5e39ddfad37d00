//! Sparse files: the old GNU header and the three maps that GNU tar writes into PAX headers (0.0, 0.1 and 1.0).

use tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

use super::header::unsigned;
use super::pax::decimal;
use super::stream::{BLOCK, Stream, bad};
use crate::error::Result;

/// Offset and length of a run of data, in bytes.
pub(super) type Extent = (u64, u64);

/// More runs than any real file has; stops a map that eats all memory.
const EXTENTS_MAX: usize = 1 << 20;

/// The map of an old GNU sparse header ('S'), and the size of the file.
pub(super) fn gnu(header: &Header, stream: &mut Stream<'_>) -> Result<(Vec<Extent>, u64)> {
    let gnu = header
        .as_gnu()
        .ok_or_else(|| bad("a sparse file has no GNU header"))?;
    let mut map = Vec::new();
    let mut add = |sparse: &[GnuSparseHeader]| -> Result<()> {
        for extent in sparse.iter().filter(|extent| extent.offset[0] != 0) {
            map.push((
                unsigned(&extent.offset, "sparse offset")?,
                unsigned(&extent.numbytes, "sparse length")?,
            ));
        }
        if map.len() > EXTENTS_MAX {
            return Err(bad("the map of a sparse file is too long"));
        }
        Ok(())
    };
    add(&gnu.sparse)?;
    let mut more = gnu.is_extended();
    while more {
        let block = stream.block()?.ok_or_else(super::stream::truncated)?;
        let mut extension = GnuExtSparseHeader::new();
        extension.as_mut_bytes().copy_from_slice(block);
        add(extension.sparse())?;
        more = extension.is_extended();
    }
    Ok((map, unsigned(&gnu.realsize, "real size")?))
}

/// What the GNU.sparse.* records of one PAX header say.
#[derive(Default)]
pub(super) struct PaxMap {
    major: u64,
    minor: u64,
    /// `GNU.sparse.size` or `GNU.sparse.realsize`.
    real_size: Option<u64>,
    /// Offsets and lengths in turn (0.0 and 0.1).
    numbers: Vec<u64>,
    /// Whether a map was given at all, be it empty.
    mapped: bool,
}

impl PaxMap {
    /// Takes one record; others than GNU.sparse.* do not matter here.
    pub(super) fn record(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let Some(key) = key.strip_prefix(b"GNU.sparse.") else {
            return Ok(());
        };
        let what = "sparse map";
        match key {
            b"major" => self.major = decimal(value, what)?,
            b"minor" => self.minor = decimal(value, what)?,
            b"size" | b"realsize" => self.real_size = Some(decimal(value, what)?),
            b"numblocks" => self.mapped = true,
            b"offset" | b"numbytes" => self.numbers.push(decimal(value, what)?),
            b"map" => {
                self.mapped = true;
                for number in value.split(|b| *b == b',') {
                    self.numbers.push(decimal(number, what)?);
                }
            }
            other => {
                return Err(bad(format!(
                    "a sparse file is described by the unknown record GNU.sparse.{}",
                    other.escape_ascii()
                )));
            }
        }
        if self.numbers.len() > 2 * EXTENTS_MAX {
            return Err(bad("the map of a sparse file is too long"));
        }
        Ok(())
    }

    /// The map and the size of the file, if it is sparse. Version 1.0 keeps the map in front of the data: it is read
    /// from `stream`, and `left` is what then remains of the entry.
    pub(super) fn finish(
        self,
        stream: &mut Stream<'_>,
        left: &mut u64,
    ) -> Result<Option<(Vec<Extent>, u64)>> {
        let numbers = match (self.major, self.minor) {
            (1, 0) => leading_map(stream, left)?,
            (0, 0 | 1) if self.mapped => self.numbers,
            (0, 0) if self.real_size.is_none() && self.numbers.is_empty() => return Ok(None),
            (major, minor) => {
                return Err(bad(format!(
                    "a sparse file is stored in the unknown format {major}.{minor}"
                )));
            }
        };
        let real = self
            .real_size
            .ok_or_else(|| bad("a sparse file has no real size"))?;
        let (pairs, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(bad("the map of a sparse file is cut"));
        }
        Ok(Some((pairs.iter().map(|[o, l]| (*o, *l)).collect(), real)))
    }
}

/// The map of format 1.0: a count, then offset and length of each run, one number a line, padded to a block.
fn leading_map(stream: &mut Stream<'_>, left: &mut u64) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut wanted = None;
    let mut digits = Vec::new();
    while wanted.is_none_or(|wanted| numbers.len() < wanted) {
        if *left < BLOCK as u64 {
            return Err(bad("the map of a sparse file is cut"));
        }
        *left -= BLOCK as u64;
        let block = stream.block()?.ok_or_else(super::stream::truncated)?;
        for byte in block {
            if *byte != b'\n' {
                digits.push(*byte);
                if digits.len() > 20 {
                    return Err(bad("the map of a sparse file is malformed"));
                }
                continue;
            }
            let number = decimal(&digits, "sparse map")?;
            digits.clear();
            match wanted {
                None => {
                    let count = usize::try_from(number).unwrap_or(usize::MAX);
                    if count > EXTENTS_MAX {
                        return Err(bad("the map of a sparse file is too long"));
                    }
                    wanted = Some(count * 2);
                }
                Some(_) => numbers.push(number),
            }
            if wanted.is_some_and(|wanted| numbers.len() == wanted) {
                break;
            }
        }
    }
    Ok(numbers)
}

/// Runs must be in order, within the file, and add up to what the archive stores.
pub(super) fn check(map: &[Extent], size: u64, stored: u64) -> Result<()> {
    let mut end = 0;
    let mut sum: u64 = 0;
    for (offset, length) in map {
        if *offset < end {
            return Err(bad("the map of a sparse file is not in order"));
        }
        end = offset
            .checked_add(*length)
            .filter(|end| *end <= size)
            .ok_or_else(|| bad("the map of a sparse file reaches beyond its size"))?;
        // No overflow: the runs do not overlap and end within 64 bits.
        sum += length;
    }
    if sum == stored {
        Ok(())
    } else {
        Err(bad("the map of a sparse file does not fit the data stored"))
    }
}
