//! Replays the fuzz corpus of the unpacker, and a fixed number of random programs, without a fuzzer.
//!
//! `LAYERBENCH_WRITE_SEEDS=1` writes the seeds of `conformance::fuzz::seeds` into the corpus instead.

use std::path::{Path, PathBuf};

use conformance::fuzz::{Arena, Came, seeds, unpack};
use rand::{Rng as _, SeedableRng as _};

/// Random programs on top of the corpus.
const ROUNDS: u64 = 500;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/unpack")
}

fn arena() -> Arena {
    // In memory, where there is such a place.
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    Arena::within(&dir).unwrap()
}

#[test]
fn the_corpus_of_the_unpacker_finds_nothing() {
    if std::env::var_os("LAYERBENCH_WRITE_SEEDS").is_some() {
        for (name, bytes) in seeds::seeds() {
            std::fs::write(corpus().join(format!("seed-{name}")), bytes).unwrap();
        }
    }
    let arena = arena();
    let mut came = Vec::new();
    for entry in std::fs::read_dir(corpus()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        came.push(unpack(&arena, &bytes));
    }
    for came_of in [Came::Applied, Came::Refused] {
        let count = came.iter().filter(|came| **came == came_of).count();
        assert!(count >= 10, "{count} of {} are {came_of:?}", came.len());
    }
    for (name, bytes) in seeds::seeds() {
        let kept = std::fs::read(corpus().join(format!("seed-{name}"))).unwrap();
        assert_eq!(kept, bytes, "write the seeds anew: {name}");
    }
}

#[test]
fn random_programs_find_nothing() {
    let arena = arena();
    let (mut applied, mut bytes) = (0, vec![0; 400]);
    for seed in 0..ROUNDS {
        rand::rngs::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        // Entries that are chosen: random archives have no headers.
        bytes[0] &= 3;
        let length = usize::try_from(seed % 97).unwrap() + 3;
        applied += u64::from(unpack(&arena, &bytes[..length]) == Came::Applied);
    }
    assert!(
        (ROUNDS / 20..ROUNDS - ROUNDS / 20).contains(&applied),
        "{applied} of {ROUNDS} were applied: too few or too many to prove anything"
    );
}
