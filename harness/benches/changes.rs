//! Criterion benchmarks of finding and exporting what a container changed: does the time grow with the change, or with the
//! image?
//!
//! `cargo bench -p layerbench --bench changes`, `-- NAME` one driver. Each stands on its usual store in a sandbox. The files
//! of the image go up tenfold and tenfold again with 10 changes, then the changes with the files held; where a driver
//! declares that it walks the whole image, only the smallest is measured: in user space a walk takes seconds. After criterion's own lines comes a table: medians with
//! quartiles, and the **exponent** e of time = c * size^e over the whole range.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark talks to its user"
)]

use std::io::sink;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, measurement::WallTime};
use drivers::sandbox::{Ground, Run};
use drivers::{Driver, Host, Item, Key, Kind, LayerId, Result, Support};
use workloads::diff::Edits;
use workloads::tree::Tree;

/// Files of images, with [`FEW`] changes.
const FILES: [u32; 3] = [1000, 10_000, 100_000];
const FEW: u32 = 10;
/// Changes, of an image with so many files.
const CHANGES: [u32; 3] = [FEW, 100, 1000];
const MIDDLE: u32 = 10_000;
const FILE_BYTES: u32 = 512;

fn main() {
    if let Err(error) = bench() {
        eprintln!("changes: {error}");
        std::process::exit(1);
    }
}

fn bench() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    // Without it this is a test run, which only has to show that it works.
    let full = args.iter().any(|arg| arg == "--bench");
    drivers::sandbox::enter()?;
    let host = Host::detect();
    let run = Run::create(Path::new("/var/tmp/layerbench-bench"))?;
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut table = Vec::new();
    for backend in drivers::ALL {
        let name = backend.name();
        if !filters.is_empty() && !filters.iter().any(|filter| filter.contains(name)) {
            continue;
        }
        if let Support::Missing(missing) = backend.probe(&host) {
            eprintln!("{name}: skipped: {}; {}", missing.what, missing.fix);
            continue;
        }
        let ground = Ground::create(&run, name, backend.backings()[0], 8 << 30, &host)?;
        let driver = backend.open(ground.root(), &drivers::Options::default())?;
        let at = run.directory(&format!("{name}-mount"))?;
        let name = format!("{name}@{}", driver.ground_label());
        let mut subject = Subject {
            driver: &*driver,
            at: &at,
            group: criterion.benchmark_group(&name),
            points: Vec::new(),
        };
        subject.all(full)?;
        let points = subject.close();
        table.extend(rows(&name, &points));
        driver.close()?;
        ground.close()?;
    }
    criterion.final_summary();
    println!(
        "\n| driver | what | at the least | at the most | exponent |\n|---|---|---:|---:|---:|"
    );
    table.iter().for_each(|row| println!("{row}"));
    run.close()
}

/// What was measured at one place.
struct Point {
    how: &'static str,
    files: u32,
    changes: u32,
    seconds: Vec<f64>,
}

impl Point {
    fn at(&self, quantile: f64) -> f64 {
        reports::stats::quantile::quantile(&self.seconds, quantile).unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// `2.31 ms (2.20 to 2.55, n = 60)`.
    fn text(&self) -> String {
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|q| self.at(q) * 1e3);
        format!(
            "{middle:.2} ms ({low:.2} to {high:.2}, n = {})",
            self.seconds.len()
        )
    }
}

/// A driver under measurement.
struct Subject<'a> {
    driver: &'a dyn Driver,
    at: &'a Path,
    group: BenchmarkGroup<'a, WallTime>,
    points: Vec<Point>,
}

impl Subject<'_> {
    fn all(&mut self, full: bool) -> Result<()> {
        self.group.sampling_mode(SamplingMode::Flat);
        if !full {
            return self.image(100, &[FEW]);
        }
        let native = self.driver.capabilities().native_changes;
        for files in FILES {
            if native && files == MIDDLE {
                self.image(files, &CHANGES)?;
            } else if native || files < MIDDLE {
                self.image(files, &[FEW])?;
            }
        }
        Ok(())
    }

    /// Measures on an image of so many files, which is gone afterwards.
    fn image(&mut self, files: u32, changes: &[u32]) -> Result<()> {
        let tree = Tree {
            files,
            bytes: FILE_BYTES,
        };
        let image = tree.layer(self.driver, "bench", None)?;
        for &count in changes {
            let edits = Edits {
                tree,
                count,
                seed: 1,
            };
            self.container(edits, &image)?;
        }
        self.driver.remove(Item::Layer(&image))
    }

    fn container(&mut self, edits: Edits, image: &LayerId) -> Result<()> {
        let driver = self.driver;
        let key: Key = format!("c{}-{}", edits.tree.files, edits.count).parse()?;
        driver.prepare(&key, Some(image), Kind::Writable)?;
        let mount = driver.mount(&key, self.at)?;
        edits.make(mount.path())?;
        mount.unmount()?;
        driver.sync()?;
        let item = Item::Container(&key);
        edits.check(&driver.changes(item)?)?;
        self.point("changes", edits, || driver.changes(item).map(drop))?;
        self.point("export", edits, || driver.export(item, &mut sink()))?;
        if edits.count == FEW && edits.tree.files <= MIDDLE {
            self.point("naive", edits, || driver.changes_naive(item).map(drop))?;
        }
        driver.remove(item)
    }

    fn point(
        &mut self,
        how: &'static str,
        edits: Edits,
        mut work: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let (files, changes) = (edits.tree.files, edits.count);
        let mut seconds = Vec::new();
        let mut failed = None;
        let id = BenchmarkId::new(how, format!("{changes}-of-{files}"));
        self.group.bench_function(id, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut total = Duration::ZERO;
                for _ in 0..iterations {
                    let began = Instant::now();
                    if let Err(error) = work() {
                        failed = Some(error);
                    }
                    let taken = began.elapsed();
                    seconds.push(taken.as_secs_f64());
                    total += taken;
                }
                // Criterion refuses zero.
                total.max(Duration::from_nanos(1))
            });
        });
        self.points.push(Point {
            how,
            files,
            changes,
            seconds,
        });
        failed.map_or(Ok(()), Err)
    }

    fn close(self) -> Vec<Point> {
        self.group.finish();
        self.points
    }
}

/// One row for each range that was measured.
fn rows(name: &str, points: &[Point]) -> Vec<String> {
    let mut rows = Vec::new();
    for how in ["changes", "export", "naive"] {
        let of = |keep: &dyn Fn(&Point) -> bool| -> Vec<&Point> {
            points.iter().filter(|p| p.how == how && keep(p)).collect()
        };
        let by_files = of(&|point| point.changes == FEW);
        let by_changes = of(&|point| point.files == MIDDLE);
        for (what, range, size) in [
            (
                "files",
                by_files,
                (|p: &Point| p.files) as fn(&Point) -> u32,
            ),
            ("changes", by_changes, |p: &Point| p.changes),
        ] {
            let (Some(first), Some(last)) = (range.first(), range.last()) else {
                continue;
            };
            let (from, to) = (f64::from(size(first)), f64::from(size(last)));
            if from >= to {
                continue;
            }
            let exponent = (last.median() / first.median()).ln() / (to / from).ln();
            rows.push(format!(
                "| {name} | {how}, {what} {from} to {to} | {} | {} | {exponent:.2} |",
                first.text(),
                last.text(),
            ));
        }
    }
    rows
}
