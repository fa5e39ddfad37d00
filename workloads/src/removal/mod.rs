//! Workload `remove`: what it takes to be rid of containers, images and large layers, and what others notice of it.

mod amounts;
mod ground;
mod neighbour;
mod space;
mod unmount;
mod workload;

pub use amounts::Amounts;
pub use workload::WORKLOAD;
