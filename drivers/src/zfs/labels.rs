//! Which ZFS this is: `openzfs-2.3.2`, `zfs-fuse-0.7.0`.

use std::path::Path;
use std::time::Duration;

use super::parse;
use super::quirks::Quirks;
use crate::host::Host;
use crate::sys::command;

/// The kernel's device: with it the module is loaded.
pub(super) const DEVICE: &str = "/dev/zfs";
const MODULE_VERSION: &str = "/sys/module/zfs/version";
const LIMIT: Duration = Duration::from_secs(10);

/// Whether the kernel module is loaded.
pub(super) fn has_kernel_module() -> bool {
    Path::new(DEVICE).exists()
}

/// The version as its source gives it, and where it comes from.
fn full_version(host: &Host, quirks: &Quirks) -> Option<String> {
    if quirks.legacy_mounts {
        return std::fs::read_to_string(MODULE_VERSION).ok();
    }
    // The daemon does not say its version; the package does.
    let asks: [(&str, &[&str]); 2] = [
        ("dpkg-query", &["-W", "-f", "${Version}", "zfs-fuse"]),
        ("rpm", &["-q", "--qf", "%{VERSION}", "zfs-fuse"]),
    ];
    asks.into_iter().find_map(|(tool, args)| {
        let program = host.tool(tool)?;
        let args: Vec<_> = args.iter().map(std::ffi::OsStr::new).collect();
        let text = command::run(&program, &args, LIMIT).ok()?;
        String::from_utf8(text).ok()
    })
}

/// The ground label, and the facts it was made from.
pub(super) fn label(host: &Host, quirks: &Quirks) -> (String, Vec<(String, String)>) {
    let full = full_version(host, quirks);
    let version = full
        .as_deref()
        .and_then(parse::upstream_version)
        .unwrap_or_else(|| "unknown".to_owned());
    let mut facts = vec![("version".to_owned(), format!("{} {version}", quirks.name))];
    if let Some(full) = full {
        let of = if quirks.legacy_mounts {
            "module"
        } else {
            "package"
        };
        facts.push((of.to_owned(), full.trim().to_owned()));
    }
    (format!("{}-{version}", quirks.name), facts)
}
