//! The ready-made CI files: every step of action.yml, and the script of the GitLab example, run for real with the
//! environment the CI would give them. Their schemas are checked by scripts/lint-ci.sh.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use yaml_rust2::{Yaml, YamlLoader};

use crate::session::Session;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn yaml(path: &str) -> Yaml {
    let text = std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// GitHub's side of a composite action: inputs, files that steps write to, conditions.
struct Runner {
    session: Session,
    action: Yaml,
    inputs: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    path: Vec<String>,
    failed: bool,
}

impl Runner {
    fn new(session: Session, given: &[(&str, &str)]) -> Self {
        let action = yaml("action.yml");
        let mut inputs: BTreeMap<String, String> = action["inputs"]
            .as_hash()
            .unwrap()
            .iter()
            .map(|(name, input)| {
                let default = input["default"].as_str().expect("a default, as text");
                (name.as_str().unwrap().to_owned(), default.to_owned())
            })
            .collect();
        for (name, value) in given {
            let known = inputs.insert((*name).to_owned(), (*value).to_owned());
            assert!(known.is_some(), "action.yml has no input {name}");
        }
        for name in ["temp", "env", "path", "output", "summary"] {
            let at = session.path(name);
            if name == "temp" {
                std::fs::create_dir_all(at).unwrap();
            } else {
                std::fs::write(at, "").unwrap();
            }
        }
        Self {
            session,
            action,
            inputs,
            variables: BTreeMap::new(),
            path: Vec::new(),
            failed: false,
        }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.session.path(name)).unwrap()
    }

    /// What an expression without its braces comes to.
    fn expression(&self, text: &str) -> String {
        match text.trim() {
            "github.action_path" => ROOT.to_owned(),
            other => {
                let name = other.strip_prefix("inputs.").expect(other);
                self.inputs.get(name).expect(name).clone()
            }
        }
    }

    fn expanded(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut expanded = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            expanded += &self.expression(expression);
            expanded += rest;
        }
        expanded
    }

    /// Whether a step runs: GitHub adds success() where a condition has no status function.
    fn runs(&self, step: &Yaml) -> bool {
        let Some(condition) = step["if"].as_str() else {
            return !self.failed;
        };
        let condition = condition.trim_start_matches("${{").trim_end_matches("}}");
        let mut fine = true;
        let mut status = false;
        for term in condition.split("&&").map(str::trim) {
            match term {
                "always()" | "!cancelled()" => status = true,
                _ if term.contains("==") => {
                    let (input, value) = term.split_once("==").unwrap();
                    fine &= self.expression(input) == value.trim().trim_matches('\'');
                }
                _ => {
                    let (input, value) = term.split_once("!=").expect(term);
                    fine &= self.expression(input) != value.trim().trim_matches('\'');
                }
            }
        }
        fine && (status || !self.failed)
    }

    /// Runs every step of the action; gives what each printed, by name.
    fn run(&mut self) -> BTreeMap<String, (i32, String)> {
        let mut ran = BTreeMap::new();
        for step in self.action["runs"]["steps"].as_vec().unwrap().clone() {
            let name = step["name"].as_str().unwrap().to_owned();
            let Some(script) = step["run"].as_str() else {
                assert!(
                    step["uses"].as_str().is_some(),
                    "{name}: neither run nor uses"
                );
                continue;
            };
            assert_eq!(step["shell"].as_str(), Some("bash"), "{name}");
            assert!(
                !script.contains("${{"),
                "{name}: an input in a script is code"
            );
            if !self.runs(&step) {
                continue;
            }
            let output = self.step(&step, script);
            self.take_over();
            let code = output.status.code().unwrap_or(-1);
            self.failed |= code != 0;
            ran.insert(name, (code, said(&output)));
        }
        ran
    }

    /// As the runner starts it: `bash --noprofile --norc -eo pipefail FILE`.
    fn step(&self, step: &Yaml, script: &str) -> Output {
        let file = self.session.path("temp/step.sh");
        std::fs::write(&file, script).unwrap();
        let mut command = self.session.program(
            "bash",
            &[
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                file.to_str().unwrap(),
            ],
        );
        let before = std::env::var("PATH").unwrap();
        let mut path = self.path.clone();
        path.push(before);
        command
            .env("PATH", path.join(":"))
            .env("RUNNER_TEMP", self.session.path("temp"))
            .env("GITHUB_WORKSPACE", self.session.dir())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ENV", self.session.path("env"))
            .env("GITHUB_PATH", self.session.path("path"))
            .env("GITHUB_OUTPUT", self.session.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.session.path("summary"))
            .envs(&self.variables);
        for (name, value) in step["env"].as_hash().into_iter().flatten() {
            command.env(
                name.as_str().unwrap(),
                self.expanded(value.as_str().unwrap()),
            );
        }
        command.output().unwrap()
    }

    fn take_over(&mut self) {
        for line in self.file("env").lines() {
            let (name, value) = line.split_once('=').expect(line);
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        self.path = self.file("path").lines().rev().map(str::to_owned).collect();
    }
}

const BINARY: &str = env!("CARGO_BIN_EXE_layerbench");

