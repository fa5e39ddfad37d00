//! `layerbench conform --exchange`: the same changes made on every driver, exported, and applied on every other; equal
//! trees and equal bytes, unless a declared capability explains the difference.

use std::fmt::Write as _;

use conformance::{Outcome, cross};
use reports::matrix::sign;
use serde_json::json;

use crate::cli::{ConformArgs, Format, rows, table};
use crate::examined::Examined;
use crate::workplace::{self, Workplace};
use crate::{exit, layout, progress, subjects};

/// Differences named on one line.
const SHOWN: usize = 2;

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<u8> {
    let backing = subjects::backing(args.subjects.backing.as_deref())?;
    let host = workplace::enter()?;
    let (place, selection) =
        Workplace::with_subjects(&args.work, &args.subjects.drivers, backing, &host)?;
    if selection.ready.len() < 2 {
        return Err(exit::coded(
            exit::NOTHING,
            "an exchange needs two drivers: name more with --driver, or none for all",
        ));
    }
    let mut all = Vec::new();
    let mut opened = Ok(());
    for planned in &selection.ready {
        match Examined::open(planned, &place, &host) {
            Ok(examined) => all.push(examined),
            Err(error) => {
                opened = Err(error);
                break;
            }
        }
    }
    let mut reports = Vec::new();
    if opened.is_ok() {
        progress::say("layerbench: exchanging changes between drivers");
        let mut open: Vec<_> = all
            .iter_mut()
            .filter_map(|examined| Some((examined.name.clone(), examined.subject.take()?)))
            .collect();
        reports = cross::run(&mut open);
        for (examined, (_, subject)) in all.iter_mut().zip(open) {
            examined.subject = Some(subject);
        }
    }
    let closed = all
        .into_iter()
        .map(Examined::close)
        .fold(Ok(()), anyhow::Result::and);
    place.close()?;
    opened?;
    closed?;
    let format = args.print.wanted();
    progress::document(&if matches!(format, Format::Csv | Format::Markdown) {
        let head = ["set", "from", "to", "outcome", "reason"];
        let all = reports.iter().map(|report| {
            [
                report.set.to_owned(),
                report.from.clone(),
                report.to.clone(),
                report.outcome.name().to_owned(),
                report.outcome.reason(),
            ]
        });
        rows(&table(head, all), format)
    } else if format == Format::Json {
        let pairs: Vec<_> = reports
            .iter()
            .map(|report| {
                json!({
                    "set": report.set, "from": report.from, "to": report.to, "outcome": report.outcome.name(),
                    "reason": report.outcome.reason(),
                })
            })
            .collect();
        format!(
            "{}\n",
            serde_json::to_string_pretty(&json!({ "schema": 1, "exchanges": pairs }))?
        )
    } else {
        layout::broken(&as_text(&reports), layout::width())
    })?;
    Ok(if reports.iter().all(|report| report.outcome.is_ok()) {
        exit::OK
    } else {
        exit::FAILED
    })
}

/// The first differences; JSON has all.
fn shortened(reason: &str) -> String {
    let parts: Vec<&str> = reason.split("; ").collect();
    match parts.len().checked_sub(SHOWN) {
        None | Some(0) => reason.to_owned(),
        Some(more) => format!("{}; and {more} more", parts[..SHOWN].join("; ")),
    }
}

fn as_text(reports: &[cross::PairReport]) -> String {
    let mut text = String::new();
    let mut set = "";
    for report in reports {
        if report.set != set {
            set = report.set;
            let _ = writeln!(text, "{}{set}", if text.is_empty() { "" } else { "\n" });
        }
        let sign = match &report.outcome {
            Outcome::Pass => sign(reports::Outcome::Pass),
            Outcome::Fail { .. } => sign(reports::Outcome::Fail),
            Outcome::Deviates(_) => sign(reports::Outcome::Deviates),
            Outcome::NotApplicable(_) => sign(reports::Outcome::NotApplicable),
            Outcome::Broken(_) => sign(reports::Outcome::Broken),
        };
        let reason = shortened(&report.outcome.reason());
        let colon = if reason.is_empty() { "" } else { ": " };
        let _ = writeln!(
            text,
            "{sign} {} -> {}{colon}{reason}",
            report.from, report.to
        );
    }
    let count = |name: &str| {
        let of = |report: &&cross::PairReport| report.outcome.name() == name;
        reports.iter().filter(of).count()
    };
    let _ = writeln!(
        text,
        "\n{} exchanges: {} equal, {} differ as declared, {} failed, {} not asked",
        reports.len(),
        count("pass"),
        count("deviates"),
        count("fail"),
        count("broken") + count("not-applicable"),
    );
    text
}
