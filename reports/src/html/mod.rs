//! `report.html`: one file, no network, no script; readable on a phone, at night and on paper.

mod cards;
mod claims;
mod conformance;
mod data;
mod design;
mod environment;
mod matrix;
mod method;
pub mod page;
mod subjects;
mod workloads;

pub use page::render;
