//! Finds what a text says of the people and machines behind it: paths, addresses, and words that were named.
//!
//! A path begins where a name cannot go on (`x=/home/a`, `"/srv/b c"`, `~/d`, `../e`), and ends at the quote it began
//! with, or before what no path is written with. Kept are `/NAME` alone, and what every system has (`/proc`, `/usr`, ...):
//! errors and answers are about these.

/// What stands for a text that is not to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file or a directory.
    Path,
    /// A registry, or another place of a network.
    Address,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// It says nothing of anybody.
    Plain(&'a str),
    /// It does.
    Private(Kind, &'a str),
}

/// First components of paths that are the same everywhere.
const EVERYWHERE: [&str; 9] = [
    "bin", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr",
];

/// Registries that everybody may know.
const PUBLIC: [&str; 12] = [
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "quay.io",
    "ghcr.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.fedoraproject.org",
    "registry.access.redhat.com",
    "localhost",
];

/// The parts of a text, in order; together they are the text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut before = None;
    while let Some(c) = text[at..].chars().next() {
        let found = if text[at..].starts_with("://") {
            url(text, at)
        } else if goes_on(before) {
            None
        } else {
            path(text, at, before)
        };
        let Some((start, end, kind)) = found else {
            before = Some(c);
            at += c.len_utf8();
            continue;
        };
        // What is public is skipped as a whole, so that nothing in it is taken for a path.
        if let Some(kind) = kind {
            if from < start {
                parts.push(Part::Plain(&text[from..start]));
            }
            parts.push(Part::Private(kind, &text[start..end]));
            from = end;
        }
        at = end;
        before = text[..end].chars().next_back();
    }
    if from < text.len() {
        parts.push(Part::Plain(&text[from..]));
    }
    parts
}

/// Whether what follows this character belongs to the same name.
fn goes_on(before: Option<char>) -> bool {
    before.is_some_and(|c| c.is_alphanumeric() || "/._-~%+@)]}<".contains(c))
}

type Found = Option<(usize, usize, Option<Kind>)>;

/// A path that begins at `at`.
fn path(text: &str, at: usize, before: Option<char>) -> Found {
    let rest = &text[at..];
    let relative = ["./", "../", "~/"].iter().any(|s| rest.starts_with(s));
    if !relative && !rest.starts_with('/') {
        return None;
    }
    let quote = before.filter(|c| "\"'`".contains(*c));
    let quoted = quote.and_then(|quote| rest.find(quote));
    let path = &rest[..quoted.unwrap_or_else(|| bare(rest))];
    let names = path.trim_start_matches(['/', '.', '~']);
    if names.is_empty() {
        return None;
    }
    let mut components = names.split('/').filter(|name| !name.is_empty());
    let first = components.next().unwrap_or_default();
    let alone = components.next().is_none();
    let kept = !relative && (alone || EVERYWHERE.contains(&first)) && !names.contains("..");
    let kind = (!kept).then_some(Kind::Path);
    Some((at, at + path.len(), kind))
}

/// The address behind the `://` at `at`.
fn url(text: &str, at: usize) -> Found {
    let start = at + "://".len();
    let rest = &text[start..];
    // A port belongs to it, a colon at the end does not.
    let address = &rest[..bare(&rest.replace(':', "_"))];
    let address = address.trim_end_matches(':');
    let end = start + address.len();
    let host = address.split('/').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let public = PUBLIC.contains(&host) || host.starts_with("127.") || host.is_empty();
    let file = host.is_empty() && address.len() > 1;
    let kind = match (public, file) {
        (_, true) => Some(Kind::Path),
        (true, false) => None,
        (false, false) => Some(Kind::Address),
    };
    (end > start).then_some((start, end, kind))
}

