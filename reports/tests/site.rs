//! The site: every link leads somewhere, nothing is loaded, names stay text, the same runs give the same bytes; and what
//! says who made a run is taken out of it.

mod common;
mod markup;
mod sites;

use std::collections::BTreeSet;

use markup::tags;
use quick_xml::Reader;
use quick_xml::events::Event;
use reports::Results;
use reports::site::{self, Card, Redactor, Site};
use sites::{build, runs, site};

/// Where a link of a page leads, from the root of the site.
fn target(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop().expect("a link leads out of the site")),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_loaded() {
    let files = build(&runs());
    let beside = ["report.html", "results.json.gz"];
    let mut reached = BTreeSet::from(["index.html".to_owned()]);
    for (path, page) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let tags = tags(page).unwrap_or_else(|error| panic!("{path}: {error}"));
        let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "{path}: an id twice"
        );
        for tag in &tags {
            assert!(
                !["script", "img", "iframe", "form", "object"].contains(&tag.name.as_str()),
                "{path}: {tag:?}"
            );
            if let Some(label) = tag.get("aria-labelledby") {
                assert!(ids.contains(&label), "{path}: {tag:?}");
            }
            let Some(link) = tag.get("href") else {
                continue;
            };
            if let Some(id) = link.strip_prefix('#') {
                assert!(ids.contains(&id), "{path}: {link}");
                continue;
            }
            let target = target(path, link);
            let name = target.rsplit('/').next().unwrap();
            let made_beside = beside.contains(&name) && target.starts_with("runs/");
            assert!(
                files.contains_key(&target) || made_beside || target == "files.sha256",
                "{path}: {link} leads to {target}"
            );
            reached.insert(target);
        }
        assert!(
            !page.contains("url(") && !page.contains("@import"),
            "{path}"
        );
    }
    for path in files.keys() {
        assert!(reached.contains(path), "nothing leads to {path}");
    }
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    assert_eq!(build(&runs()), build(&runs()));
}

#[test]
fn the_index_tells_machines_kernels_and_ages_apart() {
    let files = build(&runs());
    let index = &files["index.html"];
    let at = |text: &str| {
        index
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {index}"))
    };
    // The machine with the newest run first; in it, the newest kernel.
    assert!(at("class 00bb") < at("class 00aa"));
    assert!(at("runs/c-3/") < at("runs/b-2/") && at("runs/b-2/") < at("runs/a-1/"));
    assert!(at("Linux 6.12.0") < at("Linux 6.1.0"));
    assert_eq!(index.matches("over a year older").count(), 1);
    assert!(index[at("runs/a-1/")..].contains("over a year older"));
}

#[test]
fn machines_are_compared_by_ratios_only() {
    let files = build(&runs());
    let same = &files["compare/a-1/b-2/index.html"];
    let other = &files["compare/b-2/c-3/index.html"];
    assert!(!same.contains("two machines") && other.contains("two machines"));
    assert!(other.contains("only ratios to the control are compared"));
    assert!(!other.contains("absolute; unpaired") && other.contains("ratio to control"));
    // What differs beside the numbers is there, and is marked where it matters.
    assert!(same.contains("host kernel") && same.contains("6.12.0"));
    let overview = &files["compare/index.html"];
    assert_eq!(overview.matches("(ratios)").count(), 2);
}

#[test]
fn runs_without_a_subject_in_common_say_so() {
    let mut runs = runs();
    for subject in &mut runs[0].1.subjects {
        subject.name.push_str("-other");
        subject.driver.push_str("-other");
    }
    let files = build(&runs);
    assert!(files["compare/a-1/b-2/index.html"].contains("no subject in common"));
    assert!(files["compare/index.html"].contains("not comparable"));
}

#[test]
fn other_work_is_not_compared() {
    let mut runs = runs();
    runs[2]
        .1
        .run
        .image
        .insert("layers".to_owned(), "99".to_owned());
    let files = build(&runs);
    let page = &files["compare/b-2/c-3/index.html"];
    assert!(
        page.contains("<strong>no number can be compared: other work"),
        "{page}"
    );
    assert_eq!(page.matches("no number can be compared").count(), 1);
    assert_eq!(files["compare/index.html"].matches("other work").count(), 2);
}

#[test]
fn the_feed_is_well_formed_and_its_names_stay() {
    let feed = build(&runs())["feed.xml"].clone();
    let mut reader = Reader::from_str(&feed);
    let (mut entries, mut ids, mut inside) = (0, BTreeSet::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                inside = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
                entries += usize::from(inside == "entry");
            }
            Event::Text(text) if inside == "id" => {
                let id = String::from_utf8(text.to_vec()).unwrap();
                assert!(
                    id.starts_with("urn:uuid:") && ids.insert(id.clone()),
                    "{id}"
                );
            }
            Event::End(_) => inside.clear(),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((entries, ids.len()), (3, 4));
    assert!(feed.contains("<updated>2026-03-01T00:00:00Z</updated>"));
    // A run that joins changes nothing of the others.
    let fewer = build(&runs()[..2])["feed.xml"].clone();
    let entry = |feed: &str, id: &str| {
        let mut all = feed.split("<entry>").skip(1);
        let found = all.find(|entry| entry.contains(id)).unwrap();
        found.split("</entry>").next().unwrap().to_owned()
    };
    assert_eq!(entry(&feed, "runs/b-2/"), entry(&fewer, "runs/b-2/"));
    let site = Site {
        url: Some("https://example.org/x/".to_owned()),
        ..site()
    };
    let runs = runs();
    let feed = site::feed::feed(&site, &[Card::new(&runs[0].0, &runs[0].1)]);
    assert!(
        feed.contains("\"https://example.org/x/runs/a-1/index.html\""),
        "{feed}"
    );
}

