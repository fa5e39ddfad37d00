//! How registries are reached: `--image docker://HOST/NAME:TAG`.

use std::path::PathBuf;

use clap::Args;
use workloads::image::registry::{Login, RegistryOptions};

use crate::{exit, interrupt};

/// See the module text.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Registries")]
pub(crate) struct RegistryArgs {
    /// Who asks for the image; a password is better kept in the environment, or in a file, than on the command line
    #[arg(long, value_name = "USER:PASSWORD", env = "LAYERBENCH_REGISTRY_USER", hide_env_values = true, value_parser = login)]
    pub(crate) registry_user: Option<Login>,
    /// A file of passwords like Docker's config.json [default: those of podman and Docker]
    #[arg(long, value_name = "FILE", env = "REGISTRY_AUTH_FILE")]
    pub(crate) registry_auth: Option<PathBuf>,
    /// Certificates (PEM) trusted beside the host's own
    #[arg(long, value_name = "FILE", env = "LAYERBENCH_REGISTRY_CA")]
    pub(crate) registry_ca: Option<PathBuf>,
    /// Do without TLS, passwords included; on the loopback a registry may choose
    #[arg(long, env = "LAYERBENCH_REGISTRY_CLEARTEXT", value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) registry_cleartext: bool,
}

/// The flag whose value must not be recorded.
pub(crate) const SECRET: &str = "--registry-user";

fn login(text: &str) -> Result<Login, String> {
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => Ok(Login::new(user, password)),
        // The text may be a password: it is not repeated.
        _ => Err("it is not USER:PASSWORD".to_owned()),
    }
}

impl RegistryArgs {
    /// As the client takes them.
    ///
    /// # Errors
    /// No input, when a file of passwords is named that is not there: the client passes such files over.
    pub(crate) fn options(&self) -> anyhow::Result<RegistryOptions> {
        if let Some(file) = self.registry_auth.as_deref().filter(|file| !file.exists()) {
            return Err(exit::coded(
                exit::NO_INPUT,
                format!(
                    "could not read the passwords {}: it is not there (podman login and docker login make one)",
                    file.display()
                ),
            ));
        }
        Ok(RegistryOptions {
            login: self.registry_user.clone(),
            auth_files: self
                .registry_auth
                .clone()
                .map_or_else(usual_files, |file| vec![file]),
            certificates: self.registry_ca.clone(),
            cleartext: self.registry_cleartext,
            cancelled: Some(interrupt::requested),
            ..RegistryOptions::default()
        })
    }
}

/// Where `podman login` and `docker login` write.
fn usual_files() -> Vec<PathBuf> {
    let at = |variable: &str, rest: &str| {
        std::env::var_os(variable).map(|dir| PathBuf::from(dir).join(rest))
    };
    let podman = at("XDG_RUNTIME_DIR", "containers/auth.json");
    let docker = at("DOCKER_CONFIG", "config.json").or_else(|| at("HOME", ".docker/config.json"));
    podman.into_iter().chain(docker).collect()
}

/// The arguments as they may be recorded.
pub(crate) fn without_secrets(line: impl Iterator<Item = String>) -> Vec<String> {
    let mut hide = false;
    line.map(|word| {
        let (this, next) = (hide, word == SECRET);
        hide = next;
        if this {
            "...".to_owned()
        } else if word.starts_with(SECRET) && word.contains('=') {
            format!("{SECRET}=...")
        } else {
            word
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_in_no_record_and_no_message() {
        let line = [
            "run",
            "--registry-user",
            "u:secret",
            "--registry-user=u:secret",
            "x",
        ];
        let shown = without_secrets(line.into_iter().map(str::to_owned));
        assert_eq!(
            shown,
            ["run", "--registry-user", "...", "--registry-user=...", "x"]
        );
        assert!(!login("secret").unwrap_err().contains("secret"));
        let args = RegistryArgs {
            registry_user: login("u:secret").ok(),
            ..RegistryArgs::default()
        };
        assert!(!format!("{args:?}").contains("secret"));
    }
}
