//! Comma-separated values after RFC 4180: every record, one a row.

use std::fmt::Write as _;

use crate::record::{Cache, Record, Results, Role};
use crate::series::Key;
use crate::trend::Filter;

const HEAD: &str = "run,subject,driver,role,workload,phase,metric,unit,params,round,position,cell,cache,value,flags\r\n";

/// The records that the filter takes; all of them when it asks for nothing in particular.
pub fn csv(results: &Results, filter: &Filter) -> String {
    let mut text = HEAD.to_owned();
    for record in &results.records {
        if filter.takes(&record.subject, &Key::of(record), true) {
            line(&mut text, results, record);
        }
    }
    text
}

fn line(text: &mut String, results: &Results, record: &Record) {
    let subject = results.subjects.iter().find(|s| s.name == record.subject);
    let role = match subject.map(|subject| subject.role) {
        Some(Role::Subject) | None => "subject",
        Some(Role::Control) => "control",
        Some(Role::Twin) => "twin",
    };
    let cache = match record.cache {
        Some(Cache::Cold) => "cold",
        Some(Cache::Lukewarm) => "lukewarm",
        Some(Cache::Warm) => "warm",
        None => "",
    };
    let params: Vec<String> = record
        .params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let fields = [
        results.run.id.as_str(),
        &record.subject,
        &record.driver,
        role,
        &record.workload,
        &record.phase,
        &record.metric,
        &record.unit,
        &params.join(" "),
    ];
    for value in fields {
        text.extend([field(value).as_str(), ","]);
    }
    let _ = write!(text, "{},{},", record.round, record.position);
    text.extend(record.cell.map(|cell| cell.to_string()));
    let _ = write!(text, ",{cache},{},", record.value);
    text.extend([field(&record.flags.join("; ")).as_str(), "\r\n"]);
}

/// A field, in quotes where it needs them. A leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet: names
/// come from hosts, so such a field gets a leading apostrophe; a number does not, nor the dash for what there is none of.
pub(crate) fn field(text: &str) -> String {
    let is_plain = text == "-" || text.parse::<f64>().is_ok();
    let text = if !is_plain && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("plain text"), "plain text");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"x\"\n"), "\"say \"\"x\"\"\n\"");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("-1+1"), "'-1+1");
        for plain in ["-", "-0.25", "+3"] {
            assert_eq!(field(plain), plain);
        }
    }
}
