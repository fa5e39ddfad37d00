//! Workload `pull`: the image of the run from blobs on disk to committed layers, then a second image that shares its
//! base. The blobs are in the page cache (warm): what is measured is the driver, not the disk the image lies on. Removal starts
//! from a dropped page cache (lukewarm).
//!
//! A run starts with the image absent, or takes it away first (timed). It ends with the image there and the second
//! image's own layers gone.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drivers::error::Attempt as _;
use drivers::{Driver, Error, ErrorKind, Item, LayerId, Result, remove};

use super::control::{control_image, has_control, mark_control, remove_control, unpack_into};
use super::outcome::{Outcome, PullOptions, Pulled};
use crate::cell::{Cell, Ground};
use crate::environment::{CacheState, Probe, Settled};
use crate::image::{Format, Image};
use crate::recorder::Metric;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "pull",
    question: "What does it take to bring an image in: to verify, decompress, unpack and commit its layers?",
    phases: &[
        (
            "remove",
            "removing the image, where it was there, from a dropped page cache",
        ),
        (
            "pull",
            "all layers, from the first byte read to the last commit",
        ),
        (
            "verify",
            "of the pull, at work: reading blobs and computing digests; parts overlap",
        ),
        ("decompress", "of the pull, at work: decompressing"),
        ("unpack", "of the pull, at work: writing files"),
        (
            "sync",
            "of the pull: waiting for the disk, where commits do and the driver tells",
        ),
        (
            "commit",
            "of the pull, at work: preparing and committing layers, but for that wait",
        ),
        (
            "pull-second",
            "a second image that has its lower layers in common",
        ),
        (
            "resolve",
            "of an image from a registry: from its name to its manifest and config, connections and tokens included",
        ),
        (
            "download",
            "of an image from a registry: all blobs onto the store, digested",
        ),
        (
            "download-verify",
            "of the download, at work: computing digests; threads add up",
        ),
        (
            "pull-registry",
            "of an image from a registry: all of it, each layer unpacked while it is downloaded",
        ),
    ],
    reach: Reach::Short,
    run,
};

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let image = cell.image;
    cell.recorder
        .param("layers", Some(image.layers.len().to_string()));
    if let Some(first) = image.layers.first() {
        cell.recorder
            .param("compression", Some(first.compression.name().to_owned()));
    }
    let outcome = measure(cell, image);
    cell.recorder.caches(None);
    for name in ["layers", "compression", "shared-layers", "downloads"] {
        cell.recorder.param(name, None);
    }
    outcome
}

fn measure(cell: &mut Cell<'_>, image: &Image) -> Result<()> {
    let place = Place {
        ground: cell.ground,
        options: PullOptions {
            key_prefix: format!("pull-{}", short(&cell.name)),
            limits: cell.limits,
            ..PullOptions::default()
        },
        beside: false,
    };
    let second = cell.second_image;
    // A run that was cut off may have left the second image's layers on top of the first's.
    if let Some(second) = second {
        place.remove(second, Some(image))?;
    }
    if place.has(image)? {
        let environment = cell.environment;
        // Images are removed long after they were used.
        let settled = environment.settle(CacheState::Lukewarm, Probe::Nothing)?;
        cell.recorder.caches(Some(&settled));
        cell.recorder.time_until_durable(
            "remove",
            || place.remove(image, None),
            || environment.sync(),
        )?;
    } else {
        place.remove(image, None)?;
    }
    cell.environment.sync()?;
    let settled = warm(cell, image)?;
    cell.recorder.caches(Some(&settled));
    let pulled = timed_pull(cell, &place, image, "pull")?;
    parts(cell, &pulled);
    if let Some(second) = second {
        cell.environment.sync()?;
        let settled = warm(cell, second)?;
        cell.recorder.caches(Some(&settled));
        let shared = shared_layers(image, second);
        cell.recorder
            .param("shared-layers", Some(shared.to_string()));
        let pulled = timed_pull(cell, &place, second, "pull-second")?;
        let known = pulled
            .layers
            .iter()
            .filter(|l| l.outcome == Outcome::AlreadyExists);
        if matches!(place.ground, Ground::Driver(_)) && known.count() < shared {
            return Err(
                Error::new(ErrorKind::Corrupt, "pull the second image").because(format!(
                    "of {shared} layers in common not all were there already"
                )),
            );
        }
        place.remove(second, Some(image))?;
    }
    if let Some(origin) = &image.origin {
        cell.recorder.param("shared-layers", None);
        super::registry::measure(cell, &place, image, origin)?;
    }
    Ok(())
}

/// How long each part of a pull was at work. Waiting for the disk is left out where nobody waits.
pub(super) fn parts(cell: &mut Cell<'_>, pulled: &Pulled) {
    for (phase, time) in [
        ("verify", pulled.busy.verify),
        ("decompress", pulled.busy.decompress),
        ("unpack", pulled.busy.unpack),
        ("sync", pulled.busy.sync),
        ("commit", pulled.busy.commit),
    ] {
        if phase != "sync" || time > Duration::ZERO {
            cell.recorder.value(phase, Metric::Time, time.as_secs_f64());
        }
    }
}

