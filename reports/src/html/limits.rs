//! What a run does not show: written from the run, so that a reader of the page alone knows how far it carries.

use maud::{Markup, html};

use crate::analysis::Analysis;
use crate::number::{size, three};
use crate::record::{Cache, Outcome, Support};

/// The section's body.
pub(super) fn section(analysis: &Analysis<'_>) -> Markup {
    let limits = limits(analysis);
    html! {
        p.lead { "How far these results carry, and what they say nothing of." }
        dl.limits { @for (what, why) in &limits { dt { (what) } dd { (why) } } }
    }
}

/// What is not shown, and why.
fn limits(analysis: &Analysis<'_>) -> Vec<(&'static str, String)> {
    let results = analysis.results;
    let measured = !analysis.series.is_empty();
    let mut limits = Vec::new();
    if measured {
        limits.push(("Other machines", machine(analysis)));
        limits.push(("Other images and applications", image(analysis)));
        limits.extend(amounts(analysis).map(|text| ("Larger amounts", text)));
        limits.push(("Wear", wear(analysis)));
        limits.extend(rounds(analysis).map(|text| ("Small differences", text)));
        limits.extend(caches(analysis).map(|text| ("Cold caches", text)));
        limits.push((
            "The driver alone",
            "A ratio is against a plain directory of the same backing store. On tiny times it carries the timer's cost; it says nothing of an engine's own work around the driver.".to_owned(),
        ));
    }
    limits.extend(absent(analysis).map(|text| ("Other drivers", text)));
    limits.extend(conformance(analysis).map(|text| ("Other promises", text)));
    if measured && results.cases.is_empty() {
        limits.push((
            "Correctness",
            "The conformance suite was not asked in this run: what is fast here may be wrong."
                .to_owned(),
        ));
    }
    limits.push((
        "Interests",
        "Whoever ran this chose the host, the kernel and the options. The command, the seed and every number are in the section on data: run it again before you rely on it.".to_owned(),
    ));
    limits
}

fn machine(analysis: &Analysis<'_>) -> String {
    let host = &analysis.results.host;
    let fact = |name: &str| host.get(name).map(String::as_str);
    let mut text = format!(
        "One machine, one boot, Linux {}, {}.",
        fact("kernel").unwrap_or("unknown"),
        fact("disk_kind").map_or_else(
            || "a disk of which nothing is known".to_owned(),
            |kind| format!("a disk of the kind {kind}")
        ),
    );
    if fact("virtual_machine") == Some("yes") {
        text.push_str(" It is a virtual machine: its disk may be a network's, and other guests share its processors.");
    }
    if let Some(what) = analysis.results.emulated() {
        text.extend([
            " Its processor is emulated (",
            what,
            "): its times are no times of any real machine.",
        ]);
    }
    text + " Compare ratios across machines, never seconds."
}

fn image(analysis: &Analysis<'_>) -> String {
    let image = &analysis.results.run.image;
    let fact = |name: &str| image.get(name).map(String::as_str);
    let stored = fact("stored_bytes").map(|bytes| format!(", {} stored", size(bytes)));
    match fact("name") {
        Some(name) => format!(
            "One image was used ({name}{}{}). What your applications do may be none of the workloads here; [[workload]] in layerbench.toml measures it.",
            fact("layers").map(|n| format!(", {n} layers")).unwrap_or_default(),
            stored.unwrap_or_default()
        ),
        None => "What your applications do may be none of the workloads here; [[workload]] in layerbench.toml measures it.".to_owned(),
    }
}

/// Which workloads looked at stores that are not fresh.
fn wear(analysis: &Analysis<'_>) -> String {
    let worn: Vec<String> = analysis
        .workloads()
        .into_iter()
        .filter(|name| ["aging", "full"].contains(&name.as_str()))
        .collect();
    if worn.is_empty() {
        "The stores are fresh, in sparse files: neither fragmented nor nearly full. The workloads aging and full, of the profile publish, are about that.".to_owned()
    } else {
        format!(
            "But for {}, the stores are fresh, in sparse files: neither fragmented nor nearly full.",
            worn.join(" and ")
        )
    }
}

/// The profiles below `publish` measure less of everything.
fn amounts(analysis: &Analysis<'_>) -> Option<String> {
    let run = &analysis.results.run;
    (run.profile != "publish").then(|| {
        format!(
            "The profile {} takes smaller files, fewer of them, and fewer rounds than publish; the settings are in the section on the environment.",
            run.profile
        )
    })
}

fn rounds(analysis: &Analysis<'_>) -> Option<String> {
    let rounds = analysis.comparisons().map(|(_, c)| c.pair.rounds);
    let most = rounds.max()?;
    if most < 6 {
        return Some(format!(
            "{most} {} too few for any verdict: 6 are the least.",
            if most == 1 { "round is" } else { "rounds are" }
        ));
    }
    let of_times = analysis
        .comparisons()
        .filter(|(series, _)| series.key.metric == "time");
    let least: Vec<f64> = of_times.filter_map(|(_, c)| c.pair.detectable).collect();
    let middle = crate::stats::quantile::median(&least)?;
    Some(format!(
        "Half of the comparisons of wall time could not have found a difference of less than {} % (with 80 % chance). Inconclusive is not equal.",
        three((middle - 1.0) * 100.0)
    ))
}

fn caches(analysis: &Analysis<'_>) -> Option<String> {
    let records = &analysis.results.records;
    let refused = records.iter().filter(|r| r.cache_refused.is_some()).count();
    let cold = records
        .iter()
        .filter(|r| r.cache == Some(Cache::Cold))
        .count();
    match (refused, cold) {
        (0, _) => None,
        (refused, 0) => Some(format!(
            "No value is proven to be of cold caches; for {refused} that was wanted and could not be proven."
        )),
        (refused, cold) => Some(format!(
            "{cold} values are proven to be of cold caches; for {refused} more that was wanted and could not be proven."
        )),
    }
}

fn absent(analysis: &Analysis<'_>) -> Option<String> {
    let names: Vec<&str> = analysis
        .results
        .subjects
        .iter()
        .filter(|s| matches!(s.support, Support::Missing { .. }))
        .map(|s| s.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} could not run on this host; the section on subjects says why.",
            names.join(", ")
        )
    })
}

fn conformance(analysis: &Analysis<'_>) -> Option<String> {
    let cases = &analysis.results.cases;
    if cases.is_empty() {
        return None;
    }
    let count = |outcome| cases.iter().filter(|c| c.outcome == outcome).count();
    let (broken, none) = (count(Outcome::Broken), count(Outcome::NotApplicable));
    let mut text = "A case that passes shows that a promise held when it was asked, on an idle machine; not that it always will.".to_owned();
    if none + broken > 0 {
        text.extend([format!(
            " {none} answers are of cases that do not apply here, {broken} could not be had."
        )]);
    }
    let left_out = analysis
        .results
        .dnf
        .iter()
        .filter(|dnf| dnf.workload == "conformance");
    if left_out.count() > 0 {
        text.push_str(" Some cases were not asked for want of time; layerbench conform asks all.");
    }
    Some(text)
}
