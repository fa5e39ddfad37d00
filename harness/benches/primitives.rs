//! Criterion benchmarks of each driver's primitives: prepare, mount, first write, commit, remove.
//!
//! `cargo bench -p layerbench`. Each driver stands on its default backing store in a sandbox, one after the other, so
//! these numbers are for watching one driver over time. To compare drivers, use `layerbench bench`, which interleaves.
#![expect(clippy::print_stderr, reason = "a benchmark talks to its user")]

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use drivers::error::Attempt as _;
use drivers::sandbox::{Ground, Run};
use drivers::{Driver, Host, Item, Key, Kind, LayerId, Result, Support};
use workloads::fixture::{self, FixtureFile};

const LOWER_FILE: u64 = 1 << 20;

fn main() {
    if let Err(error) = bench() {
        eprintln!("primitives: {error}");
        std::process::exit(1);
    }
}

fn bench() -> Result<()> {
    drivers::sandbox::enter()?;
    let host = Host::detect();
    let run = Run::create(Path::new("/var/tmp/layerbench-bench"))?;
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for backend in drivers::ALL {
        if let Support::Missing(missing) = backend.probe(&host) {
            eprintln!(
                "{}: skipped: {}; {}",
                backend.name(),
                missing.what,
                missing.fix
            );
            continue;
        }
        let ground = Ground::create(&run, backend.name(), backend.backings()[0], 8 << 30, &host)?;
        let driver = backend.open(ground.root(), &drivers::Options::default())?;
        let at = run.directory(&format!("{}-mount", backend.name()))?;
        let name = format!("{}@{}", backend.name(), driver.ground_label());
        one_driver(criterion.benchmark_group(name), &*driver, &at)?;
        driver.close()?;
        ground.close()?;
    }
    criterion.final_summary();
    run.close()
}

/// Measures one thing about a fresh container layer; the layer is removed off the clock.
type Measure<'a> = &'a dyn Fn(&Key) -> Result<Duration>;

fn one_driver(
    mut group: BenchmarkGroup<'_, WallTime>,
    driver: &dyn Driver,
    at: &Path,
) -> Result<()> {
    let lower = FixtureFile {
        name: "lower".to_owned(),
        size: LOWER_FILE,
    };
    let small = (0..100).map(|n| FixtureFile {
        name: format!("small-{n}"),
        size: 4096,
    });
    let base = fixture::layer(
        driver,
        "primitives",
        None,
        &small.chain([lower]).collect::<Vec<_>>(),
    )?;
    // Every iteration makes and removes things: linear sampling would let later samples work on a fuller store.
    group.sampling_mode(SamplingMode::Flat);
    let prepare = |key: &Key| driver.prepare(key, Some(&base), Kind::Writable);
    let remove = |key: &Key| driver.remove(Item::Container(key));
    let measures: [(&str, Measure<'_>); 5] = [
        ("prepare", &|key| {
            let taken = timed(|| prepare(key))?;
            remove(key)?;
            Ok(taken)
        }),
        ("mount", &|key| {
            prepare(key)?;
            let began = Instant::now();
            let mount = driver.mount(key, at)?;
            let taken = began.elapsed();
            mount.unmount()?;
            remove(key)?;
            Ok(taken)
        }),
        ("first-write-1MiB-file", &|key| {
            prepare(key)?;
            let mount = driver.mount(key, at)?;
            let path = at.join("lower");
            let taken = timed(|| {
                let file = std::fs::OpenOptions::new().append(true).open(&path);
                file.and_then(|mut file| file.write_all(b"x"))
                    .attempt("append to", &path)
            })?;
            mount.unmount()?;
            remove(key)?;
            Ok(taken)
        }),
        ("commit", &|key| {
            let layer =
                LayerId::chain(Some(&base), &format!("sha256:{:0>64}", &key.as_str()[1..]))?;
            prepare(key)?;
            let taken = timed(|| driver.commit(key, &layer))?;
            driver.remove(Item::Layer(&layer))?;
            Ok(taken)
        }),
        ("remove", &|key| {
            prepare(key)?;
            timed(|| remove(key))
        }),
    ];
    let mut count = 0_u64;
    for (name, measure) in measures {
        let mut failed = None;
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    count += 1;
                    match format!("k{count}").parse().and_then(|key| measure(&key)) {
                        Ok(taken) => total += taken,
                        Err(error) => failed = Some(error),
                    }
                }
                // A failed measurement must not look like a fast one: criterion refuses zero.
                total.max(Duration::from_nanos(1))
            });
        });
        if let Some(error) = failed {
            return Err(error);
        }
    }
    group.finish();
    driver.remove(Item::Layer(&base))
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}
