//! Names of the documents that the server writes for users. They are short, because editors show them in tabs and
//! status lines. The end of a job's id makes a name unique, and leads back to the job.

use std::path::Path;

/// This number of characters of an id's random end: among a million names of one kind and subject, two are equal.
const TAG_CHARS: usize = 4;

/// This number of characters of a file's name.
const SUBJECT_CHARS: usize = 40;

/// The name of a document: words, the file of the question, and the tag.
pub(crate) fn document_name(words: &str, about: Option<&Path>, id: &str, extension: &str) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let plain = |text: &str| -> String {
        let text: String = text.chars().filter(is_plain).take(SUBJECT_CHARS).collect();
        text.trim_matches('.').to_owned()
    };
    let start = id.char_indices().rev().nth(TAG_CHARS - 1).map_or(0, |(at, _)| at);
    let tag = id.get(start..).unwrap_or(id).to_lowercase();
    let subject = about.and_then(Path::file_name).map(|name| plain(&name.to_string_lossy()));
    let parts = [plain(words), subject.unwrap_or_default(), tag];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}.{extension}", parts.join("-"))
}

/// The tag of a document's name: the end of the id of its job. Earlier versions wrote the whole id.
pub(crate) fn tag(file_name: &str) -> Option<&str> {
    let (stem, _) = file_name.rsplit_once('.')?;
    let tag = stem.rsplit('-').next()?;
    (tag.len() >= TAG_CHARS && tag.chars().all(|c| c.is_ascii_alphanumeric())).then_some(tag)
}

/// Whether the document with this name belongs to the job with this id.
pub(crate) fn is_of(file_name: &str, id: &str) -> bool {
    let end = |tag: &str| id.len().checked_sub(tag.len()).and_then(|start| id.get(start..));
    tag(file_name).is_some_and(|tag| end(tag).is_some_and(|end| end.eq_ignore_ascii_case(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01M8K92YYYGZJKFW36J810J8S7";

    #[test]
    fn a_name_says_what_was_asked_about_which_file_and_no_id() {
        let of = |words: &str, about: Option<&str>| document_name(words, about.map(Path::new), ID, "md");
        assert_eq!(of("explain", Some("/shop/totals.py")), "explain-totals.py-j8s7.md");
        assert_eq!(of("explain", None), "explain-j8s7.md");
        assert_eq!(of("", Some(".env x:y\u{202e}")), "envxy-j8s7.md");
        assert!(of("", Some(&"long".repeat(40))).len() < 60);
    }

    #[test]
    fn a_name_leads_to_its_job_alone_also_one_of_an_earlier_version() {
        let name = document_name("explain", Some(Path::new("totals.py")), ID, "md");
        assert!(is_of(&name, ID) && is_of(&format!("explain-{ID}.md"), ID));
        assert!(!is_of(&name, "01M8K92YYYGZJKFW36J810J8S8") && !is_of("explain-7.md", ID) && !is_of("explain", ID));
        assert!(!is_of("notes.md", "s7") && tag("..").is_none());
    }
}
