//! What the records say of a run and of its subjects.

use std::collections::BTreeMap;

use drivers::sandbox::Ground;
use drivers::{Backend, Driver, Host};
use reports::Line;
use reports::record::{HostLine, Role as RecordRole, Run, Subject, Support, WorkloadInfo};
use reports::uses::ROOTLESS_FACT;
use workloads::Work;

use crate::hostfacts;
use crate::records::Records;
use crate::stores::Stores;
use crate::subjects::{Absent, Planned, Role, Selection};
use crate::workplace::{Opened, Workplace};

/// What was asked for.
pub(crate) struct Asked<'a> {
    pub(crate) seed: u64,
    pub(crate) profile: &'a str,
    pub(crate) rounds: u32,
    pub(crate) workloads: &'a [Work<'a>],
    pub(crate) image: BTreeMap<String, String>,
    pub(crate) config: BTreeMap<String, serde_json::Value>,
}

/// The first lines of the records: the run, the host, and what cannot run here.
pub(crate) fn begin(
    asked: Asked<'_>,
    host: &Host,
    place: &Workplace,
    selection: &Selection,
    records: &mut Records,
) -> anyhow::Result<()> {
    let run = Run {
        id: records.id(),
        ..run(asked)
    };
    records.push(Line::Run(run))?;
    let facts = hostfacts::collect(host, place.dir());
    records.push(Line::Host(HostLine { facts }))?;
    selection
        .absent
        .iter()
        .try_for_each(|driver| records.push(Line::Subject(absent(driver))))
}

fn run(asked: Asked<'_>) -> Run {
    Run {
        schema: reports::record::SCHEMA,
        id: String::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("LAYERBENCH_COMMIT")
            .unwrap_or_default()
            .to_owned(),
        seed: asked.seed,
        profile: asked.profile.to_owned(),
        rounds: asked.rounds,
        started: now(),
        command_line: crate::cli::without_secrets(
            std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()),
        ),
        config: asked.config,
        image: asked.image,
        workloads: asked
            .workloads
            .iter()
            .map(|workload| WorkloadInfo {
                name: workload.name().to_owned(),
                question: workload.question().to_owned(),
                phases: workload
                    .phases()
                    .iter()
                    .map(|(name, doc)| ((*name).to_owned(), (*doc).to_owned()))
                    .collect(),
            })
            .collect(),
    }
}

/// The time, RFC 3339, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// Every subject opened for measuring.
pub(crate) fn all(stores: &Stores<'_>, records: &mut Records) -> anyhow::Result<()> {
    let all = stores.subjects();
    all.iter()
        .try_for_each(|subject| records.push(Line::Subject(opened(subject, all))))
}

/// One of the subjects opened for measuring; `all` finds its control.
fn opened(opened: &Opened, all: &[Opened]) -> Subject {
    let same_ground = |other: &&Opened| {
        other.planned.role == Role::Control && other.planned.backing == opened.planned.backing
    };
    let control = all
        .iter()
        .find(same_ground)
        .map(|control| control.name.clone());
    subject(
        &opened.planned,
        &opened.name,
        control,
        &opened.ground,
        &*opened.driver,
    )
}

/// A subject whose driver is open.
pub(crate) fn subject(
    planned: &Planned,
    name: &str,
    control: Option<String>,
    ground: &Ground,
    driver: &dyn Driver,
) -> Subject {
    let is_control = planned.role == Role::Control;
    let mut facts: Vec<(String, String)> = ground.facts().to_vec();
    let mut capabilities = BTreeMap::new();
    if !is_control {
        facts.extend(driver.facts());
        facts.push((ROOTLESS_FACT.to_owned(), rootless(planned.backend)));
        if let Ok(serde_json::Value::Object(map)) = serde_json::to_value(driver.capabilities()) {
            capabilities.extend(map);
        }
    }
    Subject {
        name: name.to_owned(),
        driver: if is_control {
            "hostdir".to_owned()
        } else {
            planned.backend.name().to_owned()
        },
        role: match planned.role {
            Role::Subject => RecordRole::Subject,
            Role::Control => RecordRole::Control,
            Role::Twin => RecordRole::Twin,
        },
        control: control.filter(|_| !is_control),
        twin_of: (planned.role == Role::Twin).then(|| name.trim_end_matches("#twin").to_owned()),
        backing: Some(planned.backing.name().to_owned()),
        options: planned.spec.options.0.clone(),
        support: Support::Ready,
        facts,
        capabilities,
    }
}

/// Whether a driver would run on this host for a user without root, in a user namespace: `yes`, or `no: ` and why.
fn rootless(backend: &dyn Backend) -> String {
    let host = Host {
        root: true,
        user_namespace: true,
        ..Host::detect()
    };
    match backend.probe(&host) {
        drivers::host::Support::Ready(_) => "yes".to_owned(),
        drivers::host::Support::Missing(missing) => format!("no: {}", missing.what),
    }
}

/// A driver that cannot run here.
pub(crate) fn absent(absent: &Absent) -> Subject {
    let reason = serde_json::to_value(absent.missing.reason)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default();
    Subject {
        name: absent.backend.name().to_owned(),
        driver: absent.backend.name().to_owned(),
        role: RecordRole::Subject,
        control: None,
        twin_of: None,
        backing: None,
        options: BTreeMap::new(),
        support: Support::Missing {
            reason,
            what: absent.missing.what.clone(),
            fix: absent.missing.fix.clone(),
        },
        facts: Vec::new(),
        capabilities: BTreeMap::new(),
    }
}
