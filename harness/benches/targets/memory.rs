//! Peak memory of a pull, whatever the layer's size: each pull in a process of its own, which looks at itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::command;
use drivers::{Backing, Error, ErrorKind, Item, Options, Result, Root, remove};
use workloads::image::generate::{self, Preset, Spec};
use workloads::image::{Compression, Image, OpenOptions};
use workloads::pull::{self, PullOptions};

use crate::Bench;
use crate::apply::megabytes;

/// The first argument of the process that pulls.
pub(crate) const CHILD: &str = "--memory-child";
/// Bytes above what the process took before.
const TARGET: u64 = 64 << 20;
const LIMIT: Duration = Duration::from_secs(900);
/// Pulls of one image; the largest peak counts.
const TIMES: u32 = 3;

/// One image: what is said of it, and what it is made of.
fn images(quick: bool) -> Vec<(String, Spec)> {
    let spec = |layers, files: u32, bytes: u64, compression| Spec {
        layers,
        files,
        bytes,
        compression,
        shared_layers: 0,
        ..Preset::Default.spec()
    };
    let mut all = Vec::new();
    for compression in [Compression::Gzip, Compression::Zstd] {
        for bytes in [10_000_000, 100_000_000, 1_000_000_000] {
            if quick && bytes > 100_000_000 {
                continue;
            }
            let name = format!("1 layer of 16 files, {}", compression.name());
            all.push((name, spec(1, 16, bytes, compression)));
        }
    }
    for files in [10_000, 50_000] {
        // The second layer has whiteouts, and names to remember.
        let name = format!("2 layers of {files} files, gzip");
        all.push((
            name,
            spec(2, files, u64::from(files) * 256, Compression::Gzip),
        ));
    }
    let name = "60 layers, gzip".to_owned();
    all.push((name, spec(60, 6000, 60_000_000, Compression::Gzip)));
    all
}

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    bench.say(&[
        "### Peak memory of a pull\n".to_owned(),
        "| image | unpacked | before | peak above | n | target | |\n|---|---:|---:|---:|---:|---|---|".to_owned(),
    ]);
    let ground = bench.ground("memory", Backing::Ext4)?;
    let place = bench.run.dir().join("memory-image");
    for (name, spec) in images(bench.quick) {
        generate::write(&spec, &place)?;
        let (mut before, mut most) = (0, 0);
        for _ in 0..TIMES {
            let (rss, peak) = ask(&ground.root().dir, &place)?;
            before = before.max(rss);
            most = most.max(peak.saturating_sub(rss));
        }
        remove::tree(&place)?;
        let word = if most <= TARGET { "met" } else { "not met" };
        bench.say(&[format!(
            "| {name} | {:.0} MB | {:.1} MiB | {:.1} MiB | {TIMES} | <= 64 MiB | {word} |",
            megabytes(spec.bytes),
            mebibytes(before),
            mebibytes(most),
        )]);
    }
    ground.close()?;
    Ok(vec![
        "\nEach pull in a process of its own: VmRSS of /proc/self/status just before, VmHWM just after (the peak was reset \
         through clear_refs in between); the larger of all. overlay2, layers at once where there are several."
            .to_owned(),
    ])
}

fn mebibytes(bytes: u64) -> f64 {
    megabytes(bytes) * 1e6 / f64::from(1 << 20)
}

/// Has a child pull the image; bytes before, and at the peak.
fn ask(store: &Path, image: &Path) -> Result<(u64, u64)> {
    let program = std::env::current_exe().attempt("find", "this program")?;
    let args = [CHILD.as_ref(), store.as_os_str(), image.as_os_str()];
    let printed = command::run(&program, &args, LIMIT)?;
    let text = String::from_utf8_lossy(&printed).into_owned();
    let numbers: Vec<u64> = text
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [rss, peak] => Ok((rss, peak)),
        _ => Err(Error::new(ErrorKind::Corrupt, "read a child's answer").because(text)),
    }
}

/// The child: pulls `args[1]` into overlay2 in `args[0]`, prints two numbers of bytes, and takes it out again.
pub(crate) fn child(args: &[String]) -> Result<()> {
    let [store, image] = args else {
        return Err(Error::new(ErrorKind::BadInput, "pull").because("not for people"));
    };
    let root = Root {
        dir: PathBuf::from(OsString::from(store)),
        backing: Backing::Ext4,
        store_file: None,
        run_id: "memory".to_owned(),
    };
    let unsynced = [("sync".to_owned(), "never".to_owned())];
    let driver = drivers::backend("overlay2")?.open(&root, &Options(unsynced.into()))?;
    let image = Image::open(Path::new(image), &OpenOptions::default())?;
    let before = status("VmRSS:")?;
    let reset = "/proc/self/clear_refs";
    std::fs::write(reset, "5").attempt("reset the peak through", reset)?;
    pull::pull(&*driver, &image, &PullOptions::default())?;
    let peak = status("VmHWM:")?;
    for layer in image.layers.iter().rev() {
        driver.remove(Item::Layer(&layer.chain_id))?;
    }
    driver.close()?;
    println!("{before} {peak}");
    Ok(())
}

/// A line of /proc/self/status (proc_pid_status(5)), in bytes.
fn status(field: &str) -> Result<u64> {
    let path = "/proc/self/status";
    let text = std::fs::read_to_string(path).attempt("read", path)?;
    text.lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .map(|kib| kib << 10)
        .ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "read")
                .path(path)
                .because(field.to_owned())
        })
}
