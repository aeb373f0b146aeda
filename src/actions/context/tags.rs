//! The tags that delimit material in a prompt. The material cannot close them.

use std::borrow::Cow;

use crate::languages::is_markup;
use crate::prompt_tags::{self, INPUT};

/// The spelling of the tags of one prompt: plain, or with a number after the name. The number is used if the material
/// has the same tags, so that these neither close nor open a section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delimiters {
    suffix: String,
}

impl Delimiters {
    /// Tags that do not occur in any of `materials`. In markup they always have a number, because a reply may contain
    /// its own element `<code>`.
    pub(crate) fn not_used_in<'a>(language_id: &str, materials: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self::first(is_markup(language_id), prompt_tags::all(), materials)
    }

    /// A tag `input` that does not occur in the text that is piped into `ask`.
    pub(crate) fn not_used_in_input(text: &str) -> Self {
        Self::first(false, std::iter::once(INPUT), std::iter::once(text))
    }

    fn first<'a>(
        is_numbered: bool,
        names: impl Iterator<Item = &'static str> + Clone,
        materials: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let is_free = |tags: &Self| !materials.clone().any(|material| tags.occur_in(material, names.clone()));
        let plain = Self::default();
        if !is_numbered && is_free(&plain) {
            return plain;
        }
        // A text contains a finite number of numbers, therefore one is free.
        let numbered = (2_usize..).map(|number| Self { suffix: format!("-{number}") });
        numbered.into_iter().find(is_free).unwrap_or_default()
    }

    /// The name of a tag in this prompt.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    /// `wording` with its tags in the spelling of this prompt.
    pub(crate) fn in_wording<'a>(&self, wording: &'a str) -> Cow<'a, str> {
        if self.suffix.is_empty() {
            return Cow::Borrowed(wording);
        }
        let replaced = prompt_tags::all().fold(wording.to_owned(), |text, name| {
            let tag = self.name(name);
            let written = [("<", ">"), ("</", ">"), ("<", "/>"), ("<", " lines=")];
            written.into_iter().fold(text, |text, (open, close)| {
                text.replace(&format!("{open}{name}{close}"), &format!("{open}{tag}{close}"))
            })
        });
        Cow::Owned(replaced)
    }

    /// Whether a tag of one of `names` opens or closes in `text`, in any letter case, with or without attributes.
    fn occur_in(&self, text: &str, names: impl Iterator<Item = &'static str> + Clone) -> bool {
        memchr::memchr_iter(b'<', text.as_bytes()).any(|at| {
            let inside = text.get(at + 1..).unwrap_or_default();
            // `a < selection` is a comparison. But agents may accept an attacker's closing tag with blanks in it.
            let inside = inside.trim_start().strip_prefix('/').map_or(inside, str::trim_start);
            names.clone().any(|name| self.is_named(inside, name))
        })
    }

    fn is_named(&self, inside: &str, name: &str) -> bool {
        let Some((start, rest)) = inside.split_at_checked(name.len()) else { return false };
        if !start.eq_ignore_ascii_case(name) {
            return false;
        }
        let Some(rest) = rest.strip_prefix(self.suffix.as_str()) else { return false };
        // `<selection-2>` and `<documents>` are not the tag `<selection>`.
        !rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '-' | '_' | '.' | ':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(materials: &[&str]) -> Delimiters {
        Delimiters::not_used_in("rust", materials.iter().copied())
    }

    #[test]
    fn tag_gets_an_unused_number_when_the_material_contains_it() {
        for code in ["if a < selection && b > c {", "<selections>", "<div>", "a </ b", "<document-2>"] {
            assert_eq!(tags(&[code]).name("selection"), "selection", "{code}");
        }
        let closing =
            ["</selection>", "< / Selection >", "<selection id=\"1\">", "x</AFTER", "<rules\n>", "Vec<Rules>"];
        for code in closing {
            assert_eq!(tags(&["", code]).name("selection"), "selection-2", "{code}");
        }
        assert_eq!(tags(&["</selection>", "</rules-2>", "<before-3 x>"]).name("selection"), "selection-4");
    }

    #[test]
    fn in_markup_the_tags_have_a_number_in_any_case() {
        assert_eq!(Delimiters::not_used_in("html", ["<p>"].into_iter()).name("code"), "code-2");
        assert_eq!(Delimiters::not_used_in("vue", ["<code-2>"].into_iter()).name("code"), "code-3");
    }

    #[test]
    fn the_wording_speaks_of_the_tags_as_they_are_written() {
        let numbered = tags(&["</selection>"]);
        assert_eq!(
            numbered.in_wording("the code in <selection>, see <rules>"),
            "the code in <selection-2>, see <rules-2>"
        );
        assert_eq!(tags(&[]).in_wording("the code in <selection>"), "the code in <selection>");
    }
}
