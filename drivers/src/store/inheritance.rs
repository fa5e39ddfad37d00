//! What the items' directory must not hand down.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::removexattr;
use rustix::io::Errno;

use crate::error::{Attempt as _, Error, Result};

/// Takes away what a directory would hand down to everything made in it, the roots of layers included: a default ACL, and
/// a group by its setgid bit. An administrator may have given either to the data directory above.
pub(super) fn end(dir: &Path) -> Result<()> {
    match removexattr(dir, "system.posix_acl_default") {
        Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => {}
        Err(errno) => return Err(Error::io("take the default ACL of", dir, errno)),
    }
    let mut permissions = std::fs::metadata(dir)
        .attempt("look at", dir)?
        .permissions();
    if permissions.mode() & 0o2000 != 0 {
        permissions.set_mode(permissions.mode() & 0o777);
        std::fs::set_permissions(dir, permissions).attempt("set the mode of", dir)?;
    }
    Ok(())
}
