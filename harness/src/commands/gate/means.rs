//! What is compared with what, and how it is measured.

use std::path::{Path, PathBuf};

use reports::Results;
use reports::gate::{Finding, Kind};
use reports::record::Subject;

use super::asked::{Asked, spec};
use super::{child, turns};
use crate::cli::GateArgs;
use crate::commands::compare::Run;
use crate::exit;

/// What is compared with what.
#[derive(Debug)]
pub(super) enum Means {
    /// A fresh run with a stored one.
    Baseline { path: PathBuf, run: Box<Run> },
    /// Two programs that take turns.
    Turns { old: PathBuf, new: PathBuf },
    /// Two subjects of one run.
    Subjects { subject: String, against: String },
}

/// Both sides, measured.
#[derive(Debug)]
pub(super) struct Sides<'a> {
    stored: Option<&'a Run>,
    old: Option<Run>,
    new: Run,
}

impl Sides<'_> {
    /// What is compared with.
    pub(super) fn before(&self) -> &Run {
        self.stored.or(self.old.as_ref()).unwrap_or(&self.new)
    }

    /// What is judged.
    pub(super) fn judged(&self) -> &Run {
        &self.new
    }
}

impl Means {
    /// What the command line says.
    pub(super) fn of(args: &GateArgs) -> anyhow::Result<Self> {
        if let Some(path) = &args.baseline {
            let run = Run::load(path, &args.out)?;
            let path = path.clone();
            let run = Box::new(run);
            return Ok(Self::Baseline { path, run });
        }
        if let [old, new] = args.interleave.as_slice() {
            let (old, new) = (child::program(old)?, child::program(new)?);
            return Ok(Self::Turns { old, new });
        }
        match (args.subject.clone(), args.against.clone()) {
            (Some(subject), Some(against)) => Ok(Self::Subjects { subject, against }),
            _ => Err(exit::coded(
                exit::USAGE,
                "one of --baseline, --interleave and --subject is needed",
            )),
        }
    }

    /// The stored run.
    pub(super) fn baseline(&self) -> Option<&Results> {
        match self {
            Self::Baseline { run, .. } => Some(&run.results),
            _ => None,
        }
    }

    /// What it is, for the first line.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Baseline { path, .. } => format!("against the baseline {}", path.display()),
            Self::Turns { old, new } => {
                format!("{} against {}, turn by turn", new.display(), old.display())
            }
            Self::Subjects { subject, against } => format!("{subject} against {against}"),
        }
    }

    /// What A and B are called.
    pub(super) fn labels(&self, args: &GateArgs) -> [String; 2] {
        let ready = args.ready.as_ref().map(|path| path.display().to_string());
        match self {
            Self::Baseline { path, .. } => [
                format!("the baseline {}", path.display()),
                ready.unwrap_or_else(|| "the fresh run".to_owned()),
            ],
            Self::Turns { .. } => ["the old program".to_owned(), "the new program".to_owned()],
            Self::Subjects { .. } => {
                let name = ready.unwrap_or_else(|| "the run".to_owned());
                [name.clone(), name]
            }
        }
    }

    /// A run that is there already.
    pub(super) fn with(&self, ready: Run) -> Option<Sides<'_>> {
        Some(Sides {
            stored: self.stored(),
            old: None,
            new: ready,
        })
    }

    /// The program whose work is judged.
    fn judged_program(&self) -> anyhow::Result<PathBuf> {
        match self {
            Self::Turns { new, .. } => Ok(new.clone()),
            _ => child::own(),
        }
    }

    fn stored(&self) -> Option<&Run> {
        match self {
            Self::Baseline { run, .. } => Some(run),
            _ => None,
        }
    }

    /// Measures. `None` when the user ended it.
    pub(super) fn measure(&self, asked: &Asked, dir: &Path) -> anyhow::Result<Option<Sides<'_>>> {
        if let Self::Turns { old, new } = self {
            let sides = turns::take([old, new], asked, dir)?;
            return Ok(sides.map(|[old, new]| Sides {
                stored: None,
                old: Some(old),
                new,
            }));
        }
        let fresh = child::run(&child::own()?, &asked.line(asked.rounds), dir)?;
        Ok(fresh.map(|new| Sides {
            stored: self.stored(),
            old: None,
            new,
        }))
    }

    /// Measures what was flagged, and asks the cases that were.
    pub(super) fn measure_again(
        &self,
        asked: &Asked,
        flagged: &[Finding],
        subjects: &[Subject],
        dir: &Path,
    ) -> anyhow::Result<Option<Sides<'_>>> {
        let cases: Vec<&Finding> = flagged
            .iter()
            .filter(|f| f.kind == Kind::Conformance)
            .collect();
        let mut sides = if cases.len() == flagged.len() {
            None
        } else {
            let Some(sides) = self.measure(asked, dir)? else {
                return Ok(None);
            };
            Some(sides)
        };
        for (number, finding) in cases.into_iter().enumerate() {
            let line = asked.case(&spec(&finding.subject, subjects), &finding.case);
            let dir = dir.join(format!("case-{number}"));
            let Some(new) = child::run(&self.judged_program()?, &line, &dir.join("new"))? else {
                return Ok(None);
            };
            // What the old program answers now; a baseline's answer is stored.
            let old = match self {
                Self::Turns { old, .. } => match child::run(old, &line, &dir.join("old"))? {
                    Some(old) => Some(old),
                    None => return Ok(None),
                },
                _ => None,
            };
            match &mut sides {
                Some(sides) => {
                    sides.new.results.cases.extend(new.results.cases);
                    if let (Some(known), Some(old)) = (&mut sides.old, old) {
                        known.results.cases.extend(old.results.cases);
                    }
                }
                None => {
                    sides = Some(Sides {
                        stored: self.stored(),
                        old,
                        new,
                    });
                }
            }
        }
        Ok(sides)
    }

    /// The command that looks at just this again.
    pub(super) fn repeat(&self, finding: &Finding, subjects: &[Subject], asked: &Asked) -> String {
        let spec = spec(&finding.subject, subjects);
        if finding.kind == Kind::Conformance {
            return format!(
                "layerbench conform --driver {} --case {}",
                quoted(&spec),
                quoted(&finding.case)
            );
        }
        let path = |path: &Path| quoted(&path.display().to_string());
        let what = match self {
            Self::Baseline { path: baseline, .. } => {
                format!("--baseline {} --driver {}", path(baseline), quoted(&spec))
            }
            Self::Turns { old, new } => format!(
                "--interleave {} {} --driver {} --profile {} --seed {}",
                path(old),
                path(new),
                quoted(&spec),
                quoted(&asked.profile),
                asked.seed
            ),
            Self::Subjects { subject, against } => format!(
                "--subject {} --against {} --profile {} --seed {}",
                quoted(subject),
                quoted(against),
                quoted(&asked.profile),
                asked.seed
            ),
        };
        let judging: String = asked
            .judging()
            .iter()
            .map(|word| format!(" {}", quoted(word)))
            .collect();
        format!(
            "layerbench gate {what} --workload {} --rounds {}{judging}",
            quoted(&finding.workload),
            asked.rounds
        )
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@,=_./:+-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_repeat_survive_a_shell() {
        assert_eq!(
            quoted("overlay2@xfs,metacopy=on"),
            "overlay2@xfs,metacopy=on"
        );
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
