//! Reads nearly-JSON, as servers and gateways write that build frames by hand.
//!
//! `json5` accepts trailing commas, single quotes, needless escapes, control characters and invalid numbers. This
//! module first corrects what `json5` rejects: line breaks in strings, and the constants of Python. If an object ends
//! too early, the existing part is read.

use std::collections::BTreeMap;

use serde_json::Value;

/// The maximum depth of a value. `json5` has no limit, and its reader is recursive.
const MAX_DEPTH: usize = 100;

/// Reads the text as far as possible, and returns whether its end is missing or unreadable. `None` if the value cannot
/// be recognized.
pub(super) fn parse_nearly_json(text: &str) -> Option<(Value, bool)> {
    let Corrected { mut text, missing, last_comma } = correct(text)?;
    // The text up to the last complete member, in case the rest is unreadable.
    let members_before = last_comma.and_then(|at| text.get(..at)).map(|members| format!("{members}}}"));
    let is_cut = !missing.is_empty();
    text.push_str(&missing);
    match object(&text) {
        Some(value) => Some((value, is_cut)),
        None => Some((object(&members_before?)?, true)),
    }
}

/// Reads into a map first: if a name occurs twice, the last one applies, as in JSON.
fn object(text: &str) -> Option<Value> {
    let members: BTreeMap<String, Value> = json5::from_str(text).ok()?;
    Some(Value::Object(members.into_iter().collect()))
}

struct Corrected {
    text: String,
    /// The characters that close everything open at the end.
    missing: String,
    /// The position of the last comma between members of the top object.
    last_comma: Option<usize>,
}

/// Corrects what `json5` rejects; `None` for values that are nested too deep.
fn correct(text: &str) -> Option<Corrected> {
    let mut corrected = String::with_capacity(text.len() + 16);
    let mut closers = Vec::new();
    let mut quote = None;
    let mut last_comma = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                corrected.push('\\');
                corrected.extend(rest.next());
            }
            (Some(_), '\n') => corrected.push_str("\\n"),
            (Some(_), '\r') => corrected.push_str("\\r"),
            (Some(open), c) if c == open => {
                quote = None;
                corrected.push(c);
            }
            (Some(_), c) => corrected.push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                corrected.push(c);
            }
            (None, '{' | '[') => {
                closers.push(if c == '{' { '}' } else { ']' });
                if closers.len() > MAX_DEPTH {
                    return None;
                }
                corrected.push(c);
            }
            (None, '}' | ']') => {
                closers.pop();
                corrected.push(c);
            }
            (None, 'N' | 'T' | 'F') => {
                let from = rest.as_str();
                let constant = [("one", "null"), ("rue", "true"), ("alse", "false")];
                match constant.iter().find_map(|(end, json)| Some((from.strip_prefix(end)?, json))) {
                    Some((after, json)) => {
                        rest = after.chars();
                        corrected.push_str(json);
                    }
                    None => corrected.push(c),
                }
            }
            (None, c) => {
                if c == ',' && closers.len() == 1 {
                    last_comma = Some(corrected.len());
                }
                corrected.push(c);
            }
        }
    }
    let missing = quote.into_iter().chain(closers.into_iter().rev()).collect();
    Some(Corrected { text: corrected, missing, last_comma })
}
