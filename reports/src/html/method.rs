//! How the numbers were made.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::design;
use crate::analysis::Analysis;
use crate::number::{size, three};
use crate::record::{Cache, Role};
use crate::stats::Outliers;
use crate::stats::quantile::median;

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    let results = analysis.results;
    let run = &results.run;
    html! {
        h3 { "Design" }
        p {
            "Each round ran every subject, control and twin once, in a random order (seed " (run.seed) "); " (run.rounds) " rounds were planned. "
            "Values are compared only within their round, so a machine that gets slower or faster while it runs deceives nobody. "
            (between(analysis)) (cache(analysis))
        }
        (refused(analysis))
        (design::plan(analysis))
        (design::repeated(analysis))
        h3 { "Estimates and verdicts" }
        p {
            "A ratio is the Hodges-Lehmann estimate on the logarithms of the paired ratios; its interval inverts the exact signed-rank "
            "test. From six rounds on it holds the truth in at least 95 of 100 cases; below six no such interval exists, so the widest is given with "
            "its own level, and no verdict."
        }
        p {
            "Better and worse: the whole interval lies beyond 5 %, or beyond the noise band of that workload and metric where it is wider, "
            "and the test stands after the correction (Benjamini-Hochberg at 5 %) for the " (analysis.family_size())
            " comparisons that get a verdict here. Equivalent: the whole interval lies within 5 %, however noisy the machine. Inconclusive: neither; "
            "where it says that two differ, perhaps by little, the test stands but the interval reaches below what matters."
        }
        p {
            "What stopped at a time limit ranks last and has no ratio; a verdict it could weaken is not given. What failed has no number, and nothing is put in its "
            "place. Nothing is dropped for being far from the rest: " (outliers(analysis))
        }
        (detectable(analysis))
        (noise(analysis))
        (design::order(analysis))
    }
}

fn outliers(analysis: &Analysis<'_>) -> String {
    let (mut values, mut found) = (0, Outliers::default());
    let shown = analysis
        .comparisons()
        .filter(|(s, _)| s.key.metric == "time");
    for (series, _) in shown {
        let of = Outliers::of(&series.values());
        values += series.rounds.len();
        found.mild += of.mild;
        found.severe += of.severe;
    }
    format!(
        "of {values} wall times above, {} lie more than 1.5 interquartile ranges from the quartiles of their series, and {} more than 3.",
        found.mild, found.severe
    )
}

/// What was done between cells, as the run's configuration says.
fn between(analysis: &Analysis<'_>) -> String {
    let config = analysis.results.run.config.get("between_cells");
    let number = |name: &str| config?.get(name)?.as_f64();
    let Some((bytes, cap)) = number("drain_to_bytes").zip(number("drain_cap_s")) else {
        return "Between cells, off the clock, caches were written back and set to their state. "
            .to_owned();
    };
    let trim = config.and_then(|config| config.get("trim")) == Some(&true.into());
    format!(
        "Between cells, off the clock, the subject's store was synced{}, and the machine had up to {} s to write what was dirty, \
         down to {}; where that was not enough the cell is flagged. Then the caches were set to their state. ",
        if trim {
            ", its free space given back to the device where it can be"
        } else {
            ""
        },
        three(cap),
        size(&format!("{bytes:.0}")),
    )
}

/// The cache states that could not be had, each reason once.
fn refused(analysis: &Analysis<'_>) -> Markup {
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for record in &analysis.results.records {
        if let Some(why) = &record.cache_refused {
            *reasons.entry((&record.subject, why)).or_default() += 1;
        }
    }
    let most = 12;
    html! {
        @if !reasons.is_empty() {
            p { "Cache states that were wanted and could not be proven; what could be was measured in their place:" }
            ul {
                @for ((subject, why), count) in reasons.iter().take(most) {
                    li { (subject) ": " (why) " (" (count) " values)" }
                }
                @if reasons.len() > most { li { "and " (reasons.len() - most) " more: see the records" } }
            }
        }
    }
}

fn cache(analysis: &Analysis<'_>) -> String {
    let count = |state| {
        analysis
            .results
            .records
            .iter()
            .filter(|r| r.cache == Some(state))
            .count()
    };
    format!(
        "Page cache: {} values proven cold, {} lukewarm (the page cache was dropped, no more is proven), {} warm.",
        count(Cache::Cold),
        count(Cache::Lukewarm),
        count(Cache::Warm)
    )
}

fn detectable(analysis: &Analysis<'_>) -> Markup {
    let mut by_workload: Vec<(String, Vec<f64>)> = analysis
        .workloads()
        .into_iter()
        .map(|w| (w, Vec::new()))
        .collect();
    let mut decidable = Vec::new();
    for (series, compared) in analysis
        .comparisons()
        .filter(|(s, _)| s.key.metric == "time")
    {
        if let (Some(entry), Some(ratio)) = (
            by_workload
                .iter_mut()
                .find(|(w, _)| *w == series.key.workload),
            compared.pair.detectable,
        ) {
            entry.1.push((ratio - 1.0) * 100.0);
        }
        let ratio = compared.pair.decidable(compared.margin);
        decidable.extend(ratio.map(|ratio| (ratio - 1.0) * 100.0));
    }
    by_workload.retain(|(_, values)| !values.is_empty());
    html! {
        @if !by_workload.is_empty() {
            p {
                "Smallest difference of wall time this run could find with 80 % chance (median over its comparisons): "
                @for (index, (workload, values)) in by_workload.iter().enumerate() {
                    @if index > 0 { ", " }
                    (workload) " " (three(median(values).unwrap_or(0.0))) " %"
                }
                ". To be called better or worse it must be larger, because the whole interval must clear what matters: "
                (three(median(&decidable).unwrap_or(0.0))) " % in the median."
            }
        }
    }
}

fn noise(analysis: &Analysis<'_>) -> Markup {
    html! {
        h3 { "A/A check" }
        @match &analysis.noise {
            Some(noise) => {
                p {
                    "A second copy of "
                    @for (index, twin) in analysis.results.subjects.iter().filter(|s| s.role == Role::Twin).enumerate() {
                        @if index > 0 { ", " }
                        (twin.twin_of.as_deref().unwrap_or("a subject"))
                    }
                    " ran in every round. Of " (noise.compared) " comparisons with itself, " (noise.alarms)
                    " have p ≤ 0.05 before the correction; about one in twenty is due by chance. The band is the 95 % quantile of its distance from 1."
                }
                details {
                    summary { "Noise bands" }
                    dl.facts {
                        @for ((workload, metric), band) in &analysis.bands { dt { (workload) ", " (metric) } dd { "±" (three(band * 100.0)) " %" } }
                    }
                }
            }
            None => p { "No subject ran twice under two names, so the noise of comparisons is not known; 5 % is taken as what matters." }
        }
    }
}
