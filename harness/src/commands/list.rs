//! `layerbench list`: the drivers with their options, the workloads with their phases, the profiles, the cases with their
//! promises.

use std::fmt::Write as _;

use conformance::Case;
use reports::table::Table;
use serde_json::json;
use workloads::Work;

use crate::cli::{Format, ListArgs, rows, table};
use crate::profile::{self, Profile};
use crate::settings::Settings;
use crate::{exit, layout, progress, spoken};

pub(super) fn run(args: &ListArgs) -> anyhow::Result<u8> {
    let settings = Settings::load(&args.settings)?;
    let format = args.print.wanted();
    let text = match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&as_json(&settings))?),
        Format::Table => as_text(&settings),
        Format::Csv | Format::Markdown => rows(&sheet(&settings), format),
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

/// A row for each driver, option, workload, phase, profile, limit and case.
fn sheet(settings: &Settings) -> Table {
    let mut all = Vec::new();
    let mut put = |kind: &str, of: &str, name: &str, about: &str| {
        all.push([kind, of, name, about].map(str::to_owned));
    };
    for backend in drivers::ALL {
        put("driver", "", backend.name(), backend.summary());
        for option in backend.options() {
            put("option", backend.name(), option.name, option.doc);
        }
    }
    for work in profile::all(&settings.workloads) {
        put("workload", "", work.name(), work.question());
        for (name, doc) in work.phases() {
            put("phase", work.name(), name, doc);
        }
    }
    for profile in settings.profiles() {
        put("profile", "", &profile.name, &amounts(&profile));
    }
    for limit in &settings.limits {
        put("limit", "", &limit.name, &limit.text);
    }
    for case in conformance::ALL {
        put("case", case.theme.name(), case.name, case.promise);
    }
    table(["kind", "of", "name", "about"], all)
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
pub(super) fn cases(cases: &[&Case], format: Format) -> anyhow::Result<String> {
    if matches!(format, Format::Csv | Format::Markdown) {
        let head = ["case", "theme", "level", "promise", "why", "origin"];
        let all = cases.iter().map(|case| {
            let words = [
                case.name,
                case.theme.name(),
                case.level.name(),
                case.promise,
                case.why,
                case.origin,
            ];
            words.map(str::to_owned)
        });
        return Ok(rows(&table(head, all), format));
    }
    if format == Format::Json {
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
    let mut text = String::from(
        "drivers: --driver DRIVER[@BACKING][,OPTION=VALUE]..., the first of what is listed unless said\n",
    );
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
