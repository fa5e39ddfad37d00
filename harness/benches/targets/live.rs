//! Cost curve of a container's life by the number of containers that live meanwhile, 1 to 1,000; and what of it each step
//! takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use drivers::{Backing, Driver, Item, Key, Kind, LayerId, Mount, Result};
use workloads::fixture::{self, FixtureFile};

use crate::Bench;
use crate::curves::{self, Curve};
use crate::table;

/// Containers one after the other in one measurement.
const REPEATS: u32 = 5;
/// Prepare, mount, unmount, remove.
const STEPS: usize = 4;

/// What containers stand on: a layer of so many files of so many bytes.
struct Subject {
    driver: &'static str,
    backing: Backing,
    files: u32,
    bytes: u64,
}

const fn subject(driver: &'static str, backing: Backing, files: u32, bytes: u64) -> Subject {
    Subject {
        driver,
        backing,
        files,
        bytes,
    }
}

/// On btrfs, whose snapshots count what they share, layers that have less and more to count, too.
const SUBJECTS: [Subject; 5] = [
    subject("overlay2", Backing::Ext4, 20, 4096),
    subject("btrfs", Backing::Btrfs, 20, 4096),
    subject("btrfs", Backing::Btrfs, 20, 0),
    subject("btrfs", Backing::Btrfs, 1000, 4096),
    subject("vfs", Backing::Ext4, 20, 4096),
];

impl Subject {
    fn name(&self) -> String {
        let bytes = match self.bytes {
            0 => "empty files".to_owned(),
            bytes => format!("files of {bytes} bytes"),
        };
        format!("{} on {} {bytes}", self.driver, self.files)
    }
}

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    bench.say(&[
        "### Cost curves: live containers\n".to_owned(),
        curves::head(),
    ]);
    let mut lines = vec![
        "\n| driver, layer | live | prepare | mount | unmount | remove |\n|---|---:|---:|---:|---:|---:|"
            .to_owned(),
    ];
    let most = if bench.quick { 100 } else { 1000 };
    for (number, subject) in SUBJECTS.iter().enumerate() {
        let place = format!("live-{number}");
        let ground = bench.ground(&place, subject.backing)?;
        let driver = bench.open(subject.driver, &ground)?;
        let files: Vec<FixtureFile> = (0..subject.files)
            .map(|file| FixtureFile {
                name: format!("f{file}"),
                size: subject.bytes,
            })
            .collect();
        let top = fixture::layer(&*driver, "live", None, &files)?;
        let points = one(bench, &place, &*driver, &top, most)?;
        driver.close()?;
        ground.close()?;
        bench.say(&curves::rows(&whole(subject, &points)));
        lines.extend(points.iter().map(|point| point.row(&subject.name())));
    }
    lines.push(format!(
        "\nprepare + mount + unmount + remove of one more container, the mean of {REPEATS}, while the others are mounted; below, the median \
         of each step. The points were measured one after the other, not in turn: the others have to be made. `sync=never`."
    ));
    Ok(lines)
}

/// What was measured beside so many: seconds of each step, by block.
struct Point {
    live: u32,
    steps: [BTreeMap<u32, f64>; STEPS],
}

impl Point {
    fn row(&self, name: &str) -> String {
        let mut row = format!("| {name} | {} |", self.live);
        for step in &self.steps {
            let _ = write!(row, " {} |", table::time(table::median(step)));
        }
        row
    }
}

fn whole(subject: &Subject, points: &[Point]) -> Curve {
    let sum = |point: &Point| {
        let mut sum: BTreeMap<u32, f64> = BTreeMap::new();
        for (block, seconds) in point.steps.iter().flatten() {
            *sum.entry(*block).or_default() += seconds;
        }
        sum
    };
    Curve {
        name: format!("{}: container, by live containers", subject.name()),
        points: points
            .iter()
            .map(|point| (point.live, sum(point)))
            .collect(),
        needs: 0.0,
    }
}

fn one(
    bench: &Bench,
    place: &str,
    driver: &dyn Driver,
    top: &LayerId,
    most: u32,
) -> Result<Vec<Point>> {
    let places = bench.run.directory(&format!("{place}-mounts"))?;
    let at = bench.run.directory(&format!("{place}-mount"))?;
    let mut live: Vec<(Key, Mount)> = Vec::new();
    let mut points = Vec::new();
    for number in [1, 10, 100, 1000] {
        if number > most {
            break;
        }
        while live.len() < number as usize {
            let key: Key = format!("live{}", live.len()).parse()?;
            driver.prepare(&key, Some(top), Kind::Writable)?;
            let place = places.join(key.as_str());
            if let Err(error) = std::fs::create_dir(&place) {
                return Err(drivers::Error::io("create the directory", &place, error));
            }
            let mount = driver.mount(&key, &place)?;
            live.push((key, mount));
        }
        driver.sync()?;
        let mut steps: [BTreeMap<u32, f64>; STEPS] = Default::default();
        for block in 0..=bench.blocks(15) {
            let seconds = cycles(driver, top, &at)?;
            if block > 0 {
                for (step, seconds) in steps.iter_mut().zip(seconds) {
                    step.insert(block, seconds / f64::from(REPEATS));
                }
            }
        }
        points.push(Point {
            live: number,
            steps,
        });
    }
    for (key, mount) in live {
        mount.unmount()?;
        driver.remove(Item::Container(&key))?;
    }
    driver.remove(Item::Layer(top))?;
    Ok(points)
}

/// Some containers, one after the other: seconds of each step, summed over them.
fn cycles(driver: &dyn Driver, top: &LayerId, at: &Path) -> Result<[f64; STEPS]> {
    let mut sums = [0.0; STEPS];
    for number in 0..REPEATS {
        let key: Key = format!("c{number}").parse()?;
        let mut last = Instant::now();
        let mut lap = |step: usize| {
            let now = Instant::now();
            sums[step] += (now - last).as_secs_f64();
            last = now;
        };
        driver.prepare(&key, Some(top), Kind::Writable)?;
        lap(0);
        let mount = driver.mount(&key, at)?;
        lap(1);
        mount.unmount()?;
        lap(2);
        driver.remove(Item::Container(&key))?;
        lap(3);
    }
    Ok(sums)
}