/// Where a path without quotes ends.
fn bare(rest: &str) -> usize {
    let end =
        rest.find(|c: char| c.is_whitespace() || c.is_control() || "\"'`,;:()[]{}<>|".contains(c));
    let path = &rest[..end.unwrap_or(rest.len())];
    // A sentence ends behind it.
    path.trim_end_matches('.').len()
}

/// The text with every whole word that is one of `words` replaced.
pub(super) fn without(text: &str, words: &[(String, &'static str)]) -> String {
    let mut text = text.to_owned();
    for (word, instead) in words {
        if text.contains(word.as_str()) {
            text = replaced(&text, word, instead);
        }
    }
    text
}

fn replaced(text: &str, word: &str, instead: &str) -> String {
    let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(word) {
        let end = at + found.len();
        let inside = part_of_name(text[..at].chars().next_back())
            || part_of_name(text[end..].chars().next());
        if !inside {
            out.extend([&text[from..at], instead]);
            from = end;
        }
    }
    out + &text[from..]
}

/// The names of users whose home directories a text speaks of.
pub(super) fn homes(text: &str) -> impl Iterator<Item = &str> {
    ["/home/", "/Users/"].into_iter().flat_map(move |place| {
        text.match_indices(place).filter_map(move |(at, _)| {
            let rest = &text[at + place.len()..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
            Some(&rest[..end.unwrap_or(rest.len())]).filter(|name| !name.is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(text: &str) -> Vec<&str> {
        let parts = parts(text);
        let whole: String = parts
            .iter()
            .map(|part| match part {
                Part::Plain(text) | Part::Private(_, text) => *text,
            })
            .collect();
        assert_eq!(whole, text);
        let private = parts.into_iter().filter_map(|part| match part {
            Part::Private(_, text) => Some(text),
            Part::Plain(_) => None,
        });
        private.collect()
    }

    #[test]
    fn paths_are_found_where_people_write_them() {
        for (text, found) in [
            ("write /home/alice/x: no space", vec!["/home/alice/x"]),
            (
                "(/srv/a/b), ../c/d and ~/e.",
                vec!["/srv/a/b", "../c/d", "~/e"],
            ),
            ("--out=/srv/secret/x", vec!["/srv/secret/x"]),
            (
                "read \"/srv/my files/x y\": gone",
                vec!["/srv/my files/x y"],
            ),
            ("/srv/é/ü", vec!["/srv/é/ü"]),
            ("mount a at /mnt/b/c.", vec!["/mnt/b/c"]),
            ("/usr/../home/alice", vec!["/usr/../home/alice"]),
        ] {
            assert_eq!(private(text), found, "{text}");
        }
    }

    #[test]
    fn what_everybody_has_is_kept() {
        for text in [
            "/proc/self/mountinfo and /usr/bin/env and /dev/zfs",
            "start/total, 3 B/s, layer/volume, 1 / 2, </b>",
            "rename /a to /b: EXDEV",
            "docker://docker.io/library/debian:12",
            "http://127.0.0.1:5000/v2",
            "/",
            "...",
            "",
            "://",
            "a://\u{a0}b",
            "./ é/",
        ] {
            assert_eq!(private(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn addresses_are_found_as_a_whole() {
        assert_eq!(
            private("GET https://registry.corp.example:5000/v2/app: 401"),
            ["registry.corp.example:5000/v2/app"]
        );
        assert_eq!(
            private("docker://hub.corp/a@sha256:00"),
            ["hub.corp/a@sha256:00"]
        );
        assert_eq!(private("file:///srv/x/y"), ["/srv/x/y"]);
    }

    #[test]
    fn only_whole_words_are_taken_out() {
        let words = [("web".to_owned(), "[host]")];
        assert_eq!(
            without("web: webs on web-1, my_web. web", &words),
            "[host]: webs on [host]-1, my_web. [host]"
        );
    }

    #[test]
    fn homes_tell_names() {
        let text = "/home/alice/x, /Users/bob";
        assert_eq!(homes(text).collect::<Vec<_>>(), ["alice", "bob"]);
    }
}
