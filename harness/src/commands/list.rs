//! `layerbench list`: the drivers with their options, the workloads with their phases, the cases with their promises.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::JsonArgs;
use crate::{exit, progress};

pub(super) fn run(args: &JsonArgs) -> anyhow::Result<u8> {
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&as_json())?)
    } else {
        as_text()?
    };
    progress::document(&text)?;
    Ok(exit::OK)
}

fn as_json() -> serde_json::Value {
    let drivers: Vec<_> = drivers::ALL
        .iter()
        .map(|backend| {
            let options: Vec<_> = backend.options().iter().map(|o| json!({ "name": o.name, "values": o.values, "doc": o.doc })).collect();
            let backings: Vec<_> = backend.backings().iter().map(|b| b.name()).collect();
            json!({ "name": backend.name(), "summary": backend.summary(), "backings": backings, "options": options })
        })
        .collect();
    let workloads: Vec<_> = workloads::ALL
        .iter()
        .map(|workload| {
            let phases: Vec<_> = workload
                .phases
                .iter()
                .map(|(name, doc)| json!({ "name": name, "doc": doc }))
                .collect();
            json!({ "name": workload.name, "question": workload.question, "phases": phases })
        })
        .collect();
    let cases: Vec<_> = conformance::ALL
        .iter()
        .map(|case| {
            json!({
                "name": case.name, "promise": case.promise, "origin": case.origin, "capability": case.capability,
                "level": format!("{:?}", case.level).to_lowercase(), "theme": format!("{:?}", case.theme).to_lowercase(),
            })
        })
        .collect();
    json!({ "schema": 1, "drivers": drivers, "workloads": workloads, "cases": cases })
}

fn as_text() -> Result<String, std::fmt::Error> {
    let mut text = String::from("drivers\n");
    for backend in drivers::ALL {
        writeln!(text, "  {:<16} {}", backend.name(), backend.summary())?;
        let backings: Vec<_> = backend.backings().iter().map(|b| b.name()).collect();
        writeln!(text, "  {:<16} stands on {}", "", backings.join(", "))?;
        for option in backend.options() {
            let values = if option.values.is_empty() {
                "VALUE".to_owned()
            } else {
                option.values.join("|")
            };
            writeln!(
                text,
                "  {:<16} {}={values}: {}",
                "", option.name, option.doc
            )?;
        }
    }
    text.push_str("\nworkloads\n");
    for workload in workloads::ALL {
        writeln!(text, "  {:<16} {}", workload.name, workload.question)?;
        for (name, doc) in workload.phases {
            writeln!(text, "  {:<16}   {name}: {doc}", "")?;
        }
    }
    writeln!(text, "\ncases ({})", conformance::ALL.len())?;
    for case in conformance::ALL {
        writeln!(text, "  {:<44} {}", case.name, case.promise)?;
    }
    Ok(text)
}
