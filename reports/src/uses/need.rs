//! What a use needs of a driver, asked of what the run recorded of it, never of its name.

use crate::record::Subject;

/// The fact that says whether a subject works without root: `yes`, or `no: ` and why.
pub const ROOTLESS: &str = "rootless";

/// A thing a driver must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To work for a user without root, in a user namespace.
    NoRoot,
}

impl Need {
    /// The need in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoRoot => "to work without root",
        }
    }

    /// Whether a subject meets it.
    ///
    /// # Errors
    /// Why it does not, or that the run does not say.
    pub fn met(self, subject: &Subject) -> Result<(), String> {
        match self {
            Self::NoRoot => {
                let fact = subject.facts.iter().find(|(name, _)| name == ROOTLESS);
                match fact.map(|(_, value)| value.as_str()) {
                    Some("yes") => Ok(()),
                    Some(no) => Err(format!(
                        "needs root: {}",
                        no.strip_prefix("no: ").unwrap_or(no)
                    )),
                    None => Err("this run does not say whether it works without root".to_owned()),
                }
            }
        }
    }
}
