//! The disk under a run: device, filesystem, and the settings that change what a write costs.

use std::path::{Path, PathBuf};

use drivers::mountinfo::{self, MountInfo};

use super::text;

/// What the run's directory stands on. `None`: the host does not tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Storage {
    /// The mount that holds it.
    pub(crate) mount: Option<MountInfo>,
    /// The directory of the whole disk in /sys, where there is one.
    pub(crate) sys: Option<PathBuf>,
    pub(crate) rotational: Option<bool>,
    pub(crate) scheduler: Option<String>,
    /// `write back` or `write through`.
    pub(crate) write_cache: Option<String>,
    /// Bytes this user may still take.
    pub(crate) free: Option<u64>,
}

impl Storage {
    /// Looks at `path`, or at the nearest directory above it that is there.
    pub(crate) fn under(path: &Path) -> Self {
        let Some(path) = path.ancestors().find_map(|dir| dir.canonicalize().ok()) else {
            return Self::default();
        };
        let mounts = mountinfo::all().unwrap_or_default();
        let sys = crate::noise::under(&path);
        let queue = |file: &str| text(sys.as_ref()?.join("queue").join(file));
        Self {
            mount: mount_of(&mounts, &path).cloned(),
            rotational: queue("rotational").map(|value| value == "1"),
            scheduler: queue("scheduler"),
            write_cache: queue("write_cache"),
            free: rustix::fs::statvfs(&path)
                .ok()
                .map(|stat| stat.f_bavail * stat.f_frsize),
            sys,
        }
    }

    /// `ext4`.
    pub(crate) fn filesystem(&self) -> Option<&str> {
        self.mount.as_ref().map(|mount| mount.kind.as_str())
    }

    /// The kind of the disk: by its driver, as far as the name tells.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        let name = self.sys.as_deref()?.file_name()?.to_str()?;
        let named = [
            ("nvme", "NVMe"),
            ("vd", "virtio"),
            ("xvd", "Xen"),
            ("mmcblk", "SD or eMMC"),
            ("loop", "loop"),
            ("dm-", "device mapper"),
            ("md", "RAID"),
        ]
        .into_iter()
        .find(|(prefix, _)| name.starts_with(prefix));
        Some(match (named, self.rotational) {
            (Some((_, kind)), _) => kind,
            (None, Some(true)) => "hard disk",
            (None, _) => "SSD",
        })
    }

    pub(super) fn facts(&self, put: &mut impl FnMut(&str, Option<String>)) {
        if let Some(mount) = &self.mount {
            put("disk_filesystem", Some(mount.kind.clone()));
            put("disk_device", Some(mount.source.clone()));
            put("disk_options", Some(options(mount)));
        }
        put("disk_kind", self.kind().map(str::to_owned));
        put("disk_scheduler", self.scheduler.clone());
        put(
            "disk_rotational",
            self.rotational
                .map(|yes| if yes { "1" } else { "0" }.to_owned()),
        );
        put("disk_write_cache", self.write_cache.clone());
        put(
            "disk_free",
            self.free.map(|free| bytesize::ByteSize(free).to_string()),
        );
    }
}

/// Of the mount and of its filesystem. What an overlay is made of are paths of the host, and left out.
fn options(mount: &MountInfo) -> String {
    let mut options: Vec<&str> = mount.options.split(',').collect();
    for option in mount.super_options.split(',') {
        if !option.contains('/') && !options.contains(&option) {
            options.push(option);
        }
    }
    options.join(",")
}

/// The mount that holds `path`: the longest mountpoint that is a prefix of it.
pub(crate) fn mount_of<'a>(mounts: &'a [MountInfo], path: &Path) -> Option<&'a MountInfo> {
    mounts
        .iter()
        .filter(|mount| path.starts_with(&mount.point))
        // Of equal mountpoints the last mounted one is seen.
        .max_by_key(|mount| mount.point.as_os_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(point: &str, kind: &str) -> MountInfo {
        MountInfo {
            id: 1,
            device: (8, 1),
            point: point.into(),
            options: "rw,relatime".to_owned(),
            kind: kind.to_owned(),
            source: "/dev/sda1".to_owned(),
            super_options: "rw,discard,upperdir=/home/someone".to_owned(),
        }
    }

    #[test]
    fn the_innermost_mount_is_found() {
        let mounts = [
            mount("/", "ext4"),
            mount("/var", "ext4"),
            mount("/var", "xfs"),
        ];
        let of = |path: &str| mount_of(&mounts, path.as_ref()).unwrap().kind.as_str();
        assert_eq!((of("/var/tmp/x"), of("/varnish")), ("xfs", "ext4"));
    }

    #[test]
    fn options_name_no_paths() {
        assert_eq!(options(&mount("/", "overlay")), "rw,relatime,discard");
    }

    #[test]
    fn disks_are_told_by_their_names() {
        let of = |name: &str, rotational| {
            let storage = Storage {
                sys: Some(format!("/sys/devices/x/{name}").into()),
                rotational,
                ..Storage::default()
            };
            storage.kind()
        };
        assert_eq!(of("nvme0n1", Some(false)), Some("NVMe"));
        assert_eq!(of("sda", Some(true)), Some("hard disk"));
        assert_eq!(of("sda", Some(false)), Some("SSD"));
        assert_eq!(of("vda", Some(true)), Some("virtio"));
        assert_eq!(Storage::default().kind(), None);
    }

    #[test]
    fn a_directory_that_is_not_there_yet_stands_where_its_parent_does() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::under(&dir.path().join("not/yet"));
        assert_eq!(
            storage.mount.map(|mount| mount.point),
            Storage::under(dir.path()).mount.map(|mount| mount.point)
        );
    }
}
