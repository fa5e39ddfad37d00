//! What a registry asks for before it answers: the `WWW-Authenticate` header (RFC 9110, section 11.6.1; for `Bearer` the
//! token specification of the distribution project).

/// One way to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token, to be had elsewhere.
    Bearer {
        /// Where: an URL.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// What for: `repository:NAME:pull`.
        scope: Option<String>,
    },
}

/// The ways that are known, in the order of the header.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let (scheme, after) = word(rest);
        let (parameters, after) = parameters(after);
        let value = |name: &str| {
            let fits = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
            parameters.iter().find(fits).map(|(_, value)| value.clone())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            found.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = value("realm")
        {
            found.push(Challenge::Bearer {
                realm,
                service: value("service"),
                scope: value("scope"),
            });
        }
        // Whatever could not be read ends it: no byte is looked at twice.
        if after.len() == rest.len() {
            break;
        }
        rest = after;
    }
    found
}

/// `name=value, name="quoted value"`, up to what is a scheme again.
fn parameters(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        let start = rest.trim_start_matches([' ', '\t', ',']);
        let (name, after) = word(start);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return (found, start);
        };
        let (value, after) = value(after.trim_start());
        if !name.is_empty() {
            found.push((name.to_owned(), value));
        }
        rest = after;
    }
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = word(text);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Up to what ends a token.
fn word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t', ',', '=']).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_with_quotes_commas_and_company() {
        let bearer = |realm: &str, service: &str, scope: &str| Challenge::Bearer {
            realm: realm.to_owned(),
            service: (!service.is_empty()).then(|| service.to_owned()),
            scope: (!scope.is_empty()).then(|| scope.to_owned()),
        };
        for (header, expected) in [
            (r#"Basic realm="x""#, vec![Challenge::Basic]),
            ("basic", vec![Challenge::Basic]),
            (
                r#"Bearer realm="https://a.example/t",service="s",scope="repository:a/b:pull,push""#,
                vec![bearer(
                    "https://a.example/t",
                    "s",
                    "repository:a/b:pull,push",
                )],
            ),
            (
                r#"Negotiate, Bearer realm="https://a.example/t" , error="x\"y", Basic realm=z"#,
                vec![bearer("https://a.example/t", "", ""), Challenge::Basic],
            ),
            ("Bearer service=s", vec![]),
            (
                r#"Bearer realm="unfinished"#,
                vec![bearer("unfinished", "", "")],
            ),
            ("", vec![]),
            (",,==,\"", vec![]),
        ] {
            assert_eq!(parse(header), expected, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_to_an_end(header in "[ -~]{0,80}") {
            parse(&header);
        }
    }
}
