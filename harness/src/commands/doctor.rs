//! `layerbench doctor`: what this host supports, what is missing, what makes numbers less certain, and what mends it.

use std::collections::BTreeMap;

use drivers::host::MissingReason;
use drivers::sandbox::Ground;
use drivers::{Backend, Host, Support};
use reports::table::Table;
use serde_json::json;

use crate::checkup::{self, Seen, Warning};
use crate::cli::{DoctorArgs, Format, rows, table};
use crate::{exit, hostfacts, layout, progress, workplace};

pub(super) fn run(args: &DoctorArgs) -> anyhow::Result<u8> {
    // Seen from where a run would work. Where that cannot be entered, nothing can run.
    let (host, shut_out) = match workplace::enter() {
        Ok(host) => (host, None),
        Err(error) => (Host::detect(), Some(format!("{error:#}"))),
    };
    let probe = |backend: &dyn Backend| match &shut_out {
        None => backend.probe(&host),
        Some(why) => Support::missing(MissingReason::Permission, why, "run as root"),
    };
    let probes: Vec<_> = drivers::ALL
        .iter()
        .map(|backend| (*backend, probe(*backend)))
        .collect();
    let work = args.work.clone().unwrap_or_else(workplace::default_work);
    if work.exists() && !work.is_dir() {
        return Err(exit::coded(
            exit::OS,
            format!(
                "no run could work in {}: it is no directory (--work DIR names another)",
                work.display()
            ),
        ));
    }
    let facts = hostfacts::collect(&host, &work);
    let warnings = checkup::warnings(&Seen::look(&work));
    let format = args.print.wanted();
    if matches!(format, Format::Csv | Format::Markdown) {
        progress::document(&rows(&sheet(&facts, &probes, &warnings), format))?;
        return Ok(exit::OK);
    }
    if format == Format::Json {
        let rows: Vec<_> = probes
            .iter()
            .map(|(backend, support)| match support {
                Support::Ready(facts) => json!({ "driver": backend.name(), "ready": true, "facts": facts }),
                Support::Missing(missing) => json!({
                    "driver": backend.name(), "ready": false, "reason": missing.reason, "what": missing.what, "fix": missing.fix,
                }),
            })
            .collect();
        let document = json!({ "schema": 1, "host": facts, "drivers": rows, "warnings": warnings });
        progress::document(&format!("{}\n", serde_json::to_string_pretty(&document)?))?;
        return Ok(exit::OK);
    }
    let width = layout::width();
    let mut text = String::new();
    for (name, value) in &facts {
        let name = format!("{:<16} ", name.replace('_', " "));
        layout::hang(&mut text, &name, value, width);
    }
    text.push('\n');
    for (backend, support) in &probes {
        let name = backend.name();
        match support {
            Support::Ready(facts) => {
                let facts: Vec<_> = facts
                    .iter()
                    .map(|(name, value)| format!("{name} {value}"))
                    .chain([stands_on(*backend, &host)])
                    .collect();
                let head = format!("{name:<16} ready    ");
                layout::hang(&mut text, &head, &facts.join("; "), width);
            }
            Support::Missing(missing) => {
                layout::hang(
                    &mut text,
                    &format!("{name:<16} missing  "),
                    &missing.what,
                    width,
                );
                layout::hang(&mut text, &format!("{:<26}mend: ", ""), &missing.fix, width);
            }
        }
    }
    warn(&mut text, &warnings, width);
    progress::document(&text)?;
    Ok(exit::OK)
}

/// A row for each fact, driver and warning.
fn sheet(
    facts: &BTreeMap<String, String>,
    probes: &[(&dyn Backend, Support)],
    warnings: &[Warning],
) -> Table {
    let row = |kind: &str, name: &str, state: &str, told: String, mend: &str| {
        [
            kind.to_owned(),
            name.to_owned(),
            state.to_owned(),
            told,
            mend.to_owned(),
        ]
    };
    let mut all = Vec::new();
    for (name, value) in facts {
        all.push(row("host", name, "", value.clone(), ""));
    }
    for (backend, support) in probes {
        all.push(match support {
            Support::Ready(facts) => {
                let facts: Vec<String> = facts.iter().map(|(n, v)| format!("{n} {v}")).collect();
                row("driver", backend.name(), "ready", facts.join("; "), "")
            }
            Support::Missing(missing) => row(
                "driver",
                backend.name(),
                "missing",
                missing.what.clone(),
                &missing.fix,
            ),
        });
    }
    for warning in warnings {
        let told = format!("{}: {}", warning.seen, warning.effect);
        all.push(row("warning", warning.check, "", told, &warning.mend));
    }
    table(["kind", "name", "state", "told", "mend"], all)
}

/// Adds the warnings: what is so, what it does to numbers, what mends it.
fn warn(text: &mut String, warnings: &[Warning], width: usize) {
    if warnings.is_empty() {
        text.push_str("\nnothing seen that makes numbers less certain\n");
        return;
    }
    text.push_str(
        "\nWhat makes numbers less certain here; none of it keeps anything from being measured.\n",
    );
    for warning in warnings {
        let head = format!("{:<16} ", warning.check);
        let body = format!("{}: {}", warning.seen, warning.effect);
        layout::hang(text, &head, &body, width);
        layout::hang(text, &format!("{:<17}mend: ", ""), &warning.mend, width);
    }
}

/// The backing stores that can be made here, and what the others lack.
fn stands_on(backend: &dyn Backend, host: &Host) -> String {
    let mut there = Vec::new();
    let mut lacking: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for &backing in backend.backings() {
        match Ground::missing(backing, host) {
            None => there.push(backing.name()),
            Some(missing) => lacking
                .entry(missing.what)
                .or_default()
                .push(backing.name()),
        }
    }
    let lacking = lacking
        .iter()
        .map(|(why, names)| format!("; not on {}: {why}", names.join(", ")));
    format!("on {}{}", there.join(", "), lacking.collect::<String>())
}
