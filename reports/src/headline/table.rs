//! The numbers shown first, each under an id by which the uses name it. This table is the only place of this crate that
//! knows workloads by name.

use super::pick::{Choice, Pick};

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
const PROGRAMS: Choice = Choice::First(&["python3", "nginx", "true"]);
const PROGRAM: &[(&str, Choice)] = &[("cache", Choice::Is("warm")), ("program", PROGRAMS)];
const PROGRAM_COLD: &[(&str, Choice)] = &[("cache", Choice::Is("cold")), ("program", PROGRAMS)];
const AT_ONCE: &[(&str, Choice)] = &[("parallel", Choice::Most)];
const LIVE: &[(&str, Choice)] = &[("live", Choice::Most)];
const LAYERS: &[(&str, Choice)] = &[("depth", Choice::Most)];
const CHANGED: &[(&str, Choice)] = &[("way", Choice::Is("chown"))];
const MAPPED: &[(&str, Choice)] = &[("way", Choice::Is("idmap"))];
const VOLUME: &[(&str, Choice)] = &[("target", Choice::Is("volume"))];
const WRITTEN: (&str, Choice) = ("direction", Choice::Is("write"));
const NEW_WRITE: &[(&str, Choice)] = &[("target", Choice::Is("layer-new")), WRITTEN];
const VOLUME_WRITE: &[(&str, Choice)] = &[("target", Choice::Is("volume")), WRITTEN];
const CONTAINER: &[(&str, Choice)] = &[("what", Choice::Is("container"))];

