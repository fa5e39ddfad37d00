//! Workload `density`: what many containers of one image take, and what many images with common bases take.
//!
//! `live`: so many idle containers of one image are mounted; each step brings their number from that of the step before.
//! Told are the whole store's growth in space and inodes, the mounts, the memory of the driver's daemons and, from
//! [`ENOUGH`] containers on, of the kernel. `images`: images of one layer each on a few common bases; what they really
//! take, and what one would think from adding up their sizes. `running`: a server of the image of the run in each of so many
//! containers, each once it has answered a request, and the memory of all together.
//!
//! It predicts how many containers of few images a host can hold, and what of it runs out first. It says nothing of what
//! a server under load needs, nor of what containers share by reading (`share`). On the control an idle container is the least
//! there can be: an empty directory, bound to its mountpoint. There is no control for images: a plain directory shares
//! nothing between two trees.

mod images;
mod live;
mod running;
mod servers;

use drivers::Result;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Ground};
use crate::recorder::Metric;
use crate::{Reach, Workload};

/// See the module text.
pub const WORKLOAD: Workload = Workload {
    name: "density",
    question: "What do many idle containers take, and many images with common bases?",
    phases: &[
        (
            "add",
            "preparing and mounting one more, the mean over those of the step",
        ),
        (
            "live",
            "what so many idle containers take: space, inodes, mounts, memory",
        ),
        (
            "take-down",
            "unmounting and removing one, the mean over all",
        ),
        ("images", "what images on common bases really take"),
        (
            "running",
            "the memory of a server in each of so many containers: of each page its share of those who map it",
        ),
        (
            "images-apart",
            "the sum of their sizes, each with all its layers",
        ),
    ],
    reach: Reach::Full,
    run,
};

/// The memory of the kernel is that of the whole host: below so many containers other programs hide what they take.
pub const ENOUGH: u32 = 10;

/// How many there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// Containers alive at once.
    pub density_containers: Vec<u32>,
    /// Containers with a server that runs.
    pub density_running: Vec<u32>,
    /// Files of 4 KiB in their image.
    pub density_files: u32,
    /// Images with common bases.
    pub density_images: u32,
    /// Common bases.
    pub density_bases: u32,
    /// Size in bytes of a base; what an image adds is an eighth of it.
    pub density_base_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            density_containers: vec![1, 5],
            density_running: vec![1, 2],
            density_files: 10,
            density_images: 4,
            density_bases: 2,
            density_base_bytes: 1 << 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            density_containers: vec![1, 10],
            density_running: vec![1, 10],
            density_files: 50,
            density_images: 20,
            density_bases: 4,
            density_base_bytes: 1 << 20,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            density_containers: vec![1, 10, 100, 1000],
            density_running: vec![1, 10, 50],
            density_files: 200,
            density_images: 20,
            density_bases: 4,
            density_base_bytes: 16 << 20,
        }
    }
}

fn run(cell: &mut Cell<'_>) -> Result<()> {
    let outcome = match cell.ground {
        Ground::Driver(driver) => {
            live::on_driver(cell, driver).and_then(|()| images::images(cell, driver))
        }
        Ground::HostDir(dir) => live::on_directory(cell, dir),
    };
    let outcome = outcome.and_then(|()| running::measure(cell));
    for name in ["containers", "images", "of"] {
        cell.recorder.param(name, None);
    }
    outcome
}

fn value(cell: &mut Cell<'_>, phase: &str, metric: Metric, value: u64) {
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
    cell.recorder.value(phase, metric, value as f64);
}
