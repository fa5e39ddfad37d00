//! `layerbench list`: the drivers with their options, the workloads with their phases, the profiles, the cases with their
//! promises.

use std::fmt::Write as _;

use conformance::Case;
use serde_json::json;
use workloads::Work;

use crate::cli::{JsonArgs, SettingsArgs};
use crate::profile::{self, Profile};
use crate::settings::Settings;
use crate::{exit, layout, progress, spoken};

pub(super) fn run(args: &JsonArgs) -> anyhow::Result<u8> {
    let settings = Settings::load(&SettingsArgs::default())?;
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&as_json(&settings))?)
    } else {
        as_text(&settings)
    };
    progress::document(&text)?;
    Ok(exit::OK)
}

fn as_json(settings: &Settings) -> serde_json::Value {
    let drivers: Vec<_> = drivers::ALL
        .iter()
        .map(|backend| {
            let options: Vec<_> = backend.options().iter().map(|o| json!({ "name": o.name, "values": o.values, "doc": o.doc })).collect();
            let backings: Vec<_> = backend.backings().iter().map(|b| b.name()).collect();
            json!({ "name": backend.name(), "summary": backend.summary(), "backings": backings, "options": options })
        })
        .collect();
    let workloads: Vec<_> = profile::all(&settings.workloads)
        .into_iter()
        .map(|work| {
            let phases: Vec<_> = work
                .phases()
                .iter()
                .map(|(name, doc)| json!({ "name": name, "doc": doc }))
                .collect();
            let own = matches!(work, Work::Own(_));
            json!({ "name": work.name(), "question": work.question(), "reach": work.reach(), "own": own, "phases": phases })
        })
        .collect();
    let profiles: Vec<_> = settings
        .profiles()
        .iter()
        .map(|profile| {
            json!({
                "name": profile.name, "purpose": profile.purpose, "rounds": profile.rounds, "image": profile.image,
                "time_budget_seconds": profile.budget.map(|time| time.as_secs()),
                "conformance_seconds": profile.conformance.map(|time| time.as_secs()), "scale": profile.scale,
            })
        })
        .collect();
    let limits: Vec<_> = settings
        .limits
        .iter()
        .map(|limit| json!({ "name": limit.name, "limit": limit.text }))
        .collect();
    json!({ "schema": 1, "drivers": drivers, "workloads": workloads, "profiles": profiles, "limits": limits, "cases": as_values(conformance::ALL) })
}

fn as_values(cases: &[&Case]) -> Vec<serde_json::Value> {
    cases
        .iter()
        .map(|case| {
            json!({
                "name": case.name, "promise": case.promise, "why": case.why, "origin": case.origin, "covers": case.covers,
                "capability": case.capability, "level": case.level.name(), "theme": case.theme.name(),
            })
        })
        .collect()
}

/// Some cases alone: `conform --list`.
pub(super) fn cases(cases: &[&Case], json: bool) -> anyhow::Result<String> {
    if json {
        let value = json!({ "schema": 1, "cases": as_values(cases) });
        return Ok(format!("{}\n", serde_json::to_string_pretty(&value)?));
    }
    let mut text = String::new();
    let mut theme = "";
    for case in cases {
        if theme != case.theme.name() {
            theme = case.theme.name();
            let _ = writeln!(text, "{theme}");
        }
        let head = format!("  {:<44} {:<8} ", case.name, case.level.name());
        under(&mut text, &head, case.promise, layout::width());
    }
    let _ = writeln!(text, "{} cases", cases.len());
    Ok(text)
}

fn as_text(settings: &Settings) -> String {
    let width = layout::width();
    let mut text = String::from("drivers: --driver DRIVER[@BACKING][,OPTION=VALUE]...\n");
    for backend in drivers::ALL {
        let head = format!("  {:<15} ", backend.name());
        layout::hang(&mut text, &head, backend.summary(), width);
        let backings: Vec<_> = backend.backings().iter().map(|b| b.name()).collect();
        let stands = format!("stands on {}", backings.join(", "));
        layout::hang(&mut text, &" ".repeat(18), &stands, width);
        for option in backend.options() {
            let values = if option.values.is_empty() {
                "VALUE".to_owned()
            } else {
                option.values.join("|")
            };
            let head = format!("{:18}{}={values}  ", "", option.name);
            under(&mut text, &head, option.doc, width);
        }
    }
    text.push_str("\nworkloads: --workload NAME\n");
    for work in profile::all(&settings.workloads) {
        let head = format!("  {:<15} ", work.name());
        layout::hang(&mut text, &head, work.question(), width);
        for (name, doc) in work.phases() {
            under(&mut text, &format!("{:18}{name}  ", ""), doc, width);
        }
    }
    text.push_str("\nprofiles: --profile NAME\n");
    for profile in settings.profiles() {
        let head = format!("  {:<15} ", profile.name);
        layout::hang(&mut text, &head, &amounts(&profile), width);
    }
    for (number, limit) in settings.limits.iter().enumerate() {
        if number == 0 {
            text.push_str("\nlimits of the gate\n");
        }
        let head = format!("  {}  ", limit.name);
        layout::hang(&mut text, &head, &limit.text, width);
    }
    if let Some(path) = &settings.path {
        let _ = writeln!(text, "\nsettings: {}", path.display());
    }
    let count = conformance::ALL.len();
    text.extend([
        "\n",
        &count.to_string(),
        " cases: --case TEXT, a part of the name\n",
    ]);
    for case in conformance::ALL {
        under(
            &mut text,
            &format!("  {:<44}  ", case.name),
            case.promise,
            width,
        );
    }
    text
}

/// `up to 12 rounds within 3 min 45 s, image default: a first answer in four minutes`.
fn amounts(profile: &Profile) -> String {
    let rounds = match (profile.rounds, profile.budget) {
        (rounds, Some(budget)) => {
            format!("up to {rounds} rounds within {}", spoken::time(budget))
        }
        (1, None) => "1 round".to_owned(),
        (rounds, None) => format!("{rounds} rounds"),
    };
    format!("{rounds}, image {}: {}", profile.image, profile.purpose)
}

/// A head and its explanation: on one line if they fit, otherwise the explanation below, indented.
fn under(text: &mut String, head: &str, body: &str, width: usize) {
    if head.chars().count() + body.chars().count() <= width {
        layout::hang(text, head, body, width);
        return;
    }
    let indent = head.chars().take_while(|c| *c == ' ').count() + 4;
    layout::hang(text, head.trim_end(), "", width);
    layout::hang(text, &" ".repeat(indent), body, width);
}
