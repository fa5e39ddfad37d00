//! What tells runs apart, in as few words as do: the kernel first, then the machine, the program, what was asked, and when.

use crate::record::Results;

/// A label for each run; no two are alike.
pub(super) fn labels(runs: &[Results]) -> Vec<String> {
    let mut labels = vec![String::new(); runs.len()];
    for aspect in [
        kernels, machines, emulators, versions, commits, images, profiles, days, times,
    ] {
        if distinct(&labels) == runs.len() {
            break;
        }
        let with: Vec<String> = labels
            .iter()
            .zip(aspect(runs))
            .map(|(label, own)| match (label.is_empty(), own.is_empty()) {
                (_, true) => label.clone(),
                (true, false) => own,
                (false, false) => format!("{label}, {own}"),
            })
            .collect();
        if distinct(&with) > distinct(&labels) {
            labels = with;
        }
    }
    // Nothing tells them apart but their order, or some have nothing to say.
    let last = labels.clone();
    for (at, label) in labels.iter_mut().enumerate() {
        let alike = last.iter().filter(|other| *other == label).count() > 1;
        if alike || label.is_empty() {
            let number = format!("run {}", at + 1);
            *label = if label.is_empty() {
                number
            } else {
                format!("{label}, {number}")
            };
        }
    }
    labels
}

fn distinct(labels: &[String]) -> usize {
    let all: std::collections::BTreeSet<&String> = labels.iter().collect();
    all.len()
}

fn fact(run: &Results, name: &str) -> String {
    run.host.get(name).cloned().unwrap_or_default()
}

fn prefixed(word: &str, text: String) -> String {
    if text.is_empty() {
        text
    } else {
        format!("{word} {text}")
    }
}

/// `linux 6.1`, or the whole release where two share that.
fn kernels(runs: &[Results]) -> Vec<String> {
    let whole: Vec<String> = runs.iter().map(|run| fact(run, "kernel")).collect();
    let short: Vec<String> = whole.iter().map(|release| series(release)).collect();
    let enough = distinct(&short) == distinct(&whole);
    let chosen = if enough { short } else { whole };
    chosen.into_iter().map(|k| prefixed("linux", k)).collect()
}

/// `6.1` of `6.1.0-49-amd64`.
fn series(release: &str) -> String {
    let mut parts = release.split(['.', '-']);
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => format!("{major}.{minor}"),
        _ => release.to_owned(),
    }
}

fn machines(runs: &[Results]) -> Vec<String> {
    runs.iter()
        .map(|run| prefixed("host", fact(run, "fingerprint")))
        .collect()
}

fn emulators(runs: &[Results]) -> Vec<String> {
    runs.iter()
        .map(|run| run.emulated().unwrap_or_default().to_owned())
        .collect()
}

fn versions(runs: &[Results]) -> Vec<String> {
    runs.iter()
        .map(|run| prefixed("layerbench", run.run.version.clone()))
        .collect()
}

fn commits(runs: &[Results]) -> Vec<String> {
    let short = |commit: &str| commit.chars().take(9).collect();
    runs.iter()
        .map(|run| prefixed("commit", short(&run.run.commit)))
        .collect()
}

fn images(runs: &[Results]) -> Vec<String> {
    let name = |run: &Results| run.run.image.get("name").cloned().unwrap_or_default();
    runs.iter()
        .map(|run| prefixed("image", name(run)))
        .collect()
}

fn profiles(runs: &[Results]) -> Vec<String> {
    runs.iter()
        .map(|run| prefixed("profile", run.run.profile.clone()))
        .collect()
}

fn days(runs: &[Results]) -> Vec<String> {
    runs.iter()
        .map(|run| run.run.started.chars().take(10).collect())
        .collect()
}

fn times(runs: &[Results]) -> Vec<String> {
    runs.iter().map(|run| run.run.started.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(facts: &[(&str, &str)], started: &str) -> Results {
        let mut run = Results::default();
        run.run.started = started.to_owned();
        for (name, value) in facts {
            run.host.insert((*name).to_owned(), (*value).to_owned());
        }
        run
    }

    #[test]
    fn the_kernel_alone_where_it_is_enough() {
        let runs = [
            run(&[("kernel", "6.1.0-49-amd64"), ("fingerprint", "a")], "x"),
            run(&[("kernel", "6.12.9"), ("fingerprint", "b")], "y"),
        ];
        assert_eq!(labels(&runs), ["linux 6.1", "linux 6.12"]);
    }

    #[test]
    fn more_where_it_is_not() {
        let of = |kernel: &str, host: &str| run(&[("kernel", kernel), ("fingerprint", host)], "");
        let patches = [of("6.1.1", "a"), of("6.1.2", "a")];
        assert_eq!(labels(&patches), ["linux 6.1.1", "linux 6.1.2"]);
        let hosts = [of("6.1.1", "a"), of("6.1.1", "b"), of("6.5", "b")];
        assert_eq!(
            labels(&hosts),
            [
                "linux 6.1, host a",
                "linux 6.1, host b",
                "linux 6.5, host b"
            ]
        );
        let again = [
            run(&[], "2026-01-02T03:04:05Z"),
            run(&[], "2026-01-03T03:04:05Z"),
        ];
        assert_eq!(labels(&again), ["2026-01-02", "2026-01-03"]);
        let twins = [run(&[], ""), run(&[], "")];
        assert_eq!(labels(&twins), ["run 1", "run 2"]);
    }

    #[test]
    fn kernels_with_odd_names_stay_whole() {
        assert_eq!(series("6.18.44-fc"), "6.18");
        assert_eq!(series("next"), "next");
        assert_eq!(series(""), "");
    }
}
