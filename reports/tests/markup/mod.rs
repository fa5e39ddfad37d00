//! A strict little reader of the page's markup: tags balance, attributes are quoted.

/// One tag: its name and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

const VOID: [&str; 6] = ["meta", "br", "input", "wbr", "link", "img"];
const RAW: [&str; 2] = ["script", "style"];

/// Every opening tag of the page, or what is wrong with it.
pub(crate) fn tags(page: &str) -> Result<Vec<Tag>, String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let (name, after) = closing
                .split_once('>')
                .ok_or("a closing tag does not end")?;
            let last = open.pop().ok_or(format!("</{name}> closes nothing"))?;
            if last != name {
                return Err(format!("</{name}> closes <{last}>"));
            }
            rest = after;
            continue;
        }
        let (tag, closed, after) = opening(rest)?;
        rest = after;
        if RAW.contains(&tag.name.as_str()) {
            let end = format!("</{}>", tag.name);
            rest = rest
                .split_once(&end)
                .ok_or(format!("<{}> does not end", tag.name))?
                .1;
        } else if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        found.push(tag);
    }
    if open.is_empty() {
        Ok(found)
    } else {
        Err(format!("never closed: {open:?}"))
    }
}

/// Reads `name a="b" c>` or `name a="b"/>`.
fn opening(text: &str) -> Result<(Tag, bool, &str), String> {
    let shown = || text.chars().take(60).collect::<String>();
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .ok_or_else(shown)?;
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err(format!("a lone < before {:?}", shown()));
    }
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((
                Tag {
                    name: name.to_owned(),
                    attributes,
                },
                true,
                after,
            ));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((
                Tag {
                    name: name.to_owned(),
                    attributes,
                },
                false,
                after,
            ));
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .ok_or_else(shown)?;
        let (attribute, after) = rest.split_at(end);
        if attribute.is_empty() {
            return Err(format!("odd attribute in <{}", shown()));
        }
        rest = after;
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            (value, rest) = quoted.split_once('"').ok_or_else(shown)?;
        }
        attributes.push((attribute.to_owned(), value.to_owned()));
    }
}
