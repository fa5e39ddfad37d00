//! Pulling an image: from blobs on disk to committed layers of a driver.
//!
//! A layer goes through **stages**, each a thread, joined by **pipes** of a few large buffers that go round: read the
//! blob and digest it | decompress it | digest the archive (with fewer than three processors as part of the next) | unpack
//! it. The slowest stage sets the pace; nothing is
//! stored on the way. A layer is committed only when every digest is right, and a pull that fails leaves the driver as
//! it was.

mod apply;
mod control;
mod outcome;
mod parallel;
mod pipe;
mod registry;
mod shaped;
mod shapes;
mod stages;
mod stream;
mod undo;
mod workload;

pub use apply::pull;
pub use control::{control_image, ensure_control, unpack_into};
pub use outcome::{Busy, LayerOutcome, Outcome, PullOptions, Pulled};
pub use shapes::{Amounts as ShapeAmounts, WORKLOAD as SHAPES};
pub use stream::{Stream, verify};
pub use workload::WORKLOAD;
