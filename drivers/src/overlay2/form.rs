//! What the upper directories of a root may hold, remembered from one `open` to the next: opened with other options, the
//! same directories would show something else, silently.

use std::path::Path;

use super::settings::Settings;
use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// Beside the items' directory.
const FILE: &str = "overlay2-form";

/// The form that settings give to upper directories, one word for each feature.
fn form(settings: &Settings) -> Vec<&'static str> {
    let mut words = vec![settings.xattr_prefix()];
    if settings.redirects() {
        words.push("redirect_dir");
    }
    if settings.metacopy {
        words.push("metacopy");
    }
    words
}

/// Refuses settings that cannot read what is there, and remembers what these settings may add.
///
/// # Errors
/// `Unsupported`, naming the option.
pub(super) fn check(root: &Path, settings: &Settings) -> Result<()> {
    let path = root.join(FILE);
    let known = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    let mut words = form(settings);
    for old in known.split_whitespace() {
        if words.contains(&old) {
            continue;
        }
        let option = match old {
            "redirect_dir" if settings.follows() => {
                words.push("redirect_dir");
                continue;
            }
            "redirect_dir" => "redirect_dir=follow",
            "metacopy" => "metacopy=on",
            "user.overlay." => "userxattr=on",
            _ => "userxattr=off",
        };
        return Err(
            Error::new(ErrorKind::Unsupported, "open with these options")
                .path(root)
                .because(format!(
                    "what was made there can only be read with {option}"
                ))
                .hint("give that option, or use another directory"),
        );
    }
    let text = words.join(" ");
    if text == known {
        return Ok(());
    }
    std::fs::write(&path, text).attempt("write", &path)
}
