//! Reads remarks from an answer while it arrives.

use super::quoted::{code, decoded, one_line};
use super::{Remark, Severity};

/// Reads `<remark …>` … `</remark>` blocks from a stream. It skips everything else: talk, fences, thoughts.
///
/// A remark is returned as soon as it is complete. An unfinished remark at the end of the stream is dropped. Each byte
/// is read a limited number of times, however the stream is split.
#[derive(Debug, Default)]
pub struct RemarkReader {
    /// The unread text. It starts at the opening tag of a remark, or at a possible one.
    rest: String,
    /// The part of `rest` that was searched for the end of its remark without success, in bytes.
    searched: usize,
    has_no_remarks: bool,
}

/// Names of the tags that agents put around their thoughts.
const THOUGHTS: [&str; 5] = ["think", "thinking", "thought", "reasoning", "analysis"];

/// The end of the searched text may contain an incomplete tag of this length.
const LONGEST_TAG: usize = 32;

/// A longer text, in bytes, is not a remark without its closing tag. Its opening tag is skipped.
const LONGEST_REMARK: usize = 128 * 1024;

impl RemarkReader {
    /// The remarks that are complete after `delta`.
    pub fn push(&mut self, delta: &str) -> Vec<Remark> {
        self.rest.push_str(delta);
        let mut found = Vec::new();
        while let Some(remark) = self.next_remark() {
            found.extend(remark);
        }
        found
    }

    /// Whether the agent said that it has no remarks: `<none/>`.
    pub fn has_no_remarks(&self) -> bool {
        self.has_no_remarks
    }

    /// The next block: `Some(None)` if it has no remark, `None` if more of the answer is necessary.
    fn next_remark(&mut self) -> Option<Option<Remark>> {
        let open = self.skip_to_remark()?;
        let opening_end = open + self.rest.get(open..)?.find('>')? + 1;
        let from = self.rest.floor_char_boundary(self.searched.saturating_sub(LONGEST_TAG)).max(opening_end);
        let (body_end, next) = match self.end_of_remark(opening_end, from) {
            Ok(end) => end,
            Err(_) if self.rest.len() > LONGEST_REMARK => (opening_end, opening_end),
            Err(searched) => {
                self.searched = searched;
                return None;
            }
        };
        let opening = self.rest.get(open..opening_end).unwrap_or_default();
        let body = self.rest.get(opening_end..body_end).unwrap_or_default();
        let remark = remark_of(opening, body);
        self.rest.drain(..next);
        self.searched = 0;
        Some(remark)
    }

    /// Drops the text before the next remark. Returns the remark's place, if one starts.
    fn skip_to_remark(&mut self) -> Option<usize> {
        loop {
            let Some(tag) = self.rest.find('<') else {
                self.rest.clear();
                return None;
            };
            self.rest.drain(..tag);
            // An incomplete tag may still become a remark's.
            let Some(name) = tag_name(&self.rest) else {
                if self.rest.len() < LONGEST_TAG && !self.rest.contains('>') {
                    return None;
                }
                self.rest.drain(..1);
                continue;
            };
            if is_named(name, "remark") {
                return Some(0);
            }
            if is_named(name, "none") {
                self.has_no_remarks = true;
            }
            if let Some(thoughts) = THOUGHTS.iter().find(|it| name.eq_ignore_ascii_case(it)) {
                // Remarks inside of thoughts are drafts.
                let closing = format!("</{thoughts}");
                let end = find_ignoring_case(&self.rest, &closing)?;
                self.rest.drain(..end + closing.len());
                continue;
            }
            self.rest.drain(..1);
        }
    }

    /// The end of the remark's body, whose opening tag ends at `body`, and the place to continue reading.
    ///
    /// # Errors
    /// The place to search again after more text arrives.
    fn end_of_remark(&self, body: usize, from: usize) -> Result<(usize, usize), usize> {
        let text = |from: usize| self.rest.get(from..).unwrap_or_default();
        let mut at = from;
        while let Some(tag) = text(at).find('<').map(|found| at + found) {
            let name = tag_name(text(tag)).unwrap_or_default();
            if name.strip_prefix('/').is_some_and(|name| is_named(name, "remark")) {
                let behind = tag + text(tag).find('>').ok_or(tag)? + 1;
                // The new text contains this tag, or the agent forgot to close the new text. The next tag decides.
                if !self.is_inside_new(body, tag) || opens_a_remark(text(behind)).ok_or(tag)? {
                    return Ok((tag, behind));
                }
            } else if is_named(name, "remark") && !self.is_inside_new(body, tag) {
                // The agent forgot to close this remark.
                return Ok((tag, tag));
            }
            at = tag + 1;
        }
        Err(self.rest.len())
    }

