//! What the page consists of, in the order of the reader's questions: which driver, how sure, at what cost, is it right,
//! how was this found out. A section without anything to show is left out, and its link with it.

use maud::Markup;

use super::{
    cards, cite, claims, conformance, cost, data, environment, glossary, growth, limits, matrix,
    method, runs, script, style, subjects, trend, workloads,
};
use crate::analysis::Analysis;
use crate::charts::Scene;
use crate::decide::Decision;
use crate::headline::Row;
use crate::record::Results;
use crate::trend::Group;

/// The most bytes of a page that is still mailed and opened without a thought. The raw data take what the rest leaves.
const PAGE: usize = 1_470_000;

/// What is known beside the results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Runs of this host with this set-up, this one the last: what the trend is drawn from.
    pub history: &'a [Group],
    /// An earlier run that this one is held against.
    pub baseline: Option<&'a Results>,
}

/// A part of the page.
pub(super) struct Section {
    /// The anchor.
    pub(super) id: &'static str,
    /// The heading.
    pub(super) title: &'static str,
    /// All below the heading.
    pub(super) body: Markup,
}

/// All that sections are made of.
pub(super) struct Whole<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) rows: &'a [Row],
    pub(super) decisions: &'a [Decision],
    pub(super) beside: &'a Beside<'a>,
}

impl Whole<'_> {
    /// The sections that have something to show; each a line, in the order of the page.
    #[rustfmt::skip]
    pub(super) fn sections(&self) -> Vec<Section> {
        let analysis = self.analysis;
        let results = analysis.results;
        let one = results.parts.is_empty();
        let measured = !analysis.series.is_empty();
        let scene = Scene::new(analysis, self.rows);
        let answers = crate::claims::answers(analysis);
        let mut all: Vec<Section> = [
            section("runs", "Runs", (!one).then(|| runs::section(analysis, self.rows))),
            section("summary", "Summary", (!self.decisions.is_empty()).then(|| cards::section(analysis, self.decisions))),
            section("matrix", "Drivers × workloads", measured.then(|| matrix::section(analysis, self.rows))),
            section("workloads", "Workloads", (measured || !results.dnf.is_empty()).then(|| workloads::section(&scene))),
            section("growth", "How times grow", growth::section(results)),
            section("conformance", "Conformance", (!results.cases.is_empty()).then(|| conformance::section(analysis, self.beside.baseline))),
            section("cost", "Cost", cost::section(&scene)),
            section("claims", "Published statements", claims::any(&answers).then(|| claims::section(results, &answers))),
            section("trend", "Trend", trend::section(self.beside.history)),
            section("method", "Method", Some(if one { method::section(analysis) } else { runs::methods(&results.parts) })),
            section("limits", "What this does not show", one.then(|| limits::section(analysis))),
            section("words", "Words", Some(glossary::section())),
            section("subjects", "Subjects", Some(subjects::section(analysis))),
            section("environment", "Environment", one.then(|| environment::section(results))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let taken: usize = all.iter().map(|section| section.body.0.len()).sum();
        let left = PAGE.saturating_sub(taken + script::text().len() + style::text().len());
        all.extend(section("data", "Data", Some(data::section(analysis, left))));
        all.extend(section("cite", "How to cite", one.then(|| cite::section(results))));
        all
    }
}

fn section(id: &'static str, title: &'static str, body: Option<Markup>) -> Option<Section> {
    body.map(|body| Section { id, title, body })
}
