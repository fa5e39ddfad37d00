//! How results are printed: the same in every format, without colour where none is wanted; completions and manual pages.

use crate::session::Session;

/// The rows of comma-separated values (RFC 4180).
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', true) if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut field)),
            ('\r', false) => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            (c, _) => field.push(c),
        }
    }
    assert!(field.is_empty() && row.is_empty() && !quoted, "{text}");
    rows
}

#[test]
fn results_are_printed_in_every_format() {
    let session = Session::new();
    let case = "image_never_changes";
    session.expect(
        0,
        &[
            "run",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--case",
            case,
            "--workload",
            "start",
        ],
    );
    session.expect(0, &["image", "generate", "image", "--preset", "tiny"]);
    for line in [
        &["report"][..],
        &["history"],
        &["trend"],
        &["claims"],
        &["compare", "latest", "latest", "--all"],
        &["doctor"],
        &["list"],
        &["image", "inspect", "image"],
        &["conform", "--list"],
        &[
            "conform", "--driver", "vfs", "--case", case, "--out", "cases",
        ],
    ] {
        let print = |format: &str| session.expect(0, &[line, &["--format", format]].concat()).0;
        let rows = csv(&print("csv"));
        assert!(rows.len() > 1, "{line:?}");
        for row in &rows {
            assert_eq!(row.len(), rows[0].len(), "{line:?}: {row:?}");
        }
        let markdown = print("markdown");
        let is_table = |line: &str| line.starts_with("| ") && line.ends_with(" |");
        assert!(
            markdown.lines().filter(|line| is_table(line)).count() > 1
                || markdown.starts_with("# "),
            "{line:?}: {markdown}"
        );
        let json: serde_json::Value = serde_json::from_str(&print("json")).unwrap();
        assert!(json.is_object() || json.is_array());
        assert!(!print("table").is_empty());
        session.expect(2, &[line, &["--format", "csv", "--json"]].concat());
        session.expect(2, &[line, &["--format", "nosuch"]].concat());
    }
}

/// Without a terminal nothing is coloured, so that this is asked on one (`script` makes it).
#[test]
fn no_colour_where_none_is_wanted() {
    let session = Session::new();
    let binary = env!("CARGO_BIN_EXE_layerbench");
    let on_a_terminal = |line: &str, variable: &str| {
        let command = format!("{variable} TERM=xterm {binary} {line}");
        let output = session.tool("script", &["-qec", &command, "/dev/null"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(
        on_a_terminal("--help", "NO_COLOR=").contains("\u{1b}["),
        "the terminal shows no colour at all"
    );
    for line in ["--help", "nosuch", "list", "doctor", "-v history ."] {
        let text = on_a_terminal(line, "NO_COLOR=1");
        assert!(
            !text.is_empty() && !text.contains("\u{1b}["),
            "{line}: {text:?}"
        );
    }
}

#[test]
fn shells_complete_and_pages_are_there() {
    let session = Session::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (script, _) = session.expect(0, &["completions", shell]);
        for word in ["publish", "no-redact", "markdown"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let (script, _) = session.expect(0, &["completions", "bash"]);
    std::fs::write(session.path("complete"), script).unwrap();
    let ask = "source ./complete; COMP_WORDS=(layerbench publ); COMP_CWORD=1; _layerbench layerbench publ layerbench; echo ${COMPREPLY[@]}";
    let output = session.tool("bash", &["-c", ask]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "publish");

    let (_, err) = session.expect(0, &["man", "pages/man1"]);
    assert!(err.contains("layerbench.1"), "{err}");
    let read = |name: &str| std::fs::read_to_string(session.path("pages/man1").join(name)).unwrap();
    assert!(read("layerbench.1").contains(".TH layerbench 1"));
    assert!(read("layerbench-publish.1").contains("no\\-redact"));
    // The process that counts is no command of users.
    assert!(!session.path("pages/man1/layerbench-count.1").exists());
    session.expect(2, &["completions", "nosuch"]);
}
