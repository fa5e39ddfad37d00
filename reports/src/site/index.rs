//! The index of a site: runs by machine, by kernel, by date.

use maud::{Markup, html};

use super::card::{Card, State};
use super::frame::{Site, page, run_dir};
use crate::anchor::anchor;

/// The index, from the runs oldest first.
pub fn index(site: &Site, cards: &[Card]) -> String {
    let newest = cards.iter().map(Card::day).max().unwrap_or_default();
    let mut hosts: Vec<Vec<&Card>> = Vec::new();
    for card in cards.iter().rev() {
        match hosts.iter_mut().find(|host| class(host[0]) == class(card)) {
            Some(host) => host.push(card),
            None => hosts.push(vec![card]),
        }
    }
    let body = html! {
        h1 { (site.title) }
        p.lead {
            (cards.len()) @if cards.len() == 1 { " run" } @else { " runs" } " of " (hosts.len())
            @if hosts.len() == 1 { " machine" } @else { " kinds of machines" } ": which storage driver fits which use, and whether it is correct. "
            "Compare ratios across machines, never seconds."
        }
        @if cards.is_empty() { p.note { "No run was published yet." } }
        @for host in &hosts { (machine(host, newest)) }
    };
    page(site, "", &site.title, &body)
}

/// Machines with the same are of one class; those of which nothing is known are told apart by what they say of themselves.
fn class(card: &Card) -> &str {
    if card.host.is_empty() {
        &card.machine
    } else {
        &card.host
    }
}

fn machine(host: &[&Card], newest: &str) -> Markup {
    let mut kernels: Vec<(&str, Vec<&Card>)> = Vec::new();
    for card in host {
        match kernels
            .iter_mut()
            .find(|(kernel, _)| *kernel == card.kernel)
        {
            Some((_, runs)) => runs.push(card),
            None => kernels.push((&card.kernel, vec![card])),
        }
    }
    let id = format!("host-{}", anchor(class(host[0])));
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (host[0].machine) }
            @if !host[0].host.is_empty() { p.small.muted { "class " (host[0].host) ": machines that are alike in what times depend on have the same" } }
            @for (kernel, runs) in &kernels {
                h3 { @if kernel.is_empty() { "Kernel unknown" } @else { "Linux " (kernel) } }
                ul.runs { @for card in runs { (row(card, newest)) } }
            }
        }
    }
}

fn row(card: &Card, newest: &str) -> Markup {
    let dir = run_dir(&card.id);
    let asked = card.conformance();
    html! {
        li id={ "run-" (anchor(&card.id)) } {
            h4 { a href={ (dir) "index.html" } { (card.day()) } ", profile " (card.profile) @if card.rounds > 0 { ", " (card.rounds) " rounds" } }
            p.said { (card.sentence) }
            @if let Some(caution) = &card.caution { p { strong { "✗ " (caution) } } }
            ul.chips {
                li { a href={ (dir) "report.html" } { "report" } }
                @if card.is_old(newest) { li.warn { "! over a year older than the newest" } }
                @if card.state != State::Complete { li.warn { "! " (card.state.word()) } }
                @if card.emulated { li.warn { "! emulated: no times" } }
                @for subject in &card.subjects { li { (subject) } }
                @if asked.is_empty() { li.warn { "! conformance was not asked" } } @else { li { "conformance: " (asked) } }
                li { "layerbench " (card.version) }
            }
        }
    }
}
