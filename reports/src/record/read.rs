//! Reading and writing results, of this version of the format and of every older one.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Block, Line, Results, SCHEMA};
use crate::error::{Error, ErrorKind, Result};

impl Line {
    /// The line as text, without the newline.
    ///
    /// # Errors
    /// `BadInput` for a number that JSON cannot hold (infinite, or none).
    pub fn to_json(&self) -> Result<String> {
        let finite = match self {
            Self::Record(record) => record.value.is_finite(),
            Self::Case(case) => case.seconds.is_finite(),
            Self::End(end) => end.seconds.is_finite(),
            Self::Cell(cell) => cell.is_finite(),
            Self::Dnf(dnf) => dnf.after_seconds.is_none_or(f64::is_finite),
            Self::Run(_) | Self::Host(_) | Self::Subject(_) | Self::Block(_) => true,
        };
        if !finite {
            return Err(Error::new(
                ErrorKind::BadInput,
                "write a record: its number is not finite",
            ));
        }
        serde_json::to_string(self)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("write a record: {e}")))
    }
}

impl Results {
    /// Takes one line in.
    pub fn push(&mut self, line: Line) {
        match line {
            Line::Run(run) => {
                self.schema = run.schema;
                self.run = run;
            }
            Line::Host(host) => self.host = host.facts,
            // A subject named again replaces what was known of it: facts grow while a driver is open.
            Line::Subject(subject) => {
                match self.subjects.iter_mut().find(|s| s.name == subject.name) {
                    Some(known) => *known = subject,
                    None => self.subjects.push(subject),
                }
            }
            Line::Cell(cell) => self.cells.push(cell),
            // A repeat is announced before it is measured; what came of it replaces that.
            Line::Block(block) => {
                let same = |b: &&mut Block| b.workload == block.workload && b.round == block.round;
                match self.blocks.iter_mut().find(same) {
                    Some(known) => *known = block,
                    None => self.blocks.push(block),
                }
            }
            Line::Record(record) => self.records.push(record),
            Line::Case(case) => self.cases.push(case),
            Line::Dnf(dnf) => self.dnf.push(dnf),
            Line::End(end) => self.end = Some(end),
        }
    }

    /// Why a line cannot be of this run: files that were put together give numbers that nobody measured.
    fn belongs_elsewhere(&self, line: &Line) -> Option<String> {
        match line {
            Line::Run(run) if self.schema != 0 => {
                let known = &self.run;
                let same = (&run.started, run.seed, &run.version, &run.id)
                    == (&known.started, known.seed, &known.version, &known.id);
                (!same).then(|| {
                    format!(
                        "another run begins here (of {}; the file began with that of {}): the file holds two, split it before this line",
                        run.started, known.started
                    )
                })
            }
            Line::Host(host) if !self.host.is_empty() && host.facts != self.host => Some(
                "it is of another host than the lines before it: two files were mixed up"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// Reads `records.jsonl`. A last line cut short by a crash is left out; any other bad line is an error.
    ///
    /// # Errors
    /// `BadInput` with the line's number; `Schema` when another version wrote it.
    pub fn from_lines(text: &str) -> Result<Self> {
        let mut results = Self::default();
        let mut version = SCHEMA;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if number == 0 {
                version = check_schema(line)?;
            }
            match parse::<Line>(line, version) {
                Ok(line) => {
                    if let Some(what) = results.belongs_elsewhere(&line) {
                        return Err(Error::new(
                            ErrorKind::BadInput,
                            format!("read line {} of the records: {what}", number + 1),
                        ));
                    }
                    results.push(line);
                }
                Err(_) if number > 0 && !line.ends_with('\n') => break,
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::BadInput,
                        format!("read line {} of the records: {error}", number + 1),
                    ));
                }
            }
        }
        if results.schema != SCHEMA {
            return Err(Error::new(
                ErrorKind::BadInput,
                "read the records: the first line must be the run (kind \"run\")",
            ));
        }
        Ok(results)
    }

    /// Reads `results.json`.
    ///
    /// # Errors
    /// `BadInput`; `Schema` when another version wrote it.
    pub fn from_json(text: &str) -> Result<Self> {
        let version = check_schema(text)?;
        parse(text, version)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("read the results: {e}")))
    }

    /// `results.json`: indented, ends with a newline, the same bytes for the same results.
    ///
    /// # Errors
    /// `BadInput` when a value cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::new(ErrorKind::BadInput, format!("write the results: {e}")))?;
        text.push('\n');
        Ok(text)
    }
}

/// Parses what version `version` wrote.
fn parse<T: DeserializeOwned>(text: &str, version: u32) -> serde_json::Result<T> {
    if version == SCHEMA {
        return serde_json::from_str(text);
    }
    let mut value = serde_json::from_str(text)?;
    if version < 2 {
        from_1(&mut value);
    }
    serde_json::from_value(value)
}

/// Schema 1 had one number for "page cache dropped": `dropped`, now `lukewarm`; and no cells.
fn from_1(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match name.as_str() {
                    "schema" => *field = SCHEMA.into(),
                    "cache" if field == "dropped" => *field = "lukewarm".into(),
                    _ => from_1(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(from_1),
        _ => {}
    }
}

/// The version of a text, when it is one that can be read: told by its number, before any field can be misread.
fn check_schema(text: &str) -> Result<u32> {
    /// Only the version: all other fields are passed over.
    #[derive(Deserialize)]
    struct Version {
        schema: Option<u32>,
    }
    let version: Version = serde_json::from_str(text)
        .map_err(|e| Error::new(ErrorKind::BadInput, format!("read the results: {e}")))?;
    match version.schema {
        Some(version @ 1..=SCHEMA) => Ok(version),
        Some(other) => Err(Error::new(
            ErrorKind::Schema,
            format!(
                "read the results: they have schema {other}, this layerbench reads schema 1 to {SCHEMA}; use the version that wrote them, or a newer one"
            ),
        )),
        None => Err(Error::new(
            ErrorKind::BadInput,
            "read the results: there is no schema number",
        )),
    }
}
