//! The checks: each looks at one thing and says at most one sentence.

use super::{Seen, Warning};

/// A run with the defaults writes some GiB at once: images for every subject, full copies by some of them.
const LEAST_FREE: u64 = 10 << 30;
/// Seconds in which services of the boot are still at work.
const YOUNG: f64 = 300.0;
/// Share of all CPU time: half the limit at which a run flags a cell.
const BUSY: f64 = 0.05;
/// Bytes a second: a tenth of the limit at which a run flags a cell.
const BUSY_DISK: f64 = 1e6;

type Check = fn(&Seen) -> Option<Warning>;

/// In the order in which mending them helps.
const CHECKS: &[Check] = &[
    foreign_cpu,
    steal,
    pressure,
    noisy_disk,
    remote_disk,
    free_space,
    swap,
    cpu_limit,
    governor,
    turbo,
    smt,
    virtual_machine,
    young,
];

/// What could be better.
pub(crate) fn warnings(seen: &Seen) -> Vec<Warning> {
    CHECKS.iter().filter_map(|check| check(seen)).collect()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Where /proc does not tell whose time it was, the load does, roughly.
fn foreign_cpu(seen: &Seen) -> Option<Warning> {
    let cpus = f64::from(u32::try_from(seen.cpu.usable).unwrap_or(u32::MAX)).max(1.0);
    let what = match (seen.noise.foreign_cpu, seen.noise.load) {
        (Some(share), load) if share > BUSY => {
            let load = load
                .map(|load| format!(", load average {load}"))
                .unwrap_or_default();
            format!(
                "other processes take {} of all CPU time{load}",
                percent(share)
            )
        }
        (None, Some(load)) if load > cpus / 2.0 => format!("the load average is {load}"),
        _ => return None,
    };
    Some(Warning {
        check: "load",
        seen: what,
        effect: "what is measured waits for others; intervals grow, and cells over the limit are measured again",
        mend: "end them: ps -eo pcpu,pid,comm --sort=-pcpu | head".to_owned(),
    })
}

fn steal(seen: &Seen) -> Option<Warning> {
    let share = seen.noise.steal.filter(|share| *share > BUSY / 2.0)?;
    Some(Warning {
        check: "steal",
        seen: format!(
            "other guests of this hardware take {} of all CPU time",
            percent(share)
        ),
        effect: "everything takes longer by an amount that changes from second to second",
        mend: "move the machine or wait: vmstat 5 shows it as st; else more rounds: --rounds 30"
            .to_owned(),
    })
}

fn pressure(seen: &Seen) -> Option<Warning> {
    let parts: Vec<String> = [
        ("a CPU", seen.cpu_pressure, 0.10),
        ("I/O", seen.io_pressure, 0.05),
        ("memory", seen.memory_pressure, 0.01),
    ]
    .into_iter()
    .filter_map(|(of, share, limit)| {
        let share = share.filter(|share| *share > limit)?;
        Some(format!("for {of} in {}", percent(share)))
    })
    .collect();
    (!parts.is_empty()).then(|| Warning {
        check: "pressure",
        seen: format!("of the last ten seconds, tasks waited {}", parts.join(", ")),
        effect: "something queues already before anything is measured",
        mend: "look who: grep . /proc/pressure/*, then top, and end it".to_owned(),
    })
}

fn noisy_disk(seen: &Seen) -> Option<Warning> {
    let rate = seen.noise.foreign_io_bytes? / seen.seconds;
    (rate > BUSY_DISK).then(|| Warning {
        check: "disk",
        seen: format!("others move {:.0} MB/s over the disk of the work directory", rate / 1e6),
        effect: "synced writes and cold reads queue behind them; these workloads grow and scatter first",
        mend: "find them with iotop -o or pidstat -d 1; or name another disk with --work DIR".to_owned(),
    })
}

/// Filesystems whose speed is that of something else than a disk of this machine.
fn remote_disk(seen: &Seen) -> Option<Warning> {
    let mount = seen.storage.mount.as_ref()?;
    let (what, effect) = match mount.kind.as_str() {
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "virtiofs" | "ceph" | "lustre" | "glusterfs"
        | "fuse.glusterfs" | "fuse.sshfs" | "afs" | "ocfs2" | "gfs2" => (
            "a network filesystem",
            "every number holds the network's and the server's time; syncs may not mean what they say",
        ),
        "overlay" | "aufs" | "fuse.fuse-overlayfs" => (
            "the layer of a container",
            "the first write to each part of a store may copy, and overlay2 may refuse to stand on it",
        ),
        "tmpfs" | "ramfs" => (
            "memory",
            "no disk is in the numbers: what syncs costs nothing, and stores take memory from what is measured",
        ),
        _ => return None,
    };
    Some(Warning {
        check: "filesystem",
        seen: format!("the work directory is on {what} ({})", mount.kind),
        effect,
        mend: "name a directory of a local disk: --work DIR (in a container, a volume)".to_owned(),
    })
}

fn free_space(seen: &Seen) -> Option<Warning> {
    let free = seen.storage.free.filter(|free| *free < LEAST_FREE)?;
    Some(Warning {
        check: "space",
        seen: format!("the disk of the work directory has {} free", bytesize::ByteSize(free)),
        effect: "stores are sparse files: a full disk ends workloads with errors, and an almost full one is slower",
        mend: "make room (layerbench sweep removes what dead runs left), or name another disk with --work DIR".to_owned(),
    })
}

fn swap(seen: &Seen) -> Option<Warning> {
    let used = seen.swap_used.filter(|used| *used > 0)?;
    Some(Warning {
        check: "swap",
        seen: format!("{} of swap space are in use", bytesize::ByteSize(used)),
        effect: "memory may come back from the disk in the middle of a measurement",
        mend: "swapoff -a (with memory enough free)".to_owned(),
    })
}

fn cpu_limit(seen: &Seen) -> Option<Warning> {
    let limit = seen.cpu.group_limit?;
    Some(Warning {
        check: "cpu limit",
        seen: format!("a control group allows {limit} CPUs' worth of time"),
        effect: "parallel phases are stopped when it is used up and go on 100 ms later: times come in steps",
        mend: "run without the limit (docker run without --cpus, a pod without a CPU limit)"
            .to_owned(),
    })
}

fn governor(seen: &Seen) -> Option<Warning> {
    let governor = seen
        .cpu
        .governor
        .as_deref()
        .filter(|name| *name != "performance")?;
    Some(Warning {
        check: "governor",
        seen: format!("the frequency governor is {governor}"),
        effect: "the clock follows the load with a delay: short phases after a wait are slower than long ones",
        mend: "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
            .to_owned(),
    })
}

fn turbo(seen: &Seen) -> Option<Warning> {
    let turbo = seen.cpu.turbo.as_ref().filter(|turbo| turbo.on)?;
    Some(Warning {
        check: "turbo",
        seen: "turbo frequencies are on".to_owned(),
        effect: "the clock depends on heat and on how many cores work: early rounds are faster than late ones",
        mend: format!("echo {} > {}", turbo.off, turbo.file),
    })
}

fn smt(seen: &Seen) -> Option<Warning> {
    seen.cpu.smt.as_deref().filter(|state| *state == "on")?;
    Some(Warning {
        check: "smt",
        seen: "two threads share each core (SMT)".to_owned(),
        effect: "the speed of a thread depends on what the other half of its core does; CPU time means less",
        mend: "echo off > /sys/devices/system/cpu/smt/control".to_owned(),
    })
}

fn virtual_machine(seen: &Seen) -> Option<Warning> {
    seen.cpu.virtual_machine.then(|| Warning {
        check: "virtual",
        seen: "this is a virtual machine".to_owned(),
        effect: "its disk is shared and cached by the host, and syncs are the host's: compare ratios to hostdir, not times",
        mend: "for absolute times use bare metal; for ratios, more rounds: --profile publish".to_owned(),
    })
}

fn young(seen: &Seen) -> Option<Warning> {
    let uptime = seen.uptime.filter(|seconds| *seconds < YOUNG)?;
    Some(Warning {
        check: "boot",
        seen: format!("the machine started {uptime:.0} s ago"),
        effect: "services are still starting, and caches and memory are not as they are later",
        mend: format!("wait until it is up for {} minutes", YOUNG / 60.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostfacts::{Cpu, Storage, Turbo};
    use drivers::mountinfo::MountInfo;
    use reports::record::Noise;

    fn names(seen: &Seen) -> Vec<&'static str> {
        warnings(seen).iter().map(|warning| warning.check).collect()
    }

    #[test]
    fn a_quiet_machine_has_no_warnings_and_what_is_not_told_is_none() {
        assert!(names(&Seen::default()).is_empty());
        let quiet = Seen {
            cpu: Cpu {
                usable: 8,
                governor: Some("performance".to_owned()),
                smt: Some("notsupported".to_owned()),
                ..Cpu::default()
            },
            storage: Storage {
                free: Some(LEAST_FREE),
                ..Storage::default()
            },
            swap_used: Some(0),
            uptime: Some(1e5),
            io_pressure: Some(0.001),
            noise: Noise {
                foreign_cpu: Some(0.01),
                foreign_io_bytes: Some(1e4),
                load: Some(7.0),
                ..Noise::default()
            },
            seconds: 0.5,
            ..Seen::default()
        };
        assert!(names(&quiet).is_empty(), "{:?}", names(&quiet));
    }

    #[test]
    fn everything_at_once_is_told_each_with_what_mends_it() {
        let seen = Seen {
            cpu: Cpu {
                usable: 2,
                virtual_machine: true,
                governor: Some("powersave".to_owned()),
                turbo: Some(Turbo::new(true, "1", "/sys/x")),
                smt: Some("on".to_owned()),
                group_limit: Some(1.5),
                ..Cpu::default()
            },
            storage: Storage {
                free: Some(1 << 30),
                mount: Some(MountInfo {
                    id: 1,
                    device: (0, 1),
                    point: "/".into(),
                    options: String::new(),
                    kind: "nfs4".to_owned(),
                    source: String::new(),
                    super_options: String::new(),
                }),
                ..Storage::default()
            },
            swap_used: Some(1 << 20),
            uptime: Some(60.0),
            cpu_pressure: Some(0.5),
            noise: Noise {
                steal: Some(0.1),
                foreign_cpu: Some(0.4),
                foreign_io_bytes: Some(5e6),
                ..Noise::default()
            },
            seconds: 0.5,
            ..Seen::default()
        };
        let found = warnings(&seen);
        assert_eq!(found.len(), CHECKS.len());
        for warning in &found {
            assert!(!warning.mend.is_empty() && !warning.effect.is_empty());
        }
        assert!(
            found
                .iter()
                .any(|warning| warning.mend == "echo 1 > /sys/x")
        );
        assert!(found.iter().any(|warning| warning.seen.contains("10 MB/s")));
    }

    #[test]
    fn where_nobody_tells_whose_time_it_was_the_load_speaks() {
        let mut seen = Seen::default();
        seen.cpu.usable = 4;
        seen.noise.load = Some(3.0);
        assert_eq!(names(&seen), ["load"]);
        // A load of our own making, if it is known.
        seen.noise.foreign_cpu = Some(0.0);
        assert!(names(&seen).is_empty());
    }
}
