//! The series: who, workload, phase and metric, parameters; the value where statements hold, and where they do not.

/// Names of subjects, workload, phase and metric, parameters, and the two values.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
);

pub(crate) const PLAIN: &str = "hostdir@ext4 hostdir@btrfs hostdir@pool";
const PLAIN_EXT4: &str = "hostdir@ext4";
const PLAIN_BTRFS: &str = "hostdir@btrfs";
pub(crate) const ALL: &str = "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs fuse-overlayfs@ext4 btrfs@btrfs zfs@pool vfs@ext4";
pub(crate) const OVERLAY: &str = "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs";
const LASTING: &str = "overlay2@ext4";
const VOLATILE: &str = "overlay2@ext4,volatile=on";
const CLONES: &str = "overlay2@xfs";
pub(crate) const COPIERS: &str =
    "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs fuse-overlayfs@ext4";
const FULL: &str = "overlay2@ext4 overlay2@ext4,volatile=on fuse-overlayfs@ext4";
const SPARING: &str = "overlay2@xfs btrfs@btrfs zfs@pool";
const BLOCKS: &str = "btrfs@btrfs zfs@pool";
const SHARING: &str =
    "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs fuse-overlayfs@ext4 btrfs@btrfs zfs@pool";
const NATIVE: &str = "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs btrfs@btrfs zfs@pool";
const OWN_PAGES: &str = "btrfs@btrfs vfs@ext4";
const READ_ONCE: &str =
    "overlay2@ext4 overlay2@ext4,volatile=on overlay2@xfs fuse-overlayfs@ext4 zfs@pool";
