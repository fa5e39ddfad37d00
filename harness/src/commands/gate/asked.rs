//! What a gate measures: as the command line says, else as the baseline did.

use std::collections::BTreeSet;

use reports::gate::Finding;
use reports::record::{Role, Subject, Support};
use reports::{Results, Run as Asking};
use workloads::image::registry::Reference;

use super::means::Means;
use crate::cli::GateArgs;
use crate::{exit, profile};

/// The profile where none is named.
const PROFILE: &str = "gate";

/// What is measured.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The subjects; all that are supported if none.
    pub(super) drivers: Vec<String>,
    /// The workloads; all if none.
    pub(super) workloads: Vec<String>,
    pub(super) profile: String,
    pub(super) seed: u64,
    pub(super) rounds: u32,
    image: Option<String>,
    settings: Vec<String>,
    /// Where, and on how large a store.
    place: Vec<String>,
    /// The cases that are asked too: those of the baseline, so that the answers can be compared.
    cases: Vec<String>,
    /// The cases that two programs are asked beside their turns, by a part of the name; all if it is empty.
    suite: Option<String>,
    /// What else belongs to the command that repeats a finding: limits, `--noise-free`.
    judging: Vec<String>,
    /// The drivers stay what they are: a pair.
    pair: bool,
}

impl Asked {
    pub(super) fn of(means: &Means, args: &GateArgs) -> anyhow::Result<Self> {
        let before = means.baseline();
        let own = before.map(|run| &run.run);
        let or = |given: &[String], default: Vec<String>| {
            if given.is_empty() {
                default
            } else {
                given.to_vec()
            }
        };
        let profile = args
            .profile
            .clone()
            .or_else(|| own.map(|run| run.profile.clone()))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| PROFILE.to_owned());
        let planned = own.map(|run| run.rounds).filter(|rounds| *rounds > 0);
        let rounds = args
            .rounds
            .or(planned)
            .or_else(|| profile::built_in(&profile).map(|profile| profile.rounds))
            .unwrap_or(profile::LEAST_ROUNDS);
        let image = match (&args.image, own) {
            (Some(image), _) => Some(image.clone()),
            (None, Some(run)) if args.ready.is_none() => image_of(run)?,
            (None, _) => None,
        };
        let (drivers, pair) = match means {
            Means::Subjects { subject, against } => (vec![against.clone(), subject.clone()], true),
            _ => (
                or(&args.drivers, before.map(specs).unwrap_or_default()),
                false,
            ),
        };
        let planned = own.map(|run| run.workloads.iter().map(|w| w.name.clone()).collect());
        let flag = |name: &str, path: &Option<std::path::PathBuf>| -> Vec<String> {
            let path = path.iter();
            path.flat_map(|path| [name.to_owned(), path.display().to_string()])
                .collect()
        };
        let mut place = flag("--work", &args.work.work);
        let size = own
            .and_then(|run| run.config.get("store_bytes")?.as_u64())
            .unwrap_or(args.work.size.as_u64());
        place.extend(["--size".to_owned(), format!("{size}B")]);
        Ok(Self {
            drivers,
            workloads: or(&args.workloads, planned.unwrap_or_default()),
            profile,
            seed: args.seed.or(own.map(|run| run.seed)).unwrap_or(1),
            rounds,
            image,
            settings: flag("--settings", &args.settings.file),
            place,
            cases: before
                .filter(|_| args.workloads.is_empty())
                .map(cases)
                .unwrap_or_default(),
            suite: args.conformance.clone(),
            judging: judging(args),
            pair,
        })
    }

    /// The arguments of a run.
    pub(super) fn line(&self, rounds: u32) -> Vec<String> {
        let verb = if self.cases.is_empty() {
            "bench"
        } else {
            "run"
        };
        let mut line = vec![verb.to_owned()];
        let mut put = |flag: &str, value: &str| line.extend([flag.to_owned(), value.to_owned()]);
        put("--profile", &self.profile);
        put("--rounds", &rounds.to_string());
        put("--seed", &self.seed.to_string());
        for driver in &self.drivers {
            put("--driver", driver);
        }
        for workload in &self.workloads {
            put("--workload", workload);
        }
        if let Some(image) = &self.image {
            put("--image", image);
        }
        // All of them is said by naming none.
        if self.cases.len() < conformance::ALL.len() {
            for case in &self.cases {
                put("--case", case);
            }
        }
        line.extend(self.settings.iter().chain(&self.place).cloned());
        line
    }

    /// The arguments that ask one case.
    pub(super) fn case(&self, driver: &str, case: &str) -> Vec<String> {
        ["conform", "--driver", driver, "--case", case]
            .map(str::to_owned)
            .into_iter()
            .chain(self.place.iter().cloned())
            .collect()
    }

    /// The arguments that ask the cases of `--conformance`.
    pub(super) fn suite(&self) -> Option<Vec<String>> {
        let text = self.suite.as_ref()?;
        let mut line = vec!["conform".to_owned()];
        for driver in &self.drivers {
            line.extend(["--driver".to_owned(), driver.clone()]);
        }
        if !text.is_empty() {
            line.extend(["--case".to_owned(), text.clone()]);
        }
        line.extend(self.place.iter().cloned());
        Some(line)
    }

    /// Only what was flagged.
    pub(super) fn narrowed(&self, flagged: &[Finding], subjects: &[Subject], rounds: u32) -> Self {
        let mut narrow = Self {
            workloads: Vec::new(),
            rounds,
            cases: Vec::new(),
            suite: None,
            ..self.clone()
        };
        if !self.pair {
            narrow.drivers.clear();
        }
        for finding in flagged {
            let spec = spec(&finding.subject, subjects);
            if !self.pair && !narrow.drivers.contains(&spec) {
                narrow.drivers.push(spec);
            }
            if !finding.workload.is_empty() && !narrow.workloads.contains(&finding.workload) {
                narrow.workloads.push(finding.workload.clone());
            }
        }
        narrow
    }

    /// The words that make a command judge as this one does.
    pub(super) fn judging(&self) -> &[String] {
        &self.judging
    }

    /// For a sentence.
    pub(super) fn words(&self) -> String {
        let what = if self.workloads.is_empty() {
            "conformance".to_owned()
        } else {
            self.workloads.join(", ")
        };
        format!("{what} on {}", self.drivers.join(" and "))
    }
}

