//! Reasons against an edit, for every place: in the document, below the selection, in another file, or merged with the
//! user's typing.

use super::Replacement;
use super::replacement::changed;
use crate::edit::{self, CheckedEdit, Purpose};
use crate::i18n::{Message, message};
use crate::syntax::{self, Checked, Syntax};

/// Why the user should review the edit first, as a sentence. It may parse both texts, so it runs on its own thread.
pub(in crate::job) async fn find_objection(
    replacement: &Replacement,
    syntax: Option<Syntax>,
    purpose: Purpose,
) -> Option<Message> {
    let replacement = replacement.clone();
    let judged = tokio::task::spawn_blocking(move || first_objection(&replacement, syntax, purpose));
    // If the check itself fails, the edit counts as unchecked.
    judged.await.unwrap_or_else(|_| Some(message!("withheld-not-checked")))
}

fn first_objection(replacement: &Replacement, syntax: Option<Syntax>, purpose: Purpose) -> Option<Message> {
    let Replacement { snapshot, bytes, text, .. } = replacement;
    let is_told = !matches!(&*snapshot.language_id, "" | "plaintext");
    let language_id = match syntax {
        Some(syntax) if !is_told => syntax.language_id(),
        _ => &snapshot.language_id,
    };
    let judged = CheckedEdit { document: &snapshot.text, range: bytes.clone(), new: text, language_id, purpose };
    if let Some(issue) = edit::check_edit(&judged) {
        return Some(issue);
    }
    let is_cell = snapshot.uri.as_str().starts_with("vscode-notebook-cell:");
    let checked = syntax.map_or(Checked::NotLookedAt, |syntax| {
        let after = changed(&snapshot.text, &replacement.changes);
        syntax::check(&snapshot.text, &after, syntax, bytes.clone(), is_cell)
    });
    match checked {
        Checked::Fine => None,
        Checked::Broken(error) => {
            Some(message!("withheld-syntax", line = error.line + 1, description = error.fault.message()))
        }
        Checked::GivenUp => Some(message!("withheld-not-checked")),
        // If the grammar gives no result, the brackets are checked.
        Checked::Unsure | Checked::NotLookedAt => edit::unbalanced(&judged),
    }
}
