//! The names of things a driver keeps: `LayerId` for immutable layers, `Key` for container layers.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// The chain id of a layer (OCI image spec): `sha256:` and 64 hex digits.
///
/// It names the layer *on top of its parents*, so equal stacks are stored once.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct LayerId(String);

impl LayerId {
    /// The digest without its algorithm: 64 hex digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// The chain id of a layer whose parent chain is `parent` and whose own diff id is `diff_id`
    /// (OCI image spec, config.md, "Layer ChainID").
    ///
    /// # Errors
    /// When `diff_id` is not a sha256 digest.
    pub fn chain(parent: Option<&Self>, diff_id: &str) -> Result<Self> {
        use sha2::Digest as _;
        let own: Self = diff_id.parse()?;
        Ok(match parent {
            None => own,
            Some(parent) => {
                let digest = sha2::Sha256::digest(format!("{parent} {own}"));
                Self(format!("sha256:{}", hex(&digest)))
            }
        })
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

impl FromStr for LayerId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        if digits.len() == 64
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Ok(Self(text.to_owned()));
        }
        Err(
            Error::new(ErrorKind::BadInput, "read a layer id").because(format!(
                "{text:?} is not sha256: and 64 lower-case hex digits"
            )),
        )
    }
}

impl TryFrom<String> for LayerId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<LayerId> for String {
    fn from(id: LayerId) -> Self {
        id.0
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The caller's name of a container layer: 1 to 64 of `a-z 0-9 . _ -`, starting with a letter or digit.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let first = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if first && text.len() <= 64 && text.bytes().all(legal) {
            return Ok(Self(text.to_owned()));
        }
        Err(
            Error::new(ErrorKind::BadInput, "read a container layer's name").because(format!(
                "{text:?} is not 1 to 64 of a-z 0-9 . _ - starting with a letter or digit"
            )),
        )
    }
}

impl TryFrom<String> for Key {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_id_of_the_first_layer_is_its_diff_id() {
        let diff = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(LayerId::chain(None, &diff).unwrap().to_string(), diff);
    }

    #[test]
    fn names_that_could_leave_a_directory_are_refused() {
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "A",
            "-a",
            "a\n",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?}");
        }
        assert!("c-1.x_y".parse::<Key>().is_ok());
    }

    #[test]
    fn layer_ids_are_checked() {
        for bad in ["", "sha256:", "sha512:00", "sha256:../../../etc/passwd"] {
            assert!(bad.parse::<LayerId>().is_err(), "{bad:?}");
        }
    }
}