const FUSE: &str = "fuse-overlayfs@ext4";
const BTRFS: &str = "btrfs@btrfs";
const ZFS: &str = "zfs@pool";
const VFS: &str = "vfs@ext4";

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    (ALL, "start", "idle allocated", "", 0.0, 52_428_800.0),
    (ALL, "start", "idle inodes", "", 4.0, 50.0),
    (ALL, "start", "all leftovers", "", 0.0, 3.0),
    (ALL, "start", "prepare time", "cache warm, parallel 1", 0.001, 1.0),
    (ALL, "start", "mount time", "cache warm, parallel 1", 0.001, 1.0),
    (ALL, "start", "total time", "cache cold, parallel 1", 0.05, 9.0),
    (OVERLAY, "start", "total time", "cache warm, parallel 1", 0.01, 0.04),
    (FUSE, "start", "total time", "cache warm, parallel 1", 0.02, 0.02),
    (VFS, "start", "total time", "cache warm, parallel 1", 0.04, 0.01),
    (BTRFS, "start", "total time", "cache warm, parallel 1", 0.03, 0.005),
    (ZFS, "start", "total time", "cache warm, parallel 1", 0.1, 0.1),
    (LASTING, "remove", "unmount time", "dirty 0, whose nobody", 0.001, 0.01),
    (LASTING, "remove", "unmount time", "dirty 8388608, whose own", 0.02, 0.01),
    (LASTING, "remove", "unmount time", "dirty 8388608, whose others", 0.02, 0.01),
    (VOLATILE, "remove", "unmount time", "dirty 0, whose nobody", 0.001, 0.01),
    (VOLATILE, "remove", "unmount time", "dirty 8388608, whose own", 0.001, 0.01),
    (VOLATILE, "remove", "unmount time", "dirty 8388608, whose others", 0.001, 0.01),
    (OVERLAY, "pull", "pull time", "", 1.0, 2.0),
    (FUSE, "pull", "pull time", "", 2.0, 1.0),
    (VFS, "pull", "pull time", "", 4.0, 0.5),
    (BTRFS, "pull", "pull time", "", 3.0, 0.2),
    (ZFS, "pull", "pull time", "", 3.0, 1.0),
    (PLAIN, "pull", "pull allocated", "", 104_857_600.0, 104_857_600.0),
    (SHARING, "pull", "pull allocated", "", 104_857_600.0, 104_857_600.0),
    (VFS, "pull", "pull allocated", "", 314_572_800.0, 104_857_600.0),
    (ALL, "pull", "pull payload", "", 104_857_600.0, 104_857_600.0),
    (SHARING, "pull", "pull-second allocated", "", 20_971_520.0, 104_857_600.0),
    (VFS, "pull", "pull-second allocated", "", 62_914_560.0, 104_857_600.0),
    (ALL, "pull", "pull-second payload", "", 20_971_520.0, 20_971_520.0),
    (OVERLAY, "pull", "pull inodes", "", 1000.0, 2000.0),
    (PLAIN, "pull", "pull inodes", "", 1000.0, 1000.0),
    (FULL, "copy-up", "append-first time", "cache warm, size 4096", 0.0001, 2e-05),
    (FULL, "copy-up", "append-first time", "cache warm, size 16777216", 0.01, 2e-05),
    (CLONES, "copy-up", "append-first time", "cache warm, size 4096", 0.0001, 0.0001),
    (CLONES, "copy-up", "append-first time", "cache warm, size 16777216", 0.0001, 0.1),
    (COPIERS, "copy-up", "append-second time", "cache warm, size 16777216", 2e-05, 2e-05),
    (PLAIN, "copy-up", "append-second time", "cache warm, size 16777216", 2e-05, 1e-06),
    (FULL, "copy-up", "append-first allocated", "cache warm, size 16777216", 16_777_216.0, 4096.0),
    (SPARING, "copy-up", "append-first allocated", "cache warm, size 16777216", 4096.0, 16_777_216.0),
    (COPIERS, "copy-up", "chmod-first allocated", "cache warm, size 16777216", 16_777_216.0, 4096.0),
    (ZFS, "copy-up", "overwrite-middle-first allocated", "cache warm, size 16777216", 147456.0, 4096.0),
    (FULL, "write-heavy", "random-write time", "target layer-lower", 1.0, 1.0),
    (BLOCKS, "write-heavy", "random-write time", "target layer-lower", 0.5, 2.0),
    (FULL, "write-heavy", "random-write-fsync time", "target layer-lower", 1.0, 1.0),
    (BLOCKS, "write-heavy", "random-write-fsync time", "target layer-lower", 0.5, 2.0),
    (ALL, "write-heavy", "random-write time", "target volume", 1.0, 2.0),
    (PLAIN, "write-heavy", "random-write time", "target hostdir", 1.0, 1.0),
    (ALL, "write-heavy", "sequential-write time", "target volume", 1.0, 2.0),
    (PLAIN, "write-heavy", "sequential-write time", "target hostdir", 1.0, 1.0),
    (ALL, "write-heavy", "small-files time", "target volume", 1.0, 2.0),
    (PLAIN, "write-heavy", "small-files time", "target hostdir", 1.0, 1.0),
    (BTRFS, "write-heavy", "random-write time", "target layer-new", 1.0, 0.5),
    (OVERLAY, "write-heavy", "small-files time", "target layer-new", 0.5, 2.0),
    (FUSE, "write-heavy", "small-files time", "target layer-new", 1.0, 1.0),
    (VFS, "write-heavy", "small-files time", "target layer-new", 2.0, 0.5),
    (BTRFS, "write-heavy", "small-files time", "target layer-new", 1.0, 0.5),
    (BTRFS, "write-heavy", "sequential-write throughput", "target layer-new", 70_000_000.0, 100_000_000.0),
    (VFS, "write-heavy", "sequential-write throughput", "target layer-new", 40_000_000.0, 100_000_000.0),
    (PLAIN_EXT4, "write-heavy", "sequential-write throughput", "target hostdir", 100_000_000.0, 100_000_000.0),
    (PLAIN_BTRFS, "write-heavy", "sequential-write throughput", "target hostdir", 70_000_000.0, 100_000_000.0),
    (VFS, "write-heavy", "random-write rate", "target layer-new", 400.0, 1000.0),
    (PLAIN_EXT4, "write-heavy", "random-write rate", "target hostdir", 1000.0, 1000.0),
    (OVERLAY, "read", "read-sequential time", "cache warm, size 8388608", 1.0, 2.0),
    (PLAIN, "read", "read-sequential time", "cache warm, size 8388608", 1.0, 1.0),
    (OVERLAY, "read", "read-sequential time", "cache cold, size 8388608", 1.0, 2.0),
    (PLAIN, "read", "read-sequential time", "cache cold, size 8388608", 1.0, 1.0),
    (OVERLAY, "read", "read-random time", "cache warm, size 8388608", 1.0, 2.0),
    (PLAIN, "read", "read-random time", "cache warm, size 8388608", 1.0, 1.0),
    (OVERLAY, "read", "read-random time", "cache cold, size 8388608", 1.0, 2.0),
    (PLAIN, "read", "read-random time", "cache cold, size 8388608", 1.0, 1.0),
    (COPIERS, "read", "stat time", "cache cold, depth 1", 1.0, 1.0),
    (COPIERS, "read", "stat time", "cache cold, depth 64", 2.0, 0.5),
    (COPIERS, "read", "list time", "cache cold, depth 1", 1.0, 1.0),
    (COPIERS, "read", "list time", "cache cold, depth 64", 2.0, 0.5),
    (COPIERS, "read", "missing time", "cache cold, depth 1", 1.0, 1.0),
    (COPIERS, "read", "missing time", "cache cold, depth 64", 2.0, 0.5),
    (COPIERS, "read", "stat time", "cache warm, depth 1", 1.0, 1.0),
    (COPIERS, "read", "stat time", "cache warm, depth 64", 1.0, 2.0),
    (ZFS, "read", "stat time", "cache cold, depth 1", 1.0, 1.0),
    (ZFS, "read", "stat time", "cache cold, depth 64", 1.0, 2.0),
    (ZFS, "read", "list time", "cache cold, depth 1", 1.0, 1.0),
    (ZFS, "read", "list time", "cache cold, depth 64", 1.0, 2.0),
    (OVERLAY, "share", "held-by-all page-cache", "cache cold, readers 8, size 8388608", 8_388_608.0, 67_108_864.0),
    (OWN_PAGES, "share", "held-by-first page-cache", "cache cold, readers 8, size 8388608", 8_388_608.0, 8_388_608.0),
    (OWN_PAGES, "share", "held-by-all page-cache", "cache cold, readers 8, size 8388608", 67_108_864.0, 8_388_608.0),
    (FUSE, "share", "held-by-all page-cache", "cache cold, readers 8, size 8388608", 16_777_216.0, 8_388_608.0),
    (READ_ONCE, "share", "held-by-first device-read", "cache cold, readers 8, size 8388608", 8_388_608.0, 8_388_608.0),
    (READ_ONCE, "share", "held-by-all device-read", "cache cold, readers 8, size 8388608", 8_388_608.0, 67_108_864.0),
    (BTRFS, "full", "full allocated", "size 1000000000", 700_000_000.0, 950_000_000.0),
    (ALL, "density", "live allocated", "containers 40", 0.0, 2_000_000.0),
    (ALL, "density", "images-apart allocated", "images 20", 209_715_200.0, 104_857_600.0),
    (ALL, "density", "images allocated", "images 20", 104_857_600.0, 104_857_600.0),
    (ALL, "start-scale", "mapped-first time", "files 300, way chown", 1.0, 0.01),
    (ALL, "start-scale", "mapped-next time", "files 300, way chown", 0.01, 0.01),
    (ALL, "start-scale", "live time", "live 0", 0.01, 0.01),
    (ALL, "start-scale", "live time", "live 8", 0.01, 0.1),
    (NATIVE, "diff", "changes-naive time", "cache warm, changes 10, files 2000", 1.0, 1.0),
    (NATIVE, "diff", "changes time", "cache warm, changes 10, files 2000", 0.01, 0.5),
    (ALL, "share", "mapped memory", "cache cold, readers 8, size 8388608", 8_388_608.0, 67_108_864.0),
];
