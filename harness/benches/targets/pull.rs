//! Target 2: a gzip pull against its slowest part. Parts overlap in a pull; on few processors they also compete, so the
//! best any pull can do is the larger of the slowest part and all CPU time divided by the processors.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use drivers::error::Attempt as _;
use drivers::{Driver, Item, Key, Kind, Limits, Result};
use sha2::{Digest as _, Sha256};
use workloads::image::{Image, Layer};
use workloads::pull::{self, PullOptions};

use crate::Bench;
use crate::apply::megabytes;
use crate::blocks::{self, Arm, Series};
use crate::table::{self, Column};

const TARGET: f64 = 1.1;
/// What a part reads at once, as the pull's own stages do.
const BUFFER: usize = 512 << 10;

/// The parts of a pull that read only.
#[derive(Clone, Copy)]
enum Reading {
    Blobs,
    Inflate,
    Archives,
}

struct Part<'a> {
    what: Reading,
    image: &'a Image,
    archives: &'a [Vec<u8>],
}

fn digest(mut from: impl Read, path: &std::path::Path) -> Result<()> {
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; BUFFER]);
    loop {
        let n = from.read(&mut buffer).attempt("read", path)?;
        if n == 0 {
            std::hint::black_box(hasher.finalize());
            return Ok(());
        }
        hasher.update(&buffer[..n]);
    }
}

fn archive_of(layer: &Layer) -> Result<Box<dyn Read + Send>> {
    let blob = BufReader::with_capacity(BUFFER, layer.open());
    layer.compression.decoder(blob, layer.blob.path())
}

impl Arm for Part<'_> {
    fn name(&self) -> String {
        match self.what {
            Reading::Blobs => "verify blobs",
            Reading::Inflate => "gunzip",
            Reading::Archives => "digest archives",
        }
        .to_owned()
    }

    fn work(&mut self) -> Result<()> {
        let path = &self.image.path;
        for (layer, archive) in self.image.layers.iter().zip(self.archives) {
            match self.what {
                Reading::Blobs => digest(layer.open(), path)?,
                Reading::Archives => digest(archive.as_slice(), path)?,
                Reading::Inflate => {
                    let (mut archive, mut buffer) = (archive_of(layer)?, vec![0; BUFFER]);
                    while archive.read(&mut buffer).attempt("decompress", path)? > 0 {}
                }
            }
        }
        Ok(())
    }
}

/// Takes the image's layers out again, the highest first.
fn remove(driver: &dyn Driver, image: &Image) -> Result<()> {
    for layer in image.layers.iter().rev() {
        driver.remove(Item::Layer(&layer.chain_id))?;
    }
    Ok(())
}

struct Unpack<'a> {
    driver: &'a dyn Driver,
    image: &'a Image,
    archives: &'a [Vec<u8>],
}

impl Arm for Unpack<'_> {
    fn name(&self) -> String {
        "unpack".to_owned()
    }

    fn work(&mut self) -> Result<()> {
        let mut parent = None;
        for (layer, archive) in self.image.layers.iter().zip(self.archives) {
            let key: Key = format!("unpack-{}", layer.number).parse()?;
            self.driver.prepare(&key, parent, Kind::Writable)?;
            self.driver
                .apply(&key, &mut archive.as_slice(), &Limits::default())?;
            self.driver.commit(&key, &layer.chain_id)?;
            parent = Some(&layer.chain_id);
        }
        Ok(())
    }

    fn clean(&mut self) -> Result<()> {
        remove(self.driver, self.image)
    }
}

/// A whole pull.
pub(crate) struct Pull<'a> {
    pub(crate) driver: &'a dyn Driver,
    pub(crate) image: &'a Image,
    /// Layers under way at once; `None`: as many as a pull takes by itself.
    pub(crate) parallel: Option<usize>,
}

impl Arm for Pull<'_> {
    fn name(&self) -> String {
        match self.parallel {
            Some(1) => "pull, layers in order".to_owned(),
            _ => "pull".to_owned(),
        }
    }

    fn work(&mut self) -> Result<()> {
        let options = PullOptions {
            parallel: self.parallel,
            ..PullOptions::default()
        };
        pull::pull(self.driver, self.image, &options).map(drop)
    }

    fn clean(&mut self) -> Result<()> {
        remove(self.driver, self.image)
    }
}

