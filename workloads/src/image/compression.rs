//! How a layer's archive is packed, told by its first bytes and by its media type.

use std::io::{BufRead, Read};
use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Error, ErrorKind, Result};

/// Zstandard windows above this are refused: 128 MiB, the default of the zstd program.
const WINDOW_LOG_MAX: u32 = 27;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one member or several.
    Gzip,
    /// Zstandard, of one frame or several.
    Zstd,
}

impl Compression {
    /// As written in specs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What the first bytes of a file say. Forms layerbench cannot read are named in the error.
    pub(super) fn of_bytes(head: &[u8]) -> Result<Self, &'static str> {
        match head {
            [0x1f, 0x8b, ..] => Ok(Self::Gzip),
            // A plain frame, or a skippable one in front of it (0x184D2A50 to 5F, little endian).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Err("xz"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Err("bzip2"),
            _ => Ok(Self::None),
        }
    }

    /// What a layer's media type says; `Err` when it is a kind of layer that cannot be read at all.
    pub(super) fn of_media_type(media_type: &str) -> Result<Self, &'static str> {
        if media_type.contains("encrypted") {
            Err("an encrypted layer")
        } else if media_type.ends_with("gzip") {
            Ok(Self::Gzip)
        } else if media_type.contains("+zstd") || media_type.ends_with(".zstd") {
            Ok(Self::Zstd)
        } else if media_type.contains("tar") || media_type.is_empty() {
            Ok(Self::None)
        } else {
            Err("not a filesystem layer")
        }
    }

    /// Decompresses a stream found at `path`.
    ///
    /// # Errors
    /// When the decompressor cannot be made.
    pub fn decoder<'a>(
        self,
        packed: impl BufRead + Send + 'a,
        path: &Path,
    ) -> Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::None => Box::new(packed),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Self::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::with_buffer(packed).attempt("decompress", path)?;
                decoder
                    .window_log_max(WINDOW_LOG_MAX)
                    .attempt("decompress", path)?;
                Box::new(decoder)
            }
        })
    }
}

/// The error for a form of compression that is not read.
pub(super) fn unreadable(form: &str, path: &Path) -> Error {
    Error::new(ErrorKind::Unsupported, "read")
        .path(path)
        .because(format!("it is {form}; gzip, zstd and plain tar are read"))
        .hint("decompress it first, or copy the image with skopeo")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_oci_and_docker_are_known() {
        for (media_type, expected) in [
            ("application/vnd.oci.image.layer.v1.tar", Compression::None),
            (
                "application/vnd.oci.image.layer.v1.tar+gzip",
                Compression::Gzip,
            ),
            (
                "application/vnd.oci.image.layer.v1.tar+zstd",
                Compression::Zstd,
            ),
            (
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
                Compression::Gzip,
            ),
            (
                "application/vnd.docker.image.rootfs.diff.tar",
                Compression::None,
            ),
            (
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                Compression::Gzip,
            ),
        ] {
            assert_eq!(
                Compression::of_media_type(media_type),
                Ok(expected),
                "{media_type}"
            );
        }
        assert!(Compression::of_media_type("application/vnd.in-toto+json").is_err());
        assert!(
            Compression::of_media_type("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")
                .is_err()
        );
    }
}
