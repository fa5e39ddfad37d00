//! Names of blobs: `sha256:` and 64 hex digits.

use std::fmt;
use std::str::FromStr;

use drivers::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes, in the notation of the OCI image spec.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of bytes at hand.
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    /// The digest of what a hasher has seen.
    pub fn finish(hasher: Sha256) -> Self {
        Self(format!("sha256:{}", drivers::ids::hex(&hasher.finalize())))
    }

    /// The 64 hex digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// The digest with its algorithm.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where an OCI layout keeps the blob of this name.
    pub(super) fn blob_path(&self) -> String {
        format!("blobs/sha256/{}", self.hex())
    }

    /// The error for bytes that are not what their name says; `what` is "blob of layer 3".
    pub(crate) fn mismatch(&self, what: &str, found: &Self) -> Error {
        Error::new(ErrorKind::BadInput, format!("verify the {what}"))
            .because(format!("its digest is {found}, not {self}"))
            .hint("the image is damaged: copy or save it again")
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            let shown: String = text.chars().take(160).collect();
            Error::new(ErrorKind::BadInput, "read a digest").because(format!("{shown:?} {why}"))
        };
        if text.starts_with("sha512:") {
            return Err(bad("is SHA-512, which layerbench does not read")
                .hint("copy the image with skopeo, which writes sha256"));
        }
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() == 64 && digits.bytes().all(hex) {
            return Ok(Self(text.to_owned()));
        }
        Err(bad("is not sha256: and 64 lower-case hex digits"))
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_sha256_digests_are_read() {
        let good = Digest::of(b"");
        assert_eq!(
            good.as_str(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(good.as_str().parse::<Digest>().unwrap(), good);
        for bad in [
            "",
            "sha256:",
            "sha512:00",
            "md5:0",
            "sha256:../../x",
            &good.as_str().to_uppercase(),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
