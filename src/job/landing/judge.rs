//! What speaks against an edit, wherever it lands: in the document that was asked about, below the selection, in another
//! file, or merged with what the user typed.

use super::Replacement;
use super::replacement::changed;
use crate::edit::{self, Judged, Purpose};
use crate::i18n::{Message, message};
use crate::syntax::{self, Checked, Syntax};

/// Why the user should look at the edit before it is made, as a sentence. Both texts may have to be parsed, so it gets a
/// thread of its own.
pub(in crate::job) async fn judge(
    replacement: &Replacement,
    syntax: Option<Syntax>,
    purpose: Purpose,
) -> Option<Message> {
    let replacement = replacement.clone();
    let judged = tokio::task::spawn_blocking(move || speaks_against(&replacement, syntax, purpose));
    // An edit that makes the judges fail is one that nobody has looked at.
    judged.await.unwrap_or_else(|_| Some(message!("withheld-not-checked")))
}

fn speaks_against(replacement: &Replacement, syntax: Option<Syntax>, purpose: Purpose) -> Option<Message> {
    let Replacement { snapshot, bytes, text, .. } = replacement;
    let language_id = language_id(&snapshot.language_id, syntax);
    let judged =
        Judged { document: &snapshot.text, range: bytes.clone(), new: text, language_id: &language_id, purpose };
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
        // What the grammar does not judge is told by the brackets.
        Checked::Unsure | Checked::NotLookedAt => edit::unbalanced(&judged),
    }
}

/// The editor's name of the language; where it has none, the grammar's.
fn language_id(language_id: &str, syntax: Option<Syntax>) -> String {
    match syntax {
        Some(syntax) if matches!(language_id, "" | "plaintext") => format!("{syntax:?}").to_lowercase(),
        _ => language_id.to_owned(),
    }
}
