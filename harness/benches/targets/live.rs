//! Cost curve of a container's life by the number of containers that live meanwhile, 1 to 1,000.

use std::collections::BTreeMap;
use std::time::Instant;

use drivers::{Backing, Item, Key, Kind, LayerId, Mount, Result};
use workloads::fixture::{self, FixtureFile};

use crate::Bench;
use crate::blocks::Arm as _;
use crate::curves::{self, Curve};
use crate::cycle::Cycle;

/// Containers one after the other in one measurement.
const REPEATS: u32 = 5;

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    let mut lines = vec![
        "### Cost curves: live containers\n".to_owned(),
        curves::head(),
    ];
    let most = if bench.quick { 100 } else { 1000 };
    for (name, backing) in [
        ("overlay2", Backing::Ext4),
        ("btrfs", Backing::Btrfs),
        ("vfs", Backing::Ext4),
    ] {
        let ground = bench.ground(&format!("live-{name}"), backing)?;
        let driver = bench.open(name, &ground)?;
        let files: Vec<FixtureFile> = (0..20)
            .map(|file| FixtureFile {
                name: format!("f{file}"),
                size: 4096,
            })
            .collect();
        let top = fixture::layer(&*driver, "live", None, &files)?;
        let curve = one(bench, name, &*driver, &top, most)?;
        lines.extend(curves::rows(&curve));
        driver.close()?;
        ground.close()?;
    }
    lines.push(format!(
        "\nprepare + mount + unmount + remove of one more container on a layer of 20 files, the mean of {REPEATS}, while the others are \
         mounted. The points were measured one after the other, not in turn: the others have to be made. `sync=never`."
    ));
    Ok(lines)
}

fn one(
    bench: &Bench,
    name: &str,
    driver: &dyn drivers::Driver,
    top: &LayerId,
    most: u32,
) -> Result<Curve> {
    let places = bench.run.directory(&format!("live-mounts-{name}"))?;
    let at = bench.run.directory(&format!("live-mount-{name}"))?;
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
        let mut cycle = Cycle {
            name: name.to_owned(),
            driver,
            top,
            at: &at,
            repeats: REPEATS,
        };
        driver.sync()?;
        let mut values = BTreeMap::new();
        for block in 0..=bench.blocks(15) {
            let start = Instant::now();
            cycle.work()?;
            if block > 0 {
                values.insert(block, start.elapsed().as_secs_f64() / f64::from(REPEATS));
            }
        }
        points.push((number, values));
    }
    for (key, mount) in live {
        mount.unmount()?;
        driver.remove(Item::Container(&key))?;
    }
    driver.remove(Item::Layer(top))?;
    Ok(Curve {
        name: format!("{name}: container, by live containers"),
        points,
        needs: 0.0,
    })
}
