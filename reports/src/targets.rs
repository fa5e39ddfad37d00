//! The same job written to different places: the layer, a volume, the control.
//!
//! A phase takes part when its parameter `target` took more than one value on one subject.

use crate::analysis::Analysis;
use crate::series::{Key, Series};
use crate::stats::Paired;

/// The parameter that says where a job wrote.
pub const TARGET: &str = "target";
/// The value of a bind-mounted directory outside the layer.
pub const VOLUME: &str = "volume";

/// The phases (as keys without the parameter) that were done on several targets, by wall time.
pub fn phases(analysis: &Analysis<'_>) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for series in &analysis.series {
        let key = &series.key;
        if key.metric == "time" && key.params.get(TARGET).is_some_and(|t| t == VOLUME) {
            let bare = with_target(key, None);
            if !found.contains(&bare) {
                found.push(bare);
            }
        }
    }
    found
}

/// The targets of a phase other than the volume, in order of appearance, on subjects under test.
pub fn layers(analysis: &Analysis<'_>, phase: &Key) -> Vec<String> {
    let names: Vec<&str> = analysis
        .subjects()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let mut found = Vec::new();
    for series in &analysis.series {
        let target = series.key.params.get(TARGET);
        if let Some(target) = target.filter(|t| *t != VOLUME && !found.contains(*t))
            && names.contains(&series.subject.as_str())
            && with_target(&series.key, None) == *phase
        {
            found.push(target.clone());
        }
    }
    found
}

/// What a subject measured of a phase on one target.
pub fn on<'a>(
    analysis: &'a Analysis<'_>,
    subject: &str,
    phase: &Key,
    target: &str,
) -> Option<&'a Series> {
    analysis.get(subject, &with_target(phase, Some(target)))
}

/// How much more one target costs a subject than its volume.
pub fn against_volume(
    analysis: &Analysis<'_>,
    subject: &str,
    phase: &Key,
    target: &str,
) -> Option<Paired> {
    let layer = on(analysis, subject, phase, target)?;
    let volume = on(analysis, subject, phase, VOLUME)?;
    Paired::new(&layer.rounds, &volume.rounds)
}

fn with_target(key: &Key, target: Option<&str>) -> Key {
    let mut key = key.clone();
    match target {
        Some(target) => key.params.insert(TARGET.to_owned(), target.to_owned()),
        None => key.params.remove(TARGET),
    };
    key
}
