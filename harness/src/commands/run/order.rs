//! What a run was asked to do, checked against what there is: everything the user may have mistyped is found here, before
//! anything is made.

use std::collections::BTreeMap;

use conformance::Case;
use drivers::Backing;
use workloads::Work;

use super::Parts;
use crate::cli::{Counts, RunArgs};
use crate::profile::{self, LEAST_ROUNDS, Profile};
use crate::rounds::plan::{MOST_ROUNDS, Wish};
use crate::select::{Filter, near, select};
use crate::settings::Settings;
use crate::{between, counting, describe, exit, subjects};

/// See the module text.
#[derive(Debug)]
pub(in crate::commands) struct Order<'a> {
    pub(in crate::commands) args: &'a RunArgs,
    pub(super) settings: &'a Settings,
    pub(in crate::commands) profile: Profile,
    pub(in crate::commands) backing: Option<Backing>,
    /// The cases to be asked, what matters most first; none where the suite is not wanted.
    pub(in crate::commands) cases: Vec<&'static Case>,
    /// The workloads to be measured; none where measuring is not wanted.
    pub(in crate::commands) workloads: Vec<Work<'a>>,
    pub(in crate::commands) wish: Wish,
    /// What is done between cells.
    pub(super) between: between::Rules,
}

impl<'a> Order<'a> {
    /// # Errors
    /// Usage, for what means nothing; nothing selected, when filters exclude each other.
    pub(super) fn of(
        args: &'a RunArgs,
        parts: Parts,
        settings: &'a Settings,
    ) -> anyhow::Result<Self> {
        let backing = subjects::backing(args.subjects.backing.as_deref())?;
        let profile = settings.profile(&args.profile)?;
        Ok(Self {
            args,
            settings,
            backing,
            cases: cases(&args.cases, parts)?,
            workloads: if parts.bench {
                select_workloads(&args.workloads, &profile, settings)?
            } else {
                Vec::new()
            },
            wish: wish(args, &profile),
            between: between::Rules::of(&profile),
            profile,
        })
    }

    /// The image that is measured with, as `--image` names it.
    pub(in crate::commands) fn image(&self) -> &str {
        self.args.image.as_deref().unwrap_or(&self.profile.image)
    }

    /// Whether there is a counted pass. The profile's own budget is for a first answer; who wants the counts in it asks for
    /// them.
    pub(super) fn counts(&self) -> Counts {
        let is_first_answer = self.wish.soft && self.wish.budget.is_some();
        self.args.counts.unwrap_or(if is_first_answer {
            Counts::No
        } else {
            Counts::Yes
        })
    }

    /// As the records tell it.
    pub(super) fn asked(
        &self,
        image: BTreeMap<String, String>,
    ) -> anyhow::Result<describe::Asked<'_>> {
        Ok(describe::Asked {
            seed: self.args.seed,
            profile: &self.profile.name,
            rounds: self.wish.rounds,
            workloads: &self.workloads,
            image,
            config: self.config()?,
        })
    }

    fn config(&self) -> anyhow::Result<BTreeMap<String, serde_json::Value>> {
        // What commands of the user's own do belongs to what was measured: other commands are other work.
        let own = counting::own(&self.workloads);
        let own: serde_json::Map<_, _> = own
            .iter()
            .map(|own| Ok((own.name.clone(), serde_json::to_value(own)?)))
            .collect::<anyhow::Result<_>>()?;
        let settings = self.settings.path.as_deref();
        let budget = self.wish.budget.map(|budget| budget.as_secs());
        let config = [
            ("workload", own.into()),
            ("between_cells", serde_json::to_value(self.between)?),
            (
                "settings",
                settings.map(|path| path.to_string_lossy()).into(),
            ),
            ("scale", serde_json::to_value(&self.profile.scale)?),
            ("noise_limits", serde_json::to_value(self.settings.noise)?),
            ("store_bytes", self.args.work.size.as_u64().into()),
            ("time_budget_seconds", budget.into()),
        ];
        Ok(config.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

fn cases(asked: &[String], parts: Parts) -> anyhow::Result<Vec<&'static Case>> {
    if !parts.conform {
        // Nothing may look as if it had been asked.
        return match asked.first() {
            None => Ok(Vec::new()),
            Some(text) => Err(exit::coded(
                exit::USAGE,
                format!(
                    "bench asks no cases, so --case {text} means nothing: layerbench run and layerbench conform ask them"
                ),
            )),
        };
    }
    let mut cases = select(&Filter {
        cases: asked,
        ..Filter::default()
    })?;
    // What matters most first: there may not be time for all.
    cases.sort_by_key(|case| case.level);
    Ok(cases)
}

/// What the flags and the profile make of the number of rounds.
fn wish(args: &RunArgs, profile: &Profile) -> Wish {
    // Who names a number, an effect or a time has said how long it may take; the profile's budget is not meant then.
    let asked = args.rounds.is_some() || args.target_effect.is_some();
    let budget = args.time_budget.or(profile.budget.filter(|_| !asked));
    let open = args.time_budget.is_some() || args.target_effect.is_some();
    let most = if open { MOST_ROUNDS } else { profile.rounds };
    Wish {
        rounds: args.rounds.unwrap_or(most),
        budget,
        soft: args.time_budget.is_none(),
        effect: args.target_effect,
        otherwise: args.rounds.unwrap_or(profile.rounds).max(LEAST_ROUNDS),
    }
}

fn select_workloads<'a>(
    names: &[String],
    profile: &Profile,
    settings: &'a Settings,
) -> anyhow::Result<Vec<Work<'a>>> {
    if names.is_empty() {
        return Ok(profile.workloads(&settings.workloads));
    }
    let all = profile::all(&settings.workloads);
    let unknown = |name: &String| {
        let known: Vec<_> = all.iter().map(|work| work.name()).collect();
        exit::coded(
            exit::USAGE,
            format!(
                "there is no workload {name:?}; {}; there are {}; [[workload]] in layerbench.toml would make one",
                near(name, &known),
                known.join(", ")
            ),
        )
    };
    let mut selected: Vec<Work<'a>> = Vec::new();
    for name in names {
        let found = all.iter().find(|work| work.name() == name);
        let found = found.copied().ok_or_else(|| unknown(name))?;
        // Named twice it would be measured twice, as one series.
        if !selected.iter().any(|work| work.name() == name) {
            selected.push(found);
        }
    }
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_workloads_are_named_with_the_known_ones() {
        let error = of(&["coppy-up"]).unwrap_err().to_string();
        assert!(error.contains("near it are copy-up"), "{error}");
    }

    #[test]
    fn a_workload_that_is_named_twice_is_measured_once() {
        assert_eq!(of(&["pull", "start", "pull"]).unwrap(), ["pull", "start"]);
    }

    fn of(names: &[&str]) -> anyhow::Result<Vec<String>> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let smoke = profile::built_in("smoke").unwrap();
        let settings = Settings::default();
        let selected = select_workloads(&names, &smoke, &settings)?;
        Ok(selected.iter().map(|work| work.name().to_owned()).collect())
    }
}
