//! A real image, from its layout to committed layers, against other people's tools on the same filesystem: podman load,
//! skopeo copy, umoci unpack, ctr image import.

use std::path::{Path, PathBuf};

use drivers::error::Attempt as _;
use drivers::{Backing, Driver, Options, Result, Root, remove};
use workloads::image::{Compression, Image, OpenOptions};
use workloads::pull;

use crate::Bench;
use crate::apply::megabytes;
use crate::blocks::{self, Arm, Series};
use crate::pull::Pull;
use crate::table::{self, Column};
use crate::tools::{Containerd, Line, Storage, Tool};

/// At most this share of the fastest tool's time.
const TARGET: f64 = 0.33;
/// Names the image: an OCI layout, `DIR` or `DIR:TAG`.
pub(crate) const IMAGE: &str = "LAYERBENCH_TARGET_IMAGE";

/// What is compared: a driver, its store, and what the tools call the same.
struct Match {
    driver: &'static str,
    backing: Backing,
    /// For containers/storage.
    storage: &'static str,
    /// For containerd.
    snapshotter: &'static str,
    compression: Compression,
    /// Whether umoci, which unpacks into a plain directory, takes part.
    umoci: bool,
}

const MATCHES: [Match; 4] = [
    Match {
        driver: "overlay2",
        backing: Backing::Ext4,
        storage: "overlay",
        snapshotter: "overlayfs",
        compression: Compression::Gzip,
        umoci: true,
    },
    Match {
        driver: "overlay2",
        backing: Backing::Ext4,
        storage: "overlay",
        snapshotter: "overlayfs",
        compression: Compression::Zstd,
        umoci: false,
    },
    Match {
        driver: "btrfs",
        backing: Backing::Btrfs,
        storage: "btrfs",
        snapshotter: "btrfs",
        compression: Compression::Gzip,
        umoci: false,
    },
    Match {
        driver: "vfs",
        backing: Backing::Ext4,
        storage: "vfs",
        snapshotter: "native",
        compression: Compression::Gzip,
        umoci: true,
    },
];

/// The image as the tools take it.
struct Copies {
    /// An OCI layout with the tag `peer`.
    layout: PathBuf,
    /// The same as an archive.
    archive: PathBuf,
}

/// Measures and gives the tables.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    bench.say(&["### Pull of a real image, against other tools\n".to_owned()]);
    let Some(image) = std::env::var_os(IMAGE) else {
        return Ok(vec![format!(
            "Not measured: {IMAGE} names no image (scripts/speed.sh makes one)."
        )]);
    };
    let mut made: Vec<(Compression, Copies)> = Vec::new();
    for one in &MATCHES {
        if !made
            .iter()
            .any(|(compression, _)| *compression == one.compression)
        {
            let copies = copies(bench, Path::new(&image), one.compression)?;
            made.push((one.compression, copies));
        }
        let copies = made.iter().find(|(c, _)| *c == one.compression);
        if let Some((_, copies)) = copies {
            bench.say(&measure(bench, one, copies)?);
        }
    }
    Ok(vec![
        "All read the same blobs from the page cache and write to the same filesystem, which is synced before each. \
         Without \"+ syncfs\" nobody waits for the disk: layerbench's commits are told not to (`sync=never`), because the \
         tools' do not; with it, layerbench works as it does by default, and all are synced at the end. Starting a tool \
         is part of its time (some 10 ms); containerd was started before. Each has its own store, which stays; images are \
         removed off the clock. The tools verify the same digests; containers/storage also writes a tar-split of every layer."
            .to_owned(),
    ])
}

/// Copies the image, packed as asked, with skopeo.
fn copies(bench: &Bench, image: &Path, compression: Compression) -> Result<Copies> {
    let dir = bench
        .run
        .directory(&format!("image-{}", compression.name()))?;
    let (layout, archive) = (dir.join("oci"), dir.join("oci.tar"));
    let copy = |from: String, to: String| {
        let format = format!("--dest-compress-format={}", compression.name());
        let args = [
            "--insecure-policy".to_owned(),
            "copy".to_owned(),
            "-q".to_owned(),
            format,
            from,
            to,
        ];
        Line::new(&bench.host, "skopeo", args)?.run()
    };
    let place = format!("oci:{}:peer", layout.display());
    copy(format!("oci:{}", image.display()), place.clone())?;
    let name = format!("oci-archive:{}:localhost/peer:latest", archive.display());
    copy(place, name)?;
    Ok(Copies { layout, archive })
}