    /// Whether a `<new>` is open at byte `tag` of the body that starts at `body`.
    fn is_inside_new(&self, body: usize, tag: usize) -> bool {
        let Some(text) = self.rest.get(body..tag) else { return false };
        let is_new = |name: &str| is_named(name.trim_start_matches('/'), "new");
        tags(text).rev().find(|(_, name)| is_new(name)).is_some_and(|(_, name)| !name.starts_with('/'))
    }
}

/// Whether the first known tag in `text` opens a remark, and is not one of a new text. `None` without such a tag.
fn opens_a_remark(text: &str) -> Option<bool> {
    tags(text).find_map(|(_, name)| {
        let is_ours = is_named(name, "remark") || is_named(name.trim_start_matches('/'), "new");
        is_ours.then(|| is_named(name, "remark"))
    })
}

/// The start and the name of each tag in `text`.
fn tags(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    text.match_indices('<').filter_map(|(at, _)| Some((at, tag_name(text.get(at..)?)?)))
}

/// The name of the tag at the start of `text`, with its slash if it closes. Returns `None` if the tag is incomplete.
fn tag_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('<')?;
    let end = rest.char_indices().skip(1).find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))?.0;
    rest.get(..end)
}

/// Whether a tag is called `wanted`, with or without the number that distinguishes it from the material: `remark-2`.
fn is_named(name: &str, wanted: &str) -> bool {
    let Some((head, tail)) = name.split_at_checked(wanted.len()) else { return false };
    let number = tail.strip_prefix('-').unwrap_or(tail);
    head.eq_ignore_ascii_case(wanted) && number.chars().all(|c| c.is_ascii_digit())
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.match_indices('<')
        .map(|(at, _)| at)
        .find(|at| text.get(*at..at + wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
}

/// The remark of an opening tag and its body. Returns `None` if it has no message.
fn remark_of(opening: &str, body: &str) -> Option<Remark> {
    let lines = attribute(opening, "lines").or_else(|| attribute(opening, "line")).and_then(line_numbers);
    let severity = Severity::of_word(attribute(opening, "severity").unwrap_or_default());
    let message = one_line(&decoded(element(body, "say")?));
    if message.is_empty() {
        return None;
    }
    let quoted = element(body, "at").map(|text| text.trim_matches(['\n', '\r']).to_owned());
    let quoted = quoted.filter(|text| !text.trim().is_empty());
    let new_text = element(body, "new").map(|text| code(between_line_breaks(text)));
    Some(Remark { lines, severity, quoted, message, new_text })
}

/// The value of an attribute, with or without quotation marks.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.match_indices(name).find_map(|(at, _)| {
        let before = tag.get(..at)?;
        let rest = tag.get(at + name.len()..)?.trim_start().strip_prefix('=')?;
        before.ends_with(char::is_whitespace).then_some((before, rest.trim_start()))
    })?;
    match rest.chars().next()? {
        quote @ ('"' | '\'') => rest.get(1..)?.split(quote).next(),
        _ => rest.split([' ', '>', '/', '\n']).next(),
    }
}

/// `471`, `471-473`, `L471–473`: the first and the last.
pub(super) fn line_numbers(text: &str) -> Option<(usize, usize)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let first: usize = numbers.next()?.parse().ok().filter(|first| *first > 0)?;
    let last = numbers.next_back().and_then(|digits| digits.parse().ok()).unwrap_or(first);
    Some((first.min(last), last.max(first)))
}

/// The text of the element `name`: from its first opening tag to its last closing tag, or to the end if none closes.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (open, _) = tags(body).find(|(_, found)| is_named(found, name))?;
    let (opening, text) = body.get(open..)?.split_once('>')?;
    if opening.ends_with('/') {
        return None;
    }
    let close = |(_, found): &(usize, &str)| found.strip_prefix('/').is_some_and(|found| is_named(found, name));
    // Code may contain such a tag. For sentences and quotations, the first closing tag counts.
    let end = if name == "new" { tags(text).rfind(close) } else { tags(text).find(close) };
    text.get(..end.map_or(text.len(), |(at, _)| at))
}

