//! What is nearly JSON, as servers and gateways write it that put their frames together by hand.
//!
//! `json5` reads trailing commas, single quotes, needless escapes, control characters and numbers that are none. What it
//! refuses is made right before it looks: line breaks inside of strings, and the names of Python's constants. Of an
//! object that ends too soon, what there is is read.

use std::collections::BTreeMap;

use serde_json::Value;

/// How deep a value may be nested. `json5` knows no bound, and its reader descends with the value.
const MAX_DEPTH: usize = 100;

/// Reads it, as far as it goes, and says whether its end is missing or cannot be read; `None` where there is no telling what
/// it was to be.
pub(super) fn read(text: &str) -> Option<(Value, bool)> {
    let Tamed { mut text, missing, last_comma } = tame(text)?;
    // What comes behind the last member that is whole, where that is all that can be read.
    let members_before = last_comma.and_then(|at| text.get(..at)).map(|members| format!("{members}}}"));
    let is_cut = !missing.is_empty();
    text.push_str(&missing);
    match object(&text) {
        Some(value) => Some((value, is_cut)),
        None => Some((object(&members_before?)?, true)),
    }
}

/// Into a map first: of names that come twice, as in JSON, the last one holds.
fn object(text: &str) -> Option<Value> {
    let members: BTreeMap<String, Value> = json5::from_str(text).ok()?;
    Some(Value::Object(members.into_iter().collect()))
}

struct Tamed {
    text: String,
    /// What closes all that is open at its end.
    missing: String,
    /// Where the last comma stands between members of the whole.
    last_comma: Option<usize>,
}

/// Makes right what `json5` refuses; `None` for what is nested too deep.
fn tame(text: &str) -> Option<Tamed> {
    let mut tamed = String::with_capacity(text.len() + 16);
    let mut closers = Vec::new();
    let mut quote = None;
    let mut last_comma = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                tamed.push('\\');
                tamed.extend(rest.next());
            }
            (Some(_), '\n') => tamed.push_str("\\n"),
            (Some(_), '\r') => tamed.push_str("\\r"),
            (Some(open), c) if c == open => {
                quote = None;
                tamed.push(c);
            }
            (Some(_), c) => tamed.push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                tamed.push(c);
            }
            (None, '{' | '[') => {
                closers.push(if c == '{' { '}' } else { ']' });
                if closers.len() > MAX_DEPTH {
                    return None;
                }
                tamed.push(c);
            }
            (None, '}' | ']') => {
                closers.pop();
                tamed.push(c);
            }
            (None, 'N' | 'T' | 'F') => {
                let from = rest.as_str();
                let constant = [("one", "null"), ("rue", "true"), ("alse", "false")];
                match constant.iter().find_map(|(end, json)| Some((from.strip_prefix(end)?, json))) {
                    Some((after, json)) => {
                        rest = after.chars();
                        tamed.push_str(json);
                    }
                    None => tamed.push(c),
                }
            }
            (None, c) => {
                if c == ',' && closers.len() == 1 {
                    last_comma = Some(tamed.len());
                }
                tamed.push(c);
            }
        }
    }
    let missing = quote.into_iter().chain(closers.into_iter().rev()).collect();
    Some(Tamed { text: tamed, missing, last_comma })
}
