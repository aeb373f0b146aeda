//! Tags that other programs request from models: artifacts, and calls of tools that write files.

use super::result::EnvelopeContent;
use crate::edit::lines::{Line, join, lines};
use crate::edit::tags::{ANSWER_TAGS, is_selection, without_edge_breaks};
use crate::edit::word_list::WordList;
use crate::languages::{canonical, is_markup};

/// Tags around a whole answer.
pub(super) static AROUND: WordList = WordList::of(
    "antartifact artifact boltartifact boltaction replace_in_file write_to_file write_file apply_diff apply_patch \
     edit_file create_file search_and_replace str_replace str_replace_editor insert_content function_calls \
     antml:function_calls invoke antml:invoke tool_call tool_use tool file_edit codeblock code_block final_answer \
     final artifacts",
);

/// Tags inside of these with the new text, and tags with the old text.
static NEW: WordList =
    WordList::of("content diff new_str new_string new_text code_edit file_text replacement replace code");
static OLD: WordList = WordList::of("old_str old_string old_text search find");

/// The content of a tag around the whole `reply` that is not part of the text.
pub(super) fn unwrapped(reply: &str, original: &str, language_id: &str) -> Option<EnvelopeContent> {
    let (mut text, mut is_wrapped) = (reply.trim(), false);
    for _ in 0..6 {
        let Some((name, inside)) = outer_element(text) else { break };
        let lower = name.to_ascii_lowercase();
        if is_selection(name) || ANSWER_TAGS.has(name) && !is_wrapped {
            break;
        }
        let is_known = AROUND.has(&lower);
        // In markup, any element may be text. Elsewhere, a tag on its own lines around everything is not text.
        let is_foreign = !is_markup(language_id)
            && !matches!(&*canonical(language_id), "markdown" | "mdx" | "plaintext" | "" | "xml" | "html")
            && !original.trim_start().starts_with('<')
            && inside.starts_with(['\n', '\r']);
        if original.contains(&format!("<{name}")) || !(is_known || is_foreign || is_wrapped && NEW.has(&lower)) {
            break;
        }
        (text, is_wrapped) = (inside, true);
        if let Some(new) = child(text, &NEW) {
            return Some(match child(text, &OLD) {
                Some(old) => EnvelopeContent::Pairs(vec![(old.to_owned(), new.to_owned())]),
                None => EnvelopeContent::Code(new.to_owned()),
            });
        }
        text = without_edge_breaks(text);
    }
    is_wrapped.then(|| EnvelopeContent::Code(without_fields(text)))
}

/// Whether `text` is in a known answer tag that `original` does not have.
pub(super) fn is_wrapper(text: &str, original: &str) -> bool {
    let known = |name: &str| AROUND.has(&name.to_ascii_lowercase());
    outer_element(text).is_some_and(|(name, _)| known(name) && !original.contains(&format!("<{name}")))
}

/// The name of the element that is the whole `text`, and its content.
fn outer_element(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim().strip_prefix('<')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':')))?;
    let (name, rest) = rest.split_at(end);
    let (attributes, inside) = rest.split_once('>')?;
    let is_tag = !name.is_empty() && !attributes.ends_with('/') && !attributes.contains(['\n', '<']);
    let inside = inside.strip_suffix('>')?.strip_suffix(name)?.strip_suffix("</")?;
    is_tag.then_some((name, inside))
}

/// The content of the first element of `names`, or of the `parameter` with such a name, without the line breaks next to
/// the tags.
fn child<'a>(text: &'a str, names: &WordList) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let (from, close) = match text.find(&format!("<{name}>")) {
            Some(at) => (at + name.len() + 2, format!("</{name}>")),
            None => {
                let at = text.find(&format!("parameter name=\"{name}\">"))?;
                (at + name.len() + "parameter name=\"\">".len(), "</".to_owned())
            }
        };
        let rest = text.get(from..)?;
        let end = if close == "</" {
            let closes = |at: usize| {
                let tag = rest.get(at..).and_then(|tag| tag.split('>').next()).unwrap_or_default();
                tag.ends_with("parameter")
            };
            rest.match_indices("</").find(|(at, _)| closes(*at))?.0
        } else {
            rest.rfind(&close)?
        };
        rest.get(..end).map(without_edge_breaks)
    })
}

/// The text without the first lines that name the file for a tool.
fn without_fields(text: &str) -> String {
    let all: Vec<Line<'_>> = lines(text).collect();
    let is_field = |line: &Line<'_>| {
        line.is_blank()
            || outer_element(line.content.trim()).is_some_and(|(name, _)| {
                matches!(name, "path" | "file" | "file_path" | "language" | "title" | "description")
            })
    };
    let fields = all.iter().take_while(|line| is_field(line)).count();
    join(all.get(fields..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reply: &str, language_id: &str) -> Option<EnvelopeContent> {
        unwrapped(reply, "  <p>hi</p>\n", language_id)
    }

    #[test]
    fn wrapper_around_the_answer_is_removed() {
        let text = |text: &str| Some(EnvelopeContent::Code(text.to_owned()));
        let artifact = "<antArtifact identifier=\"x\">\n  <p class=\"x\">hi</p>\n</antArtifact>\n";
        assert_eq!(of(artifact, "vue"), text("  <p class=\"x\">hi</p>\n"));
        let written = "<write_to_file>\n<path>a.vue</path>\n<content>\n  <p>ho</p>\n</content>\n</write_to_file>";
        assert_eq!(of(written, "vue"), text("  <p>ho</p>\n"));
        let named = "<invoke name=\"edit\">\n<parameter name=\"new_str\">  <p>ho</p></parameter>\n</invoke>";
        assert_eq!(of(named, "vue"), text("  <p>ho</p>"));
    }

    #[test]
    fn old_and_new_are_a_pair() {
        let reply = "<str_replace>\n<old_str>hi</old_str>\n<new_str>ho</new_str>\n</str_replace>";
        assert_eq!(of(reply, "vue"), Some(EnvelopeContent::Pairs(vec![("hi".to_owned(), "ho".to_owned())])));
    }

    #[test]
    fn an_element_of_markup_is_the_text() {
        assert_eq!(of("<div>\n  <p>ho</p>\n</div>\n", "vue"), None);
        assert_eq!(
            unwrapped("<patched>\nx = 2\n</patched>", "x = 1", "python"),
            Some(EnvelopeContent::Code("x = 2\n".to_owned()))
        );
    }
}
