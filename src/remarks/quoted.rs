//! Removes numbers, fences and entities from an agent's text that quotes lines of a file.

use crate::edit::lines;

/// `line` without its number from a numbered listing: `471| return nil`, `L471: return nil`.
pub(super) fn without_number(line: &str) -> Option<&str> {
    let rest = line.trim_start().trim_start_matches('L');
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if behind.len() == rest.len() {
        return None;
    }
    let behind = behind.trim_start_matches(' ');
    ["|", ":", "\t"]
        .iter()
        .find_map(|mark| behind.strip_prefix(mark))
        .map(|text| text.strip_prefix(' ').unwrap_or(text))
}

/// The lines of a new text for the file: without a fence around all of it, and without a number before each line.
pub(super) fn code(text: &str) -> String {
    let text = without_fence(text);
    let numbered: Option<Vec<&str>> = lines(text).map(|line| without_number(line.content)).collect();
    match numbered {
        // A single line may start like a number, as a YAML key does. Only several lines with bars are a listing.
        Some(plain) if plain.len() > 1 && has_bars(text) => plain.join("\n"),
        _ => text.to_owned(),
    }
}

fn has_bars(text: &str) -> bool {
    lines(text).all(|line| {
        let digits = line.content.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        digits.trim_start().starts_with('|')
    })
}

/// The content of a fence around the whole `text`.
fn without_fence(text: &str) -> &str {
    let trimmed = text.trim();
    let mark = if trimmed.starts_with("~~~") { '~' } else { '`' };
    let length = trimmed.len() - trimmed.trim_start_matches(mark).len();
    if length < 3 {
        return text;
    }
    let fence = mark.to_string().repeat(length);
    let inside = trimmed.split_once('\n').and_then(|(info, rest)| {
        let is_info = !info.get(length..).unwrap_or_default().contains(mark);
        rest.strip_suffix(fence.as_str()).filter(|inside| is_info && (inside.is_empty() || inside.ends_with('\n')))
    });
    match inside {
        Some(inside) if !inside.lines().any(|line| line.trim() == fence) => inside.strip_suffix('\n').unwrap_or(inside),
        _ => text,
    }
}

/// `text` with the five entities of XML decoded, because some agents write text as if it were XML.
pub(super) fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// `text` on one line, with single blanks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_numbers_of_a_listing_are_removed() {
        assert_eq!(without_number("471| \treturn nil"), Some("\treturn nil"));
        assert_eq!(without_number("L471: return nil"), Some("return nil"));
        assert_eq!(without_number("return 471"), None);
        assert_eq!(code("1| a\n2|   b"), "a\n  b");
        assert_eq!(code("80: 8080"), "80: 8080");
    }

    #[test]
    fn fence_around_the_whole_new_text_is_removed() {
        assert_eq!(code("```go\nreturn r\n```"), "return r");
        assert_eq!(code("```\na\n```\nb\n```\nc\n```"), "```\na\n```\nb\n```\nc\n```");
        assert_eq!(code("    return r"), "    return r");
    }
}
