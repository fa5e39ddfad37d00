//! Whose names are not published: those of who publishes. Records of other machines are searched for what home
//! directories tell (`reports::site::redact`).

use std::path::Path;

use reports::site::Redactor;

/// Takes out the names of this host and this user, and words.
pub(super) fn redactor(words: &[String]) -> Redactor {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let variable = |name: &str| std::env::var(name).ok();
    let home = variable("HOME").and_then(|home| {
        let name = Path::new(&home).file_name()?.to_str()?;
        Some(name.to_owned())
    });
    let users = [
        variable("USER"),
        variable("LOGNAME"),
        variable("SUDO_USER"),
        home,
    ];
    let mut users: Vec<String> = users.into_iter().flatten().collect();
    users.sort();
    users.dedup();
    Redactor::new(&[host.trim().to_owned()], &users, words)
}
