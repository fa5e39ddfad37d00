//! `report.html`: one file, no network; all of it can be read without its script, on a phone, at night and on paper.

mod budget;
mod cards;
mod cite;
mod claims;
mod conformance;
mod cost;
mod costs;
mod data;
mod design;
mod embedded;
mod environment;
mod figure;
mod glossary;
mod growth;
mod header;
mod limits;
mod matrix;
mod method;
pub mod page;
mod pairs;
mod runs;
pub(crate) mod script;
pub mod sections;
pub(crate) mod style;
mod subjects;
mod trend;
mod workloads;

pub use page::{render, render_with};
pub use sections::Beside;
