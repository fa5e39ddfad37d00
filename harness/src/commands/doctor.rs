//! `layerbench doctor`: what this host supports, what is missing, and the command that mends it.

use std::fmt::Write as _;

use drivers::{Host, Support};
use serde_json::json;

use crate::cli::JsonArgs;
use crate::{exit, hostfacts, progress, workplace};

pub(super) fn run(args: &JsonArgs) -> anyhow::Result<u8> {
    // Seen from where a run would work; where that cannot be entered, as the bare user.
    let host = workplace::enter().unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Host::detect()
    });
    let probes: Vec<_> = drivers::ALL
        .iter()
        .map(|backend| (*backend, backend.probe(&host)))
        .collect();
    let facts = hostfacts::collect(&host);
    if args.json {
        let rows: Vec<_> = probes
            .iter()
            .map(|(backend, support)| match support {
                Support::Ready(facts) => json!({ "driver": backend.name(), "ready": true, "facts": facts }),
                Support::Missing(missing) => json!({
                    "driver": backend.name(), "ready": false, "reason": missing.reason, "what": missing.what, "fix": missing.fix,
                }),
            })
            .collect();
        let document = json!({ "schema": 1, "host": facts, "drivers": rows });
        progress::document(&format!("{}\n", serde_json::to_string_pretty(&document)?))?;
        return Ok(exit::OK);
    }
    let mut text = String::new();
    for (name, value) in &facts {
        writeln!(text, "{name:<16} {value}")?;
    }
    writeln!(text)?;
    for (backend, support) in &probes {
        match support {
            Support::Ready(facts) => {
                let facts: Vec<_> = facts
                    .iter()
                    .map(|(name, value)| format!("{name} {value}"))
                    .collect();
                writeln!(text, "{:<16} ready    {}", backend.name(), facts.join(", "))?;
            }
            Support::Missing(missing) => {
                writeln!(text, "{:<16} missing  {}", backend.name(), missing.what)?;
                writeln!(text, "{:<16}          mend: {}", "", missing.fix)?;
            }
        }
    }
    progress::document(&text)?;
    Ok(exit::OK)
}
