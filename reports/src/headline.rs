//! The few numbers shown first. This table is the only place of this crate that knows workloads by name; one that is
//! not listed gets a row by the fall-back: its phase `total`, else the phase of its own name, else its first; wall time,
//! else its first metric.

use crate::analysis::Analysis;
use crate::number::size;
use crate::series::Key;

/// A use of a host that the summary decides for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Pull, start, throw away.
    Builders,
    /// Many containers of few images.
    Density,
    /// Applications that write into their container.
    Writing,
}

impl Use {
    /// Every use, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Builders, Self::Density, Self::Writing];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Builders => "CI builders",
            Self::Density => "Many small containers",
            Self::Writing => "Writing inside containers",
        }
    }

    /// What it does all day.
    pub fn about(self) -> &'static str {
        match self {
            Self::Builders => "pull images, start a container, throw both away",
            Self::Density => "start many containers of few images, in little space",
            Self::Writing => "databases, package managers and caches that write into the layer",
        }
    }
}

/// How the value of a parameter is chosen among those measured.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Least,
    Most,
    Is(&'static str),
}

/// One headline number.
#[derive(Debug)]
struct Pick {
    workload: &'static str,
    /// Empty: any.
    phase: &'static str,
    metric: &'static str,
    params: &'static [(&'static str, Choice)],
    /// `{size}` and the like stand for the chosen parameter.
    label: &'static str,
    /// For the terminal's narrow column.
    short: &'static str,
    uses: &'static [Use],
}

const NEW: &[(&str, Choice)] = &[("target", Choice::Is("layer-new"))];
const LOWER: &[(&str, Choice)] = &[("target", Choice::Is("layer-lower"))];
const ONE: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("parallel", Choice::Least)];
const COLD: &[(&str, Choice)] = &[("cache", Choice::Is("cold")), ("parallel", Choice::Least)];
const MANY: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("parallel", Choice::Most)];
const OLDEST: &[(&str, Choice)] = &[("age", Choice::Most)];
const BIG: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("size", Choice::Most)];
const SMALL: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("size", Choice::Least)];
const DEEP: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("depth", Choice::Most)];
const DEEP_COLD: &[(&str, Choice)] = &[("cache", Choice::Is("cold")), ("depth", Choice::Most)];
const READERS: &[(&str, Choice)] = &[("readers", Choice::Most)];
const CONTAINERS: &[(&str, Choice)] = &[("containers", Choice::Most)];
const EDITED: &[(&str, Choice)] = &[
    ("cache", Choice::Is("warm")),
    ("files", Choice::Most),
    ("changes", Choice::Is("10")),
];
const LARGE_LAYER: &[(&str, Choice)] = &[("what", Choice::Is("large-layer"))];
const BESIDE: &[(&str, Choice)] = &[("during", Choice::Is("large-layer"))];
const TREE: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("files", Choice::Most)];
const TOGETHER: &[(&str, Choice)] = &[("files", Choice::Most), ("parallel", Choice::Most)];
const BIG_COLD: &[(&str, Choice)] = &[("cache", Choice::Is("cold")), ("size", Choice::Most)];

