//! Finding and exporting what a container changed, by the files of its image: 10 changes on 1,000, 10,000 and 100,000 files.
//!
//! Image and container of every size are made once, before anything is measured; the sizes then take turns.

use std::io::sink;
use std::time::Instant;

use drivers::{Backing, Driver, Host, Item, Key, Kind, LayerId, Result, Support};
use workloads::diff::Edits;
use workloads::tree::Tree;

use crate::Bench;
use crate::blocks::{self, Arm};
use crate::curves::{self, Curve};
use crate::table;

const FILES: [u32; 3] = [1000, 10_000, 100_000];
const CHANGES: u32 = 10;
/// Of each file of an image.
const BYTES: u32 = 512;
/// Times in a row in one measurement; once where everything is walked.
const REPEATS: u32 = 20;
/// The largest image where everything is walked: in user space that takes seconds.
const WALKED: u32 = 10_000;

const SUBJECTS: [(&str, Backing); 4] = [
    ("overlay2", Backing::Ext4),
    ("btrfs", Backing::Btrfs),
    ("zfs", Backing::Pool),
    ("vfs", Backing::Ext4),
];

/// What is done with a container's changes.
#[derive(Clone, Copy)]
enum How {
    Find,
    Export,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Find => "changes",
            Self::Export => "export",
        }
    }
}

/// A container whose changes are looked for.
struct Changed<'a> {
    driver: &'a dyn Driver,
    key: &'a Key,
    how: How,
    repeats: u32,
}

impl Arm for Changed<'_> {
    fn name(&self) -> String {
        self.how.name().to_owned()
    }

    fn work(&mut self) -> Result<()> {
        let item = Item::Container(self.key);
        (0..self.repeats).try_for_each(|_| match self.how {
            How::Find => self.driver.changes(item).map(drop),
            How::Export => self.driver.export(item, &mut sink()),
        })
    }
}

/// Measures and gives what it took to make everything; the rows are said as they come.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    bench.say(&[
        "### Cost curves: changes of a container\n".to_owned(),
        curves::head(),
    ]);
    let mut lines = vec![String::new()];
    for (name, backing) in SUBJECTS {
        if let Some(why) = missing(name, &bench.host)? {
            lines.push(format!("{name} is not here: {why}.\n"));
            continue;
        }
        lines.push(subject(bench, name, backing)?);
    }
    lines.push(format!(
        "\n{CHANGES} changes (files written anew, made, deleted, given another mode) in a container on an image of so many files of {BYTES} bytes, a hundred in each \
         directory; from warm caches. The mean of {REPEATS} in a row where the driver knows its changes; once where it compares whole trees."
    ));
    Ok(lines)
}

fn missing(name: &str, host: &Host) -> Result<Option<String>> {
    Ok(match drivers::backend(name)?.probe(host) {
        Support::Ready(_) => None,
        Support::Missing(missing) => Some(format!("{}; {}", missing.what, missing.fix)),
    })
}

/// A container of each size on an image of its own, with its changes made and checked.
struct Ready {
    files: u32,
    image: LayerId,
    key: Key,
}

fn subject(bench: &Bench, name: &str, backing: Backing) -> Result<String> {
    let ground = bench.ground(&format!("changes-{name}"), backing)?;
    let driver = bench.open(name, &ground)?;
    let native = driver.capabilities().native_changes;
    let began = Instant::now();
    let mut ready = Vec::new();
    for files in FILES {
        if files <= WALKED || native && !bench.once {
            ready.push(make(bench, name, &*driver, files)?);
        }
    }
    driver.sync()?;
    let made = began.elapsed().as_secs_f64();
    for how in [How::Find, How::Export] {
        let curve = one(bench, name, &*driver, &ready, how)?;
        bench.say(&curves::rows(&curve));
    }
    for one in &ready {
        driver.remove(Item::Container(&one.key))?;
        driver.remove(Item::Layer(&one.image))?;
    }
    driver.close()?;
    ground.close()?;
    Ok(format!(
        "{name}: images and containers made in {}, {}.\n",
        table::time(made),
        if native {
            "its changes are known to it"
        } else {
            "it compares whole trees"
        }
    ))
}

fn make(bench: &Bench, name: &str, driver: &dyn Driver, files: u32) -> Result<Ready> {
    let tree = Tree {
        files,
        bytes: BYTES,
    };
    let image = tree.layer(driver, "changes", None)?;
    let key: Key = format!("changes-{files}").parse()?;
    driver.prepare(&key, Some(&image), Kind::Writable)?;
    let at = bench
        .run
        .directory(&format!("changes-mount-{name}-{files}"))?;
    let mount = driver.mount(&key, &at)?;
    let edits = Edits {
        tree,
        count: CHANGES,
        seed: 1,
    };
    edits.make(mount.path())?;
    mount.unmount()?;
    edits.check(&driver.changes(Item::Container(&key))?)?;
    Ok(Ready { files, image, key })
}

fn one(bench: &Bench, name: &str, driver: &dyn Driver, ready: &[Ready], how: How) -> Result<Curve> {
    let native = driver.capabilities().native_changes;
    let repeats = if native { REPEATS } else { 1 };
    let mut arms: Vec<Changed<'_>> = ready
        .iter()
        .map(|ready| Changed {
            driver,
            key: &ready.key,
            how,
            repeats,
        })
        .collect();
    let mut arms: Vec<&mut dyn Arm> = arms.iter_mut().map(|arm| arm as &mut dyn Arm).collect();
    let series = blocks::run(driver.plain_dir(), bench.blocks(15), &mut arms)?;
    let points = ready.iter().zip(series);
    Ok(Curve {
        name: format!("{name}: {}, by files of the image", how.name()),
        points: points
            .map(|(ready, one)| {
                let wall = one.wall.into_iter();
                let each = wall.map(|(block, time)| (block, time / f64::from(repeats)));
                (ready.files, each.collect())
            })
            .collect(),
        needs: if native { 0.0 } else { 1.0 },
    })
}
