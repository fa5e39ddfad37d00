//! Times the parts of a pull apart and the whole, alternately, on each driver that can stand in a directory:
//! `pull_parts PRESET DIR [ROUNDS]`. The target is a whole of at most 1.1 times the slowest part.

use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use drivers::error::Attempt as _;
use drivers::unpack::{self, Below, Deletions, Stage};
use drivers::{Backing, Driver, Host, Item, Limits, Options, Result, Root, Support, remove};
use sha2::{Digest as _, Sha256};
use workloads::image::generate::{self, Preset};
use workloads::image::{Compression, Image, OpenOptions};
use workloads::pull::{PullOptions, pull, unpack_into};

/// Name and seconds of each thing timed, one entry a round.
type Times = Vec<(String, Vec<f64>)>;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [preset, dir, rest @ ..] = args.as_slice() else {
        return Err("usage: pull_parts PRESET DIR [ROUNDS]".into());
    };
    let rounds: usize = rest.first().map_or(Ok(5), |text| text.parse())?;
    drivers::sandbox::enter()?;
    let work = tempfile::tempdir_in(dir)?;
    let [packed, plain] = [Compression::Gzip, Compression::None].map(|compression| {
        let spec = generate::Spec {
            compression,
            ..preset.parse::<Preset>()?.spec()
        };
        let path = work.path().join(compression.name());
        generate::write(&spec, &path)?;
        Image::open(&path, &OpenOptions::default())
    });
    let (packed, plain) = (packed?, plain?);
    let host = Host::detect();
    let mut times = Times::new();
    // Round 0 warms the caches up and is thrown away.
    for round in 0..=rounds {
        let mut note = |name: &str, seconds: f64| match times.iter_mut().find(|(n, _)| n == name) {
            _ if round == 0 => {}
            Some((_, list)) => list.push(seconds),
            None => times.push((name.to_owned(), vec![seconds])),
        };
        parts(work.path(), &packed, &plain, &mut note)?;
        let control = work.path().join("control");
        let options = PullOptions::default();
        note(
            "whole hostdir",
            timed(|| unpack_into(&control, &packed, &options))?,
        );
        remove::tree(&control)?;
        for backend in drivers::ALL {
            if !backend.backings().contains(&Backing::Directory)
                || matches!(backend.probe(&host), Support::Missing(_))
            {
                continue;
            }
            let root = Root {
                dir: work.path().join("root"),
                backing: Backing::Directory,
                store_file: None,
                run_id: "pull-parts".to_owned(),
            };
            std::fs::create_dir(&root.dir)?;
            if let Ok(driver) = backend.open(&root, &Options::default()) {
                wholes(&*driver, backend.name(), &packed, &mut note)?;
                driver.close()?;
            }
            remove::tree(&root.dir)?;
        }
    }
    report(times);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<f64> {
    rustix::fs::sync();
    let start = Instant::now();
    let value = work()?;
    let seconds = start.elapsed().as_secs_f64();
    drop(value);
    Ok(seconds)
}

fn parts(dir: &Path, packed: &Image, plain: &Image, note: &mut dyn FnMut(&str, f64)) -> Result<()> {
    note(
        "part blob-sha",
        timed(|| packed.layers.iter().try_for_each(|l| digest(l.open())))?,
    );
    note(
        "part inflate",
        timed(|| {
            packed.layers.iter().try_for_each(|layer| {
                let blob = io::BufReader::with_capacity(512 << 10, layer.open());
                let mut archive = layer.compression.decoder(blob, &packed.path)?;
                let mut buffer = vec![0; 512 << 10];
                while archive.read(&mut buffer).attempt("inflate", &packed.path)? > 0 {}
                Ok(())
            })
        })?,
    );
    note(
        "part diff-sha",
        timed(|| plain.layers.iter().try_for_each(|l| digest(l.open())))?,
    );
    let target = dir.join("parts");
    std::fs::create_dir(&target).attempt("create", &target)?;
    note(
        "part unpack",
        timed(|| {
            plain.layers.iter().try_for_each(|layer| {
                let stage = Stage {
                    dir: target.clone(),
                    below: if layer.number == 1 {
                        Below::Nothing
                    } else {
                        Below::Merged
                    },
                    deletions: Deletions::Remove,
                    keep_owners: true,
                };
                let mut archive = io::BufReader::with_capacity(512 << 10, layer.open());
                unpack::apply(&stage, &mut archive, &Limits::default()).map(drop)
            })
        })?,
    );
    remove::tree(&target)
}

fn digest(mut stream: impl Read) -> Result<()> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 512 << 10];
    loop {
        let n = stream.read(&mut buffer).attempt("read", "a blob")?;
        if n == 0 {
            std::hint::black_box(hasher.finalize());
            return Ok(());
        }
        hasher.update(&buffer[..n]);
    }
}

fn wholes(
    driver: &dyn Driver,
    name: &str,
    image: &Image,
    note: &mut dyn FnMut(&str, f64),
) -> Result<()> {
    for parallel in [1, 2] {
        if parallel > 1 && !driver.capabilities().parallel_apply {
            continue;
        }
        let options = PullOptions {
            parallel: Some(parallel),
            ..PullOptions::default()
        };
        let mut busy = None;
        let seconds = timed(|| {
            busy = Some(pull(driver, image, &options)?.busy);
            Ok(())
        })?;
        note(&format!("whole {name} x{parallel}"), seconds);
        if let Some(busy) = busy {
            note(
                &format!("  busy {name} x{parallel} verify"),
                busy.verify.as_secs_f64(),
            );
            note(
                &format!("  busy {name} x{parallel} decompress"),
                busy.decompress.as_secs_f64(),
            );
            note(
                &format!("  busy {name} x{parallel} unpack"),
                busy.unpack.as_secs_f64(),
            );
            note(
                &format!("  busy {name} x{parallel} commit"),
                busy.commit.as_secs_f64(),
            );
        }
        for layer in image.layers.iter().rev() {
            driver.remove(Item::Layer(&layer.chain_id))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what this example is for")]
fn report(times: Times) {
    let medians: Vec<(String, f64, f64)> = times
        .into_iter()
        .map(|(name, mut list)| {
            list.sort_by(f64::total_cmp);
            (name, list[list.len() / 2], list[0])
        })
        .collect();
    let slowest = medians
        .iter()
        .filter(|(name, ..)| name.starts_with("part "))
        .map(|(_, median, _)| *median)
        .fold(0.0, f64::max);
    let sum: f64 = medians
        .iter()
        .filter(|(name, ..)| name.starts_with("part "))
        .map(|(_, median, _)| *median)
        .sum();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "slowest part {slowest:.3} s; all parts shared by {processors} processors {:.3} s",
        sum / processors as f64
    );
    for (name, median, least) in medians {
        println!(
            "{name:40} median {median:7.3} s  least {least:7.3} s  {:5.2} x the slowest part",
            median / slowest
        );
    }
}
