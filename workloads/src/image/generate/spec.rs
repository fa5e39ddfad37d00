//! What image to make.

use drivers::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::image::{Compression, Platform};

/// An image to be made. The same spec gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Where all choices come from.
    pub seed: u64,
    /// Bytes of file content in all layers together.
    pub bytes: u64,
    /// Files in all layers together, overwritten ones counted each time.
    pub files: u32,
    /// Layers.
    pub layers: u32,
    /// Directories above the deepest file.
    pub depth: u32,
    /// The share of files (0 to 1) whose content is that of an earlier file.
    pub duplication: f64,
    /// The share of content (0 to 1) that is text or like code and shrinks to less than half; the rest is noise.
    pub compressibility: f64,
    /// How layers are packed.
    pub compression: Compression,
    /// What `/bin/true` is made for: `amd64` or `arm64`.
    pub architecture: String,
    /// Images that differ in `variant` alone have this many lowest layers in common.
    #[serde(default)]
    pub shared_layers: u32,
    /// Tells apart the layers above the shared ones.
    #[serde(default)]
    pub variant: u32,
}

/// A ready-made spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// 1 MB in 3 layers: for tests.
    Tiny,
    /// 40 MB in 6 layers.
    Default,
    /// 1 GB in 12 layers.
    Large,
}

impl Preset {
    /// Every preset, the smallest first.
    pub const ALL: [Self; 3] = [Self::Tiny, Self::Default, Self::Large];

    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Default => "default",
            Self::Large => "large",
        }
    }

    /// What it stands for, made for this host's processor where we can.
    pub fn spec(self) -> Spec {
        let (bytes, files, layers, depth) = match self {
            Self::Tiny => (1_000_000, 120, 3, 6),
            Self::Default => (40_000_000, 2_000, 6, 10),
            Self::Large => (1_000_000_000, 40_000, 12, 14),
        };
        let host = Platform::host().architecture;
        Spec {
            seed: 1,
            bytes,
            files,
            layers,
            depth,
            duplication: 0.3,
            compressibility: 0.95,
            compression: Compression::Gzip,
            architecture: if host == "arm64" {
                host
            } else {
                "amd64".to_owned()
            },
            shared_layers: layers / 2,
            variant: 0,
        }
    }
}

impl std::str::FromStr for Preset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == text)
            .ok_or_else(|| {
                Error::new(ErrorKind::BadInput, "read a preset")
                    .because(format!("{text:?} is not one of tiny, default, large"))
            })
    }
}

impl Spec {
    /// The image that shares `shared_layers` with this one and differs above.
    #[must_use]
    pub fn second(&self) -> Self {
        Self {
            variant: self.variant + 1,
            ..self.clone()
        }
    }

    /// Refuses what cannot be made.
    ///
    /// # Errors
    /// `BadInput`, naming the field and its bounds.
    pub fn check(&self) -> Result<()> {
        let within = |name: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(self.bad(format!("{name} is {value}, not {low} to {high}")))
        };
        within("layers", self.layers.into(), 1, 500)?;
        within(
            "files",
            self.files.into(),
            u64::from(self.layers) * 8,
            10_000_000,
        )?;
        within("bytes", self.bytes, u64::from(self.files) * 64, 1 << 40)?;
        within("depth", self.depth.into(), 4, 100)?;
        within(
            "shared-layers",
            self.shared_layers.into(),
            0,
            self.layers.into(),
        )?;
        for (name, share) in [
            ("duplication", self.duplication),
            ("compressibility", self.compressibility),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(self.bad(format!("{name} is {share}, not 0 to 1")));
            }
        }
        if super::elf::exit_zero(&self.architecture).is_none() {
            return Err(self.bad(format!(
                "architecture is {:?}, not amd64 or arm64",
                self.architecture
            )));
        }
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "reads as an error about the spec")]
    fn bad(&self, why: String) -> Error {
        Error::new(ErrorKind::BadInput, "generate an image").because(why)
    }
}

/// A share as a whole number of thousandths.
pub(super) fn permille(share: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be 0 to 1"
    )]
    let value = (share * 1000.0).round() as u64;
    value
}
