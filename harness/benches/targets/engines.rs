//! A container's layer made, mounted, unmounted and removed on overlay2, against the same asked of containers/storage and
//! containerd by their own command lines.

use std::path::Path;

use drivers::error::Attempt as _;
use drivers::{Backing, LayerId, Result, remove};
use rustix::mount::{UnmountFlags, unmount};
use workloads::pull;

use crate::Bench;
use crate::blocks::{self, Arm};
use crate::cycle::Cycle;
use crate::table::{self, Column};
use crate::tools::{Containerd, Line, Storage, Tool};

/// The tools' steps are programs: a third of what their starts alone take would be too much.
const TARGET: f64 = 0.33;
/// Containers one after the other in one measurement.
const REPEATS: u32 = 5;

/// containerd's snapshots: `ctr` makes and removes, its own answer says what to mount.
struct Snapshots<'a> {
    bench: &'a Bench,
    containerd: &'a Containerd,
    top: &'a LayerId,
    at: &'a Path,
}

impl Snapshots<'_> {
    fn ctr(&self, args: &[&str]) -> Result<Vec<u8>> {
        let mut all = vec!["snapshots", "--snapshotter", "overlayfs"];
        all.extend(args);
        self.containerd.ctr(&self.bench.host, all)?.run()
    }
}

impl Arm for Snapshots<'_> {
    fn name(&self) -> String {
        "ctr snapshots (overlayfs)".to_owned()
    }

    fn work(&mut self) -> Result<()> {
        let at = self.at.to_string_lossy();
        for number in 0..REPEATS {
            let key = format!("c{number}");
            self.ctr(&["prepare", &key, &self.top.to_string()])?;
            let command = self.ctr(&["mounts", &at, &key])?;
            let command = String::from_utf8_lossy(&command).into_owned();
            Line::new(&self.bench.host, "sh", ["-c", command.trim()])?.run()?;
            unmount(self.at, UnmountFlags::NOFOLLOW).attempt("unmount", self.at)?;
            self.ctr(&["rm", &key])?;
        }
        Ok(())
    }
}

/// Measures and gives the table.
pub(crate) fn run(bench: &Bench) -> Result<Vec<String>> {
    let image = bench.image()?;
    let top = image.top()?.chain_id.clone();
    let ground = bench.ground("engines", Backing::Ext4)?;
    let base = ground.root().dir.clone();
    let driver = bench.open("overlay2", &ground)?;
    pull::pull(&*driver, &image, &pull::PullOptions::default())?;
    let at = bench.run.directory("engines-mount")?;
    let place = base.join("engines");
    std::fs::create_dir(&place).attempt("create the directory", &place)?;

    let storage = Storage::new(&place, "storage", "overlay", bench.run.dir().join("s"))?;
    let from = format!("oci:{}", image.path.display());
    let copy = ["--insecure-policy", "copy", "-q", &from, &storage.image()];
    Line::new(&bench.host, "skopeo", copy)?.run()?;
    let archive = bench.run.dir().join("engines.tar");
    let to = format!("oci-archive:{}:localhost/peer:latest", archive.display());
    let copy = ["--insecure-policy", "copy", "-q", &from, &to];
    Line::new(&bench.host, "skopeo", copy)?.run()?;
    let state = bench.run.dir().join("c-engines");
    let containerd = Containerd::start(&bench.host, &place, &state)?;
    let import = [
        "image".into(),
        "import".into(),
        "--snapshotter".into(),
        "overlayfs".into(),
        archive.into_os_string(),
    ];
    containerd.ctr(&bench.host, import)?.run()?;

    let mut ours = Cycle {
        name: "overlay2".to_owned(),
        driver: &*driver,
        top: &top,
        at: &at,
        repeats: REPEATS,
    };
    let mut snapshots = Snapshots {
        bench,
        containerd: &containerd,
        top: &top,
        at: &at,
    };
    let mut stored = containers_storage(bench, &storage)?;
    let mut starts = [
        starts(
            "containers-storage",
            storage_line(bench, &storage, &["version"])?,
        ),
        starts("ctr", containerd.ctr(&bench.host, ["version"])?),
    ];
    let [one, two] = &mut starts;
    let arms: &mut [&mut dyn Arm] = &mut [&mut ours, &mut stored, &mut snapshots, one, two];
    let series = blocks::run(&base, bench.blocks(15), arms);
    storage.release()?;
    containerd.stop()?;
    let mut series = series?;
    driver.close()?;
    remove::tree(&state)?;
    ground.close()?;
    for one in &mut series {
        for value in one.wall.values_mut() {
            *value /= f64::from(REPEATS);
        }
    }
    let column = |i: usize| Column {
        name: &series[i].name,
        values: &series[i].wall,
    };
    let mut lines = vec![
        format!(
            "### prepare + mount + unmount + remove of a container on {} layers, against engines\n",
            image.layers.len()
        ),
        table::head(),
    ];
    for i in 1..series.len() {
        lines.push(table::row(
            &column(0),
            &column(i),
            (i < 3).then_some(TARGET),
        ));
    }
    lines.push(format!(
        "\nFor one container; each value is the mean of {REPEATS} in a row. Ours are calls in one process; theirs are four \
         or five program starts for each container, and the last two rows say what starting a program that does nothing takes: four times \
         that is their command line's, the rest their library's. containers/storage finds the image by name."
    ));
    Ok(lines)
}

fn storage_line(bench: &Bench, storage: &Storage, args: &[&str]) -> Result<Line> {
    let mut all = storage.options(["--graph", "--run", "--storage-driver"]);
    all.extend(args.iter().map(Into::into));
    Line::new(&bench.host, "containers-storage", all)
}

fn containers_storage(bench: &Bench, storage: &Storage) -> Result<Tool> {
    let mut work = Vec::new();
    for number in 0..REPEATS {
        let name = format!("c{number}");
        for args in [
            &["create-container", "--name", &name, "localhost/peer:latest"][..],
            &["mount", &name],
            &["unmount", &name],
            &["delete-container", &name],
        ] {
            work.push(storage_line(bench, storage, args)?);
        }
    }
    Ok(Tool {
        name: "containers-storage (overlay)".to_owned(),
        work,
        clean: Vec::new(),
        leaves: Vec::new(),
    })
}

/// What starting a tool costs: as often as in one measurement of the others.
fn starts(name: &str, line: Line) -> Tool {
    Tool {
        name: format!("{name} version"),
        work: vec![line; REPEATS as usize],
        clean: Vec::new(),
        leaves: Vec::new(),
    }
}
