//! `layerbench gate`: measure, compare, measure what is flagged once more, and say whether the change may pass.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reports::Comparison;
use reports::compare::Options;
use reports::gate::{Finding, Gate, Kind, Status, Strictness};

use super::compare::{Run, compare};
use crate::cli::{Format, GateArgs, GateFailOn};
use crate::outfile::Outfile;
use crate::settings::Settings;
use crate::{describe, exit, interrupt, progress};

mod asked;
mod child;
mod limits;
mod means;
mod turns;

use asked::Asked;
use means::Means;

/// The least fresh rounds for times: with fewer, two disturbed rounds hide a slowdown by half. Twelve give p = 0.0005,
/// which a hundred flagged things at once can still bear.
const AGAIN_NOISY: u32 = 12;
/// For what repeats exactly; one alone would not show how well it does.
const AGAIN_EXACT: u32 = 3;

pub(super) fn run(args: &GateArgs) -> anyhow::Result<u8> {
    // Everything the user may have mistyped is found before anything is made.
    let settings = Settings::load(&args.settings)?;
    let mut limits = limits::read(&settings, &args.limits)?;
    let means = Means::of(args)?;
    let junit = args.junit.as_deref().map(Outfile::checked).transpose()?;
    limits::check(&mut limits, &settings, means.baseline())?;
    interrupt::install()?;
    let dir = directory(&args.out)?;
    let asked = Asked::of(&means, args)?;
    let sides = match &args.ready {
        Some(path) => means.with(Run::load(path, &args.out)?),
        None => means.measure(&asked, &dir.join("first"))?,
    };
    let Some(sides) = sides.filter(|_| !interrupt::requested()) else {
        progress::say("layerbench: interrupted: nothing is judged");
        return Ok(exit::INTERRUPTED);
    };
    limits.settle(
        sides
            .judged()
            .results
            .records
            .iter()
            .map(reports::series::Key::of)
            .collect::<Vec<_>>()
            .iter(),
    );
    let options = Options {
        labels: means.labels(args),
        subjects: args.subject.clone().zip(args.against.clone()),
        ratios: args.ratios,
        limits,
    };
    let comparison = compare(sides.before(), sides.judged(), &options)?;
    let strictness = Strictness {
        again: args.ready.is_none() && args.again != Some(0),
        noise_free_only: args.noise_free,
    };
    let mut gate = Gate::screen(&means.title(), &comparison, &options.limits, strictness);
    refuse_what_cannot_be_judged(&comparison, args)?;
    let subjects = &sides.judged().results.subjects;
    for finding in &mut gate.findings {
        finding.repeat = Some(means.repeat(finding, subjects, &asked));
    }
    if gate.open().next().is_some() {
        let rounds = args.again;
        look_again(&mut gate, &means, &asked, &sides, &options, &dir, rounds)?;
    }
    let text = publish(&gate, &dir, args)?;
    if let Some(file) = &junit {
        file.write(&reports::gate::junit::junit(&gate)?)?;
    }
    progress::document(&text)?;
    progress::say(&format!("layerbench: wrote {}", dir.display()));
    if interrupt::requested() {
        return Ok(exit::INTERRUPTED);
    }
    Ok(match (gate.status, args.fail_on) {
        (Status::Failed, _) => exit::FAILED,
        (Status::Inconclusive, GateFailOn::Inconclusive) => exit::INCONCLUSIVE,
        _ => exit::OK,
    })
}

/// Other work can never be compared: a gate over it would guard nothing, and must not look as if it did.
fn refuse_what_cannot_be_judged(comparison: &Comparison, args: &GateArgs) -> anyhow::Result<()> {
    use reports::compare::Matters;
    if let Some(other) = comparison
        .differences
        .iter()
        .find(|d| d.matters == Matters::Work)
    {
        return Err(exit::coded(
            exit::BAD_DATA,
            format!(
                "nothing can be compared: {} is {:?} in the one run and {:?} in the other; both must do the same work",
                other.what, other.a, other.b
            ),
        ));
    }
    if !comparison.same_machine && !args.ratios && !args.noise_free {
        return Err(exit::coded(
            exit::BAD_DATA,
            "the baseline is of another machine: absolute times are not compared; --ratios compares ratios to the control, --noise-free what noise cannot move",
        ));
    }
    if comparison.rows.is_empty() && comparison.finishes.is_empty() && comparison.cases.is_empty() {
        return Err(exit::coded(
            exit::NOTHING,
            "the runs hold nothing that could be compared",
        ));
    }
    Ok(())
}

/// Measures what is flagged once more, on fresh stores.
fn look_again(
    gate: &mut Gate,
    means: &Means,
    asked: &Asked,
    sides: &means::Sides,
    options: &Options,
    dir: &Path,
    rounds: Option<u32>,
) -> anyhow::Result<()> {
    let flagged: Vec<Finding> = gate.open().cloned().collect();
    for finding in &flagged {
        progress::say(&format!("layerbench: flagged: {}", finding.sentence()));
    }
    let noisy = flagged.iter().any(|f| f.kind == Kind::Measured);
    let usual = if noisy {
        asked.rounds.max(AGAIN_NOISY)
    } else {
        AGAIN_EXACT
    };
    let rounds = rounds.unwrap_or(usual);
    let subjects = &sides.judged().results.subjects;
    let again = asked.narrowed(&flagged, subjects, rounds);
    progress::say(&format!(
        "layerbench: measuring that again: {}, {rounds} fresh rounds",
        again.words()
    ));
    let fresh = means.measure_again(&again, &flagged, subjects, &dir.join("again"))?;
    match fresh.filter(|_| !interrupt::requested()) {
        Some(fresh) => {
            let before = match means {
                // The baseline stays what it is; only this side can be fresh.
                Means::Baseline { .. } => sides.before(),
                _ => fresh.before(),
            };
            gate.confirm(&compare(before, fresh.judged(), options)?);
        }
        None => gate.not_confirmed("interrupted"),
    }
    Ok(())
}

/// `OUT/gate/TIME`, new.
fn directory(out: &Path) -> anyhow::Result<PathBuf> {
    let parent = out.join("gate");
    let time = describe::now().replace(':', "-");
    (0..1000)
        .map(|n| {
            parent.join(if n == 0 {
                time.clone()
            } else {
                format!("{time}-{n}")
            })
        })
        .find(|dir| !dir.exists())
        .and_then(|dir| std::fs::create_dir_all(&dir).is_ok().then_some(dir))
        .with_context(|| {
            format!(
                "could not make a directory in {} (--out DIR names another)",
                parent.display()
            )
        })
}

/// Writes every document, and gives the one to print.
fn publish(gate: &Gate, dir: &Path, args: &GateArgs) -> anyhow::Result<String> {
    use reports::gate::{junit, show};
    let json = serde_json::to_string_pretty(gate)? + "\n";
    let markdown = show::markdown(gate);
    let junit = junit::junit(gate)?;
    for (name, text) in [
        ("gate.json", &json),
        ("gate.md", &markdown),
        ("gate.xml", &junit),
    ] {
        let path = dir.join(name);
        std::fs::write(&path, text)
            .with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(match args.print.or_markdown(args.markdown) {
        Format::Json => json,
        Format::Markdown => markdown,
        Format::Csv => reports::gate::rows::table(gate).csv(),
        Format::Table => show::text(gate),
    })
}
