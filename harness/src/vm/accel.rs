//! Whether this host's KVM runs a guest. That /dev/kvm can be opened does not say so: behind some, a guest never begins.

use std::path::Path;
use std::time::Duration;

use super::boot::{Accel, Boot, Ended};
use super::image::{self, Image};
use super::place::Cache;
use crate::progress;

/// A guest is up within two seconds where KVM is real.
const LIMIT: Duration = Duration::from_secs(15);

/// KVM where a guest comes up with it, which is tried once for each kernel of the host.
pub(super) fn choose(cache: &Cache, image: &Image, dir: &Path) -> Accel {
    let usable = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_ok();
    if !usable {
        return Accel::Tcg;
    }
    let kernel = drivers::Host::detect().kernel;
    let known = cache.path("kvm");
    let line = |answer: &str| format!("{answer} {kernel}\n");
    match std::fs::read_to_string(&known) {
        Ok(text) if text == line("yes") => return Accel::Kvm,
        Ok(text) if text == line("no") => return Accel::Tcg,
        _ => {}
    }
    progress::say("layerbench: trying this host's KVM");
    let boot = Boot {
        image,
        initrd: &image::of(cache).base,
        scratch: None,
        dir,
        accel: Accel::Kvm,
        cpus: 1,
        memory_mib: 1024,
        limit: LIMIT,
        show: false,
    };
    let answers = matches!(boot.run(cache, || {}), Ok(Ended::Status(0)));
    let answer = if answers { "yes" } else { "no" };
    if let Err(error) = std::fs::write(&known, line(answer)) {
        tracing::debug!("could not note it in {}: {error}", known.display());
    }
    if answers {
        Accel::Kvm
    } else {
        progress::say(
            "layerbench: no guest comes up with this host's KVM: emulating the processor",
        );
        Accel::Tcg
    }
}
