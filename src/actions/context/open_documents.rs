//! Other documents that are open.

use std::sync::Arc;

use ropey::Rope;

use super::{Budget, Delimiters, Part, PartKind, PartStatus, Section, attribute};

/// An open document beside the one of the request.
#[derive(Debug, Clone)]
pub(crate) struct OpenDocument {
    /// The file as the agent and the user see it: relative to its workspace folder.
    pub name: Arc<str>,
    /// LSP language id.
    pub language_id: Arc<str>,
    /// Its text. `None` if it may contain a secret or is not meant for agents.
    pub text: Option<Rope>,
}

/// The documents that fit, each as a whole.
pub(crate) fn fit_open_documents(
    documents: &[OpenDocument],
    sections: Vec<Option<Section>>,
    budget: &mut Budget,
    tags: &Delimiters,
    parts: &mut Vec<Part>,
) -> Vec<Section> {
    let mut taken = Vec::new();
    for (document, section) in documents.iter().zip(sections) {
        let chars = section.as_ref().map(|section| section.chars(tags)).unwrap_or_default();
        let (chars, status) = match section {
            Some(section) if budget.take(chars) => {
                taken.push(section);
                (chars, PartStatus::Whole)
            }
            None if document.text.is_none() => (0, PartStatus::HeldBack),
            _ => (0, PartStatus::OverBudget),
        };
        let file = Some(Arc::clone(&document.name));
        parts.push(Part { file, ..Part::of(PartKind::OpenDocument, chars, status) });
    }
    taken
}

/// An open document between its tags. Returns `None` if it is not allowed or longer than the whole budget.
pub(crate) fn document_section(document: &OpenDocument, max_chars: usize) -> Option<Section> {
    let text = document.text.as_ref().filter(|text| text.len_chars() <= max_chars)?;
    let language = format!(" language=\"{}\"", attribute(&document.language_id));
    Some(Section::of_file("document", &document.name, language, text.to_string()))
}
