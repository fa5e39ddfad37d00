//! A daemon that dies, a process that is killed, a file that stays open, a namespace that is not private.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use drivers::sandbox::{Ground, Run, sweep};
use drivers::sys::command::ends_within;
use drivers::{ErrorKind, Item, Kind, Mount};
use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, waitid,
};

use crate::bench::{Bench, GIB, ROLE, key, layer, mounts, open, trial};

/// Each runs in a process of its own, with a daemon of its own to kill.
const APART: &[(&str, fn())] = &[
    ("a_busy_file_keeps_its_mount", busy),
    ("a_slow_daemon_hears_of_the_last_close", slow),
    ("a_dead_daemon_is_an_error_at_once", dead),
    ("dropping_the_driver_shows_the_host_again", dropped),
];

/// Nothing is waited for that long but what never comes: the driver's own limits are longer.
const HUNG: Duration = Duration::from_secs(18);

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("a_mount_of_unknown_origin_keeps_its_item", stray),
        trial("a_killed_process_leaves_no_daemon", killed),
        trial("the_host_namespace_is_refused", host),
    ];
    trials.extend(APART.iter().map(|(name, _)| {
        Trial::test(*name, move || {
            let parent = tempfile::tempdir_in("/var/tmp")?;
            let mut child = helper(name, parent.path());
            if !ends_within(&child, Duration::from_secs(120)).unwrap() {
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            if status.success() {
                Ok(())
            } else {
                Err(format!("{status}; its words are above").into())
            }
        })
    }));
    trials
}

/// The pids of zfs-fuse daemons marked with this run.
pub(crate) fn daemons(run_id: &str) -> Vec<u32> {
    let wanted = format!("LAYERBENCH_RUN={run_id}");
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environ| environ.split(|&b| b == 0).any(|v| v == wanted.as_bytes()))
        })
        .collect()
}

fn wait_end(pid: u32) {
    let Ok(pidfd) = pidfd_open(
        Pid::from_raw(pid.cast_signed()).unwrap(),
        PidfdFlags::empty(),
    ) else {
        return;
    };
    let limit = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let ready = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit)).unwrap();
    assert_eq!(ready, 1, "process {pid} lives on");
}

fn busy() {
    let bench = Bench::new();
    let driver = bench.driver();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let at = bench.mountpoint("m");
    let first = driver.mount(&key("c"), &at).unwrap();
    let file = fs::File::open(at.join("a")).unwrap();
    assert_eq!(first.unmount().unwrap_err().kind(), ErrorKind::InUse);
    // Nothing was detached behind the file's back: neither the mount nor the item is gone.
    assert_eq!(fs::read(at.join("a")).unwrap(), b"one");
    let refused = driver.remove(Item::Container(&key("c"))).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InUse);
    drop(file);
    Mount::new(&at).unmount().unwrap();
    // Other items are not held up, before or after.
    driver
        .prepare(&key("d"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let at = bench.mountpoint("n");
    let mount = driver.mount(&key("d"), &at).unwrap();
    let file = fs::File::create(at.join("b")).unwrap();
    drop(file);
    mount.unmount().unwrap();
    driver.remove(Item::Container(&key("d"))).unwrap();
    // The daemon still answers everywhere.
    assert!(driver.plain_dir().metadata().unwrap().is_dir());
    driver.sync().unwrap();
}

/// Stopped, the daemon is as slow as can be: the close is still queued when its mount goes.
fn slow() {
    let bench = Bench::new();
    let driver = bench.driver();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    let dir = fs::File::open(&at).unwrap();
    let daemons = daemons(bench.run.id());
    let daemon = Pid::from_raw(daemons[0].cast_signed()).unwrap();
    kill_process(daemon, Signal::STOP).unwrap();
    // Until the last of its threads has.
    waitid(WaitId::Pid(daemon), WaitIdOptions::STOPPED).unwrap();
    let start = Instant::now();
    let changes = fs::File::open("/proc/self/mountinfo").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            drop(dir);
            mount.unmount().unwrap();
        });
        let served = || {
            mounts(bench.run.dir())
                .iter()
                .filter(|m| m.contains("fuse"))
                .count()
        };
        let second = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        // Only the plain dataset's stays. The kernel tells of every change (proc_pid_mounts(5)).
        while served() > 1 && start.elapsed() < HUNG {
            poll(&mut [PollFd::new(&changes, PollFlags::PRI)], Some(&second)).unwrap();
        }
        kill_process(daemon, Signal::CONT).unwrap();
    });
    driver.remove(Item::Container(&key("c"))).unwrap();
    assert!(start.elapsed() < HUNG, "it hung");
}

fn stray() {
    let bench = Bench::new();
    let driver = bench.driver();
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let (at, other) = (bench.mountpoint("m"), bench.mountpoint("o"));
    let mount = driver.mount(&key("c"), &at).unwrap();
    let stray = drivers::mount::bind(&at, &other, false).unwrap();
    mount.unmount().unwrap();
    // `zfs destroy` would unmount it.
    for refused in [
        driver.remove(Item::Container(&key("c"))),
        driver.commit(&key("c"), &layer(1)),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InUse);
    }
    fs::write(other.join("a"), "x").unwrap();
    stray.unmount().unwrap();
    driver.remove(Item::Container(&key("c"))).unwrap();
}

