//! Whether an overlay can stand here with all its directories: a container engine inside a container asks for it.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::path::Path;

use crate::capabilities::Capabilities;
use crate::error::{Attempt as _, Result};
use crate::{mount, remove};

pub(super) fn probe(place: &Path, found: &mut Capabilities) -> Result<()> {
    found.overlays_inside = false;
    // An upper directory needs it; and what is not mounted on a FUSE daemon cannot make it hang.
    if !found.rename_whiteout {
        return Ok(());
    }
    // A user namespace may set no trusted.* attributes; the kernel mounts without, and then forgets what was deleted.
    for (name, option) in [("nested", None), ("nested-user", Some("userxattr"))] {
        let dir = place.join(name);
        for part in ["lower/wiped/deep", "upper", "work", "at"] {
            let part = dir.join(part);
            fs::create_dir_all(&part).attempt("create the directory", &part)?;
        }
        for part in ["lower/gone", "lower/kept"] {
            let part = dir.join(part);
            fs::write(&part, "1").attempt("write", &part)?;
        }
        match stands(&dir, option) {
            Ok(()) => {
                found.overlays_inside = true;
                return Ok(());
            }
            Err(error) => tracing::debug!("no overlay inside: {error}"),
        }
    }
    Ok(())
}

fn stands(dir: &Path, option: Option<&str>) -> Result<()> {
    let part = |name: &str| dir.join(name);
    // By descriptor: the path above may hold what separates options.
    let parts = ["lower", "upper", "work"].map(|name| {
        let path = part(name);
        File::open(&path).attempt("open", &path)
    });
    let [lower, upper, work] = parts;
    let parts = [lower?, upper?, work?];
    let paths = parts
        .each_ref()
        .map(|part| format!("/proc/self/fd/{}", part.as_raw_fd()));
    let mut options = vec![
        ("lowerdir", Some(&paths[0][..])),
        ("upperdir", Some(&paths[1][..])),
        ("workdir", Some(&paths[2][..])),
    ];
    options.extend(option.map(|option| (option, None)));
    let at = part("at");
    let mount = mount::filesystem("overlay", None, &options, &at)?;
    let used = used(&at);
    drop(parts);
    mount.unmount().and(used)
}

/// Deletes, writes for the first time, and makes anew what a directory must not shine through.
fn used(at: &Path) -> Result<()> {
    let (gone, kept, wiped) = (at.join("gone"), at.join("kept"), at.join("wiped"));
    fs::remove_file(&gone).attempt("delete", &gone)?;
    fs::write(&kept, "2").attempt("write", &kept)?;
    remove::tree(&wiped)?;
    fs::create_dir(&wiped).attempt("create the directory", &wiped)?;
    let deep = wiped.join("deep");
    match fs::symlink_metadata(&deep) {
        Ok(_) => Err(std::io::Error::from_raw_os_error(libc::EEXIST)).attempt("forget", &deep),
        Err(_) => Ok(()),
    }
}
