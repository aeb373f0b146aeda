//! The names of the tags in prompts and in the replies that they request. This is the only list of them.

/// Sections of a prompt and forms of a reply. Texts rarely have elements of these names.
const SECTIONS: &str = "selection instruction rules file-imports inside declarations diagnostics before after part \
                        conversation context imports unchanged cannot remark";

/// Other tags of prompts and replies. Prose and markup may have elements of these names.
const ELEMENTS: &str = "document code at say new none";

/// The tag around the text that is piped into `ask`. Its prompt has no other tag.
pub(crate) const INPUT: &str = "input";

/// All names that share a prompt.
pub(crate) fn all() -> impl Iterator<Item = &'static str> + Clone {
    SECTIONS.split(' ').chain(ELEMENTS.split(' '))
}

/// Whether it is the name of a section or of a form.
pub(crate) fn is_section(name: &str) -> bool {
    SECTIONS.split(' ').any(|known| known == name)
}

/// The name of a tag without its number: `selection` for `selection-3`.
pub(crate) fn without_number(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')
}
