//! Finds scripts in components: the part of a Vue or Svelte file that a grammar reads.

use std::ops::Range;

use ropey::Rope;

use super::Syntax;

/// The script around `bytes` in a document of `language_id`: its grammar and its range, in bytes of `text`. Returns
/// `None` outside a script, and in other languages.
pub(crate) fn embedded_script(text: &Rope, language_id: &str, bytes: &Range<usize>) -> Option<(Syntax, Range<usize>)> {
    if !matches!(language_id.to_ascii_lowercase().as_str(), "vue" | "svelte" | "astro") {
        return None;
    }
    let wanted = text.byte_to_line(bytes.start.min(text.len_bytes()));
    let opening = (0..wanted).rev().find_map(|line| {
        let content = text.line(line).to_string();
        let tag = content.trim_start().to_lowercase();
        // A script that closes before the point does not contain it.
        if tag.starts_with("</script") {
            return Some(None);
        }
        tag.starts_with("<script").then_some(Some((line, tag)))
    })??;
    let (line, tag) = opening;
    let start = text.line_to_byte(line + 1);
    let closing = (line + 1..text.len_lines()).find(|line| text.line(*line).to_string().contains("</script"))?;
    let end = text.line_to_byte(closing);
    let is_typed = ["ts", "typescript", "tsx"].iter().any(|it| tag.contains(&format!("lang=\"{it}\"")));
    let syntax = if is_typed { Syntax::TypeScript } else { Syntax::JavaScript };
    (start <= bytes.start && bytes.end <= end).then_some((syntax, start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_a_component_is_found_with_its_language() {
        let source = "<script>\nlet a;\n</script>\n<p/>\n<script lang=\"ts\">\nlet b;\n</script>\n";
        let text = Rope::from_str(source);
        let of = |needle: &str, language: &str| {
            let at = source.find(needle).unwrap();
            let (syntax, bytes) = embedded_script(&text, language, &(at..at))?;
            Some((syntax, text.byte_slice(bytes).to_string()))
        };
        assert_eq!(of("let a", "vue"), Some((Syntax::JavaScript, "let a;\n".into())));
        assert_eq!(of("let b", "svelte"), Some((Syntax::TypeScript, "let b;\n".into())));
        assert_eq!(of("<p/>", "vue"), None);
        assert_eq!(of("let a", "html"), None);
    }
}
