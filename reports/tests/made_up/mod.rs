//! Small made-up runs with one subject, its control and its twin, of which a test can say what they cost.

use std::collections::BTreeMap;

use reports::record::HostLine;
use reports::{
    CaseResult, Dnf, End, Facts, Level, Line, Outcome, Record, Results, Role, Run, SCHEMA, Subject,
    Support,
};

/// Deterministic noise (splitmix64).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 5 %, and now and then a spike.
    fn noise(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (2.0 * std::f64::consts::PI * self.unit()).cos();
        let spike = if self.unit() < 0.03 {
            -self.unit().ln()
        } else {
            0.0
        };
        (0.05 * normal).exp() * (1.0 + spike)
    }
}

/// What a made-up run is like.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) start: f64,
    pub(crate) detail: f64,
    pub(crate) space: f64,
    pub(crate) inodes: f64,
    pub(crate) image: String,
    pub(crate) started: String,
    pub(crate) run_seed: u64,
    pub(crate) facts: Facts,
    machine: f64,
    noise: u64,
    rounds: u32,
    session: Option<String>,
}

impl Made {
    pub(crate) fn new(noise: u64, rounds: u32) -> Self {
        let facts = [
            ("fingerprint", "one"),
            ("cpu", "made up"),
            ("kernel", "6.18"),
        ];
        Self {
            name: "driver@ext4".to_owned(),
            start: 0.01,
            detail: 0.002,
            space: 1_048_576.0,
            inodes: 4096.0,
            image: "made up".to_owned(),
            started: "2026-01-01T01:01:01Z".to_owned(),
            run_seed: 1,
            facts: facts
                .map(|(name, fact)| (name.to_owned(), fact.to_owned()))
                .into(),
            machine: 1.0,
            noise,
            rounds,
            session: None,
        }
    }

    pub(crate) fn in_session(mut self, name: &str) -> Self {
        self.session = Some(name.to_owned());
        self
    }

    pub(crate) fn noise_of(mut self, seed: u64) -> Self {
        self.noise = seed;
        self
    }

    pub(crate) fn slower_machine(mut self, times: f64) -> Self {
        self.machine = times;
        self
    }

    pub(crate) fn host(&mut self, name: &str, fact: &str) {
        self.facts.insert(name.to_owned(), fact.to_owned());
    }

    pub(crate) fn results(&self) -> Results {
        Results::from_lines(&self.lines()).unwrap()
    }

    /// As `records.jsonl`.
    pub(crate) fn lines(&self) -> String {
        let session = self.session.iter();
        let config = session.map(|name| ("session".to_owned(), name.as_str().into()));
        let mut lines = vec![
            Line::Run(Run {
                schema: SCHEMA,
                seed: self.run_seed,
                profile: "gate".to_owned(),
                rounds: self.rounds,
                started: self.started.clone(),
                config: config.collect(),
                image: Facts::from([("config_digest".to_owned(), self.image.clone())]),
                ..Run::default()
            }),
            Line::Host(HostLine {
                facts: self.facts.clone(),
            }),
        ];
        let twin = format!("{}#twin", self.name);
        let roles = [
            (self.name.as_str(), Role::Subject),
            ("hostdir@ext4", Role::Control),
            (&twin, Role::Twin),
        ];
        lines.extend(roles.map(|(name, role)| Line::Subject(self.subject(name, role))));
        let mut random = Random(self.noise);
        for round in 0..self.rounds {
            // The machine gets slower as it goes, for all alike.
            let machine = self.machine * (1.0 + 0.02 * f64::from(round));
            for (name, role) in roles {
                let control = role == Role::Control;
                let mut time = |cost: f64| {
                    let own = if control { 0.002 } else { cost };
                    machine * own * random.noise()
                };
                for (workload, phase, metric, value) in [
                    ("start", "total", "time", time(self.start)),
                    ("start", "mount", "time", time(self.detail)),
                    ("pull", "pull", "time", time(0.5)),
                    ("copy-up", "append-first", "time", time(0.02)),
                    ("pull", "pull", "allocated", self.space),
                    ("pull", "pull", "inodes", self.inodes),
                    ("pull", "pull", "payload", 1000.0),
                ] {
                    lines.push(Line::Record(record(
                        name, workload, phase, metric, round, value,
                    )));
                }
            }
        }
        lines.push(Line::End(End {
            seconds: 1.0,
            interrupted: false,
        }));
        let lines: Vec<String> = lines
            .iter()
            .map(|line| line.to_json().unwrap() + "\n")
            .collect();
        lines.concat()
    }

    fn subject(&self, name: &str, role: Role) -> Subject {
        Subject {
            name: name.to_owned(),
            driver: name.split('@').next().unwrap_or("").to_owned(),
            role,
            control: (role != Role::Control).then(|| "hostdir@ext4".to_owned()),
            twin_of: (role == Role::Twin).then(|| self.name.clone()),
            backing: Some("ext4".to_owned()),
            options: Facts::new(),
            support: Support::Ready,
            facts: Vec::new(),
            capabilities: BTreeMap::new(),
        }
    }

    /// No round of the workload was finished.
    pub(crate) fn give_up(run: &mut Results, workload: &str) {
        let name = run.subjects[0].name.clone();
        run.records
            .retain(|r| r.subject != name || r.workload != workload);
        run.dnf.push(Dnf {
            subject: name,
            workload: workload.to_owned(),
            phase: None,
            params: Facts::new(),
            round: Some(0),
            after_seconds: Some(60.0),
            reason: "timed out".to_owned(),
        });
    }

    /// The one case was asked.
    pub(crate) fn answer(run: &mut Results, outcome: Outcome) {
        run.cases.push(CaseResult {
            subject: run.subjects[0].name.clone(),
            driver: "driver".to_owned(),
            case: "layers_stay".to_owned(),
            outcome,
            reason: "gone".to_owned(),
            promise: "A layer stays.".to_owned(),
            origin: "made up".to_owned(),
            level: Level::Must,
            theme: "layers".to_owned(),
            capability: None,
            expected: None,
            actual: None,
            seconds: 0.1,
        });
    }

    /// Puts another subject of the same run beside.
    pub(crate) fn join(run: &mut Results, other: Results) {
        let known: Vec<String> = run.subjects.iter().map(|s| s.name.clone()).collect();
        let new = |name: &String| !known.contains(name);
        run.records
            .extend(other.records.into_iter().filter(|r| new(&r.subject)));
        run.subjects
            .extend(other.subjects.into_iter().filter(|s| new(&s.name)));
    }
}

fn record(
    subject: &str,
    workload: &str,
    phase: &str,
    metric: &str,
    round: u32,
    value: f64,
) -> Record {
    Record {
        subject: subject.to_owned(),
        driver: subject.split('@').next().unwrap_or("").to_owned(),
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        metric: metric.to_owned(),
        unit: if metric == "time" { "s" } else { "B" }.to_owned(),
        round,
        position: 0,
        cell: None,
        value,
        params: Facts::new(),
        cache: None,
        cache_refused: None,
        flags: Vec::new(),
        histogram: None,
    }
}