/// `text` without the line breaks of the tags around it.
fn between_line_breaks(text: &str) -> &str {
    let text =
        text.trim_start_matches([' ', '\t']).strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
    // The indentation of the closing tag is not part of the text.
    let end = text.trim_end_matches([' ', '\t']);
    let end = if end.is_empty() || end.ends_with('\n') { end } else { text };
    end.strip_suffix("\r\n").or_else(|| end.strip_suffix('\n')).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "Here is my review:\n\n<remark lines=\"471\" severity=\"error\">\n<at>return nil</at>\n<say>Returning nil \
        breaks the chain.\nReturn r.</say>\n<new>\n\t\treturn r\n</new>\n</remark>\n\n<remark lines='12-14' \
        severity=hint>\n<at>for i := range xs {</at>\n<say>a &lt; b is enough.</say>\n</remark>\n<remark lines=\"3\" \
        severity=\"warning\">\n<at>unused()</at><say>Not called.</say><new></new></remark>\nThat is all.";

    fn all(reply: &str) -> Vec<Remark> {
        RemarkReader::default().push(reply)
    }

    #[test]
    fn each_block_is_a_remark_and_the_talk_around_them_is_none() {
        let remarks = all(REPLY);
        assert_eq!(remarks.len(), 3);
        assert_eq!(
            remarks[0],
            Remark {
                lines: Some((471, 471)),
                severity: Severity::Error,
                quoted: Some("return nil".into()),
                message: "Returning nil breaks the chain. Return r.".into(),
                new_text: Some("\t\treturn r".into()),
            }
        );
        assert_eq!((remarks[1].lines, remarks[1].severity), (Some((12, 14)), Severity::Hint));
        assert_eq!((remarks[1].message.as_str(), &remarks[1].new_text), ("a < b is enough.", &None));
        assert_eq!(remarks[2].new_text.as_deref(), Some(""));
    }

    #[test]
    fn a_stream_cut_at_every_byte_gives_the_same_remarks() {
        let whole = all(REPLY);
        for cut in (0..REPLY.len()).filter(|at| REPLY.is_char_boundary(*at)) {
            let mut reader = RemarkReader::default();
            let (head, tail) = REPLY.split_at(cut);
            let mut remarks = reader.push(head);
            assert!(whole.starts_with(&remarks), "{cut}");
            remarks.extend(reader.push(tail));
            assert_eq!(remarks, whole, "{cut}");
        }
        let mut reader = RemarkReader::default();
        let by_letter: Vec<Remark> = REPLY.chars().flat_map(|c| reader.push(&c.to_string())).collect();
        assert_eq!(by_letter, whole);
    }

    #[test]
    fn unfinished_remark_is_dropped() {
        let end = REPLY.find("</remark>").unwrap();
        assert_eq!(all(REPLY.get(..end).unwrap()), []);
    }

    #[test]
    fn drafts_inside_thoughts_are_not_remarks() {
        let reply = format!("<think>Perhaps <remark lines=\"1\"><say>no</say></remark></think>\n{REPLY}");
        assert_eq!(all(&reply), all(REPLY));
    }

    #[test]
    fn a_forgotten_closing_tag_ends_at_the_next_remark() {
        let reply = "<remark lines=\"1\"><at>a</at><say>One.</say>\n<remark lines=\"2\"><at>b</at><say>Two.</say>\
                     <new>\nx\n</remark>\n<remark lines=\"3\"><say>Three.</say></remark>";
        let said: Vec<_> = all(reply).into_iter().map(|it| (it.message, it.new_text)).collect();
        assert_eq!(said, [("One.".into(), None), ("Two.".into(), Some("x".into())), ("Three.".into(), None)]);
    }

    #[test]
    fn new_text_may_contain_a_tag_of_the_prompt() {
        let reply = "<remark lines=\"1\"><say>Close it.</say><new>\n<remark>\n</remark>\n</new>\n</remark>";
        assert_eq!(all(reply)[0].new_text.as_deref(), Some("<remark>\n</remark>"));
    }

    #[test]
    fn tags_are_read_when_they_carry_a_number() {
        let reply = "<remark-2 lines=\"L4-L6\" severity=\"WARNING\"><at-2>x</at-2><say-2>Y.</say-2></remark-2>";
        let remark = &all(reply)[0];
        assert_eq!((remark.lines, remark.severity), (Some((4, 6)), Severity::Warning));
        assert_eq!(remark.quoted.as_deref(), Some("x"));
    }

    #[test]
    fn nothing_to_remark_has_a_form_of_its_own() {
        let mut reader = RemarkReader::default();
        assert_eq!(reader.push("<none/>\n"), []);
        assert!(reader.has_no_remarks());
    }

    #[test]
    fn a_megabyte_without_an_end_is_read_once() {
        let mut reader = RemarkReader::default();
        reader.push("<remark lines=\"1\"><say>");
        for _ in 0..20_000 {
            assert_eq!(reader.push("no end in sight, a < b, and nothing closes it here\n"), []);
        }
    }
}
