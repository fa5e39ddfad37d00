//! What the records say of a run and of its subjects.

use std::collections::BTreeMap;

use reports::record::{Role as RecordRole, Run, Subject, Support, WorkloadInfo};
use workloads::Workload;

use crate::cli::{Profile, RunArgs};
use crate::subjects::{Absent, Role};
use crate::workplace::Opened;

/// The first line of the records.
pub(crate) fn run(args: &RunArgs, rounds: u32, workloads: &[&Workload], image: BTreeMap<String, String>, config: BTreeMap<String, serde_json::Value>) -> Run {
    Run {
        schema: reports::record::SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("LAYERBENCH_COMMIT").unwrap_or_default().to_owned(),
        seed: args.seed,
        profile: profile_name(args.profile).to_owned(),
        rounds,
        started: now(),
        command_line: std::env::args().collect(),
        config,
        image,
        workloads: workloads
            .iter()
            .map(|workload| WorkloadInfo {
                name: workload.name.to_owned(),
                question: workload.question.to_owned(),
                phases: workload.phases.iter().map(|(name, doc)| ((*name).to_owned(), (*doc).to_owned())).collect(),
            })
            .collect(),
    }
}

/// The time, RFC 3339, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::Smoke => "smoke",
        Profile::Quick => "quick",
        Profile::Default => "default",
        Profile::Publish => "publish",
    }
}

/// An opened subject; `all` finds its control, and the subject a twin doubles.
pub(crate) fn subject(opened: &Opened, all: &[Opened]) -> Subject {
    let planned = &opened.planned;
    let same_ground = |other: &&Opened| other.planned.role == Role::Control && other.planned.backing == planned.backing;
    let control = match planned.role {
        Role::Control => None,
        Role::Subject | Role::Twin => all.iter().find(same_ground).map(|control| control.name.clone()),
    };
    let mut facts: Vec<(String, String)> = opened.ground.facts().to_vec();
    let mut capabilities = BTreeMap::new();
    if planned.role != Role::Control {
        facts.extend(opened.driver.facts());
        if let Ok(serde_json::Value::Object(map)) = serde_json::to_value(opened.driver.capabilities()) {
            capabilities.extend(map);
        }
    }
    Subject {
        name: opened.name.clone(),
        driver: if planned.role == Role::Control { "hostdir".to_owned() } else { planned.backend.name().to_owned() },
        role: match planned.role {
            Role::Subject => RecordRole::Subject,
            Role::Control => RecordRole::Control,
            Role::Twin => RecordRole::Twin,
        },
        control,
        twin_of: (planned.role == Role::Twin).then(|| opened.name.trim_end_matches("#twin").to_owned()),
        backing: Some(planned.backing.name().to_owned()),
        options: planned.spec.options.0.clone(),
        support: Support::Ready,
        facts,
        capabilities,
    }
}

/// A driver that cannot run here.
pub(crate) fn absent(absent: &Absent) -> Subject {
    let reason = serde_json::to_value(absent.missing.reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    Subject {
        name: absent.backend.name().to_owned(),
        driver: absent.backend.name().to_owned(),
        role: RecordRole::Subject,
        control: None,
        twin_of: None,
        backing: None,
        options: BTreeMap::new(),
        support: Support::Missing { reason, what: absent.missing.what.clone(), fix: absent.missing.fix.clone() },
        facts: Vec::new(),
        capabilities: BTreeMap::new(),
    }
}
