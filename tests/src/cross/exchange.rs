//! Exports a change set from one driver, and judges what another makes of it.

use std::collections::{BTreeMap, BTreeSet};

use drivers::{Capabilities, Item, LayerId};

use super::archives;
use super::sets::{ChangeSet, SETS};
use crate::case::{Outcome, Stop};
use crate::context::{Context, tolerance};
use crate::oracle::compare;
use crate::oracle::model::{Model, Mtime};
use crate::oracle::op::{Op, PathBytes};
use crate::oracle::seen::{self, Seen};
use crate::runner::guarded;
use crate::subject::Subject;

/// A change set as a driver exported it.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The archive.
    pub tar: Vec<u8>,
    /// What was in the container.
    seen: BTreeMap<PathBytes, Seen>,
    /// The model of what was below.
    below: Model,
    /// What the driver declares.
    capabilities: Capabilities,
}

/// What came of one change set and one pair of drivers.
#[derive(Debug, Clone)]
pub struct PairReport {
    /// The change set.
    pub set: &'static str,
    /// The subject that exported it.
    pub from: String,
    /// The subject that it was applied on.
    pub to: String,
    /// Pass: equal bytes, equal trees. Deviates: differences, each explained by a declared capability.
    pub outcome: Outcome,
}

/// When everything in a change set was modified: long after what is below.
const WHEN: (i64, u32) = (1_700_000_000, 5_000_001);

/// Does the change set in a container of the subject, and exports it.
///
/// # Errors
/// As the outcome of a case.
pub fn export(subject: &mut Subject, set: &ChangeSet) -> Result<Exported, Outcome> {
    let mut exported = None;
    let answer = guarded(&|work| work(), subject, |context| {
        exported = Some(exported_from(context, set)?);
        Ok(Outcome::Pass)
    });
    match (answer, exported) {
        (Ok(_), Some(exported)) => Ok(exported),
        (Ok(outcome) | Err(Stop(outcome)), _) => {
            subject.recover();
            Err(outcome)
        }
    }
}

fn exported_from(context: &mut Context<'_>, set: &ChangeSet) -> Result<Exported, Stop> {
    let parent = below(context, set)?;
    let mut container = context.container(parent.as_ref())?;
    container.apply(&(set.live)())?;
    // The clocks of no two containers agree: what the clock set is set again, what is in a directory before it is.
    let model = &container.model;
    let touched = model.paths().into_iter().rev().filter_map(|(path, ino)| {
        let by_clock = matches!(model.node(ino).mtime, Mtime::Clock(_));
        by_clock.then_some(Op::Mtime(path, WHEN.0, WHEN.1))
    });
    let times: Vec<Op> = touched.collect();
    container.apply(&times)?;
    container.unmount()?;
    let item = Item::Container(&container.key);
    let mut tar = Vec::new();
    let driver = context.driver()?;
    driver.export(item, &mut tar)?;
    let view = driver.view(item)?;
    let seen = seen::read(view.path())?;
    view.close()?;
    Ok(Exported {
        tar,
        seen,
        below: context.model(parent.as_ref()),
        capabilities: context.capabilities()?,
    })
}

/// An archive as a driver took it and gave it back.
#[derive(Debug, Clone)]
pub struct Imported {
    /// What is in the layer made of it.
    seen: BTreeMap<PathBytes, Seen>,
    /// The layer's export.
    again: Vec<u8>,
    /// What the driver declares.
    capabilities: Capabilities,
}

/// Applies an export of the change set on the same layer of another subject, and exports it from there.
///
/// # Errors
/// As the outcome of a case.
pub fn import(subject: &mut Subject, set: &ChangeSet, tar: &[u8]) -> Result<Imported, Outcome> {
    let mut imported = None;
    let answer = guarded(&|work| work(), subject, |context| {
        let parent = below(context, set)?;
        let id = context.layer_of(parent.as_ref(), tar)?;
        let driver = context.driver()?;
        let view = driver.view(Item::Layer(&id))?;
        let seen = seen::read(view.path())?;
        view.close()?;
        let mut again = Vec::new();
        driver.export(Item::Layer(&id), &mut again)?;
        imported = Some(Imported {
            seen,
            again,
            capabilities: context.capabilities()?,
        });
        Ok(Outcome::Pass)
    });
    match (answer, imported) {
        (Ok(_), Some(imported)) => Ok(imported),
        (Ok(outcome) | Err(Stop(outcome)), _) => {
            subject.recover();
            Err(outcome)
        }
    }
}