/// A subject as it is asked for.
pub(super) fn spec(name: &str, subjects: &[Subject]) -> String {
    let known = subjects.iter().find(|subject| subject.name == name);
    known.map_or_else(|| name.to_owned(), Subject::spec)
}

/// The subjects under test of a run, as they are asked for.
fn specs(results: &Results) -> Vec<String> {
    let tested = |s: &&Subject| s.role == Role::Subject && s.support == Support::Ready;
    let tested = results.subjects.iter().filter(tested);
    tested.map(Subject::spec).collect()
}

/// The cases a run asked, each once. One that this version does not know cannot be asked again.
fn cases(results: &Results) -> Vec<String> {
    let asked: BTreeSet<&str> = results.cases.iter().map(|c| c.case.as_str()).collect();
    let known = conformance::ALL.iter().map(|case| case.name);
    known
        .filter(|name| asked.contains(name))
        .map(str::to_owned)
        .collect()
}

fn judging(args: &GateArgs) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    words.extend(args.conformance.as_ref().map(|text| match text.as_str() {
        "" => "--conformance".to_owned(),
        text => format!("--conformance={text}"),
    }));
    for limit in &args.limits {
        words.extend(["--limit".to_owned(), limit.clone()]);
    }
    for (wanted, word) in [(args.noise_free, "--noise-free"), (args.ratios, "--ratios")] {
        words.extend(wanted.then(|| word.to_owned()));
    }
    words
}

/// The image of a run as the command line takes it: a generated one by its name, a registry's by its digest.
///
/// # Errors
/// Usage, when it was a file: where that is now, only the user knows.
fn image_of(run: &Asking) -> anyhow::Result<Option<String>> {
    let Some(name) = run.image.get("name") else {
        return Ok(None);
    };
    match name.strip_prefix("generated: ") {
        Some(generated) => {
            let preset = generated.split(',').next().unwrap_or(generated);
            Ok(Some(preset.to_owned()))
        }
        // The very image, whatever its tag names by now.
        None if Reference::is_meant(name) => {
            let reference: Reference = name.parse()?;
            let digest = run
                .image
                .get("manifest_digest")
                .and_then(|d| d.parse().ok());
            let pinned = digest.map_or_else(|| reference.clone(), |d| reference.pinned(&d));
            Ok(Some(pinned.to_string()))
        }
        None => Err(exit::coded(
            exit::USAGE,
            format!("the baseline was made with the image {name}: name it with --image"),
        )),
    }
}