#[rustfmt::skip]
const TABLE: &[Pick] = &[
    Pick { workload: "pull", phase: "pull", metric: "time", params: &[], label: "Pull the image", short: "pull", uses: &[Use::Builders] },
    Pick { workload: "pull", phase: "pull", metric: "durable", params: &[], label: "The same until it is durable", short: "", uses: &[] },
    Pick { workload: "pull", phase: "pull-second", metric: "time", params: &[], label: "Pull a second image sharing its base", short: "", uses: &[Use::Builders] },
    Pick { workload: "pull", phase: "remove", metric: "time", params: &[], label: "Remove the image", short: "", uses: &[] },
    Pick { workload: "pull", phase: "", metric: "allocated", params: &[], label: "Space the image takes", short: "image", uses: &[] },
    Pick { workload: "start", phase: "total", metric: "time", params: ONE, label: "Start a container and remove it", short: "start", uses: &[Use::Builders, Use::Density, Use::Writing] },
    Pick { workload: "start", phase: "total", metric: "time", params: COLD, label: "The same from cold caches", short: "", uses: &[] },
    Pick { workload: "start", phase: "total", metric: "time", params: MANY, label: "Start {parallel} containers at once", short: "", uses: &[Use::Density] },
    Pick { workload: "start", phase: "", metric: "allocated", params: &[], label: "Space an idle container takes", short: "idle", uses: &[Use::Density, Use::Writing] },
    Pick { workload: "copy-up", phase: "append-first", metric: "time", params: SMALL, label: "First write to a {size} file of the image", short: "", uses: &[] },
    Pick { workload: "copy-up", phase: "append-first", metric: "time", params: BIG, label: "First write to a {size} file of the image", short: "copy-up", uses: &[Use::Writing] },
    Pick { workload: "copy-up", phase: "append-first", metric: "durable", params: BIG, label: "The same until it is durable", short: "", uses: &[] },
    Pick { workload: "copy-up", phase: "append-first", metric: "time", params: BIG_COLD, label: "First write to a {size} file of the image, from cold caches", short: "", uses: &[] },
    Pick { workload: "copy-up", phase: "append-second", metric: "time", params: BIG, label: "Second write to the same file", short: "", uses: &[] },
    Pick { workload: "copy-up", phase: "chmod-first", metric: "time", params: BIG, label: "chmod of a {size} file of the image", short: "", uses: &[] },
    Pick { workload: "copy-up-tree", phase: "chown-all", metric: "time", params: TREE, label: "chown -R of {files} files of the image", short: "chown", uses: &[] },
    Pick { workload: "copy-up-tree", phase: "move-tree", metric: "time", params: TREE, label: "Move a directory of {files} files of the image", short: "", uses: &[] },
    Pick { workload: "copy-up-tree", phase: "append-all", metric: "time", params: TOGETHER, label: "First write to each of {files} files, by {parallel} threads", short: "", uses: &[] },
    Pick { workload: "write-heavy", phase: "random-write", metric: "time", params: NEW, label: "Random writes to a new file", short: "write", uses: &[Use::Writing] },
    Pick { workload: "write-heavy", phase: "random-write", metric: "time", params: LOWER, label: "Random writes to a file of the image", short: "", uses: &[Use::Writing] },
    Pick { workload: "write-heavy", phase: "random-write-fsync", metric: "time", params: NEW, label: "Random writes, each synced", short: "", uses: &[] },
    Pick { workload: "write-heavy", phase: "small-files", metric: "time", params: NEW, label: "Create and delete small files", short: "", uses: &[Use::Writing] },
    Pick { workload: "write-heavy", phase: "small-files", metric: "durable", params: NEW, label: "The same until it is durable", short: "", uses: &[] },
    Pick { workload: "postgres", phase: "transactions", metric: "time", params: NEW, label: "pgbench on PostgreSQL in the layer", short: "postgres", uses: &[] },
    Pick { workload: "aging", phase: "start", metric: "time", params: OLDEST, label: "Start a container after {age} others", short: "aging", uses: &[] },
    Pick { workload: "aging", phase: "write", metric: "time", params: OLDEST, label: "Write a file after {age} containers", short: "", uses: &[] },
    Pick { workload: "write-heavy", phase: "sqlite-wal", metric: "time", params: NEW, label: "SQLite transactions, write-ahead log", short: "sqlite", uses: &[Use::Writing] },
    Pick { workload: "write-modes", phase: "log-append", metric: "time", params: LOWER, label: "Append to a log of the image", short: "log", uses: &[] },
    Pick { workload: "write-modes", phase: "replace", metric: "time", params: NEW, label: "Replace small files, each synced", short: "", uses: &[] },
    Pick { workload: "write-modes", phase: "churn", metric: "time", params: LOWER, label: "Small files of the image come and go", short: "", uses: &[] },
    Pick { workload: "fio", phase: "mixed", metric: "latency-p50", params: NEW, label: "fio, mixed reads and writes: one operation", short: "fio", uses: &[] },
    Pick { workload: "fio", phase: "sequential-write", metric: "throughput", params: NEW, label: "fio, a new file in sequence", short: "", uses: &[] },
    Pick { workload: "tools", phase: "git-checkout", metric: "time", params: LOWER, label: "git checkout in a clone of the image", short: "", uses: &[] },
    Pick { workload: "tools", phase: "compile", metric: "time", params: NEW, label: "Compile a small C project", short: "", uses: &[] },
    Pick { workload: "tools", phase: "package-install", metric: "time", params: NEW, label: "Install a package with dpkg", short: "install", uses: &[] },
    Pick { workload: "read", phase: "stat", metric: "time", params: DEEP, label: "Look up the image's files below {depth} layers", short: "look-up", uses: &[] },
    Pick { workload: "read", phase: "stat", metric: "time", params: DEEP_COLD, label: "The same from cold caches", short: "", uses: &[] },
    Pick { workload: "read", phase: "read-sequential", metric: "time", params: BIG, label: "Read a {size} file of the image", short: "read", uses: &[] },
    Pick { workload: "read", phase: "read-sequential", metric: "time", params: BIG_COLD, label: "The same from cold caches", short: "", uses: &[] },
    Pick { workload: "share", phase: "next-reader", metric: "time", params: READERS, label: "Read a {size} file that another container has read", short: "", uses: &[] },
    Pick { workload: "share", phase: "held-by-all", metric: "page-cache", params: READERS, label: "Page cache {readers} readers of it fill", short: "cache", uses: &[] },
    Pick { workload: "share", phase: "mapped", metric: "memory", params: READERS, label: "Memory of one {size} library in {readers} containers", short: "library", uses: &[] },
    Pick { workload: "density", phase: "live", metric: "allocated", params: CONTAINERS, label: "Space of {containers} idle containers", short: "", uses: &[] },
    Pick { workload: "density", phase: "images", metric: "allocated", params: &[], label: "Space of {images} images on common bases", short: "images", uses: &[] },
    Pick { workload: "build", phase: "build", metric: "time", params: &[], label: "Build an image of {steps} steps", short: "build", uses: &[] },
    Pick { workload: "build", phase: "rebuild", metric: "time", params: &[], label: "Build it again with an early step changed", short: "", uses: &[] },
    Pick { workload: "build", phase: "load", metric: "time", params: &[], label: "Load a saved image", short: "", uses: &[] },
    Pick { workload: "diff", phase: "changes", metric: "time", params: EDITED, label: "Find {changes} changes in {files} files", short: "diff", uses: &[] },
    Pick { workload: "diff", phase: "commit", metric: "durable", params: &[("files", Choice::Most), ("changes", Choice::Most)], label: "Commit {changes} changes until durable", short: "", uses: &[] },
    Pick { workload: "remove", phase: "remove", metric: "time", params: LARGE_LAYER, label: "Remove a layer of many files", short: "remove", uses: &[] },
    Pick { workload: "remove", phase: "space-back", metric: "time", params: LARGE_LAYER, label: "The same until its space is back", short: "", uses: &[] },
    Pick { workload: "remove", phase: "neighbour-fsync", metric: "latency-p50", params: BESIDE, label: "A neighbour's synced write meanwhile", short: "", uses: &[] },
];

