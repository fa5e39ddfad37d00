//! Files of records, compressed or not.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

use crate::exit;

/// The whole results of a run as they are published.
pub(crate) const FILE: &str = "results.json.gz";

/// The most a compressed file may become: 50 times the largest run there was.
const MOST: u64 = 4 << 30;

/// The name of a file as it was before it was compressed.
pub(crate) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".gz").unwrap_or(&name).to_owned()
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    let what = || format!("could not read {}", path.display());
    let there = std::fs::metadata(path).with_context(what)?.file_type();
    if there.is_char_device() || there.is_block_device() {
        return Err(bad(path, "it is a device, whose end may never come"));
    }
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let mut bytes = Vec::new();
    if is_packed {
        let file = File::open(path).with_context(what)?;
        let read = MultiGzDecoder::new(std::io::BufReader::new(file))
            .take(MOST + 1)
            .read_to_end(&mut bytes);
        read.map_err(|e| bad(path, &format!("it cannot be unpacked: {e}")))?;
        if bytes.len() as u64 > MOST {
            return Err(bad(path, "it becomes larger than 4 GiB"));
        }
    } else {
        bytes = std::fs::read(path).with_context(what)?;
    }
    String::from_utf8(bytes).map_err(|e| bad(path, &format!("it is no text: {e}")))
}

fn bad(path: &Path, why: &str) -> anyhow::Error {
    exit::coded(exit::BAD_DATA, format!("{}: {why}", path.display()))
}

/// A text compressed: the same bytes for the same text, whenever and wherever.
pub(crate) fn pack(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut writer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    writer
        .write_all(text.as_bytes())
        .and_then(|()| writer.finish())
        .context("could not compress results")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read_again_and_what_is_broken_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let packed = pack("some text\n").unwrap();
        assert_eq!(packed, pack("some text\n").unwrap());
        std::fs::write(&path, &packed).unwrap();
        assert_eq!(text(&path).unwrap(), "some text\n");
        assert_eq!(name(&path), "results.json");
        std::fs::write(&path, &packed[..packed.len() - 9]).unwrap();
        let error = text(&path).unwrap_err();
        assert!(error.to_string().contains("cannot be unpacked"), "{error}");
        let plain = dir.path().join("results.json");
        std::fs::write(&plain, [0xff]).unwrap();
        assert!(text(&plain).unwrap_err().to_string().contains("no text"));
        let error = text(Path::new("/dev/zero")).unwrap_err().to_string();
        assert!(error.contains("a device"), "{error}");
    }
}
