//! Edit blocks and patches, as models write them: dialects of SEARCH/REPLACE, unified diffs with or without headers,
//! and the form that begins with `*** Begin Patch`.

use std::collections::HashSet;

use super::matching::Exchange;
use crate::edit::fences::{Block, fence, plain_blocks};
use crate::edit::lines::lines;
use crate::languages;

/// The edit blocks and patches in a reply.
pub(super) enum Patches<'a> {
    /// The reply has no such marks.
    None,
    /// The reply has marks, but no usable edit.
    Broken,
    /// The exchanges that they describe.
    Exchanges {
        exchanges: Vec<Exchange<'a>>,
        /// Whether only the signs at the start of lines show that it is a patch.
        is_bare: bool,
    },
}

/// The edit blocks or patches in `reply`. Marks that the user's text contains are part of the text.
pub(super) fn patches<'a>(reply: &'a str, original: &str, language_id: &str) -> Patches<'a> {
    if matches!(language_id.to_lowercase().as_str(), "diff" | "patch") {
        return Patches::None;
    }
    let all: Vec<&'a str> = lines(reply).map(|line| line.content).collect();
    let is_conflict = lines(original).any(|line| mark(line.content) == Some(Mark::Search));
    if !is_conflict && all.iter().any(|line| mark(line).is_some_and(|mark| mark != Mark::Divider)) {
        return edit_blocks(&all);
    }
    unified(&all, original, language_id)
}

/// A line that delimits the sides of an edit block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Search,
    /// The common ancestor in a three-way merge.
    Base,
    Divider,
    Replace,
}

fn mark(line: &str) -> Option<Mark> {
    let line = line.trim();
    let first = line.chars().next().filter(|c| matches!(c, '<' | '>' | '=' | '-' | '+' | '|'))?;
    let word = line.trim_start_matches(first);
    let length = line.len() - word.len();
    let word = word.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '<' | '>'));
    let upper = word.to_ascii_uppercase();
    let is = |names: &[&str]| names.iter().any(|name| upper == *name || upper.starts_with(&format!("{name} ")));
    const OLD: &[&str] = &["SEARCH", "ORIGINAL", "HEAD", "OLD", "BEFORE", "FIND", "CURRENT"];
    const NEW: &[&str] = &["REPLACE", "UPDATED", "NEW", "AFTER", "REPLACEMENT", "MODIFIED"];
    if !(5..=12).contains(&length) {
        return None;
    }
    match first {
        '<' if is(OLD) || length == 7 => Some(Mark::Search),
        // In lower case it is a comment: `----- before`.
        '-' if is(OLD) && word == upper => Some(Mark::Search),
        '>' if is(NEW) || length == 7 => Some(Mark::Replace),
        '+' if is(NEW) && word == upper => Some(Mark::Replace),
        '=' if word.is_empty() => Some(Mark::Divider),
        '|' if length == 7 => Some(Mark::Base),
        _ => None,
    }
}

/// Whether the line, followed by `next`, is a mark of an edit block or a patch. In prose, a line of `=` is not.
pub(super) fn is_mark_of_patch(content: &str, next: &str, is_prose: bool) -> bool {
    const HEADS: &[&str] = &[
        "*** Begin Patch",
        "*** End Patch",
        "*** Update File:",
        "*** Add File:",
        "*** Delete File:",
        "*** End of File",
        "diff --git ",
        "\\ No newline at end of file",
    ];
    let is_block = match mark(content) {
        Some(Mark::Search | Mark::Replace) => true,
        Some(Mark::Divider | Mark::Base) => !is_prose,
        None => false,
    };
    let text = content.trim();
    is_block
        || is_hunk_head(content)
        || text == "@@"
        || HEADS.iter().any(|head| text.starts_with(head))
        || text.starts_with("--- ") && next.trim().starts_with("+++ ")
        || text.starts_with("+++ b/")
}

