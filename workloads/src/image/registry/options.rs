//! How a registry is reached.

use std::path::PathBuf;
use std::time::Duration;

use drivers::Limits;

use super::credentials::Login;
use crate::image::platform::Platform;

/// See the module text.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Who asks; without it, whoever [`Self::auth_files`] say.
    pub login: Option<Login>,
    /// Files like Docker's `config.json`, the first one that knows the registry counts. Files that are not there are passed over.
    pub auth_files: Vec<PathBuf>,
    /// A file of certificates (PEM) that are trusted beside the host's own.
    pub certificates: Option<PathBuf>,
    /// Speak without TLS, to registries off the loopback too.
    pub cleartext: bool,
    /// The platform of a multi-platform image; the host's without it.
    pub platform: Option<Platform>,
    /// Blobs downloaded at once.
    pub parallel: usize,
    /// How long nothing may come, and how long 4 MiB of an answer may take, before it is asked for again.
    pub patience: Duration,
    /// What one layer may ask for.
    pub limits: Limits,
    /// Whether the user does not want it any more: asked every now and then.
    pub cancelled: Option<fn() -> bool>,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            login: None,
            auth_files: Vec::new(),
            certificates: None,
            cleartext: false,
            platform: None,
            parallel: 4,
            patience: Duration::from_secs(60),
            limits: Limits::default(),
            cancelled: None,
        }
    }
}
