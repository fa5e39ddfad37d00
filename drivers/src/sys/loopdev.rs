//! Loop devices that clear themselves: LOOP_CONFIGURE with LO_FLAGS_AUTOCLEAR (Linux 5.8).
#![expect(unsafe_code, reason = "loop(4) is driven by ioctls")]

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use linux_raw_sys::loop_device as raw;

use crate::error::{Attempt as _, Error, ErrorKind, Result};

/// An attached loop device. It detaches when its last user, this value or a mount, is gone.
#[derive(Debug)]
pub struct LoopDevice {
    path: PathBuf,
    direct_io: bool,
    _device: File,
}

impl LoopDevice {
    /// Attaches `file` to a free device, with direct I/O where the file's filesystem allows it, so that the page cache
    /// does not hold everything twice.
    ///
    /// # Errors
    /// `PermissionDenied` or `NotFound` (no /dev/loop-control), or the errno of the ioctl.
    pub fn attach(file: &Path) -> Result<Self> {
        let control_path = Path::new("/dev/loop-control");
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .open(control_path)
            .map_err(|e| {
                Error::io("open", control_path, e)
                    .hint("loop devices need root and the kernel's loop driver")
            })?;
        let backing = OpenOptions::new()
            .read(true)
            .write(true)
            .open(file)
            .attempt("open", file)?;
        // Another process may take the number between the two ioctls: ask again, a bounded number of times.
        for _ in 0..64 {
            let number = check(
                // SAFETY: LOOP_CTL_GET_FREE takes no argument and returns a number.
                unsafe {
                    libc::ioctl(
                        control.as_raw_fd(),
                        libc::Ioctl::from(raw::LOOP_CTL_GET_FREE),
                    )
                },
            )
            .attempt("find a free loop device for", file)?;
            let path = PathBuf::from(format!("/dev/loop{number}"));
            let device = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(device) => device,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(Error::io("open", &path, error).hint("is /dev a devtmpfs?"));
                }
                Err(error) => return Err(Error::io("open", &path, error)),
            };
            match configure(&device, &backing) {
                Ok(direct_io) => {
                    return Ok(Self {
                        path,
                        direct_io,
                        _device: device,
                    });
                }
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
                Err(error) => return Err(Error::io("configure", &path, error)),
            }
        }
        Err(Error::new(ErrorKind::InUse, "attach a loop device to")
            .path(file)
            .because("every free device was taken by others"))
    }

    /// `/dev/loopN`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it by-passes the page cache of the filesystem below.
    pub fn direct_io(&self) -> bool {
        self.direct_io
    }
}

fn configure(device: &File, backing: &File) -> std::io::Result<bool> {
    // SAFETY: an all-zero loop_config is a valid value: plain integers and arrays of them.
    let mut config: raw::loop_config = unsafe { std::mem::zeroed() };
    config.fd = backing.as_raw_fd().unsigned_abs();
    config.block_size = 4096;
    let autoclear = raw::LO_FLAGS_AUTOCLEAR as u32;
    let direct = raw::LO_FLAGS_DIRECT_IO as u32;
    for (flags, direct_io) in [(autoclear | direct, true), (autoclear, false)] {
        config.info.lo_flags = flags;
        // SAFETY: LOOP_CONFIGURE reads one loop_config, which outlives the call.
        let outcome = check(unsafe {
            libc::ioctl(
                device.as_raw_fd(),
                libc::Ioctl::from(raw::LOOP_CONFIGURE),
                &raw const config,
            )
        });
        match outcome {
            Ok(_) => return Ok(direct_io),
            Err(error) if direct_io && error.raw_os_error() == Some(libc::EINVAL) => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::from_raw_os_error(libc::EINVAL))
}

fn check(value: libc::c_int) -> std::io::Result<libc::c_int> {
    if value < 0 {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(value)
    }
}
