//! What the counted process found, and what its tracer saw, as records.

use std::collections::BTreeMap;

use drivers::sys::trace::{Class, Counts};
use reports::record::{Cache, Record};
use workloads::Metric;

use super::{Found, Phase};

/// The records of a pass. `sections` are the tracer's: the first is empty and says what marking costs, then one for each
/// bracketed phase, in order.
pub(super) fn records(found: &Found, sections: &[Counts], twin: bool) -> Vec<Record> {
    let none = Counts::new();
    let marking = sections.first().unwrap_or(&none);
    let mut records = Vec::new();
    let mut rest = sections.iter().skip(1);
    for phase in &found.phases {
        let section = if phase.bracketed { rest.next() } else { None };
        // A failed phase has a section, and no numbers.
        if phase.failed {
            continue;
        }
        let mut push = |metric: Metric, more: BTreeMap<String, String>, value: f64| {
            records.push(record(&found.subject, twin, phase, metric, more, value));
        };
        for (name, value) in &phase.counts {
            if let Some(metric) = Metric::of(name) {
                push(metric, BTreeMap::new(), *value);
            }
        }
        for ((program, class), calls) in section.unwrap_or(&none) {
            let calls = without_marking(*calls, program.as_ref(), *class, marking);
            if calls > 0 {
                let mut more = BTreeMap::from([("class".to_owned(), class.name().to_owned())]);
                more.extend(program.clone().map(|name| ("program".to_owned(), name)));
                #[expect(clippy::cast_precision_loss, reason = "calls of a phase, below 2^53")]
                push(
                    steadiness(found.daemons, program.as_ref(), *class),
                    more,
                    calls as f64,
                );
            }
        }
    }
    records
}

/// How often threads wait for one another, grow their heaps or are woken differs each time; so does how a daemon's threads
/// share its work, and how often we look whether it has done it.
fn steadiness(daemons: bool, program: Option<&String>, class: Class) -> Metric {
    match class {
        Class::Memory | Class::Process | Class::Other => Metric::SyscallsUnsteady,
        _ if daemons || program.is_some() => Metric::SyscallsUnsteady,
        _ => Metric::Syscalls,
    }
}

fn without_marking(calls: u64, program: Option<&String>, class: Class, marking: &Counts) -> u64 {
    let cost = marking.get(&(program.cloned(), class));
    calls.saturating_sub(cost.copied().unwrap_or(0))
}

fn record(
    subject: &str,
    twin: bool,
    phase: &Phase,
    metric: Metric,
    more: BTreeMap<String, String>,
    value: f64,
) -> Record {
    let driver = subject.split(['@', ',']).next().unwrap_or_default();
    let mut params = phase.params.clone();
    params.extend(more);
    Record {
        subject: format!("{subject}{}", if twin { "#twin" } else { "" }),
        driver: driver.to_owned(),
        workload: phase.workload.clone(),
        phase: phase.phase.clone(),
        metric: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        round: 0,
        position: 0,
        cell: None,
        value,
        cache: match params.get("cache").map(String::as_str) {
            Some("cold") => Some(Cache::Cold),
            Some("lukewarm") => Some(Cache::Lukewarm),
            Some("warm") => Some(Cache::Warm),
            _ => None,
        },
        params,
        cache_refused: None,
        flags: Vec::new(),
        histogram: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(name: &str, failed: bool) -> Phase {
        Phase {
            workload: "start".to_owned(),
            phase: name.to_owned(),
            params: BTreeMap::from([("cache".to_owned(), "warm".to_owned())]),
            failed,
            bracketed: name != "told",
            counts: vec![("inodes".to_owned(), 3.0), ("no-such".to_owned(), 1.0)],
        }
    }

    #[test]
    fn sections_go_with_phases_in_order_less_what_marking_costs() {
        let found = Found {
            subject: "x@ext4,a=b".to_owned(),
            phases: vec![
                phase("failed", true),
                phase("told", false),
                phase("total", false),
            ],
            ..Found::default()
        };
        let own = |class, calls| ((None, class), calls);
        let sections = [
            Counts::from([own(Class::Process, 3)]),
            Counts::from([own(Class::Open, 99)]),
            Counts::from([
                own(Class::Process, 3),
                own(Class::Open, 2),
                ((Some("true".to_owned()), Class::Process), 1),
            ]),
        ];
        let records = records(&found, &sections, true);
        let told: Vec<_> = records
            .iter()
            .map(|r| {
                (
                    r.metric.as_str(),
                    r.params.get("program").map(String::as_str),
                    r.value,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                // Of the phase that was told and had no section, and of the one that had.
                ("inodes", None, 3.0),
                ("inodes", None, 3.0),
                ("syscalls", None, 2.0),
                ("syscalls-unsteady", Some("true"), 1.0),
            ]
        );
        assert!(
            records
                .iter()
                .all(|r| r.subject == "x@ext4,a=b#twin" && r.driver == "x")
        );
        assert_eq!(records[2].params["class"], "open");
        assert_eq!(records[0].cache, Some(Cache::Warm));
    }

    #[test]
    fn without_a_tracer_the_other_counts_remain() {
        let found = Found {
            subject: "x".to_owned(),
            phases: vec![phase("total", false)],
            ..Found::default()
        };
        assert_eq!(records(&found, &[], false).len(), 1);
    }
}