/// Pulls, and then waits until that is durable.
pub(super) fn timed_pull(
    cell: &mut Cell<'_>,
    place: &Place<'_>,
    image: &Image,
    phase: &'static str,
) -> Result<Pulled> {
    let before = place.space()?;
    // Not syncfs: through FUSE it reaches no disk. The subject's own way of syncing serves its control too.
    let environment = cell.environment;
    let (pulled, took) = cell.recorder.time_until_durable(
        phase,
        || {
            let start = Instant::now();
            let pulled = place.pull(image)?;
            Ok((pulled, start.elapsed().as_secs_f64()))
        },
        || environment.sync(),
    )?;
    let after = place.space()?;
    let inodes = if place.beside {
        None
    } else {
        place.inodes(&pulled, before.inodes, after.inodes)?
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "byte and inode counts below 2^53"
    )]
    {
        let bytes = pulled.applied.bytes as f64;
        cell.recorder.value(phase, Metric::Payload, bytes);
        cell.recorder.value(
            phase,
            Metric::Throughput,
            bytes / took.max(f64::MIN_POSITIVE),
        );
        // Free space, not used space: a dataset of a pool counts only its own as used.
        let allocated = before.free_bytes.saturating_sub(after.free_bytes) as f64;
        cell.recorder.value(phase, Metric::Allocated, allocated);
        if let Some(inodes) = inodes {
            cell.recorder.value(phase, Metric::Inodes, inodes as f64);
        }
    }
    Ok(pulled)
}

fn shared_layers(a: &Image, b: &Image) -> usize {
    let both = a.layers.iter().zip(&b.layers);
    both.take_while(|(a, b)| a.chain_id == b.chain_id).count()
}

/// Keys are short: what tells cells apart is at the end of their names.
pub(super) fn short(name: &str) -> String {
    let legal = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
    let tail: Vec<char> = name.chars().rev().filter(legal).take(40).collect();
    tail.into_iter().rev().collect()
}

/// Reads all blobs once, and proves that they stayed where each is a file of its own.
pub(super) fn warm(cell: &Cell<'_>, image: &Image) -> Result<Settled> {
    let mut buffer = vec![0; 1 << 20];
    for layer in &image.layers {
        let mut blob = layer.open();
        while blob.read(&mut buffer).attempt("read", &image.path)? > 0 {}
    }
    let files: Vec<PathBuf> = match image.format {
        Format::OciLayout => {
            let blobs = image.layers.iter().map(|layer| layer.blob.path());
            blobs
                .filter_map(|path| Some(path.strip_prefix(&image.path).ok()?.to_owned()))
                .collect()
        }
        Format::OciArchive | Format::DockerArchive => Vec::new(),
    };
    cell.environment
        .settle(CacheState::Warm, Probe::Directory(&image.path, &files))
}

/// A driver, or the control, with what a pull does to it.
pub(super) struct Place<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) options: PullOptions,
    /// The image is not that of the run and will not stay: on the control it goes beside that one, and what its layers
    /// take is not asked of the driver one by one.
    pub(super) beside: bool,
}

/// What the filesystem says of the backing store.
struct Space {
    free_bytes: u64,
    /// `None` where the filesystem does not count them.
    inodes: Option<u64>,
}

impl Place<'_> {
    pub(super) fn pull(&self, image: &Image) -> Result<Pulled> {
        match self.ground {
            Ground::Driver(driver) => super::pull(driver, image, &self.options),
            Ground::HostDir(dir) if self.beside || control_image(dir).exists() => {
                unpack_into(&second_dir(dir), image, &self.options)
            }
            Ground::HostDir(dir) => {
                let pulled = unpack_into(&control_image(dir), image, &self.options)?;
                mark_control(dir, image)?;
                Ok(pulled)
            }
        }
    }

    fn has(&self, image: &Image) -> Result<bool> {
        match self.ground {
            Ground::Driver(driver) => Ok(layers_of(driver)?.contains(&image.top()?.chain_id)),
            Ground::HostDir(dir) => Ok(has_control(dir, image)),
        }
    }

    /// Removes an image's layers, the highest first, but for those `kept` has too.
    pub(super) fn remove(&self, image: &Image, kept: Option<&Image>) -> Result<()> {
        match self.ground {
            Ground::Driver(driver) => {
                let there = layers_of(driver)?;
                for layer in image.layers.iter().rev() {
                    let shared =
                        kept.is_some_and(|k| k.layers.iter().any(|l| l.chain_id == layer.chain_id));
                    if !shared && there.contains(&layer.chain_id) {
                        driver.remove(Item::Layer(&layer.chain_id))?;
                    }
                }
                Ok(())
            }
            Ground::HostDir(dir) if kept.is_some() => remove::tree(&second_dir(dir)),
            Ground::HostDir(dir) => remove_control(dir),
        }
    }

    /// The inodes of what was pulled: as the driver counts those of its layers, and on the control as the filesystem does.
    fn inodes(
        &self,
        pulled: &Pulled,
        before: Option<u64>,
        after: Option<u64>,
    ) -> Result<Option<u64>> {
        let Ground::Driver(driver) = self.ground else {
            return Ok(before
                .zip(after)
                .map(|(before, after)| after.saturating_sub(before)));
        };
        let mut sum = 0;
        for layer in pulled
            .layers
            .iter()
            .filter(|l| l.outcome == Outcome::Pulled)
        {
            sum += driver.usage(Item::Layer(&layer.chain_id))?.exclusive_inodes;
        }
        Ok(Some(sum))
    }

    fn space(&self) -> Result<Space> {
        let dir: &Path = match self.ground {
            Ground::Driver(driver) => driver.plain_dir(),
            Ground::HostDir(dir) => dir,
        };
        let stat = rustix::fs::statvfs(dir).attempt("read the space taken on", dir)?;
        Ok(Space {
            free_bytes: stat.f_bfree * stat.f_frsize,
            inodes: (stat.f_files > 0).then(|| stat.f_files.saturating_sub(stat.f_ffree)),
        })
    }
}

fn second_dir(hostdir: &Path) -> PathBuf {
    hostdir.join("image-second")
}

fn layers_of(driver: &dyn Driver) -> Result<HashSet<LayerId>> {
    Ok(driver.list()?.into_iter().filter_map(|i| i.layer).collect())
}
