//! Charts: SVG inside the page, coloured by the page's CSS variables so that dark mode and print work.
//!
//! A **chart** looks at the shape of the data, not at names: it draws every workload whose records fit it.

pub mod axis;
pub mod canvas;
pub mod chart;
pub mod cost;
mod curves;
pub mod drift;
pub mod forest;
pub mod growth;
pub mod latencies;
mod panel;
pub mod parts;
pub mod rounds;
pub mod sizes;
pub mod spark;
mod svg;
pub mod volumes;

pub use chart::{ALL, Chart, Figure, Scene, Worth};
