//! The words of layerbench, each with one example: what docs/glossary.md and the page's glossary are made of.

/// One word, or some that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The word.
    pub word: &'static str,
    /// What it means; `code` in backquotes.
    pub meaning: &'static str,
    /// An example, written like the meaning.
    pub example: &'static str,
}

const fn term(word: &'static str, meaning: &'static str, example: &'static str) -> Term {
    Term {
        word,
        meaning,
        example,
    }
}

/// All of them, in the order in which one needs the other.
pub const TERMS: &[Term] = &[
    term(
        "layer",
        "an immutable set of filesystem changes, named by its chain id",
        "the layer that adds `/usr/bin/python3`",
    ),
    term(
        "diff id",
        "the sha256 of a layer's uncompressed archive",
        "`sha256:5f70...`",
    ),
    term(
        "chain id",
        "the diff id of the lowest layer; above it, the sha256 of \"parent's chain id, space, own diff id\"",
        "two images on the same base share its chain ids, so it is stored once",
    ),
    term(
        "image",
        "an ordered stack of layers and a configuration",
        "`debian:12`",
    ),
    term(
        "container layer",
        "the thin writable layer on top of an image; it ends with the container",
        "where `/tmp/x` goes when a container writes it",
    ),
    term(
        "volume",
        "a directory of the backing filesystem, bind-mounted into the container's root; the driver is by-passed",
        "`/var/lib/postgresql` on a database host",
    ),
    term(
        "view",
        "a container layer that refuses writes",
        "what a scanner mounts",
    ),
    term(
        "whiteout",
        "how a layer deletes: `.wh.NAME` in an archive, a character device 0/0 in an overlay directory",
        "`.wh.passwd` hides `passwd` of the layers below",
    ),
    term(
        "opaque",
        "a directory that hides all its lower content: `.wh..wh..opq` in an archive, an xattr in overlay",
        "`rm -r d; mkdir d` in one build step",
    ),
    term(
        "copy-up",
        "what the first write to a lower file costs: overlay copies the whole file",
        "appending one byte to a 16 MiB file writes 16 MiB",
    ),
    term("driver", "the mechanism", "`overlay2`, `btrfs`"),
    term(
        "backing",
        "what the driver stands on",
        "ext4 in a sparse file on a loop device",
    ),
    term(
        "subject",
        "driver + backing + options; every result names one",
        "`overlay2@xfs,metacopy=on`",
    ),
    term("case", "one conformance promise", "`image_never_changes`"),
    term(
        "deviates",
        "a declared, documented difference from a plain filesystem, seen as declared",
        "EXDEV on renaming a lower directory under overlay2",
    ),
    term(
        "capability",
        "what a driver declares that it can or cannot do; it turns a case around instead of skipping it",
        "a driver without directory renames must give EXDEV and leave the source as it was",
    ),
    term(
        "not applicable, broken",
        "a case that cannot be asked of this driver or host; one that could, but the harness failed at it",
        "project quotas on a kernel without them; a case that ran out of its time",
    ),
    term(
        "workload, phase",
        "one thing done to a driver; its timed parts",
        "`start`: prepare, mount, exec, first-read, teardown",
    ),
    term(
        "round",
        "every subject once, in a seeded order",
        "up to 12 in the quick profile, 20 in the default one",
    ),
    term(
        "cell",
        "one subject, one workload, one round",
        "`pull` on `btrfs@btrfs`, round 3",
    ),
    term(
        "record",
        "one measured number as stored",
        "`{\"kind\":\"record\",\"phase\":\"mount\",\"value\":0.00012,...}`",
    ),
    term(
        "control (`hostdir`)",
        "the same work in a plain directory of the same kind of backing store",
        "`hostdir@ext4`",
    ),
    term(
        "twin (A/A)",
        "a second copy of the first subject: its difference from the first is noise",
        "`overlay2@ext4#twin`",
    ),
    term(
        "cold, lukewarm, warm",
        "caches before a phase: proven empty; dropped, but no more is proven; read just before. What cannot be proven is refused, with the reason",
        "`fuse-overlayfs`, mounted: lukewarm",
    ),
    term(
        "durable",
        "the time until what a phase wrote is on the disk: the phase, and the sync after it",
        "`pull` durable 2.1 s where its time is 1.4 s: 0.7 s of it waited for the disk",
    ),
    term(
        "stage",
        "the directory a layer's archive is unpacked into, and how deletion is spelled there",
        "overlay2: the upper directory, character devices",
    ),
    term(
        "ratio, interval",
        "how many times as much a subject took as another in the same rounds; and where the true ratio lies in 95 of 100 runs",
        "`1.18x slower [1.12, 1.25], n = 12`",
    ),
    term(
        "verdict",
        "better, worse, equivalent or inconclusive: whether the whole interval lies beyond, or within, what matters (5 %, or the noise band where that is wider)",
        "[1.12, 1.25] is worse; [0.98, 1.03] is equivalent; [0.9, 1.3] is inconclusive",
    ),
    term(
        "noise band",
        "how far a subject and its twin, which are the same, were seen to differ",
        "±7 %: a difference of 6 % is called nothing",
    ),
    term(
        "p99",
        "the duration that 99 of 100 operations stay below; their tail is what users notice",
        "opening a file: median 4 µs, p99 180 µs",
    ),
    term(
        "found",
        "surely different, after the correction for the other comparisons; by how much is another question",
        "an interval of 1.02 to 1.11: found, but perhaps less than what matters",
    ),
    term(
        "censored",
        "stopped by a time limit: the true time is longer. It ranks last and has no ratio",
        "`pull` over 600 s",
    ),
    term(
        "group, letters",
        "who shares a letter was not told apart by more than what matters",
        "`a`, `ab`, `b`: the ends differ, the middle is tied with both",
    ),
    term(
        "coverage",
        "how many of its numbers a geometric mean could use",
        "`1.3x (4/5)`",
    ),
    term(
        "must, should, informs",
        "how much a driver owes a case: containers break without it; expected, but drivers differ; worth knowing",
        "who fails a must is never recommended",
    ),
    term(
        "host class",
        "machines alike in what times depend on: processor, CPUs, memory, disk, filesystem, distribution. Only ratios are compared across classes",
        "`fb6d739d`, the middle of a run's name",
    ),
    term(
        "emulated",
        "a machine whose processor is a program: what it counts holds, what it times does not",
        "a guest of another kernel under QEMU without KVM",
    ),
];

/// docs/glossary.md.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Glossary\n\nEach term once, with one example. The words are those of the OCI image specification, kernel overlayfs, and statistics.\n\
        A report has them too.\n\n| term | meaning | example |\n|---|---|---|\n",
    );
    for Term {
        word,
        meaning,
        example,
    } in TERMS
    {
        text.extend(["| ", word, " | ", meaning, " | ", example, " |\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glossary_in_the_documents_is_this_one() {
        let there = include_str!("../../docs/glossary.md");
        assert!(
            markdown() == there,
            "docs/glossary.md should be:\n{}",
            markdown()
        );
    }

    #[test]
    fn every_word_is_there_once_and_has_an_example() {
        let mut words = std::collections::BTreeSet::new();
        for Term {
            word,
            meaning,
            example,
        } in TERMS
        {
            assert!(words.insert(word), "{word} twice");
            for text in [word, meaning, example] {
                // A cell of a table, with whole pairs of backquotes.
                assert!(!text.is_empty() && !text.contains(['|', '\n']), "{word}");
                assert!(text.matches('`').count() % 2 == 0, "{word}: {text}");
            }
        }
    }
}