/// Every headline number, in the order of the page within its workload.
#[rustfmt::skip]
pub(super) const TABLE: &[Pick] = &[
    Pick { id: "pull", workload: "pull", phase: "pull", metric: "time", params: &[], label: "Pull the image", short: "pull" },
    Pick { id: "pull-durable", workload: "pull", phase: "pull", metric: "durable", params: &[], label: "Pull the image until it is durable", short: "" },
    Pick { id: "pull-second", workload: "pull", phase: "pull-second", metric: "time", params: &[], label: "Pull a second image sharing its base", short: "" },
    Pick { id: "pull-remove", workload: "pull", phase: "remove", metric: "time", params: &[], label: "Remove the image", short: "" },
    Pick { id: "image-space", workload: "pull", phase: "", metric: "allocated", params: &[], label: "Space the image takes", short: "image" },
    Pick { id: "second-space", workload: "pull", phase: "pull-second", metric: "allocated", params: &[], label: "Space a second image sharing its base takes", short: "" },
    Pick { id: "image-inodes", workload: "pull", phase: "pull", metric: "inodes", params: &[], label: "Inodes the image takes", short: "" },
    Pick { id: "start", workload: "start", phase: "total", metric: "time", params: ONE, label: "Start a container and remove it", short: "start" },
    Pick { id: "start-cold", workload: "start", phase: "total", metric: "time", params: COLD, label: "Start a container from cold caches", short: "" },
    Pick { id: "start-many", workload: "start", phase: "total", metric: "time", params: MANY, label: "Start {parallel} containers at once", short: "" },
    Pick { id: "idle-space", workload: "start", phase: "", metric: "allocated", params: &[], label: "Space an idle container takes", short: "idle" },
    Pick { id: "program", workload: "start-programs", phase: "first-output", metric: "time", params: PROGRAM, label: "Start {program} in a container, to its first output", short: "program" },
    Pick { id: "program-cold", workload: "start-programs", phase: "first-output", metric: "time", params: PROGRAM_COLD, label: "Start {program} from cold caches, to its first output", short: "" },
    Pick { id: "scale-start", workload: "start-scale", phase: "start", metric: "time", params: &[], label: "Start one small container after the other", short: "" },
    Pick { id: "scale-parallel", workload: "start-scale", phase: "parallel", metric: "time", params: AT_ONCE, label: "Start {parallel} small containers at once", short: "" },
    Pick { id: "scale-live", workload: "start-scale", phase: "live", metric: "time", params: LIVE, label: "Start a small container beside {live} others", short: "" },
    Pick { id: "scale-depth", workload: "start-scale", phase: "depth", metric: "time", params: LAYERS, label: "Start a small container on {depth} layers", short: "" },
    Pick { id: "mapped-first", workload: "start-scale", phase: "mapped-first", metric: "time", params: CHANGED, label: "First start with other owners: {files} files changed", short: "" },
    Pick { id: "mapped-next", workload: "start-scale", phase: "mapped-next", metric: "time", params: CHANGED, label: "Next start with these owners", short: "" },
    Pick { id: "mapped-mount", workload: "start-scale", phase: "mapped-first", metric: "time", params: MAPPED, label: "First start with other owners, mapped by the mount", short: "" },
    Pick { id: "copy-up-small", workload: "copy-up", phase: "append-first", metric: "time", params: SMALL, label: "First write to a {size} file of the image", short: "" },
    Pick { id: "copy-up", workload: "copy-up", phase: "append-first", metric: "time", params: BIG, label: "First write to a {size} file of the image", short: "copy-up" },
    Pick { id: "copy-up-durable", workload: "copy-up", phase: "append-first", metric: "durable", params: BIG, label: "First write to a {size} file of the image until durable", short: "" },
    Pick { id: "copy-up-cold", workload: "copy-up", phase: "append-first", metric: "time", params: BIG_COLD, label: "First write to a {size} file of the image, from cold caches", short: "" },
    Pick { id: "copy-up-again", workload: "copy-up", phase: "append-second", metric: "time", params: BIG, label: "Second write to the same {size} file", short: "" },
    Pick { id: "chmod", workload: "copy-up", phase: "chmod-first", metric: "time", params: BIG, label: "chmod of a {size} file of the image", short: "" },
    Pick { id: "copy-up-space", workload: "copy-up", phase: "all", metric: "allocated", params: &[], label: "Space that first writes of a few bytes take", short: "" },
    Pick { id: "chown", workload: "copy-up-tree", phase: "chown-all", metric: "time", params: TREE, label: "chown -R of {files} files of the image", short: "chown" },
    Pick { id: "move", workload: "copy-up-tree", phase: "move-tree", metric: "time", params: TREE, label: "Move a directory of {files} files of the image", short: "" },
    Pick { id: "append-tree", workload: "copy-up-tree", phase: "append-all", metric: "time", params: TOGETHER, label: "First write to each of {files} files, by {parallel} threads", short: "" },
    Pick { id: "chown-space", workload: "copy-up-tree", phase: "chown-all", metric: "allocated", params: TREE, label: "Space that chown -R of {files} files takes", short: "" },
    Pick { id: "scattered-space", workload: "copy-up-tree", phase: "scattered-first", metric: "allocated", params: BIG, label: "Space that scattered writes to a {size} file of the image take", short: "" },
    Pick { id: "write", workload: "write-heavy", phase: "random-write", metric: "time", params: NEW, label: "Random writes to a new file", short: "write" },
    Pick { id: "write-image", workload: "write-heavy", phase: "random-write", metric: "time", params: LOWER, label: "Random writes to a file of the image", short: "" },
    Pick { id: "write-synced", workload: "write-heavy", phase: "random-write-fsync", metric: "time", params: NEW, label: "Random writes, each synced", short: "" },
    Pick { id: "small-files", workload: "write-heavy", phase: "small-files", metric: "time", params: NEW, label: "Create and delete small files", short: "" },
    Pick { id: "small-files-durable", workload: "write-heavy", phase: "small-files", metric: "durable", params: NEW, label: "Create and delete small files until durable", short: "" },
    Pick { id: "postgres", workload: "postgres", phase: "transactions", metric: "time", params: NEW, label: "pgbench on PostgreSQL in the layer", short: "postgres" },
    Pick { id: "aging-start", workload: "aging", phase: "start", metric: "time", params: OLDEST, label: "Start a container after {age} others", short: "aging" },
    Pick { id: "aging-write", workload: "aging", phase: "write", metric: "time", params: OLDEST, label: "Write a file after {age} containers", short: "" },
    Pick { id: "sqlite", workload: "write-heavy", phase: "sqlite-wal", metric: "time", params: NEW, label: "SQLite transactions, write-ahead log", short: "sqlite" },
    Pick { id: "volume-write", workload: "write-heavy", phase: "random-write", metric: "time", params: VOLUME, label: "Random writes to a file in a volume", short: "" },
    Pick { id: "volume-small", workload: "write-heavy", phase: "small-files", metric: "time", params: VOLUME, label: "Create and delete small files in a volume", short: "" },
    Pick { id: "volume-sqlite", workload: "write-heavy", phase: "sqlite-wal", metric: "time", params: VOLUME, label: "SQLite transactions in a volume", short: "" },
    Pick { id: "volume-postgres", workload: "postgres", phase: "transactions", metric: "time", params: VOLUME, label: "pgbench on PostgreSQL in a volume", short: "" },
    Pick { id: "log", workload: "write-modes", phase: "log-append", metric: "time", params: LOWER, label: "Append to a log of the image", short: "log" },
    Pick { id: "replace", workload: "write-modes", phase: "replace", metric: "time", params: NEW, label: "Replace small files, each synced", short: "" },
    Pick { id: "churn", workload: "write-modes", phase: "churn", metric: "time", params: LOWER, label: "Small files of the image come and go", short: "" },
    Pick { id: "fio", workload: "fio", phase: "mixed", metric: "latency-p50", params: NEW_WRITE, label: "fio, mixed reads and writes: one write", short: "fio" },
    Pick { id: "fio-sequential", workload: "fio", phase: "sequential-write", metric: "throughput", params: NEW, label: "fio, a new file in sequence", short: "" },
    Pick { id: "volume-fio", workload: "fio", phase: "mixed", metric: "latency-p50", params: VOLUME_WRITE, label: "fio, mixed reads and writes in a volume: one write", short: "" },
    Pick { id: "git-checkout", workload: "tools", phase: "git-checkout", metric: "time", params: LOWER, label: "git checkout in a clone of the image", short: "" },
    Pick { id: "compile", workload: "tools", phase: "compile", metric: "time", params: NEW, label: "Compile a small C project", short: "" },
    Pick { id: "install", workload: "tools", phase: "package-install", metric: "time", params: NEW, label: "Install a package with dpkg", short: "install" },
    Pick { id: "look-up", workload: "read", phase: "stat", metric: "time", params: DEEP, label: "Look up the image's files below {depth} layers", short: "look-up" },
    Pick { id: "look-up-cold", workload: "read", phase: "stat", metric: "time", params: DEEP_COLD, label: "Look up the image's files below {depth} layers, from cold caches", short: "" },
    Pick { id: "read", workload: "read", phase: "read-sequential", metric: "time", params: BIG, label: "Read a {size} file of the image", short: "read" },
    Pick { id: "read-cold", workload: "read", phase: "read-sequential", metric: "time", params: BIG_COLD, label: "Read a {size} file of the image from cold caches", short: "" },
    Pick { id: "share-next", workload: "share", phase: "next-reader", metric: "time", params: READERS, label: "Read a {size} file that another container has read", short: "" },
    Pick { id: "share-cache", workload: "share", phase: "held-by-all", metric: "page-cache", params: READERS, label: "Page cache {readers} readers of a {size} file fill", short: "cache" },
    Pick { id: "library", workload: "share", phase: "mapped", metric: "memory", params: READERS, label: "Memory of one {size} library in {readers} containers", short: "library" },
    Pick { id: "containers-space", workload: "density", phase: "live", metric: "allocated", params: CONTAINERS, label: "Space of {containers} idle containers", short: "" },
    Pick { id: "images-space", workload: "density", phase: "images", metric: "allocated", params: &[], label: "Space of {images} images on common bases", short: "images" },
    Pick { id: "build", workload: "build", phase: "build", metric: "time", params: &[], label: "Build an image of {steps} steps", short: "build" },
    Pick { id: "rebuild", workload: "build", phase: "rebuild", metric: "time", params: &[], label: "Build it again with an early step changed", short: "" },
    Pick { id: "load", workload: "build", phase: "load", metric: "time", params: &[], label: "Load a saved image", short: "" },
    Pick { id: "diff", workload: "diff", phase: "changes", metric: "time", params: EDITED, label: "Find {changes} changes in {files} files", short: "diff" },
    Pick { id: "commit", workload: "diff", phase: "commit", metric: "durable", params: &[("files", Choice::Most), ("changes", Choice::Most)], label: "Commit {changes} changes until durable", short: "" },
    Pick { id: "remove-container", workload: "remove", phase: "remove", metric: "time", params: CONTAINER, label: "Remove a container that has written files", short: "" },
    Pick { id: "remove", workload: "remove", phase: "remove", metric: "time", params: LARGE_LAYER, label: "Remove a layer of many files", short: "remove" },
    Pick { id: "space-back", workload: "remove", phase: "space-back", metric: "time", params: LARGE_LAYER, label: "Remove a layer of many files until its space is back", short: "" },
    Pick { id: "neighbour", workload: "remove", phase: "neighbour-fsync", metric: "latency-p50", params: BESIDE, label: "A neighbour's synced write during such a removal", short: "" },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_numbers_share_an_id() {
        let ids: BTreeSet<&str> = TABLE.iter().map(|pick| pick.id).collect();
        assert_eq!(ids.len(), TABLE.len());
        let in_a_hash = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(ids.iter().all(|id| id.chars().all(in_a_hash)), "{ids:?}");
    }
}
