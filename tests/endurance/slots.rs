//! The document of the soak: slots between lines that nobody touches, and whether an edit of one is right.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// What the agent saw and what it answered, by slot.
pub(crate) type Memory = Arc<Mutex<HashMap<usize, VecDeque<(String, String)>>>>;

/// A function of a slot, with a mark that makes it one of a kind.
pub(crate) fn function(slot: usize, mark: &str, lines: usize) -> String {
    let body: String = (0..lines).map(|line| format!("    v{line} = \"{mark} olá 🦀 日本 {line}\"\n")).collect();
    format!("def f_{slot}(a):\n{body}    return a  # end {slot}")
}

/// The function of a slot as it stands in a text.
pub(crate) fn code_of(text: &str, slot: usize) -> Option<String> {
    let end = format!("# end {slot}\n");
    let start = text.find(&format!("def f_{slot}(a):"))?;
    let length = text[start..].find(&end)?;
    Some(text[start..start + length + end.len() - 1].to_owned())
}

/// The slots of a text: what stands behind each line between them.
pub(crate) fn slots(text: &str) -> Vec<&str> {
    text.split("SLOT = ").collect()
}

/// Which slot an edit changed; a sentence where it is not right.
pub(crate) fn judge(before: &str, after: &str, memory: &Memory) -> Result<usize, String> {
    let (old, new) = (slots(before), slots(after));
    if old.len() != new.len() {
        return Err(format!("a line between the slots is gone:\n{before}\n---\n{after}"));
    }
    let changed: Vec<usize> = (0..old.len()).filter(|slot| old[*slot] != new[*slot]).collect();
    let [at] = changed[..] else { return Err(format!("slots {changed:?} changed at once:\n{before}\n---\n{after}")) };
    let slot: usize = old[at].lines().next().and_then(|line| line.parse().ok()).ok_or("a slot without its number")?;
    let memory = memory.lock().unwrap();
    let is_right = memory.get(&slot).into_iter().flatten().any(|(seen, answer)| {
        old[at].find(seen.as_str()).is_some_and(|start| {
            let (head, tail) = (&old[at][..start], &old[at][start + seen.len()..]);
            new[at].len() == head.len() + answer.len() + tail.len()
                && new[at].starts_with(head)
                && new[at].ends_with(tail)
                && new[at][head.len()..].starts_with(answer.as_str())
        })
    });
    if is_right {
        Ok(slot)
    } else {
        Err(format!("slot {slot} became what nobody answered:\n{}\n---\n{}", old[at], new[at]))
    }
}

/// Code whose lines may have their numbers in front, as they have where an answer is to speak of lines.
pub(crate) fn without_numbers(code: &str) -> String {
    let bare = |line: &str| {
        let (number, rest) = line.split_once('|')?;
        let is_number = !number.trim().is_empty() && number.trim().bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| rest.strip_prefix(' ').unwrap_or(rest).to_owned())
    };
    code.lines().map(|line| bare(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}
