//! Which cases are asked: by name, catalogue id, theme and level; what matches nothing is told with what comes near.

use conformance::{Case, Level, Theme};

use crate::exit;

/// How many near matches are named.
const NEAR: usize = 3;

/// What the user asked for; empty lists leave everything in.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    /// Parts of names, or catalogue ids.
    pub(crate) cases: &'a [String],
    /// Themes.
    pub(crate) themes: &'a [String],
    /// Levels.
    pub(crate) levels: &'a [String],
}

/// The cases that pass the filter.
///
/// # Errors
/// Usage, when a part of the filter matches nothing there is; nothing selected, when the parts exclude each other.
pub(crate) fn select(filter: &Filter<'_>) -> anyhow::Result<Vec<&'static Case>> {
    let themes = known(filter.themes, "theme", &Theme::ALL.map(Theme::name))?;
    let levels = known(filter.levels, "level", &Level::ALL.map(Level::name))?;
    for text in filter.cases {
        if !conformance::ALL.iter().any(|case| matches(case, text)) {
            return Err(unknown_case(text));
        }
    }
    let wanted = |case: &&&'static Case| {
        (filter.cases.is_empty() || filter.cases.iter().any(|text| matches(case, text)))
            && (themes.is_empty() || themes.contains(&case.theme.name()))
            && (levels.is_empty() || levels.contains(&case.level.name()))
    };
    let selected: Vec<_> = conformance::ALL.iter().filter(wanted).copied().collect();
    if selected.is_empty() {
        return Err(exit::coded(
            exit::NOTHING,
            "no case passes all of --case, --theme and --level",
        ));
    }
    Ok(selected)
}

/// A part of the name, or a whole catalogue id in either case. A whole name means that case alone.
fn matches(case: &Case, text: &str) -> bool {
    if conformance::ALL.iter().any(|other| other.name == text) {
        return case.name == text;
    }
    case.name.contains(text) || case.covers.iter().any(|id| id.eq_ignore_ascii_case(text))
}

/// The error for a case that is not there.
pub(crate) fn unknown_case(text: &str) -> anyhow::Error {
    let names: Vec<&str> = conformance::ALL.iter().map(|case| case.name).collect();
    exit::coded(
        exit::USAGE,
        format!(
            "no case has {text:?} in its name or among its ids; {}; layerbench conform --list names all {}",
            near(text, &names),
            names.len()
        ),
    )
}

fn known<'a>(asked: &'a [String], what: &str, names: &[&str]) -> anyhow::Result<Vec<&'a str>> {
    asked
        .iter()
        .map(|text| {
            if names.contains(&text.as_str()) {
                Ok(text.as_str())
            } else {
                Err(exit::coded(
                    exit::USAGE,
                    format!(
                        "there is no {what} {text:?}: there are {}",
                        names.join(", ")
                    ),
                ))
            }
        })
        .collect()
}

/// The names that come nearest: by their words, since a part of a name is what people type.
pub(crate) fn near(text: &str, names: &[&str]) -> String {
    let words = |name: &str| -> Vec<String> {
        name.split(['_', '-', ' '])
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let asked = words(text);
    let likeness = |name: &&str| -> f64 {
        let theirs = words(name);
        let best = |word: &String| {
            theirs
                .iter()
                .map(|other| strsim::jaro_winkler(word, other))
                .fold(0.0, f64::max)
        };
        let words = asked.iter().map(best).sum::<f64>() / asked.len().max(1) as f64;
        // Among names that have the words, the one that is little else.
        0.7 * words + 0.3 * strsim::jaro_winkler(text, name)
    };
    let mut sorted: Vec<&str> = names.to_vec();
    sorted.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then(a.cmp(b)));
    sorted.truncate(NEAR);
    format!("near it are {}", sorted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cases: &[&str], levels: &[&str]) -> anyhow::Result<Vec<&'static Case>> {
        let own = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let (cases, levels) = (own(cases), own(levels));
        select(&Filter {
            cases: &cases,
            themes: &[],
            levels: &levels,
        })
    }

    #[test]
    fn names_parts_and_ids_select() {
        assert_eq!(of(&[], &[]).unwrap().len(), conformance::ALL.len());
        assert!(of(&["whiteout"], &[]).unwrap().len() > 2);
        let by_id = of(&["rn2"], &[]).unwrap();
        assert!(
            by_id
                .iter()
                .any(|case| case.name == "lower_directory_can_be_renamed")
        );
        assert!(by_id.iter().all(|case| case.covers.contains(&"RN2")));
        assert!(
            of(&[], &["must"])
                .unwrap()
                .iter()
                .all(|case| case.level == Level::Must)
        );
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is_near() {
        let error = of(&["whitout_hides_one_paht"], &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("whiteout_hides_one_path_only"), "{error}");
        let error = of(&[], &["shall"]).unwrap_err().to_string();
        assert!(error.contains("must, should, informs"), "{error}");
    }
}
