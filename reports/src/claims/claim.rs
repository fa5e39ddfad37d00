//! A statement as data.

use super::about::About;
use super::check::Check;

/// A published statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Its number in the list.
    pub number: u32,
    /// A name to ask for it by.
    pub name: &'static str,
    /// What it says, in our words.
    pub statement: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// What must hold, all of it. Nothing: no workload measures it.
    pub parts: &'static [Part],
    /// What else is to be known of the check: what was expected, what it leaves out. May be empty.
    pub note: &'static str,
}

/// Something that must hold for a statement to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Whom it is about.
    pub about: About,
    /// Whom they are compared with.
    pub other: Option<About>,
    /// Ways to ask it; one that decides is enough, and none may contradict it.
    pub checks: &'static [Check],
    /// Facts of the subject that belong to the evidence.
    pub facts: &'static [&'static str],
}

impl Part {
    /// A part about these subjects alone.
    pub const fn new(about: About, checks: &'static [Check]) -> Self {
        Self {
            about,
            other: None,
            checks,
            facts: &[],
        }
    }

    /// Compared with these others.
    pub const fn against(mut self, other: About) -> Self {
        self.other = Some(other);
        self
    }

    /// With these facts as evidence.
    pub const fn showing(mut self, facts: &'static [&'static str]) -> Self {
        self.facts = facts;
        self
    }
}
