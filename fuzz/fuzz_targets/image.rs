//! Arbitrary images against the reader; see `workloads::image::fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    workloads::image::fuzz::image(dir.path(), bytes);
});
