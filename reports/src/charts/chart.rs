//! What a chart is, and the list of them.

use crate::analysis::Analysis;
use crate::error::Result;

/// One kind of chart.
#[derive(Debug, Clone, Copy)]
pub struct Chart {
    /// Part of its anchors: `rounds`.
    pub id: &'static str,
    /// What it answers: its title.
    pub question: &'static str,
    /// Draws it for a workload; `None` where the records do not fit it.
    pub draw: fn(&Analysis<'_>, &str) -> Result<Option<Figure>>,
}

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The `<svg>` element.
    pub svg: String,
    /// How to read it, as a sentence or two.
    pub caption: String,
}

/// Every chart, in the order of the page.
pub const ALL: &[&Chart] = &[
    &super::rounds::CHART,
    &super::parts::CHART,
    &super::sizes::CHART,
    &super::volumes::CHART,
];