/// What is below the change set; all sets have the same, or nothing.
fn below(context: &mut Context<'_>, set: &ChangeSet) -> Result<Option<LayerId>, Stop> {
    set.below
        .map(|below| context.shared("below the change sets", None, &below()))
        .transpose()
}

/// Whether an export is what another driver's `own` one is, was the same tree once `imported` there, and came out of there
/// as it went in.
pub fn judge(from: &Exported, own: &Exported, imported: &Imported) -> Outcome {
    let mut explained = BTreeSet::new();
    let mut compared = |what: &str, tar: &[u8], capabilities: &Capabilities| {
        let ours = (&from.tar[..], &from.capabilities);
        let found = archives::compare(&from.below, ours, (tar, capabilities));
        if !found.unexplained.is_empty() {
            return Err(Outcome::fail(what, found.unexplained.join("; ")));
        }
        if found.explained.is_empty() && from.tar != tar {
            return Err(Outcome::fail(
                "equal entries are equal bytes",
                "other bytes",
            ));
        }
        explained.extend(found.explained);
        Ok(())
    };
    let answer = compared("both export the same entries", &own.tar, &own.capabilities)
        .and_then(|()| match differences(from, imported) {
            Some(found) => Err(Outcome::fail("the tree it was exported from", found)),
            None => Ok(()),
        })
        .and_then(|()| {
            let what = "what was applied is exported as the same entries";
            compared(what, &imported.again, &imported.capabilities)
        });
    match answer {
        Err(outcome) => outcome,
        Ok(()) if explained.is_empty() => Outcome::Pass,
        Ok(()) => {
            let each: Vec<_> = explained.into_iter().collect();
            Outcome::Deviates(each.join("; "))
        }
    }
}

fn differences(from: &Exported, imported: &Imported) -> Option<String> {
    let capabilities = &imported.capabilities;
    let mut model = Model::of(&from.seen);
    let mut seen = imported.seen.clone();
    // What a driver declares not to keep it may keep all the same, to no effect.
    let kept = |name: &[u8]| match name {
        _ if name.starts_with(b"system.") => capabilities.posix_acl,
        _ if name.starts_with(b"user.") => capabilities.xattr_user,
        _ => capabilities.xattr_privileged,
    };
    model.for_each(|_, node| node.xattrs.retain(|name, _| kept(name)));
    for found in seen.values_mut() {
        found.xattrs.retain(|name, _| kept(name));
    }
    let mut tolerance = tolerance(false, capabilities);
    tolerance.mtime_granularity_ns = tolerance
        .mtime_granularity_ns
        .max(from.capabilities.mtime_granularity_ns);
    if !from.capabilities.inode_survives_copy_up {
        // Which names are one file cannot be told there.
        let mut alone = from.seen.clone();
        for tree in [&mut alone, &mut seen] {
            for (number, seen) in tree.values_mut().enumerate() {
                seen.identity = (0, number as u64);
            }
        }
        model = Model::of(&alone);
        model.for_each(|_, node| node.xattrs.retain(|name, _| kept(name)));
    }
    compare::differences(&model, &seen, tolerance)
}

/// Every change set from every subject to every other.
pub fn run(subjects: &mut [(String, Subject)]) -> Vec<PairReport> {
    let mut reports = Vec::new();
    for set in SETS {
        let exports: Vec<_> = subjects
            .iter_mut()
            .map(|(_, subject)| export(subject, set))
            .collect();
        let mut imports: Vec<(usize, Vec<u8>, Result<Imported, Outcome>)> = Vec::new();
        for (a, from) in exports.iter().enumerate() {
            for (b, own) in exports.iter().enumerate().filter(|(b, _)| *b != a) {
                let (name_of_a, name_of_b) = (subjects[a].0.clone(), subjects[b].0.clone());
                let outcome = match (from, own) {
                    (Ok(from), Ok(own)) => {
                        // The same archive need not be applied twice.
                        let known = imports
                            .iter()
                            .find(|(at, tar, _)| (*at, tar) == (b, &from.tar));
                        let imported = match known {
                            Some((_, _, imported)) => imported.clone(),
                            None => import(&mut subjects[b].1, set, &from.tar),
                        };
                        if known.is_none() {
                            imports.push((b, from.tar.clone(), imported.clone()));
                        }
                        imported.map_or_else(|outcome| outcome, |done| judge(from, own, &done))
                    }
                    (Err(outcome), _) | (_, Err(outcome)) => outcome.clone(),
                };
                reports.push(PairReport {
                    set: set.name,
                    from: name_of_a,
                    to: name_of_b,
                    outcome,
                });
            }
        }
    }
    reports
}
