//! The unpacker against GNU tar on one filesystem: apply of a plain layer should take at most 1.15 times as long.
//!
//! `LAYERBENCH_BENCH_LAYER` names an uncompressed layer to use instead of the built-in one, `LAYERBENCH_BENCH_DIR` a
//! directory of the filesystem to write to. Both sides start from an empty directory and a warm page cache, and neither
//! waits for the disk.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use drivers::View;
use drivers::sys::command;
use drivers::unpack::{Below, Deletions, Limits, Stage, apply};

/// 4000 files in 200 directories, 40 MB: small files mostly, as in images, with sizes from a fixed sequence.
fn built_in(path: &Path) {
    let mut builder = tar::Builder::new(File::create(path).unwrap());
    let content = vec![b'x'; 256 << 10];
    let mut header = tar::Header::new_gnu();
    header.set_mtime(1_700_000_000);
    header.set_uid(0);
    header.set_gid(0);
    let mut state: u32 = 1;
    for dir in 0..200 {
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        builder
            .append_data(&mut header, format!("usr/share/d{dir}/"), &b""[..])
            .unwrap();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        for file in 0..20 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Two in three below 4 KiB, one in sixty of 256 KiB.
            let size = match state >> 16 {
                n if n % 60 == 0 => 256 << 10,
                n if n % 3 == 0 => (n % 32) << 10,
                n => n % 4096,
            };
            header.set_size(size.into());
            builder
                .append_data(
                    &mut header,
                    format!("usr/share/d{dir}/f{file}"),
                    &content[..size as usize],
                )
                .unwrap();
        }
    }
    builder.finish().unwrap();
}

fn stage(dir: &Path, below: Below, deletions: Deletions) -> Stage {
    Stage {
        dir: dir.to_owned(),
        below,
        deletions,
        keep_owners: rustix::process::geteuid().is_root(),
    }
}

fn unpack(c: &mut Criterion) {
    let base = std::env::var_os("LAYERBENCH_BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let scratch = tempfile::tempdir_in(base).unwrap();
    let layer = std::env::var_os("LAYERBENCH_BENCH_LAYER").map_or_else(
        || {
            let path = scratch.path().join("layer.tar");
            built_in(&path);
            path
        },
        PathBuf::from,
    );
    let out = scratch.path().join("out");
    let empty = scratch.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let fresh = || {
        drivers::remove::tree(&out).unwrap();
        std::fs::create_dir(&out).unwrap();
    };
    let run = |below: Below, deletions: Deletions| {
        let mut file = File::open(&layer).unwrap();
        apply(
            &stage(&out, below, deletions),
            &mut file,
            &Limits::default(),
        )
        .unwrap()
    };

    let mut group = c.benchmark_group("unpack");
    group.throughput(Throughput::Bytes(layer.metadata().unwrap().len()));
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    group.bench_function("tar -x", |b| {
        b.iter_batched(
            fresh,
            |()| {
                let line = [
                    "-x".as_ref(),
                    "-C".as_ref(),
                    out.as_os_str(),
                    "-f".as_ref(),
                    layer.as_os_str(),
                ];
                command::run("/bin/tar".as_ref(), &line, Duration::from_secs(600)).unwrap()
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("lowest layer", |b| {
        b.iter_batched(
            fresh,
            |()| run(Below::Nothing, Deletions::Remove),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("over content in place", |b| {
        b.iter_batched(
            fresh,
            |()| run(Below::Merged, Deletions::Remove),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("upper directory", |b| {
        b.iter_batched(
            fresh,
            |()| {
                run(
                    Below::Apart(View::plain(empty.clone())),
                    Deletions::Overlay {
                        xattr_prefix: "trusted.overlay.",
                    },
                )
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    drivers::remove::tree(scratch.path()).unwrap();
}

criterion_group!(benches, unpack);
criterion_main!(benches);
