//! What the page consists of, in the order of the reader's questions: which driver, how sure, at what cost, is it right,
//! how was this found out. A section without anything to show is left out, and its link with it.

use maud::Markup;

use super::budget::{self, Piece};
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
    /// The heading in a word, for the contents.
    pub(super) short: &'static str,
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

/// The sections that a page may have to shorten.
struct Heavy<'a> {
    extras: Vec<matrix::Extra>,
    works: Vec<workloads::Work>,
    costs: Vec<cost::Drawn<'a>>,
    stories: Piece,
}

impl Heavy<'_> {
    fn pieces(&mut self) -> impl Iterator<Item = &mut Piece> {
        let extras = self.extras.iter_mut().map(|extra| &mut extra.piece);
        let works = self.works.iter_mut().flat_map(workloads::Work::pieces);
        let costs = self.costs.iter_mut().map(|cost| &mut cost.piece);
        extras.chain(works).chain(costs).chain([&mut self.stories])
    }
}

impl<'a> Whole<'a> {
    /// The sections that have something to show; each a line, in the order of the page.
    #[rustfmt::skip]
    pub(super) fn sections(&self) -> Vec<Section> {
        let analysis = self.analysis;
        let results = analysis.results;
        let one = results.parts.is_empty();
        let scene = Scene::new(analysis, self.rows);
        let judged = one && results.emulated().is_none() && !self.rows.is_empty();
        let answers = crate::claims::answers(analysis);
        let mut heavy = Heavy {
            extras: matrix::extras(analysis, self.rows),
            works: workloads::draw(&scene),
            costs: cost::draw(&scene),
            stories: conformance::stories(results, self.beside.baseline),
        };
        let mut all: Vec<Section> = [
            section("runs", "Runs", "Runs", (!one).then(|| runs::section(analysis, self.rows))),
            section("summary", "Summary", "Summary", (judged || !self.decisions.is_empty()).then(|| cards::section(analysis, self.rows, self.decisions))),
            section("matrix", "Drivers × workloads", "Matrix", self.heavy("matrix", &scene, &heavy)),
            section("workloads", "Workloads", "Workloads", self.heavy("workloads", &scene, &heavy)),
            section("growth", "How times grow", "Growth", growth::section(results)),
            section("conformance", "Conformance", "Conformance", self.heavy("conformance", &scene, &heavy)),
            section("cost", "Cost", "Cost", self.heavy("cost", &scene, &heavy)),
            section("claims", "Published statements", "Statements", claims::any(&answers).then(|| claims::section(results, &answers))),
            section("trend", "Trend", "Trend", trend::section(self.beside.history)),
            section("method", "Method", "Method", Some(if one { method::section(analysis) } else { runs::methods(&results.parts) })),
            section("limits", "What this does not show", "Limits", one.then(|| limits::section(analysis))),
            section("words", "Words", "Words", Some(glossary::section())),
            section("subjects", "Subjects", "Subjects", Some(subjects::section(analysis))),
            section("environment", "Environment", "Environment", one.then(|| environment::section(results))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let over = (taken(&all) + budget::VALUES + budget::TABLES).saturating_sub(budget::PAGE);
        if over > 0 {
            budget::leave_out(heavy.pieces(), over);
            for section in &mut all {
                if let Some(body) = self.heavy(section.id, &scene, &heavy) {
                    section.body = body;
                }
            }
        }
        let left = budget::PAGE.saturating_sub(taken(&all));
        all.extend(section("data", "Data", "Data", Some(data::section(analysis, self.rows, left))));
        all.extend(section("cite", "How to cite", "Cite", one.then(|| cite::section(results))));
        all
    }

    /// A section with pieces, as far as they are kept.
    fn heavy(&self, id: &str, scene: &Scene<'_>, heavy: &Heavy<'_>) -> Option<Markup> {
        let analysis = self.analysis;
        let results = analysis.results;
        let measured = !analysis.series.is_empty();
        match id {
            "matrix" => measured.then(|| matrix::section(analysis, self.rows, &heavy.extras)),
            "workloads" => (measured || !results.dnf.is_empty())
                .then(|| workloads::section(scene, &heavy.works)),
            "cost" => cost::section(scene, &heavy.costs),
            "conformance" => (!results.cases.is_empty())
                .then(|| conformance::section(analysis, self.beside.baseline, heavy.stories.kept)),
            _ => None,
        }
    }
}

/// What sections take, with what every page has.
fn taken(sections: &[Section]) -> usize {
    let bodies: usize = sections.iter().map(|section| section.body.0.len()).sum();
    bodies + script::text().len() + style::text().len()
}

fn section(
    id: &'static str,
    title: &'static str,
    short: &'static str,
    body: Option<Markup>,
) -> Option<Section> {
    body.map(|body| Section {
        id,
        title,
        short,
        body,
    })
}
