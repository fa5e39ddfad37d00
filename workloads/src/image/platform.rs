//! What an image runs on: operating system, architecture (in Go's spelling) and variant.

use std::fmt;
use std::str::FromStr;

use drivers::{Error, ErrorKind, Result};

/// `linux/amd64`, `linux/arm64/v8`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `riscv64`.
    pub architecture: String,
    /// `v8`, `v7`; often absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The platform this program was built for.
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", None),
            "aarch64" => ("arm64", Some("v8")),
            "x86" => ("386", None),
            "arm" => ("arm", Some("v7")),
            "powerpc64" if cfg!(target_endian = "little") => ("ppc64le", None),
            "powerpc64" => ("ppc64", None),
            "loongarch64" => ("loong64", None),
            other => (other, None),
        };
        Self {
            os: std::env::consts::OS.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        }
    }

    /// How well an image for `self` serves a wish for `wanted`: `None` is not at all, a higher rank is better.
    pub(super) fn rank(&self, wanted: &Self) -> Option<u8> {
        if self.os != wanted.os || self.architecture != wanted.architecture {
            return None;
        }
        match (&self.variant, &wanted.variant) {
            (a, b) if a == b => Some(2),
            // arm64 without a variant is v8.
            (None, Some(v)) if v == "v8" => Some(2),
            (Some(v), None) if v == "v8" => Some(2),
            (None, _) | (_, None) => Some(1),
            // An older variant runs on a newer processor: v6 on v7.
            (Some(own), Some(wish)) if own < wish => Some(0),
            _ => None,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] if !variant.is_empty() => (os, architecture, Some(variant)),
            _ => ("", "", None),
        };
        if os.is_empty() || architecture.is_empty() {
            return Err(Error::new(ErrorKind::BadInput, "read a platform")
                .because(format!("{text:?} is not OS/ARCHITECTURE[/VARIANT]"))
                .hint("for example linux/amd64 or linux/arm64/v8"));
        }
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn the_exact_variant_is_best_and_another_architecture_never_serves() {
        let wanted = platform("linux/arm/v7");
        assert_eq!(platform("linux/arm/v7").rank(&wanted), Some(2));
        assert_eq!(platform("linux/arm").rank(&wanted), Some(1));
        assert_eq!(platform("linux/arm/v6").rank(&wanted), Some(0));
        assert_eq!(platform("linux/arm/v8").rank(&wanted), None);
        assert_eq!(platform("linux/amd64").rank(&wanted), None);
        assert_eq!(
            platform("linux/arm64").rank(&platform("linux/arm64/v8")),
            Some(2)
        );
        for bad in ["", "linux", "linux/", "a/b/c/d", "linux/arm/"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