fn dead() {
    let mut bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    let driver = bench.driver();
    driver
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let at = bench.mountpoint("m");
    let mount = driver.mount(&key("c"), &at).unwrap();
    fs::write(at.join("b"), "two").unwrap();
    driver.sync().unwrap();
    let daemons = daemons(bench.run.id());
    assert_eq!(daemons.len(), 1, "{daemons:?}");
    kill_process(
        Pid::from_raw(daemons[0].cast_signed()).unwrap(),
        Signal::KILL,
    )
    .unwrap();

    let start = Instant::now();
    wait_end(daemons[0]);
    assert_eq!(
        fs::read(at.join("a")).unwrap_err().raw_os_error(),
        Some(libc::ENOTCONN)
    );
    let prepared = driver.prepare(&key("d"), Some(&layer(1)), Kind::Writable);
    for outcome in [
        prepared,
        driver.usage(Item::Layer(&layer(1))).map(drop),
        driver.view(Item::Layer(&layer(1))).map(drop),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Daemon, "{error}");
        assert!(error.to_string().contains("signal: 9"), "{error}");
    }
    assert_eq!(driver.daemon_usage().alive, 0);
    assert!(driver.daemon_usage().peak_rss_bytes > 0);
    mount.unmount().unwrap();
    assert_eq!(bench.close().unwrap_err().kind(), ErrorKind::Daemon);
    assert!(start.elapsed() < HUNG, "it hung");
    assert_eq!(mounts(bench.run.dir()), [""; 0]);

    // What was synced is there with a new daemon.
    bench.reopen();
    let driver = bench.driver();
    assert_eq!(driver.list().unwrap().len(), 2, "d was never made");
    let mount = driver.mount(&key("c"), &at).unwrap();
    assert_eq!(fs::read(at.join("b")).unwrap(), b"two");
    mount.unmount().unwrap();
}

fn dropped() {
    let before = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let shown = || fs::read_dir("/etc/zfs").unwrap().count();
    let files = shown();
    let bench = Bench::new();
    bench.layer(1, None, |dir| fs::write(dir.join("a"), "one").unwrap());
    bench
        .driver()
        .prepare(&key("c"), Some(&layer(1)), Kind::Writable)
        .unwrap();
    let stage = bench.driver().stage(&key("c")).unwrap();
    assert!(stage.dir.join("a").exists());
    let daemons = daemons(bench.run.id());
    drop(bench);
    for pid in daemons {
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "not reaped");
    }
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), before);
    assert_eq!(shown(), files);
}

/// This program once more, in another role.
fn helper(role: &str, parent: &Path) -> Child {
    #[expect(
        clippy::disallowed_methods,
        reason = "a process to be killed, or outside our namespace"
    )]
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env(ROLE, role)
        .env("PARENT", parent)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn killed() {
    let parent = tempfile::tempdir_in("/var/tmp").unwrap();
    let mut child = helper("live", parent.path());
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let run_id = line.trim();
    let alive = daemons(run_id);
    assert_eq!(alive.len(), 1, "{run_id}: {alive:?}");
    assert_eq!(sweep::sweep(parent.path()).unwrap().alive.len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_end(alive[0]);
    assert_eq!(daemons(run_id), [0; 0]);
    let swept = sweep::sweep(parent.path()).unwrap();
    assert_eq!(swept.removed.len(), 1, "{swept:?}");
    assert!(swept.failed.is_empty(), "{swept:?}");
}

fn host() {
    let parent = tempfile::tempdir_in("/var/tmp").unwrap();
    let mut child = helper("outside", parent.path());
    assert!(ends_within(&child, Duration::from_secs(20)).unwrap());
    let mut said = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("mount namespace"), "{said}");
}

/// The other roles of this program: a trial apart, a process to be killed, one outside a private namespace.
pub(crate) fn play(role: &str) -> ExitCode {
    if let Some((_, body)) = APART.iter().find(|(name, _)| *name == role) {
        drivers::sandbox::enter().unwrap();
        body();
        return ExitCode::SUCCESS;
    }
    let parent = PathBuf::from(std::env::var_os("PARENT").unwrap());
    if role == "live" {
        drivers::sandbox::enter().unwrap();
        return live(&parent);
    }
    // Back to where process 1 is, if that may be known: our parent is in a private namespace already.
    if let Ok(namespace) = fs::File::open("/proc/1/ns/mnt") {
        let kind = rustix::thread::LinkNameSpaceType::Mount;
        rustix::thread::move_into_link_name_space(namespace.as_fd(), Some(kind)).unwrap();
    }
    let (_run, ground) = ground(&parent);
    let refused = drivers::backend("zfs")
        .unwrap()
        .open(ground.root(), &drivers::Options::default())
        .unwrap_err();
    answer(&refused.to_string());
    if refused.kind() == ErrorKind::PermissionDenied {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn ground(parent: &Path) -> (Run, Ground) {
    let run = Run::create(parent).unwrap();
    let host = drivers::Host::detect();
    let ground = Ground::create(&run, "g", drivers::Backing::Pool, GIB, &host).unwrap();
    (run, ground)
}

fn live(parent: &Path) -> ExitCode {
    let (run, ground) = ground(parent);
    let driver = open(ground.root());
    driver.prepare(&key("c"), None, Kind::Writable).unwrap();
    let at = run.directory("m").unwrap();
    let _mount = driver.mount(&key("c"), &at).unwrap();
    answer(run.id());
    // Until killed; should the test be gone, this ends it too.
    let mut end = String::new();
    drop(std::io::stdin().read_line(&mut end));
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the answer to the trial")]
fn answer(text: &str) {
    println!("{text}");
}
