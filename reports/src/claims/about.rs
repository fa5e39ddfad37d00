//! Whom a statement is about.
//!
//! A statement about a mechanism is about every subject that declares it. One that names products is about these: only
//! here, in the data, does this room know drivers by name, because what was published does.

use super::verdict::Verdict;
use crate::record::{Results, Role, Subject, Support};

/// Conditions that all must hold; without any, everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The drivers it names; empty: any.
    pub drivers: &'static [&'static str],
    /// Capabilities, each with the values that fit.
    pub declares: &'static [(&'static str, &'static [&'static str])],
    /// A fact, with how its value begins.
    pub fact: Option<(&'static str, &'static str)>,
    /// Subjects that are such, as they are asked for: where the drivers it names are not enough to know them by.
    pub such_as: &'static [&'static str],
}

/// Every subject.
pub const EVERYBODY: About = About {
    drivers: &[],
    declares: &[],
    fact: None,
    such_as: &[],
};

impl About {
    /// The drivers that a statement names.
    pub const fn named(drivers: &'static [&'static str]) -> Self {
        Self {
            drivers,
            ..EVERYBODY
        }
    }

    /// Whoever declares one of these values of a capability.
    pub const fn declaring(declares: &'static [(&'static str, &'static [&'static str])]) -> Self {
        Self {
            declares,
            ..EVERYBODY
        }
    }

    /// Those of them that tell this fact.
    pub const fn telling(mut self, fact: &'static str, value: &'static str) -> Self {
        self.fact = Some((fact, value));
        self
    }

    /// For example these subjects.
    pub const fn such_as(mut self, subjects: &'static [&'static str]) -> Self {
        self.such_as = subjects;
        self
    }

    /// Whether a subject is one.
    pub fn fits(&self, subject: &Subject) -> bool {
        let named = self.drivers.is_empty() || self.drivers.contains(&subject.driver.as_str());
        let declared = self.declares.iter().all(|(name, values)| {
            subject
                .capabilities
                .get(*name)
                .is_some_and(|value| values.contains(&text(value).as_str()))
        });
        let told = self.fact.is_none_or(|(fact, begin)| {
            let mut facts = subject.facts.iter();
            facts.any(|(name, value)| name == fact && value.starts_with(begin))
        });
        named && declared && told
    }

    /// The subjects of a run that it is about, twins and controls left out.
    pub fn subjects<'a>(&self, results: &'a Results) -> Vec<&'a Subject> {
        let ready = |s: &&Subject| s.role == Role::Subject && s.support == Support::Ready;
        let ready = results.subjects.iter().filter(ready);
        ready.filter(|subject| self.fits(subject)).collect()
    }

    /// Why there is nobody. Who could not run here is nobody that it is about here; of one that the run did not have,
    /// nothing is known.
    pub fn nobody(&self, results: &Results) -> (Verdict, String) {
        let missing = results.subjects.iter().find_map(|s| match &s.support {
            Support::Missing { what, fix, .. } if self.drivers.contains(&s.driver.as_str()) => {
                Some(format!("{}: not run: {what}; {fix}", s.name))
            }
            _ => None,
        });
        match missing {
            Some(missing) => (Verdict::NotApplicable, missing),
            None => {
                let words = self.words().replacen("any driver", "a driver", 1);
                let reason = format!("no subject of this run is {words}");
                (Verdict::Inconclusive, reason)
            }
        }
    }

    /// `overlay2, with copy_up whole-file or reflink`.
    pub fn words(&self) -> String {
        let mut words = match self.drivers {
            [] => "any driver".to_owned(),
            names => names.join(" or "),
        };
        let declared = self.declares.iter();
        let mut with: Vec<String> = declared
            .map(|(name, values)| format!("{name} {}", values.join(" or ")))
            .collect();
        with.extend(self.fact.map(|(name, value)| format!("{name} {value}")));
        if !with.is_empty() {
            words.extend([" with ", &with.join(" and ")]);
        }
        words
    }
}

/// A declared value as text: `true`, `whole-file`, `500`.
pub(super) fn text(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(driver: &str, copy_up: &str, support: Support) -> Subject {
        Subject {
            name: format!("{driver}@x"),
            driver: driver.to_owned(),
            role: Role::Subject,
            control: None,
            twin_of: None,
            backing: None,
            options: std::collections::BTreeMap::new(),
            support,
            facts: vec![("volatile".to_owned(), "on (asked for)".to_owned())],
            capabilities: [("copy_up".to_owned(), copy_up.into())].into(),
        }
    }

    #[test]
    fn every_condition_must_hold() {
        let one = subject("a", "reflink", Support::Ready);
        assert!(EVERYBODY.fits(&one));
        assert!(About::named(&["a", "b"]).fits(&one));
        assert!(!About::named(&["b"]).fits(&one));
        let declaring = About::declaring(&[("copy_up", &["whole-file", "reflink"])]);
        assert!(declaring.fits(&one));
        assert!(!About::declaring(&[("nosuch", &["true"])]).fits(&one));
        assert!(declaring.telling("volatile", "on").fits(&one));
        assert!(!declaring.telling("volatile", "off").fits(&one));
        assert_eq!(
            declaring.telling("volatile", "on").words(),
            "any driver with copy_up whole-file or reflink and volatile on"
        );
    }

    #[test]
    fn who_could_not_run_is_told() {
        let missing = Support::Missing {
            reason: "tool".to_owned(),
            what: "no mkfs".to_owned(),
            fix: "install it".to_owned(),
        };
        let results = Results {
            subjects: vec![subject("a", "blocks", missing)],
            ..Results::default()
        };
        let about = About::named(&["a"]);
        assert!(about.subjects(&results).is_empty());
        let (verdict, reason) = about.nobody(&results);
        assert_eq!(verdict, Verdict::NotApplicable);
        assert_eq!(reason, "a@x: not run: no mkfs; install it");
        // Nobody looked: that says nothing.
        let (verdict, reason) = About::named(&["b"]).nobody(&results);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert_eq!(reason, "no subject of this run is b");
    }
}
