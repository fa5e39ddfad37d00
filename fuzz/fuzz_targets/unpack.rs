//! Arbitrary archives against the unpacker; see `conformance::fuzz`.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use conformance::fuzz::{Arena, unpack};
use libfuzzer_sys::fuzz_target;

static ARENA: OnceLock<Arena> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let arena = ARENA.get_or_init(|| Arena::within(Path::new("/dev/shm")).unwrap());
    unpack(arena, bytes);
});