fn measure(bench: &Bench, one: &Match, copies: &Copies) -> Result<Vec<String>> {
    let image = Image::open(&copies.layout, &OpenOptions::default())?;
    let unpacked = image
        .layers
        .iter()
        .map(|layer| pull::verify(layer, &drivers::Limits::default()))
        .sum::<Result<u64>>()?;
    let name = format!("peers-{}-{}", one.driver, one.compression.name());
    let ground = bench.ground(&name, one.backing)?;
    let base = ground.root().dir.clone();
    let open = |name: &str, sync: Option<&str>| -> Result<Box<dyn Driver>> {
        let dir = base.join(name);
        std::fs::create_dir(&dir).attempt("create the directory", &dir)?;
        let root = Root {
            dir,
            ..ground.root().clone()
        };
        let options = sync.map(|sync| ("sync".to_owned(), sync.to_owned()));
        drivers::backend(one.driver)?.open(&root, &Options(options.into_iter().collect()))
    };
    let (unsynced, synced) = (open("never", Some("never"))?, open("default", None)?);
    let arm = |driver| Pull {
        driver,
        image: &image,
        parallel: None,
    };
    let (mut ours, mut durable) = (arm(&*unsynced), arm(&*synced));
    let state = bench
        .run
        .dir()
        .join(format!("c-{}", name.len() + one.storage.len()));
    let containerd = Containerd::start(&bench.host, &base, &state)?;
    let storages = [
        Storage::new(&base, "podman", one.storage, bench.run.dir().join("p"))?,
        Storage::new(&base, "skopeo", one.storage, bench.run.dir().join("s"))?,
    ];
    let mut tools = tools(bench, one, copies, &storages, &containerd, &base)?;
    let mut arms: Vec<&mut dyn Arm> = vec![&mut ours, &mut durable];
    arms.extend(tools.iter_mut().map(|tool| tool as &mut dyn Arm));
    let series = blocks::run(&base, bench.blocks(8), &mut arms);
    for storage in &storages {
        storage.release()?;
    }
    containerd.stop()?;
    let series = series?;
    unsynced.close()?;
    synced.close()?;
    remove::tree(&state)?;
    ground.close()?;
    Ok(report(one, &image, unpacked, &series))
}

fn tools(
    bench: &Bench,
    one: &Match,
    copies: &Copies,
    [podman, skopeo]: &[Storage; 2],
    containerd: &Containerd,
    base: &Path,
) -> Result<Vec<Tool>> {
    let host = &bench.host;
    let (layout, archive) = (copies.layout.display(), copies.archive.display());
    let podman = |args: &[&str]| {
        let mut all = podman.options(["--root", "--runroot", "--storage-driver"]);
        all.extend(args.iter().map(Into::into));
        Line::new(host, "podman", all)
    };
    let skopeo_line = |args: &[&str]| {
        let mut all = vec!["--insecure-policy"];
        all.extend(args);
        Line::new(host, "skopeo", all)
    };
    let mut tools = vec![
        Tool {
            name: format!("podman load ({})", one.storage),
            work: vec![podman(&["load", "-q", "-i", &archive.to_string()])?],
            clean: vec![podman(&["rmi", "-a", "-f"])?],
            leaves: Vec::new(),
        },
        Tool {
            name: format!("skopeo copy ({})", one.storage),
            work: vec![skopeo_line(&[
                "copy",
                "-q",
                &format!("oci:{layout}:peer"),
                &skopeo.image(),
            ])?],
            clean: vec![skopeo_line(&["delete", &skopeo.image()])?],
            leaves: Vec::new(),
        },
        Tool {
            name: format!("ctr image import ({})", one.snapshotter),
            work: vec![containerd.ctr(
                host,
                [
                    "image",
                    "import",
                    "--snapshotter",
                    one.snapshotter,
                    &archive.to_string(),
                ],
            )?],
            clean: vec![containerd.ctr(host, ["image", "rm", "--sync", "localhost/peer:latest"])?],
            leaves: Vec::new(),
        },
    ];
    if one.umoci {
        let bundle = base.join("bundle");
        let from = format!("{layout}:peer");
        let mut unpack = Line::new(host, "umoci", ["unpack", "--image", &from])?;
        unpack.push(&bundle);
        tools.push(Tool {
            name: "umoci unpack (directory)".to_owned(),
            work: vec![unpack],
            clean: Vec::new(),
            leaves: vec![bundle],
        });
    }
    Ok(tools)
}

fn report(one: &Match, image: &Image, unpacked: u64, series: &[Series]) -> Vec<String> {
    let packed = image.layers.iter().map(|layer| layer.size).sum();
    let mut lines = vec![
        format!(
            "{} on {}, {}: {} layers of {:.1} MB, {:.1} MB unpacked.\n",
            one.driver,
            one.backing,
            one.compression.name(),
            image.layers.len(),
            megabytes(packed),
            megabytes(unpacked),
        ),
        "| | wall | unpacked MB/s | + syncfs |\n|---|---:|---:|---:|".to_owned(),
    ];
    let names = ["layerbench, sync=never", "layerbench, by default"];
    for (i, one) in series.iter().enumerate() {
        let wall = table::median(&one.wall);
        lines.push(format!(
            "| {} | {} | {:.0} | {} |",
            names.get(i).copied().unwrap_or(&one.name),
            table::time(wall),
            megabytes(unpacked) / wall,
            table::time(table::median(&one.durable)),
        ));
    }
    lines.push(String::new());
    lines.push(table::head());
    let [ours, durable, tools @ ..] = series else {
        return lines;
    };
    for tool in tools {
        let row = |ours: &str, values, tool: &str, theirs| {
            let (ours, theirs) = (
                Column { name: ours, values },
                Column {
                    name: tool,
                    values: theirs,
                },
            );
            table::row(&ours, &theirs, Some(TARGET))
        };
        lines.push(row(names[0], &ours.wall, &tool.name, &tool.wall));
        lines.push(row(
            "by default, + syncfs",
            &durable.durable,
            &format!("{} + syncfs", tool.name),
            &tool.durable,
        ));
    }
    lines.push(String::new());
    lines
}