#[test]
fn every_step_of_the_action_works() {
    let mut runner = Runner::new(
        Session::new(),
        &[
            ("binary", BINARY),
            ("drivers", "vfs"),
            ("conform-args", "--case image_never_changes"),
            ("bench-args", "--profile smoke --workload pull"),
            ("annotate", "ci.yml"),
        ],
    );
    let ran = runner.run();
    let names: Vec<&str> = ran.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["Benchmark", "Collect", "Conformance", "Install layerbench"]
    );
    for (name, (code, said)) in &ran {
        assert_eq!(*code, 0, "{name}: {said}");
    }
    assert!(ran["Benchmark"].1.contains("on GitHub, layerbench export"));
    // A conformance run and a measured one, both kept; the newest is the report.
    let out = runner.session.path("layerbench-out");
    assert_eq!(std::fs::read_dir(out.join("runs")).unwrap().count(), 2);
    let report = runner.file("output");
    let report = PathBuf::from(report.trim().strip_prefix("report=").unwrap());
    assert!(report.ends_with("report.html") && report.exists());
    assert_eq!(runner.file("summary").matches("# layerbench\n").count(), 2);
    runner.session.assert_clean();
}

#[test]
fn a_failure_of_one_step_is_told_and_the_others_still_report() {
    let mut runner = Runner::new(
        Session::new(),
        &[
            ("binary", BINARY),
            ("drivers", "vfs"),
            ("conform-args", "--case nosuch"),
            ("bench-args", "--profile smoke --workload pull"),
        ],
    );
    let ran = runner.run();
    assert_eq!(ran["Conformance"].0, 2, "{}", ran["Conformance"].1);
    assert_eq!(ran["Benchmark"].0, 0, "{}", ran["Benchmark"].1);
    assert!(runner.file("output").starts_with("report="));
    // What is not installed is not used.
    let mut runner = Runner::new(Session::new(), &[("binary", "/no/such/program")]);
    let ran = runner.run();
    assert_ne!(ran["Install layerbench"].0, 0);
    assert!(!ran.contains_key("Conformance"));
}

#[test]
fn the_gate_step_passes_what_is_equal_and_tells_what_is_worse() {
    let session = Session::new();
    let line = [
        "bench",
        "--profile",
        "smoke",
        "--driver",
        "vfs",
        "--workload",
        "pull",
    ];
    session.expect(0, &[&line[..], &["--out", "base"]].concat());
    let records = std::fs::read_to_string(session.path("base/records.jsonl")).unwrap();
    // Another baseline, which took half the space.
    let planted: Vec<String> = records
        .lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            if line["metric"] == "allocated" && line["driver"] != "hostdir" {
                line["value"] = (line["value"].as_f64().unwrap() / 2.0).into();
            }
            line.to_string() + "\n"
        })
        .collect();
    std::fs::create_dir(session.path("planted")).unwrap();
    std::fs::write(session.path("planted/records.jsonl"), planted.concat()).unwrap();
    let mut session = session;
    for (baseline, code, word) in [
        ("base", 0, "passed"),
        (
            "planted",
            1,
            "::error title=layerbench gate::a regression is confirmed",
        ),
        (
            "absent",
            66,
            "::error title=layerbench gate::it ended with code 66",
        ),
    ] {
        let given = [
            ("binary", BINARY),
            ("conform", "false"),
            ("bench", "false"),
            ("baseline", baseline),
        ];
        let mut runner = Runner::new(session, &given);
        let ran = runner.run();
        let (got, said) = &ran["Gate"];
        assert_eq!(*got, code, "{baseline}: {said}");
        assert!(said.contains(word), "{baseline}: {said}");
        assert!(ran.contains_key("Collect"));
        assert_eq!(code == 66, runner.file("summary").is_empty(), "{baseline}");
        session = runner.session;
    }
    session.assert_clean();
}

/// The scripts of a GitLab job, as its runner joins them.
#[test]
fn the_gitlab_job_works() {
    let session = Session::new();
    let job = &yaml("docs/ci/gitlab-ci.yml")["storage"];
    let lines = |name: &str| -> Vec<String> {
        let lines = job[name].as_vec().unwrap().iter();
        lines
            .map(|line| line.as_str().unwrap().to_owned())
            .collect()
    };
    session.expect(
        0,
        &[
            "bench",
            "--profile",
            "smoke",
            "--driver",
            "vfs",
            "--workload",
            "pull",
            "--out",
            "ci/baseline",
        ],
    );
    let script = [lines("before_script"), lines("script")]
        .concat()
        .join("\n");
    std::fs::write(session.path("job.sh"), script).unwrap();
    let mut command = session.program("bash", &["-eo", "pipefail", "job.sh"]);
    for (name, value) in job["variables"].as_hash().unwrap() {
        command.env(name.as_str().unwrap(), value.as_str().unwrap());
    }
    let output = command
        .env("LAYERBENCH_BINARY", BINARY)
        .env("LAYERBENCH_DRIVER", "vfs")
        .env("LAYERBENCH_WORK", session.path("work"))
        .env("LAYERBENCH_CONFORM_ARGS", "--case image_never_changes")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    for artifact in [
        "conformance.xml",
        "gate.xml",
        "metrics.txt",
        "layerbench-out/report.html",
    ] {
        assert!(
            session.path(artifact).exists(),
            "{artifact}: {}",
            said(&output)
        );
    }
    session.assert_clean();
}

/// What is built where no program is given is what `make build` builds.
#[test]
fn the_program_is_built_where_the_steps_look_for_it() {
    let session = Session::new();
    let output = session.tool("make", &["--dry-run", "-C", ROOT, "build"]);
    let said = said(&output);
    assert!(said.contains("cargo build --release"), "{said}");
    let steps = std::fs::read_to_string(Path::new(ROOT).join("action.yml")).unwrap();
    assert!(steps.contains("target/release/layerbench"));
}