/// Measures and gives the tables: of the largest layer, and of the whole image.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    let image = bench.image()?;
    let largest: Vec<Layer> = image
        .layers
        .iter()
        .cloned()
        .max_by_key(|l| l.size)
        .into_iter()
        .collect();
    let single = Image {
        layers: largest,
        ..image.clone()
    };
    let mut lines = vec!["### Pull of gzip layers, against its parts run apart\n".to_owned()];
    lines.extend(one(bench, "The largest layer", "pull-layer", &single)?);
    lines.extend(one(bench, "The whole image", "pull-image", &image)?);
    lines.push(
        "Each part runs alone and in one thread over the same data: blobs in the page cache, archives in memory; \
         \"unpack\" is prepare, apply and commit. \"The bound\" is, block by block, the larger of the slowest part and the \
         CPU time of all parts divided by the processors: no pull can be faster. Nobody waits for the disk."
            .to_owned(),
    );
    Ok(lines)
}

fn one(bench: &Bench, title: &str, name: &str, image: &Image) -> Result<Vec<String>> {
    let mut archives = Vec::new();
    for layer in &image.layers {
        let mut archive = Vec::new();
        archive_of(layer)?
            .read_to_end(&mut archive)
            .attempt("decompress", layer.blob.path())?;
        archives.push(archive);
    }
    let (ground, driver) = bench.overlay2(name)?;
    let part = |what| Part {
        what,
        image,
        archives: &archives,
    };
    let (mut blobs, mut inflate, mut digests) = (
        part(Reading::Blobs),
        part(Reading::Inflate),
        part(Reading::Archives),
    );
    let mut unpack = Unpack {
        driver: &*driver,
        image,
        archives: &archives,
    };
    let pull = |parallel| Pull {
        driver: &*driver,
        image,
        parallel,
    };
    let (mut whole, mut in_order) = (pull(None), pull(Some(1)));
    let mut arms: Vec<&mut dyn Arm> = vec![
        &mut blobs,
        &mut inflate,
        &mut digests,
        &mut unpack,
        &mut whole,
    ];
    if image.layers.len() > 1 {
        arms.push(&mut in_order);
    }
    let series = blocks::run(driver.plain_dir(), bench.blocks(15), &mut arms)?;
    driver.close()?;
    ground.close()?;
    let (parts, pulls) = series.split_at(4);
    let unpacked = archives.iter().map(|archive| archive.len() as u64).sum();
    let packed = image.layers.iter().map(|layer| layer.size).sum();
    let mut lines = vec![format!(
        "{title}: {} of {:.1} MB, {:.1} MB unpacked.\n",
        if image.layers.len() == 1 {
            "1 layer".to_owned()
        } else {
            format!("{} layers", image.layers.len())
        },
        megabytes(packed),
        megabytes(unpacked),
    )];
    lines.extend(shares(&series));
    lines.push(String::new());
    lines.extend(comparisons(parts, pulls));
    lines.push(String::new());
    Ok(lines)
}

/// Wall and CPU time of every arm.
fn shares(series: &[Series]) -> Vec<String> {
    let mut lines = vec!["| part | wall | CPU |\n|---|---:|---:|".to_owned()];
    lines.extend(series.iter().map(|one| {
        format!(
            "| {} | {} | {} |",
            one.name,
            table::time(table::median(&one.wall)),
            table::time(table::median(&one.cpu))
        )
    }));
    lines
}

fn comparisons(parts: &[Series], pulls: &[Series]) -> Vec<String> {
    let mut lines = vec![table::head()];
    // The slowest by its median, the same one in all blocks: the largest of each block would be the noisiest.
    let by_median =
        |a: &&Series, b: &&Series| table::median(&a.wall).total_cmp(&table::median(&b.wall));
    let Some(slowest) = parts.iter().max_by(by_median) else {
        return lines;
    };
    let sum = |values: fn(&Series) -> &BTreeMap<u32, f64>| -> BTreeMap<u32, f64> {
        let add = |block: &u32| {
            parts
                .iter()
                .filter_map(|part| values(part).get(block))
                .sum()
        };
        slowest
            .wall
            .keys()
            .map(|block| (*block, add(block)))
            .collect()
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::cast_precision_loss, reason = "a number of processors")]
    let processors = processors as f64;
    let bound: BTreeMap<u32, f64> = sum(|part| &part.cpu)
        .into_iter()
        .map(|(block, cpu)| (block, (cpu / processors).max(slowest.wall[&block])))
        .collect();
    let sum = sum(|part| &part.wall);
    let name = format!("the slowest part ({})", slowest.name);
    for pull in pulls {
        let ours = Column {
            name: &pull.name,
            values: &pull.wall,
        };
        for (name, values, target) in [
            (name.as_str(), &slowest.wall, Some(TARGET)),
            ("the bound", &bound, Some(TARGET)),
            ("the sum of the parts", &sum, None),
        ] {
            lines.push(table::row(&ours, &Column { name, values }, target));
        }
    }
    lines
}
