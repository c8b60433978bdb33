//! A strict reader of the HTML that we write: every element closed, every attribute quoted.

/// Elements without content.
const VOID: [&str; 4] = ["meta", "input", "br", "img"];

/// An element, in the order of the opening tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    /// The text directly inside, with its characters as they are meant; none of a style sheet.
    pub text: String,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Every element of a document.
///
/// # Errors
/// The first thing that is not as it must be, and where.
pub fn elements(document: &str) -> Result<Vec<Element>, String> {
    let mut rest = document.strip_prefix("<!DOCTYPE html>").ok_or("no document type")?;
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let text = meant(&rest[..end])?;
            match open.last() {
                Some(&inside) if found[inside].name == "style" => {}
                Some(&inside) => found[inside].text.push_str(&text),
                None if text.trim().is_empty() => {}
                None => return Err(format!("text outside of the document: {text:?}")),
            }
            rest = &rest[end..];
            continue;
        };
        let end = tag.find('>').ok_or("a tag without end")?;
        let (inner, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        if let Some(name) = inner.strip_prefix('/') {
            let opened = open.pop().map(|index| found[index].name.clone());
            if opened.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {opened:?}"));
            }
            continue;
        }
        let element = element(inner)?;
        if !VOID.contains(&element.name.as_str()) {
            open.push(found.len());
        }
        found.push(element);
    }
    match open.last() {
        Some(&index) => Err(format!("<{}> is not closed", found[index].name)),
        None => Ok(found),
    }
}

/// Name and attributes of an opening tag; values hold no `<` or `>` as they are.
fn element(inner: &str) -> Result<Element, String> {
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    let legal = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    if !legal(name) {
        return Err(format!("<{inner}> has no legal name"));
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !legal(name) || attributes.iter().any(|(other, _)| other == name) {
            return Err(format!("<{inner}> has the attribute {name:?}"));
        }
        let value = match after.strip_prefix('=') {
            None => {
                rest = after.trim_start();
                String::new()
            }
            Some(quoted) => {
                let quoted = quoted.strip_prefix('"').ok_or(format!("<{inner}>: no quote"))?;
                let (value, after) =
                    quoted.split_once('"').ok_or(format!("<{inner}>: no second quote"))?;
                rest = after.strip_prefix(' ').unwrap_or(after);
                meant(value)?
            }
        };
        attributes.push((name.to_owned(), value));
    }
    Ok(Element { name: name.to_owned(), attributes, text: String::new() })
}

/// Text with its escapes resolved.
fn meant(text: &str) -> Result<String, String> {
    const ESCAPES: [(&str, &str); 4] = [("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("amp;", "&")];
    let mut pieces = text.split('&');
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let escape = ESCAPES.iter().find(|(escape, _)| piece.starts_with(escape));
        let (escape, character) = escape.ok_or(format!("&{piece} is no escape"))?;
        result.push_str(character);
        result.push_str(&piece[escape.len()..]);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_faults_are_named() {
        let read = |body: &str| elements(&format!("<!DOCTYPE html>\n<html>{body}</html>\n"));
        let found = read("<p id=\"a\" class=\"b c\">1 &lt; 2<br></p><input checked>").unwrap();
        let names: Vec<&str> = found.iter().map(|element| element.name.as_str()).collect();
        assert_eq!(names, ["html", "p", "br", "input"]);
        assert_eq!((found[1].text.as_str(), found[1].attribute("class")), ("1 < 2", Some("b c")));
        for bad in
            ["<p>", "</p>", "<p><b></p></b>", "a & b", "<p id=a></p>", "<p a=\"1\" a=\"2\"></p>"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
