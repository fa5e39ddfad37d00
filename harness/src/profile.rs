//! Profiles: how much a run measures, and how long it may take. The built-in ones are here; the settings file changes
//! them or adds others ([`crate::settings`]).

use std::time::Duration;

use workloads::{Own, Reach, Scale, Work};

/// The least rounds that give a 95 % interval, and with it a verdict.
pub(crate) const LEAST_ROUNDS: u32 = 6;

/// How much is measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// Rounds; with a time budget, at most so many.
    pub(crate) rounds: u32,
    /// What the whole run may take.
    pub(crate) budget: Option<Duration>,
    /// What the conformance suite may take on each driver: the slowest needs minutes for all of it.
    pub(crate) conformance: Option<Duration>,
    /// The workloads it takes: those that reach no further.
    pub(crate) reach: Reach,
    /// How much each workload does.
    pub(crate) scale: Scale,
    /// A generated image, or a path.
    pub(crate) image: String,
    /// For people: what it is good for.
    pub(crate) purpose: &'static str,
}

impl Profile {
    /// The workloads it takes when none is named: of the built-in ones and of the user's `own`.
    pub(crate) fn workloads<'a>(&self, own: &'a [Own]) -> Vec<Work<'a>> {
        let taken = all(own).into_iter();
        taken.filter(|work| work.reach() <= self.reach).collect()
    }
}

/// Every workload there is: the built-in ones, then the user's `own`.
pub(crate) fn all(own: &[Own]) -> Vec<Work<'_>> {
    let built_in = workloads::ALL.iter().copied().map(Work::BuiltIn);
    built_in.chain(own.iter().map(Work::Own)).collect()
}

/// The names of the built-in profiles, from the smallest to the largest.
pub(crate) const NAMES: [&str; 5] = ["smoke", "gate", "quick", "default", "publish"];

/// A built-in profile.
pub(crate) fn built_in(name: &str) -> Option<Profile> {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let ordinary = |name: &str, rounds, purpose| Profile {
        name: name.to_owned(),
        rounds,
        budget: None,
        conformance: None,
        reach: Reach::Short,
        scale: Scale::ordinary(),
        image: "default".to_owned(),
        purpose,
    };
    Some(match name {
        "smoke" => Profile {
            conformance: seconds(20),
            scale: Scale::smoke(),
            image: "tiny".to_owned(),
            ..ordinary(name, 1, "seeing that everything works; no verdicts")
        },
        // What noise cannot touch shows on small amounts too, and time on twelve rounds of them.
        "gate" => Profile {
            conformance: seconds(50),
            scale: Scale::smoke(),
            image: "tiny".to_owned(),
            ..ordinary(name, 12, "CI: small amounts, enough rounds for verdicts")
        },
        // `make report` promises some four minutes; opening, conformance and closing are inside them too. Where six rounds of
        // every workload do not fit, they are measured all the same, and the plan says how long it takes.
        "quick" => Profile {
            budget: seconds(225),
            conformance: seconds(40),
            ..ordinary(name, 12, "a first answer in some four minutes")
        },
        "default" => Profile {
            budget: seconds(28 * 60),
            conformance: seconds(60),
            reach: Reach::Full,
            // With 20, 8 % is found in 4 of 5 cases or more (docs/measuring.md, calibration).
            ..ordinary(name, 20, "every workload but the longest, in half an hour")
        },
        "publish" => Profile {
            reach: Reach::Long,
            scale: Scale::publish(),
            ..ordinary(name, 30, "numbers for others: larger amounts")
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_promises_verdicts_has_the_rounds_for_them() {
        for name in NAMES {
            let profile = built_in(name).unwrap();
            assert_eq!(profile.name, name);
            assert!(
                profile.rounds >= LEAST_ROUNDS || profile.purpose.contains("no verdicts"),
                "{name}"
            );
        }
        assert_eq!(built_in("nosuch"), None);
    }
}
