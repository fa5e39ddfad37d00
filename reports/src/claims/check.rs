//! One way to ask whether a part of a statement holds.

use super::about::text;
use super::band::Band;
use super::find::{Sought, Stop};
use super::number::{Number, Quantity};
use super::verdict::Verdict;
use crate::record::{CaseResult, Outcome, Subject};

/// What is looked at, and what of it confirms.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "some eighty of them, in tables of constants"
)]
pub enum Check {
    /// A measured number, against a band.
    Number(Quantity, Band),
    /// The answer to a conformance case. `holds` says which answer confirms.
    Case {
        /// Its name.
        case: &'static str,
        /// Which answer confirms.
        holds: Holds,
    },
    /// A limit that the driver declares (absent: there is none), where the case that tries it out bears it out.
    Limit {
        /// The capability.
        capability: &'static str,
        /// The case.
        case: &'static str,
        /// What confirms.
        band: Band,
    },
    /// A fact that the driver found out on this host.
    Fact {
        /// Its name.
        name: &'static str,
        /// How its value begins where the statement holds; any other value refutes.
        holds: &'static str,
    },
}

/// Which answer to a case confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// The promise is kept. Where it is not, declared or not, the statement is refuted.
    Kept,
    /// The promise is not kept, as the driver declares. Where it is kept, the statement is refuted.
    Deviates,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    pub(super) number: Option<Number>,
    pub(super) evidence: Vec<String>,
}

impl From<Stop> for Found {
    fn from(stop: Stop) -> Self {
        Self {
            verdict: stop.verdict,
            reason: stop.reason,
            number: None,
            evidence: Vec::new(),
        }
    }
}

impl Check {
    /// What it finds on a subject.
    pub(super) fn ask(&self, sought: &Sought<'_>, subject: &Subject) -> Found {
        let found = match self {
            Self::Number(quantity, band) => number(quantity, *band, sought),
            Self::Case { case, holds } => answer(sought, case).map(|asked| judged(asked, *holds)),
            Self::Limit {
                capability,
                case,
                band,
            } => limit(sought, subject, capability, case, *band),
            Self::Fact { name, holds } => fact(subject, name, holds),
        };
        found.unwrap_or_else(Found::from)
    }

    /// What is looked at.
    pub fn measured(&self) -> String {
        match self {
            Self::Number(quantity, _) => quantity.words(),
            Self::Case { case, .. } => format!("conformance case {case}"),
            Self::Limit {
                capability, case, ..
            } => format!("the declared {capability}, tried out by case {case}"),
            Self::Fact { name, .. } => format!("the fact {name} that the driver found out"),
        }
    }

    /// What confirms, and what refutes.
    pub fn rule(&self) -> String {
        match self {
            Self::Number(quantity, band) => {
                let unit = match quantity {
                    Quantity::Exponent(..) => "power",
                    Quantity::Ratio(..) | Quantity::Overall => "x",
                    Quantity::Value(term) => unit(term),
                };
                band.words(|value| end(unit, value))
            }
            Self::Case { holds, .. } => match holds {
                Holds::Kept => "its promise is kept".to_owned(),
                Holds::Deviates => "its promise is not kept, as declared".to_owned(),
            },
            Self::Limit { band, .. } => band.words(|value| value.to_string()),
            Self::Fact { holds, .. } => format!("it is {holds}"),
        }
    }
}

/// The unit of a value, as far as its metric tells.
fn unit(term: &super::term::Term) -> &'static str {
    use super::term::Term;
    match term {
        Term::PerParam(_, "size") => "",
        Term::Sum([pick, ..]) | Term::PerParam(pick, _) => match pick.metric {
            "time" | "durable" | "cpu" | "latency-p50" | "latency-p99" => "s",
            "allocated" | "memory" | "page-cache" | "device-read" | "device-written" => "B",
            _ => "",
        },
        Term::Sum([]) | Term::Per(..) => "",
    }
}

/// An end of a band, as it stands in the data.
fn end(unit: &str, value: f64) -> String {
    match unit {
        "x" => format!("{value}x"),
        "" => value.to_string(),
        unit => Quantity::show(unit, value),
    }
}

