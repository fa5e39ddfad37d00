//! CPU limits of the control groups this process is in: in a CI container they hold back more than neighbours do.

use std::path::{Path, PathBuf};

use super::text;

/// The `cpu.stat` files of this process's control group and of those above it, of either version.
pub(super) fn statistics() -> Vec<PathBuf> {
    let (Some(membership), Some(mounts)) =
        (text("/proc/self/cgroup"), text("/proc/self/mountinfo"))
    else {
        return Vec::new();
    };
    directories(&membership, &mounts)
        .into_iter()
        .map(|dir| dir.join("cpu.stat"))
        .filter(|path| path.exists())
        .collect()
}

/// How many CPUs' worth of time the tightest of these groups allows; `None` where none is limited.
pub(crate) fn cpu_limit() -> Option<f64> {
    let (membership, mounts) = (text("/proc/self/cgroup")?, text("/proc/self/mountinfo")?);
    directories(&membership, &mounts)
        .iter()
        .filter_map(|dir| {
            let of = |name: &str| text(dir.join(name));
            let old = || {
                let (quota, period) = (of("cpu.cfs_quota_us")?, of("cpu.cfs_period_us")?);
                Some(format!("{} {}", quota.trim(), period.trim()))
            };
            quota(&of("cpu.max").or_else(old)?)
        })
        .min_by(f64::total_cmp)
}

/// `QUOTA PERIOD`, microseconds; no limit is `max` in version 2 and -1 in version 1.
fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// The group that has the CPU controller, and those above it.
fn directories(membership: &str, mountinfo: &str) -> Vec<PathBuf> {
    // `0::/path` is version 2, `3:cpu,cpuacct:/path` version 1 (cgroups(7)).
    let group = |version: u8| {
        membership.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let fits = if version == 2 {
                controllers.is_empty()
            } else {
                controllers.split(',').any(|name| name == "cpu")
            };
            fits.then(|| PathBuf::from(path.trim_start_matches('/')))
        })
    };
    // Version 1 first: where both are mounted, the controllers are mostly there.
    let found = [(1, "cgroup"), (2, "cgroup2")]
        .into_iter()
        .find_map(|(version, kind)| {
            let mount = mount_of(mountinfo, kind, version == 1)?;
            Some((mount, group(version)?))
        });
    let Some((mount, group)) = found else {
        return Vec::new();
    };
    group.ancestors().map(|dir| mount.join(dir)).collect()
}

fn mount_of(mountinfo: &str, kind: &str, with_cpu: bool) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let fits = right.next()? == kind
            && (!with_cpu || right.nth(1)?.split(',').any(|option| option == "cpu"));
        fits.then(|| left.split(' ').nth(4).map(PathBuf::from))?
    })
}

/// The longest time, in microseconds, that one of the groups was held back since it was made.
pub(super) fn held_back_us(groups: &[PathBuf]) -> Option<u64> {
    let of = |path: &Path| parse(&text(path)?);
    groups.iter().filter_map(|path| of(path)).max()
}

/// `throttled_usec` of version 2, `throttled_time` (nanoseconds) of version 1.
fn parse(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| match line.split_once(' ')? {
        ("throttled_usec", value) => value.parse().ok(),
        ("throttled_time", value) => value.parse::<u64>().ok().map(|ns| ns / 1000),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn a_group_is_found_with_those_above_it() {
        let of = |membership, mounts: &str| directories(membership, mounts);
        assert_eq!(
            of("1:cpu,cpuacct:/a/b\n0::/x\n", V1),
            [
                PathBuf::from("/sys/fs/cgroup/cpu/a/b"),
                "/sys/fs/cgroup/cpu/a".into(),
                "/sys/fs/cgroup/cpu/".into()
            ]
        );
        let v2 = "30 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(of("0::/x\n", v2)[0], PathBuf::from("/sys/fs/cgroup/x"));
        assert!(of("0::/x\n", "").is_empty());
    }

    #[test]
    fn limits_are_told_in_cpus() {
        assert_eq!(quota("150000 100000\n"), Some(1.5));
        assert_eq!((quota("max 100000"), quota("-1 100000")), (None, None));
    }

    #[test]
    fn both_versions_tell_how_long() {
        assert_eq!(parse("nr_throttled 3\nthrottled_usec 42\n"), Some(42));
        assert_eq!(parse("throttled_time 42000\n"), Some(42));
        // A group without a limit has no such line.
        assert_eq!(parse("usage_usec 1\n"), None);
    }
}