#[test]
fn names_from_hosts_stay_text_on_every_page() {
    let evil = "\"'><script>alert(1)</script>&amp;\u{1}\u{202e}\n]]>";
    let quoted = serde_json::to_string(evil).unwrap();
    let quoted = &quoted[1..quoted.len() - 1];
    let hostile: Vec<(String, Results)> = runs()
        .into_iter()
        .map(|(id, run)| {
            let mut text = run.to_json().unwrap();
            for name in ["overlay2@ext4", "Invented CPU", "copy-up", "6.1.0", "EXDEV"] {
                text = text.replace(name, &format!("{name}{quoted}"));
            }
            (id, Results::from_json(&text).unwrap())
        })
        .collect();
    for (path, page) in build(&hostile) {
        assert!(!page.contains("<script>"), "{path}");
        if path.ends_with(".html") {
            tags(&page).unwrap_or_else(|error| panic!("{path}: {error}"));
        } else {
            let mut reader = Reader::from_str(&page);
            while reader.read_event().unwrap() != Event::Eof {}
            assert!(!page.contains('\u{1}'));
        }
    }
}

/// A run full of what its maker would not publish.
fn telling() -> Results {
    let mut results = common::results(2);
    results.run.command_line = [
        "/home/alice/src/layerbench/target/release/layerbench",
        "run",
        "--out",
        "acme plans/out",
        "--image=docker://registry.acme.example/app:1",
        "--work=/srv/acme secret/work",
        "--driver",
        "overlay2@ext4",
    ]
    .map(str::to_owned)
    .to_vec();
    results
        .host
        .insert("disk_device".to_owned(), "/dev/vda of builder-7".to_owned());
    results
        .run
        .image
        .insert("name".to_owned(), "~/images/acme.tar".to_owned());
    results.dnf[0].reason =
        "alice on builder-7: write \"/srv/acme secret/work/x\": disk full; /proc/self/mounts"
            .to_owned();
    results.cases[0].reason = "see https://wiki.acme.example/x, /etc/fstab and /a".to_owned();
    results
}

#[test]
fn what_tells_who_made_a_run_is_taken_out() {
    let redactor = Redactor::new(
        &["builder-7.acme.example".to_owned()],
        &["root".to_owned()],
        &[],
    );
    let results = redactor.results(&telling()).unwrap();
    let text = results.to_json().unwrap();
    for secret in [
        "alice",
        "builder-7",
        "acme",
        "registry",
        "/home",
        "/srv",
        "wiki",
    ] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert_eq!(
        results.run.command_line,
        [
            "layerbench",
            "run",
            "--out",
            "[path 1]",
            "--image=docker://[address 1]",
            "--work=[path 2]",
            "--driver",
            "overlay2@ext4"
        ]
    );
    assert_eq!(results.host["disk_device"], "/dev/vda of [host]");
    assert!(
        results.dnf[0]
            .reason
            .starts_with("[user] on [host]: write \"[path ")
    );
    assert!(
        results.dnf[0]
            .reason
            .ends_with("disk full; /proc/self/mounts")
    );
    assert!(results.cases[0].reason.ends_with("/etc/fstab and /a"));
    // Numbers are what they were, and there is nothing left to take out.
    assert_eq!(results.records, telling().records);
    assert_eq!(redactor.results(&results).unwrap(), results);
}

#[test]
fn an_ordinary_run_loses_nothing_but_paths() {
    let users = ["root", "build", "user"].map(str::to_owned);
    let redactor = Redactor::new(&["localhost".to_owned()], &users, &[]);
    let results = common::results(3);
    assert_eq!(redactor.results(&results).unwrap(), results);
}

#[test]
fn a_word_that_is_named_is_nowhere_or_it_is_an_error() {
    let mut results = common::results(2);
    results.run.profile = "acme nightly".to_owned();
    for record in &mut results.records {
        record.workload = record.workload.replace("copy-up", "acme-app");
    }
    let words = |word: &str| Redactor::new(&[], &[], &[word.to_owned()]);
    let text = words("acme").results(&results).unwrap().to_json().unwrap();
    assert!(!text.contains("acme") && text.contains("[redacted]-app"));
    // A word of the format itself cannot be.
    let error = words("ready").results(&results).unwrap_err();
    assert!(
        error.to_string().contains("take private names out"),
        "{error}"
    );
}
