//! The feed of new runs: Atom (RFC 4287).

use sha2::{Digest as _, Sha256};

use super::card::Card;
use super::frame::{Site, run_dir};

/// The most entries; readers keep what they have seen.
const MOST: usize = 20;

/// The feed, the newest run first.
pub fn feed(site: &Site, cards: &[Card]) -> String {
    let url = site.url.as_deref().unwrap_or_default();
    let newest = cards.iter().map(|card| card.started.as_str()).max();
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    let mut put = |depth: usize, line: String| {
        text.extend(["  ".repeat(depth).as_str(), &line, "\n"]);
    };
    put(1, element("title", &site.title));
    put(
        1,
        element("id", &urn(&format!("site {url} {}", site.title))),
    );
    put(1, element("updated", date(newest.unwrap_or_default())));
    put(1, "<author><name>layerbench</name></author>".to_owned());
    put(1, format!("<link href=\"{}index.html\"/>", escape(url)));
    if site.url.is_some() {
        put(
            1,
            format!("<link rel=\"self\" href=\"{}feed.xml\"/>", escape(url)),
        );
    }
    for card in cards.iter().rev().take(MOST) {
        let said = format!(
            "{}. Linux {}, layerbench {}, profile {}, {} rounds. {}",
            card.machine,
            card.kernel,
            card.version,
            card.profile,
            card.rounds,
            card.caution.as_deref().unwrap_or_default()
        );
        put(1, "<entry>".to_owned());
        put(2, element("title", &card.sentence));
        put(2, element("id", &urn(&format!("run {}", card.id))));
        put(2, element("updated", date(&card.started)));
        let link = format!("{url}{}index.html", run_dir(&card.id));
        put(2, format!("<link href=\"{}\"/>", escape(&link)));
        put(2, element("summary", said.trim_end()));
        put(1, "</entry>".to_owned());
    }
    text + "</feed>\n"
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// As text or as an attribute; what XML has no way to write is a blank.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A date as Atom wants it; runs without one are of no time.
fn date(started: &str) -> &str {
    if started.parse::<jiff::Timestamp>().is_ok() {
        started
    } else {
        "1970-01-01T00:00:00Z"
    }
}

/// A name that stays: a UUID (version 8, RFC 9562) made of a hash.
fn urn(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
