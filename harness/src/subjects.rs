//! Which subjects a run has: those asked for, or every driver the host supports; then the controls and the twin.

use drivers::host::{Missing, Support};
use drivers::sandbox::Ground;
use drivers::subject::subject_name;
use drivers::{Backend, Backing, Host, SubjectSpec};

use crate::exit;

/// What a subject is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// To be judged.
    Subject,
    /// The same work without a driver, on the same kind of backing store.
    Control,
    /// A second copy of the reference, which shows how far two equal things differ here (A/A).
    Twin,
}

/// A subject that can run here.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) backend: &'static dyn Backend,
    pub(crate) spec: SubjectSpec,
    pub(crate) backing: Backing,
    pub(crate) role: Role,
}

impl Planned {
    /// The subject's name, once its driver has said what it stands on.
    pub(crate) fn name(&self, ground_label: &str) -> String {
        let name = subject_name(self.backend.name(), ground_label, &self.spec.options);
        match self.role {
            Role::Subject => name,
            Role::Twin => format!("{name}#twin"),
            Role::Control => format!("hostdir@{ground_label}"),
        }
    }
}

/// A driver that cannot.
#[derive(Debug, Clone)]
pub(crate) struct Absent {
    pub(crate) backend: &'static dyn Backend,
    pub(crate) missing: Missing,
}

/// The outcome of the selection.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) ready: Vec<Planned>,
    pub(crate) absent: Vec<Absent>,
}

/// The backing store wished for.
pub(crate) fn backing(text: Option<&str>) -> anyhow::Result<Option<Backing>> {
    text.map(str::parse)
        .transpose()
        .map_err(|e: drivers::Error| exit::coded(exit::USAGE, e.to_string()))
}

/// What the words of `--driver` mean, whether it can run here or not.
pub(crate) fn understand(
    requested: &[String],
) -> anyhow::Result<Vec<(&'static dyn Backend, SubjectSpec)>> {
    let usage = |error: drivers::Error| exit::coded(exit::USAGE, error.to_string());
    // Of a list of several, made by a program, a blank too many is no subject.
    let several = requested.iter().any(|text| !text.is_empty());
    let words = requested
        .iter()
        .filter(|text| !(several && text.is_empty()));
    words
        .map(|text| {
            let spec: SubjectSpec = text.parse().map_err(usage)?;
            let backend = drivers::backend(&spec.driver).map_err(usage)?;
            let checked = spec.options.check(&spec.driver, backend.options());
            checked.map_err(usage)?;
            Ok((backend, spec))
        })
        .collect()
}

/// Chooses the subjects. A driver that was asked for by name must be able to run.
pub(crate) fn select(
    requested: &[String],
    backing: Option<Backing>,
    host: &Host,
) -> anyhow::Result<Selection> {
    let mut selection = Selection::default();
    if requested.is_empty() {
        for &backend in drivers::ALL {
            match backend.probe(host) {
                Support::Ready(_) => {
                    let spec = SubjectSpec {
                        driver: backend.name().to_owned(),
                        backing: None,
                        options: Default::default(),
                    };
                    // A backing wished for all is used by those that can stand on it.
                    let wish = backing.filter(|b| backend.backings().contains(b));
                    selection.ready.push(plan(backend, spec, wish, host)?);
                }
                Support::Missing(missing) => selection.absent.push(Absent { backend, missing }),
            }
        }
        return Ok(selection);
    }
    for (backend, spec) in understand(requested)? {
        if let Support::Missing(missing) = backend.probe(host) {
            return Err(exit::coded(
                exit::MISSING,
                format!(
                    "{} cannot run here: {}; {}",
                    spec.driver, missing.what, missing.fix
                ),
            ));
        }
        let planned = plan(backend, spec, backing, host)?;
        // Whether the backing was named or is the default: two subjects of one name would be one in every table.
        let same = |other: &Planned| {
            other.spec.driver == planned.spec.driver
                && other.spec.options == planned.spec.options
                && other.backing == planned.backing
        };
        if !selection.ready.iter().any(same) {
            selection.ready.push(planned);
        }
    }
    Ok(selection)
}

fn plan(
    backend: &'static dyn Backend,
    spec: SubjectSpec,
    wish: Option<Backing>,
    host: &Host,
) -> anyhow::Result<Planned> {
    let backings = backend.backings();
    let chosen = match spec.backing.or(wish) {
        Some(backing) if !backings.contains(&backing) => {
            let known: Vec<_> = backings.iter().map(|b| b.name()).collect();
            return Err(exit::coded(
                exit::USAGE,
                format!(
                    "{} cannot stand on {backing}: it stands on {}",
                    backend.name(),
                    known.join(", ")
                ),
            ));
        }
        Some(backing) => {
            if let Some(missing) = Ground::missing(backing, host) {
                return Err(exit::coded(
                    exit::MISSING,
                    format!(
                        "{}@{backing} cannot run here: {}; {}",
                        backend.name(),
                        missing.what,
                        missing.fix
                    ),
                ));
            }
            backing
        }
        // Without root, or without mkfs, the next that can be made; memory is no stand-in for a disk.
        None => backings
            .iter()
            .copied()
            .find(|&b| b != Backing::Tmpfs && Ground::missing(b, host).is_none())
            .unwrap_or(Backing::Directory),
    };
    Ok(Planned {
        backend,
        spec,
        backing: chosen,
        role: Role::Subject,
    })
}

/// The control and the twin that go with the subjects: one control for each backing, one twin of the first subject.
pub(crate) fn companions(subjects: &[Planned]) -> Vec<Planned> {
    let mut more: Vec<Planned> = Vec::new();
    for subject in subjects {
        if !more
            .iter()
            .any(|control| control.backing == subject.backing)
        {
            let spec = SubjectSpec {
                options: Default::default(),
                ..subject.spec.clone()
            };
            more.push(Planned {
                role: Role::Control,
                spec,
                ..subject.clone()
            });
        }
    }
    if let Some(reference) = subjects.first() {
        more.push(Planned {
            role: Role::Twin,
            ..reference.clone()
        });
    }
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(words: &[&str]) -> anyhow::Result<usize> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        understand(&words).map(|subjects| subjects.len())
    }

    #[test]
    fn blanks_between_subjects_are_none_and_nothing_at_all_is_a_mistake() {
        assert_eq!(understood(&[]).unwrap(), 0);
        assert_eq!(understood(&["vfs", "", "btrfs"]).unwrap(), 2);
        for bad in [&[""][..], &["", ""], &["nosuch"], &["vfs,nosuch=1"]] {
            assert!(understood(bad).is_err(), "{bad:?}");
        }
    }
}
