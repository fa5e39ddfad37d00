//! `layerbench claims`: which published statements hold on this host, as far as a run tells.

use std::fmt::Write as _;

use reports::Analysis;
use reports::claims::{ALL, Answer, Claim, Verdict, answers, page, show};
use reports::table::Table;

use crate::cli::{Answered, ClaimsArgs, Format, rows, table};
use crate::select::near;
use crate::{exit, layout, progress};

pub(super) fn run(args: &ClaimsArgs) -> anyhow::Result<u8> {
    let wanted = wanted(&args.claims)?;
    if args.list {
        progress::document(&if args.markdown {
            page::page(None)
        } else {
            list(&wanted)
        })?;
        return Ok(exit::OK);
    }
    let (_, results) = super::report::meant(&args.run)?;
    let format = args.print.or_markdown(args.markdown);
    if format == Format::Markdown && args.claims.is_empty() && args.only.is_empty() {
        progress::document(&page::page(Some(&results)))?;
        return Ok(exit::OK);
    }
    let mut answers = answers(&Analysis::new(&results));
    answers.retain(|answer| {
        wanted.contains(&answer.claim) && (args.only.is_empty() || chosen(answer, &args.only))
    });
    if answers.is_empty() {
        return Err(exit::coded(
            exit::NOTHING,
            "no statement has an answer of this kind; without --only all are shown",
        ));
    }
    progress::document(&match format {
        Format::Json => show::json(&results, &answers)?,
        Format::Csv | Format::Markdown => rows(&sheet(&answers), format),
        Format::Table => {
            let whole = args.details || !args.claims.is_empty();
            layout::broken(&show::text(&results, &answers, whole), layout::width())
        }
    })?;
    Ok(exit::OK)
}

/// A row for each statement, or for each subject where some answered.
fn sheet(answers: &[Answer]) -> Table {
    let mut all = Vec::new();
    for answer in answers {
        let claim = answer.claim;
        let row = |verdict: Verdict, subject: &str, told: String| {
            [
                claim.number.to_string(),
                claim.name.to_owned(),
                claim.statement.to_owned(),
                verdict.word().to_owned(),
                subject.to_owned(),
                told,
            ]
        };
        if answer.findings.is_empty() {
            all.push(row(answer.verdict, "", answer.reason.clone()));
        }
        for finding in &answer.findings {
            all.push(row(finding.verdict, &finding.subject, page::told(finding)));
        }
    }
    let head = ["number", "name", "statement", "answer", "subject", "told"];
    table(head, all)
}

fn chosen(answer: &Answer, only: &[Answered]) -> bool {
    only.iter().any(|only| {
        answer.verdict
            == match only {
                Answered::Confirmed => Verdict::Confirmed,
                Answered::Refuted => Verdict::Refuted,
                Answered::Inconclusive => Verdict::Inconclusive,
                Answered::NotApplicable => Verdict::NotApplicable,
            }
    })
}

/// The statements that are asked for: all, or those of these numbers or with these words in their names.
fn wanted(asked: &[String]) -> anyhow::Result<Vec<&'static Claim>> {
    let fits = |claim: &Claim, word: &String| match word.parse::<u32>() {
        Ok(number) => number == claim.number,
        Err(_) => !word.is_empty() && claim.name.contains(word.as_str()),
    };
    if let Some(word) = asked
        .iter()
        .find(|word| !ALL.iter().any(|claim| fits(claim, word)))
    {
        let names: Vec<&str> = ALL.iter().map(|claim| claim.name).collect();
        let there = match word.parse::<u32>() {
            Ok(_) => format!("they have the numbers 1 to {}", names.len()),
            Err(_) => near(word, &names),
        };
        return Err(exit::coded(
            exit::USAGE,
            format!("there is no statement {word:?}; {there}; layerbench claims --list names all"),
        ));
    }
    let mut claims = ALL.to_vec();
    claims.retain(|claim| asked.is_empty() || asked.iter().any(|word| fits(claim, word)));
    Ok(claims)
}

fn list(claims: &[&Claim]) -> String {
    let mut text = String::new();
    for claim in claims {
        let _ = writeln!(
            text,
            "{:>2} {}: {}",
            claim.number, claim.name, claim.statement
        );
    }
    layout::broken(&text, layout::width())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::claims::check::Check;

    /// A series that no workload records, or a case that nobody asks, would leave a statement open for ever.
    #[test]
    fn statements_are_checked_by_what_there_is() {
        for claim in ALL {
            for check in claim.parts.iter().flat_map(|part| part.checks) {
                match check {
                    Check::Number(quantity, _) => {
                        for pick in quantity.picks() {
                            let workload = workloads::ALL.iter().find(|w| w.name == pick.workload);
                            let Some(workload) = workload else {
                                panic!("{}: no workload {}", claim.name, pick.workload)
                            };
                            assert!(
                                pick.phase == "all"
                                    || workload.phases.iter().any(|(name, _)| *name == pick.phase),
                                "{}: {} has no phase {}",
                                claim.name,
                                pick.workload,
                                pick.phase
                            );
                            assert!(
                                workloads::Metric::of(pick.metric).is_some(),
                                "{}: no metric {}",
                                claim.name,
                                pick.metric
                            );
                        }
                    }
                    Check::Case { case, .. } | Check::Limit { case, .. } => assert!(
                        conformance::ALL.iter().any(|known| known.name == *case),
                        "{}: no case {case}",
                        claim.name
                    ),
                    Check::Fact { .. } => {}
                }
            }
            let drivers = claim.parts.iter().flat_map(|part| part.about.drivers);
            for driver in drivers {
                assert!(
                    drivers::ALL.iter().any(|known| known.name() == *driver),
                    "{}: no driver {driver}",
                    claim.name
                );
            }
        }
    }

    /// A run of nothing leaves every statement open, and names for each the command that would answer it.
    #[test]
    fn what_would_answer_can_be_asked() {
        use crate::cli::{Cli, Command};
        use clap::Parser as _;
        let nothing = reports::Results::default();
        for answer in answers(&Analysis::new(&nothing)) {
            let name = answer.claim.name;
            assert_eq!(answer.verdict, Verdict::Inconclusive, "{name}");
            let cli = Cli::try_parse_from(answer.command.split(' '))
                .unwrap_or_else(|error| panic!("{name}: {}: {error}", answer.command));
            let drivers = match cli.command {
                Command::Run(args) | Command::Bench(args) => args.subjects.drivers,
                Command::Conform(args) => args.subjects.drivers,
                other => panic!("{name}: {other:?}"),
            };
            for driver in drivers {
                let spec: drivers::SubjectSpec = driver.parse().unwrap();
                let backend = drivers::backend(&spec.driver).unwrap();
                spec.options.check(&spec.driver, backend.options()).unwrap();
                let stands = |backing| backend.backings().contains(backing);
                assert!(spec.backing.as_ref().is_none_or(stands), "{name}: {driver}");
            }
        }
    }

    #[test]
    fn statements_are_found_by_number_and_by_a_part_of_the_name() {
        let names = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            wanted(&words).unwrap().iter().map(|c| c.name).collect()
        };
        assert_eq!(names(&[]).len(), ALL.len());
        assert_eq!(names(&["4"]), ["first-write-is-slow"]);
        // Not that of 128 layers.
        assert_eq!(names(&["12"]).len(), 1);
        assert_eq!(names(&["first-write", "40"]).len(), 2);
        let error = wanted(&["nosuch".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("--list"), "{error}");
        assert!(wanted(&[String::new()]).is_err());
    }
}
