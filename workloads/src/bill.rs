//! CPU time of a server that runs on: what it did for a phase, though nobody can wait for it yet.
//!
//! The counters around a phase know a process once it was waited for, which for a server is when it is stopped. So its time is
//! read where the kernel keeps it for all (proc_pid_stat(5), in clock ticks: 10 ms for each process), added to the phase,
//! and taken off again where all of it would come a second time.

use drivers::sys::rooted::Running;

use crate::processes;
use crate::recorder::{Metric, Recorder};

/// What a server has been billed for so far.
#[derive(Debug, Default)]
pub struct Bill {
    seconds: f64,
}

impl Bill {
    /// Adds to a phase that has just been recorded what the server, with all that it started, has done since the last time.
    pub fn add(&mut self, recorder: &mut Recorder<'_>, phase: &str, server: &Running) {
        let now = seconds(server.pid());
        recorder.amend(phase, Metric::Cpu, (now - self.seconds).max(0.0));
        self.seconds = self.seconds.max(now);
    }

    /// What the server has done since the last time belongs to no phase.
    pub fn skip(&mut self, server: &Running) {
        self.seconds = self.seconds.max(seconds(server.pid()));
    }

    /// Takes it all off the phase, just recorded, in which the server was stopped.
    pub fn settle(self, recorder: &mut Recorder<'_>, phase: &str) {
        recorder.amend(phase, Metric::Cpu, -self.seconds);
    }
}

/// CPU seconds of all processes in the process namespace of `pid`, and of those they waited for. What has gone meanwhile
/// counts nothing.
fn seconds(pid: u32) -> f64 {
    let ticks: u64 = processes::beside(pid)
        .into_iter()
        .filter_map(|process| std::fs::read_to_string(process.join("stat")).ok())
        .filter_map(|stat| ticks(&stat))
        .sum();
    #[expect(
        clippy::cast_precision_loss,
        reason = "clock ticks of a run, far below 2^53"
    )]
    let (ticks, each) = (ticks as f64, rustix::param::clock_ticks_per_second() as f64);
    ticks / each
}

/// utime, stime, cutime and cstime: fields 14 to 17, the name before them may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields = fields.split_whitespace().skip(11).take(4);
    let numbers: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    (numbers.len() == 4).then(|| numbers.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Uncounted;
    use drivers::sys::rooted::InRoot;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(100));
        assert_eq!(ticks("7 (a) S 1 7"), None);
    }

    #[test]
    fn what_a_server_does_is_billed_once() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        // Half of it is done by a child that is waited for.
        let script = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; \
                      i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; exec sleep 60";
        let server = InRoot::new(Path::new("/"), "/bin/sh");
        let server = server.args(["-c", script]).start().unwrap();
        server.ready("done", Duration::from_secs(60)).unwrap();
        let mut recorder = Recorder::new(Box::new(Uncounted));
        recorder.value("load", Metric::Cpu, 0.5);
        recorder.value("load", Metric::Time, 1.0);
        let mut bill = Bill::default();
        bill.add(&mut recorder, "load", &server);
        let billed = bill.seconds;
        assert!(billed >= 0.02, "{billed}");
        drop(server);
        recorder.value("stop", Metric::Cpu, billed + 0.25);
        bill.settle(&mut recorder, "stop");
        let (samples, _) = recorder.finish();
        let value = |phase: &str| {
            let mut of = samples.iter().filter(|s| s.metric == Metric::Cpu);
            of.find(|s| s.phase == phase).unwrap().value
        };
        assert!((value("load") - 0.5 - billed).abs() < 1e-9);
        assert!((value("stop") - 0.25).abs() < 1e-9);
    }
}
