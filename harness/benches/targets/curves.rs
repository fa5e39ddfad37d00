//! Cost curves: how time grows with layers (1 to 500) and files (1,000 to 1,000,000), as exponents between points.
//!
//! An exponent e between two points means: ten times as much takes 10^e times as long. What the **mechanism needs** is the most it
//! may be: 1 where each layer or file is work of its own, 0 where the work is the same, 2 where each layer is a copy of all
//! below.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::{Backing, Driver, Item, Kind, Limits, Result, remove};
use reports::stats::Paired;
use workloads::image::generate::{self, Preset, Spec};
use workloads::image::{Image, OpenOptions};
use workloads::pull::{self, PullOptions};

use crate::Bench;
use crate::blocks::{self, Arm};
use crate::cycle::Cycle;
use crate::pull::Pull;
use crate::stream::Files;
use crate::table;

/// Rounding and the disk make small bends: an exponent is too large when its whole interval is above by more than this.
const LEEWAY: f64 = 0.1;

/// One curve: seconds by block at each point.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<(u32, BTreeMap<u32, f64>)>,
    /// The largest exponent that the mechanism needs.
    pub(crate) needs: f64,
}

/// The head of [`rows`].
pub(crate) fn head() -> String {
    "| curve | from | to | time | time | exponent | 95 % interval | n | needs | |\n\
     |---|---:|---:|---:|---:|---:|---|---:|---:|---|"
        .to_owned()
}

/// The exponents between neighbouring points, and between the ends.
pub(crate) fn rows(curve: &Curve) -> Vec<String> {
    let neighbours = curve.points.windows(2).map(|pair| (&pair[0], &pair[1]));
    let ends = curve.points.first().zip(curve.points.last());
    let ends = ends.filter(|_| curve.points.len() > 2);
    neighbours
        .chain(ends)
        .map(|((x, low), (y, high))| {
            let times = format!(
                "| {} | {x} | {y} | {} | {} |",
                curve.name,
                table::time(table::median(low)),
                table::time(table::median(high))
            );
            let Some(pair) = Paired::new(high, low) else {
                return format!("{times} | | 0 | | no pairs |");
            };
            let by = f64::from(*y).ln() - f64::from(*x).ln();
            let exponent = |ratio: f64| ratio.ln() / by;
            let (interval, word) = pair.interval.map_or((String::new(), ""), |i| {
                let (low, high) = (exponent(i.low), exponent(i.high));
                let level = if i.level < 0.95 {
                    format!(" (level {:.2})", i.level)
                } else {
                    String::new()
                };
                let word = if low <= curve.needs + LEEWAY {
                    "met"
                } else {
                    "not met"
                };
                (format!("{low:.2} to {high:.2}{level}"), word)
            });
            format!(
                "{times} {:.2} | {interval} | {} | {} | {word} |",
                exponent(pair.ratio),
                pair.rounds,
                curve.needs
            )
        })
        .collect()
}

/// What grows how on which driver.
struct Subject {
    driver: &'static str,
    backing: Backing,
    layers: &'static [u32],
    /// Exponents needed by a pull and by a container's life, by layers.
    needs: [f64; 2],
    files: &'static [u32],
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        driver: "overlay2",
        backing: Backing::Ext4,
        layers: &[1, 5, 50, 500],
        needs: [1.0, 1.0],
        files: &[1_000, 10_000, 100_000, 1_000_000],
    },
    Subject {
        driver: "btrfs",
        backing: Backing::Btrfs,
        layers: &[1, 5, 50, 500],
        needs: [1.0, 0.0],
        files: &[1_000, 10_000, 100_000],
    },
    // Each layer and each container is a copy of everything below.
    Subject {
        driver: "vfs",
        backing: Backing::Ext4,
        layers: &[1, 5, 50],
        needs: [2.0, 1.0],
        files: &[1_000, 10_000, 100_000],
    },
];

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    // An image of 500 layers is 500 open files.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised)
        .attempt("raise the limit of", "open files")?;
    bench.say(&["### Cost curves\n".to_owned(), head()]);
    for subject in &SUBJECTS {
        let ground = bench.ground(&format!("curves-{}", subject.driver), subject.backing)?;
        let driver = bench.open(subject.driver, &ground)?;
        for curve in layers(bench, subject, &*driver)? {
            bench.say(&rows(&curve));
        }
        for curve in files(bench, subject, &*driver)? {
            bench.say(&rows(&curve));
        }
        driver.close()?;
        ground.close()?;
    }
    Ok(vec![
        "\nLayers of 8 files each. \"Container\" is prepare, mount, unmount and remove, the mean of 5. Files are empty and lie in directories of \
         1,000; the archive is made while it is read. `sync=never`, the filesystem synced before each. met: the interval \
         is not wholly above what the mechanism needs, by more than 0.1."
            .to_owned(),
    ])
}

