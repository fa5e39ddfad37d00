//! What a chart is, and the list of them.

use crate::analysis::Analysis;
use crate::error::Result;
use crate::headline::Row;
use crate::table::Table;

/// What every chart of a page is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The results, analysed.
    pub analysis: &'a Analysis<'a>,
    /// The headline numbers.
    pub rows: &'a [Row],
    /// As many rounds as are drawn of a series: of more, some evenly chosen, so that the page stays small.
    pub rounds: usize,
}

/// As many single rounds as a page draws, over all its charts: about 100 KB.
const DRAWN: usize = 6_000;

impl<'a> Scene<'a> {
    /// A scene of results and their headline numbers.
    pub fn new(analysis: &'a Analysis<'a>, rows: &'a [Row]) -> Self {
        let strips = rows.len() * analysis.subjects().len();
        Self {
            analysis,
            rows,
            rounds: (DRAWN / strips.max(1)).max(8),
        }
    }

    /// The headline numbers of a workload.
    pub fn of(&self, workload: &str) -> impl Iterator<Item = &'a Row> {
        self.rows
            .iter()
            .filter(move |row| row.key.workload == workload)
    }
}

/// What a chart is worth to a reader: what stands first is left out first where a page would be too big.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// It says that nothing went wrong.
    Check,
    /// It shows single values of what is told in sum elsewhere.
    Detail,
    /// It answers a further question.
    Further,
    /// It answers a question that many readers have.
    Answer,
    /// A workload is hardly told without it.
    Heart,
}

/// One kind of chart.
#[derive(Debug, Clone, Copy)]
pub struct Chart {
    /// Part of its anchors: `rounds`.
    pub id: &'static str,
    /// What it answers: its title.
    pub question: &'static str,
    /// Shown at once; others wait until they are asked for.
    pub first: bool,
    /// What it is worth where not all of them fit into a page.
    pub worth: Worth,
    /// Whether the matrix has its numbers.
    pub in_matrix: bool,
    /// Draws it for a workload; `None` where the records do not fit it.
    pub draw: fn(&Scene<'_>, &str) -> Result<Option<Figure>>,
}

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The `<svg>` element.
    pub svg: String,
    /// How to read it, as a sentence or two.
    pub caption: String,
    /// Its numbers.
    pub table: Table,
}

/// Every chart, in the order of the page.
pub const ALL: &[&Chart] = &[
    &super::forest::CHART,
    &super::parts::CHART,
    &super::sizes::CHART,
    &super::growth::CHART,
    &super::volumes::CHART,
    &super::latencies::CHART,
    &super::rounds::CHART,
    &super::drift::CHART,
];