fn number(quantity: &Quantity, band: Band, sought: &Sought<'_>) -> Result<Found, Stop> {
    let (number, evidence) = quantity.measure(sought)?;
    let verdict = band.judge(number.low, number.high);
    let reason = match verdict {
        Verdict::Inconclusive => {
            let show = |value| end(&number.unit, value);
            format!("the interval reaches over an end of: {}", band.words(show))
        }
        _ => String::new(),
    };
    Ok(Found {
        verdict,
        reason,
        number: Some(number),
        evidence,
    })
}

/// The subject's answer to a case.
fn answer<'a>(sought: &Sought<'a>, case: &str) -> Result<&'a CaseResult, Stop> {
    let mut cases = sought.analysis.results.cases.iter();
    cases
        .find(|answer| answer.subject == sought.subject && answer.case == case)
        .ok_or_else(|| {
            Stop::nothing(format!(
                "case {case} was not asked: layerbench run, or conform, asks it"
            ))
        })
}

fn judged(answer: &CaseResult, holds: Holds) -> Found {
    let verdict = match (answer.outcome, holds) {
        (Outcome::Pass, Holds::Kept) | (Outcome::Deviates, Holds::Deviates) => Verdict::Confirmed,
        (Outcome::Fail | Outcome::Deviates, Holds::Kept) | (Outcome::Pass, Holds::Deviates) => {
            Verdict::Refuted
        }
        // What happened is not what the driver declares, nor surely what the statement says.
        (Outcome::Fail, Holds::Deviates) | (Outcome::Broken, _) => Verdict::Inconclusive,
        (Outcome::NotApplicable, _) => Verdict::NotApplicable,
    };
    let word = match answer.outcome {
        Outcome::Pass => "passes",
        Outcome::Deviates => "differs as declared",
        Outcome::Fail => "fails",
        Outcome::Broken => "could not be asked",
        Outcome::NotApplicable => "does not apply",
    };
    let mut told = format!("{} case {} {word}", answer.subject, answer.case);
    if !answer.reason.is_empty() {
        told.extend([": ", &answer.reason]);
    }
    Found {
        verdict,
        reason: if verdict.decides() {
            String::new()
        } else {
            told.clone()
        },
        number: None,
        evidence: vec![told],
    }
}

fn limit(
    sought: &Sought<'_>,
    subject: &Subject,
    capability: &str,
    case: &str,
    band: Band,
) -> Result<Found, Stop> {
    let declared = subject
        .capabilities
        .get(capability)
        .ok_or_else(|| Stop::nothing(format!("it declares no {capability}")))?;
    let value = if declared.is_null() {
        f64::INFINITY
    } else {
        declared
            .as_f64()
            .ok_or_else(|| Stop::nothing(format!("{capability} is {}", text(declared))))?
    };
    let asked = answer(sought, case)?;
    // Both answers bear the declaration out: that there is no limit, or that it is where it is said to be.
    let mut found = judged(asked, Holds::Kept);
    found.evidence.push(match declared.is_null() {
        true => format!("{} declares no limit of {capability}", subject.name),
        false => format!("{} declares {capability} {}", subject.name, text(declared)),
    });
    if !matches!(asked.outcome, Outcome::Pass | Outcome::Deviates) {
        found.verdict = Verdict::Inconclusive;
        found.reason.clone_from(&found.evidence[0]);
        return Ok(found);
    }
    found.reason.clear();
    found.verdict = if value >= band.from && value <= band.to {
        Verdict::Confirmed
    } else {
        Verdict::Refuted
    };
    Ok(found)
}

fn fact(subject: &Subject, name: &str, holds: &str) -> Result<Found, Stop> {
    let told = subject.facts.iter().find(|(fact, _)| fact == name);
    let (_, value) = told.ok_or_else(|| Stop::nothing(format!("it tells no {name}")))?;
    Ok(Found {
        verdict: if value.starts_with(holds) {
            Verdict::Confirmed
        } else {
            Verdict::Refuted
        },
        reason: String::new(),
        number: None,
        evidence: vec![format!("{} {name}: {value}", subject.name)],
    })
}
