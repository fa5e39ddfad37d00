//! Helpers of the integration tests: tools we did not write, as oracles.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use workloads::image::{Compression, Image, OpenOptions, generate};

/// Runs a tool; `None`, with the reason on the test's output, when it is not installed.
#[expect(clippy::print_stdout, reason = "says why a test proves less here")]
pub(crate) fn tool(name: &str, args: &[&str]) -> Option<Vec<u8>> {
    let Some(path) = drivers::Host::detect().tool(name) else {
        println!("skipped: {name} is not installed");
        return None;
    };
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    Some(drivers::sys::command::run(&path, &args, Duration::from_secs(120)).unwrap())
}

/// Copies an image with skopeo, from one `transport:path` to another.
pub(crate) fn skopeo(from: &str, to: &str, more: &[&str]) -> Option<()> {
    let mut args = vec!["--insecure-policy", "copy", "-q"];
    args.extend_from_slice(more);
    args.extend_from_slice(&[from, to]);
    tool("skopeo", &args).map(drop)
}

/// The tiny image, in `dir/name`.
pub(crate) fn tiny(dir: &Path, name: &str, compression: Compression) -> PathBuf {
    let path = dir.join(name);
    generate::write(&tiny_spec(compression), &path).unwrap();
    path
}

/// The spec of the tiny image, the same on every machine.
pub(crate) fn tiny_spec(compression: Compression) -> generate::Spec {
    generate::Spec {
        compression,
        architecture: "amd64".to_owned(),
        ..generate::Preset::Tiny.spec()
    }
}

/// Opens without options.
pub(crate) fn open(path: &Path) -> drivers::Result<Image> {
    Image::open(path, &OpenOptions::default())
}