/// A headline number found in the results.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was measured.
    pub key: Key,
    /// `Pull the image`.
    pub label: String,
    /// A word for a narrow column; empty: not shown there.
    pub short: String,
    /// The uses it counts for.
    pub uses: &'static [Use],
}

/// How many numbers a use rests on, when all were measured.
pub fn rests_on(of: Use) -> usize {
    TABLE.iter().filter(|pick| pick.uses.contains(&of)).count()
}

/// The headline rows that the results hold, in the order of the run's workloads.
pub fn rows(analysis: &Analysis<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for workload in analysis.workloads() {
        let before = rows.len();
        for pick in TABLE.iter().filter(|pick| pick.workload == workload) {
            if let Some(key) = find(analysis, pick)
                && !rows.iter().any(|row| row.key == key)
            {
                rows.push(Row {
                    label: label(pick.label, &key),
                    short: pick.short.to_owned(),
                    uses: pick.uses,
                    key,
                });
            }
        }
        if rows.len() == before
            && let Some(key) = fall_back(analysis, &workload)
        {
            rows.push(Row {
                label: format!("{workload}: {}", key.phase),
                short: workload,
                uses: &[],
                key,
            });
        }
    }
    rows
}

/// Keys that at least one subject under test has, in order of appearance.
fn keys<'a>(analysis: &'a Analysis<'_>) -> impl Iterator<Item = &'a Key> {
    let subjects: Vec<&str> = analysis
        .subjects()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    analysis
        .series
        .iter()
        .filter(move |s| subjects.contains(&s.subject.as_str()))
        .map(|s| &s.key)
}

fn find(analysis: &Analysis<'_>, pick: &Pick) -> Option<Key> {
    let mut fit: Vec<&Key> = keys(analysis)
        .filter(|key| {
            key.workload == pick.workload
                && key.metric == pick.metric
                && (pick.phase.is_empty() || key.phase == pick.phase)
        })
        .collect();
    for (name, choice) in pick.params {
        let value = |key: &Key| key.params.get(*name).and_then(|v| v.parse::<f64>().ok());
        let numbers = fit.iter().filter_map(|key| value(key));
        let wanted = match choice {
            Choice::Is(text) => {
                fit.retain(|key| key.params.get(*name).is_none_or(|v| v == text));
                continue;
            }
            Choice::Least => numbers.min_by(f64::total_cmp),
            Choice::Most => numbers.max_by(f64::total_cmp),
        };
        fit.retain(|key| value(key) == wanted);
    }
    fit.first().map(|key| (*key).clone())
}

fn fall_back(analysis: &Analysis<'_>, workload: &str) -> Option<Key> {
    let of: Vec<&Key> = keys(analysis)
        .filter(|key| key.workload == workload)
        .collect();
    let timed = |phase: Option<&str>| {
        of.iter()
            .find(|key| key.metric == "time" && phase.is_none_or(|phase| key.phase == phase))
    };
    timed(Some("total"))
        .or_else(|| timed(Some(workload)))
        .or_else(|| timed(None))
        .or_else(|| of.first())
        .map(|key| (*key).clone())
}

fn label(template: &str, key: &Key) -> String {
    key.params
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            let value = if name == "size" {
                size(value)
            } else {
                value.clone()
            };
            text.replace(&format!("{{{name}}}"), &value)
        })
}