fn edit_blocks<'a>(all: &[&'a str]) -> Patches<'a> {
    #[derive(PartialEq)]
    enum BlockSide {
        Outside,
        Old,
        Base,
        New,
    }
    let (mut at, mut current, mut exchanges) = (BlockSide::Outside, Exchange::default(), Vec::new());
    for line in all {
        match (mark(line), &at) {
            (Some(Mark::Search), BlockSide::Outside) => at = BlockSide::Old,
            (Some(Mark::Base), BlockSide::Old) => at = BlockSide::Base,
            (Some(Mark::Divider), BlockSide::Old | BlockSide::Base) => at = BlockSide::New,
            (Some(Mark::Replace), BlockSide::New) => {
                at = BlockSide::Outside;
                exchanges.push(tidied(std::mem::take(&mut current)));
            }
            (Some(Mark::Search | Mark::Replace | Mark::Base), _) => return Patches::Broken,
            (_, BlockSide::Old) => current.old.push(line),
            (_, BlockSide::New) => current.new.push(line),
            (_, BlockSide::Outside | BlockSide::Base) => {}
        }
    }
    // A block that is not closed was truncated.
    if at == BlockSide::Outside && !exchanges.is_empty() {
        Patches::Exchanges { exchanges, is_bare: false }
    } else {
        Patches::Broken
    }
}

/// A block without the lines that a dialect puts before its old side, and without fences directly inside of its sides.
fn tidied(mut exchange: Exchange<'_>) -> Exchange<'_> {
    let is_place = |line: &&str| {
        let line = line.trim();
        line.starts_with(":start_line:") || line.starts_with(":end_line:")
    };
    let places = exchange.old.iter().take_while(|line| is_place(line)).count();
    if places > 0 {
        let ruler = exchange.old.get(places).is_some_and(|line| line.len() >= 5 && line.chars().all(|c| c == '-'));
        exchange.old.drain(..places + usize::from(ruler));
    }
    for side in [&mut exchange.old, &mut exchange.new] {
        let is_fenced = side.len() >= 2
            && side.first().is_some_and(|line| fence(line).is_some())
            && side.last().and_then(|line| fence(line)).is_some_and(|f| f.info.is_empty());
        if is_fenced {
            side.remove(0);
            side.pop();
        }
    }
    exchange
}

/// Unified diffs, with or without fences.
fn unified<'a>(all: &[&'a str], original: &str, language_id: &str) -> Patches<'a> {
    let has = |line: &str| original.contains('@') && lines(original).any(|other| other.content == line);
    let is_head = |number: usize, line: &str| {
        is_hunk_head(line)
            || is_begin(line)
            || line.starts_with("--- ") && all.get(number + 1).is_some_and(|next| next.starts_with("+++ "))
    };
    if all.iter().enumerate().any(|(number, line)| is_head(number, line) && !has(line)) {
        return patches_from_hunks(hunks(all, false), false);
    }
    let inside = without_fence(all);
    let fenced = [all, inside].map(fenced_as_diff).into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    if !fenced.is_empty() {
        return patches_from_hunks(fenced.iter().flat_map(|block| hunks(block, true)).collect(), false);
    }
    if is_bare(inside, original) {
        return patches_from_hunks(hunks(inside, true), true);
    }
    if !languages::is_prose(language_id) && is_signed(inside, original) { Patches::Broken } else { Patches::None }
}

/// Whether every line has the sign of a patch, and the old text has none. No removed line needs to be in the range.
fn is_signed(all: &[&str], original: &str) -> bool {
    let solid = || all.iter().filter(|line| !line.trim().is_empty());
    let has = |sign: char| solid().any(|line| line.starts_with(sign));
    let is_known = || lines(original).any(|line| line.content.trim_start().starts_with(['+', '-']));
    let adds = solid().all(|line| line.starts_with('+')) && solid().nth(1).is_some();
    let changes = has('+') && has('-') && solid().all(|line| line.starts_with(['+', '-', ' ', '\t']));
    (adds || changes) && !is_known()
}