fn layers(bench: &Bench, subject: &Subject, driver: &dyn Driver) -> Result<Vec<Curve>> {
    let mut images = Vec::new();
    for layers in subject.layers {
        let spec = Spec {
            layers: *layers,
            files: layers * 8,
            bytes: u64::from(*layers) * 8 * 512,
            shared_layers: 0,
            ..Preset::Default.spec()
        };
        let dir = bench
            .run
            .dir()
            .join(format!("curve-{}-{layers}", subject.driver));
        generate::write(&spec, &dir)?;
        images.push(Image::open(&dir, &OpenOptions::default())?);
        remove::tree(&dir)?;
    }
    let mut pulls: Vec<Pull<'_>> = images
        .iter()
        .map(|image| Pull {
            driver,
            image,
            parallel: None,
        })
        .collect();
    let mut arms: Vec<&mut dyn Arm> = pulls.iter_mut().map(|arm| arm as &mut dyn Arm).collect();
    let pulled = blocks::run(driver.plain_dir(), bench.blocks(6), &mut arms)?;

    let at = bench
        .run
        .directory(&format!("curve-mount-{}", subject.driver))?;
    let mut cycles = Vec::new();
    for image in &images {
        pull::pull(driver, image, &PullOptions::default())?;
        cycles.push(Cycle {
            name: "container".to_owned(),
            driver,
            top: &image.top()?.chain_id,
            at: &at,
            repeats: 5,
        });
    }
    let mut arms: Vec<&mut dyn Arm> = cycles.iter_mut().map(|arm| arm as &mut dyn Arm).collect();
    let cycled = blocks::run(driver.plain_dir(), bench.blocks(10), &mut arms)?;
    for image in &images {
        for layer in image.layers.iter().rev() {
            driver.remove(Item::Layer(&layer.chain_id))?;
        }
    }
    let curve = |what: &str, series: Vec<blocks::Series>, share: f64, needs| Curve {
        name: format!("{}: {what}, by layers", subject.driver),
        points: subject
            .layers
            .iter()
            .zip(series)
            .map(|(x, one)| {
                (
                    *x,
                    one.wall.into_iter().map(|(n, t)| (n, t * share)).collect(),
                )
            })
            .collect(),
        needs,
    };
    Ok(vec![
        curve("pull", pulled, 1.0, subject.needs[0]),
        curve("container", cycled, 0.2, subject.needs[1]),
    ])
}

fn files(bench: &Bench, subject: &Subject, driver: &dyn Driver) -> Result<Vec<Curve>> {
    let (mut applied, mut removed): (Vec<_>, Vec<_>) = subject
        .files
        .iter()
        .map(|files| ((*files, BTreeMap::new()), (*files, BTreeMap::new())))
        .unzip();
    let key = "files".parse()?;
    for block in 0..=bench.blocks(6) {
        for (i, files) in subject.files.iter().enumerate() {
            // Minutes for a million.
            if *files > 100_000 && (block > 3 || bench.quick) {
                continue;
            }
            driver.prepare(&key, None, Kind::Writable)?;
            sync(driver.plain_dir())?;
            let start = Instant::now();
            driver.apply(&key, &mut Files::new(*files), &Limits::default())?;
            let apply = start.elapsed().as_secs_f64();
            sync(driver.plain_dir())?;
            let start = Instant::now();
            driver.remove(Item::Container(&key))?;
            let remove = start.elapsed().as_secs_f64();
            if block > 0 {
                applied[i].1.insert(block, apply);
                removed[i].1.insert(block, remove);
            }
        }
    }
    let curve = |what: &str, points: Vec<(u32, BTreeMap<u32, f64>)>| Curve {
        name: format!("{}: {what}, by files", subject.driver),
        points: points
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .collect(),
        needs: 1.0,
    };
    Ok(vec![
        curve("apply", applied),
        curve("remove a layer", removed),
    ])
}

fn sync(disk: &Path) -> Result<()> {
    let file = File::open(disk).attempt("open", disk)?;
    rustix::fs::syncfs(file).attempt("sync the filesystem of", disk)
}