fn patches_from_hunks(hunks: Vec<Exchange<'_>>, is_bare: bool) -> Patches<'_> {
    let exchanges: Vec<Exchange<'_>> = hunks.into_iter().filter(|hunk| hunk.old != hunk.new).collect();
    if exchanges.is_empty() { Patches::Broken } else { Patches::Exchanges { exchanges, is_bare } }
}

/// `@@ -1,2 +3,4 @@`.
fn is_hunk_head(line: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix("@@ -") else { return false };
    let Some((old, rest)) = rest.split_once(" +") else { return false };
    let Some((new, _)) = rest.split_once(" @@") else { return false };
    let is_place = |place: &str| !place.is_empty() && place.chars().all(|c| c.is_ascii_digit() || c == ',');
    is_place(old) && is_place(new)
}

fn is_begin(line: &str) -> bool {
    ["*** Begin Patch", "*** Update File:", "*** Add File:"].iter().any(|mark| line.trim().starts_with(mark))
}

/// Lines around hunks that are not part of their text.
fn is_of_header(line: &str, next: Option<&&str>) -> bool {
    const HEADS: &str = "diff --git |index |new file mode|deleted file mode|similarity index|rename from|rename to|\
        *** Begin Patch|*** End Patch|*** End of File|*** Update File:|*** Delete File:|*** Move to:|\\ No newline";
    let is_file = line.starts_with("--- ") && next.is_some_and(|next| next.starts_with("+++ "));
    is_file || HEADS.split('|').any(|head| line.starts_with(head))
}

/// The hunks of a patch. `is_in` means that it starts with lines of a hunk without a head.
fn hunks<'a>(all: &[&'a str], is_in: bool) -> Vec<Exchange<'a>> {
    let (mut found, mut current, mut is_in) = (Vec::new(), Exchange::default(), is_in);
    let mut blanks = 0_usize;
    let mut after_file = false;
    for (number, line) in all.iter().enumerate() {
        let is_file = std::mem::replace(&mut after_file, line.starts_with("--- "));
        let is_head = line.starts_with("@@") || line.starts_with("*** Add File:");
        let is_fence = !line.starts_with([' ', '+', '-']) && fence(line).is_some();
        if is_head || is_fence || is_of_header(line, all.get(number + 1)) || is_file && line.starts_with("+++ ") {
            found.push(std::mem::take(&mut current));
            blanks = 0;
            // After a file's header, the hunk may have no head.
            is_in = is_head || is_file && line.starts_with("+++ ") || is_in && !is_fence;
            continue;
        }
        if !is_in {
            continue;
        }
        let (sign, text) = line.split_at_checked(1).unwrap_or(("", ""));
        let is_signed = matches!(sign, "+" | "-" | " ");
        if line.is_empty() {
            blanks += 1;
            continue;
        }
        // A line without a sign is context that lost its sign. After a blank line, it is talk.
        if !is_signed && blanks > 0 {
            found.push(std::mem::take(&mut current));
            (is_in, blanks) = (false, 0);
            continue;
        }
        for _ in 0..std::mem::take(&mut blanks) {
            current.old.push("");
            current.new.push("");
        }
        let text = if is_signed { text } else { line };
        if sign != "+" {
            current.old.push(text);
        }
        if sign != "-" {
            current.new.push(text);
        }
    }
    found.push(current);
    found
}

/// The content of the blocks with a fence for diffs.
fn fenced_as_diff<'l, 'a>(all: &'l [&'a str]) -> Vec<&'l [&'a str]> {
    let word =
        |block: &Block<'_>| block.fence.info.split([' ', ',', ':', '{']).next().unwrap_or_default().to_lowercase();
    let blocks = plain_blocks(all.iter().copied());
    let diffs = blocks.iter().filter(|block| matches!(word(block).as_str(), "diff" | "patch" | "udiff"));
    diffs.filter_map(|block| all.get(block.open + 1..block.close.unwrap_or(all.len()))).collect()
}

/// The lines inside of a fence around everything.
fn without_fence<'l, 'a>(all: &'l [&'a str]) -> &'l [&'a str] {
    let solid = |line: &&str| !line.trim().is_empty();
    let (Some(first), Some(last)) = (all.iter().position(solid), all.iter().rposition(solid)) else { return all };
    let closes = all.get(last).and_then(|line| fence(line)).is_some_and(|f| f.info.is_empty());
    match all.get(first).and_then(|line| fence(line)) {
        Some(_) if closes && last > first => all.get(first + 1..last).unwrap_or_default(),
        _ => all,
    }
}

/// Whether signs make the lines a patch: each has one, some lines are added, some removed, and the range has those.
fn is_bare(all: &[&str], original: &str) -> bool {
    if !all.iter().filter(|line| !line.trim().is_empty()).all(|line| line.starts_with(['+', '-', ' ', '\t'])) {
        return false;
    }
    let known: HashSet<&str> = lines(original).map(|line| line.content.trim_end()).collect();
    let is_known = |line: &str| known.contains(line.trim_end()) && !known.contains(format!("-{line}").trim_end());
    let mut going = all.iter().filter_map(|line| line.strip_prefix('-')).peekable();
    going.peek().is_some() && all.iter().any(|line| line.starts_with('+')) && going.all(is_known)
}
